/**
 * One panel over the whole window: a large plot with more points, the controls, and the runs as a table that tells
 * each value at the cross-hair. On a phone this is where a chart is read: value on top, controls under the thumb.
 */
import { chartControls } from "./chart-controls.js";
import { h, iconButton } from "./dom.js";
import { columnDecimals, MISSING, value } from "./formats.js";
import { t } from "./i18n.js";
import { xNamed } from "./panel-cross.js";
import { lastFinite } from "./panel-lines.js";
import { shown } from "./shown.js";

/** @import { LinePanel } from "./line-panel.js" */
/** @import { Reading } from "./chart.js" */

/**
 * @param {LinePanel} panel
 * @param {{x: number, readings: Reading[]} | null} reading null: the last value of each run
 */
function legend(panel, reading) {
  const rows = panel.lines.map((line) => {
    const found = reading?.readings.find((candidate) => candidate.line.id === line.id);
    return { line, y: reading ? (found?.y ?? null) : lastFinite(line.y) };
  });
  rows.sort((a, b) => (a.y ?? Infinity) - (b.y ?? Infinity));
  const decimals = columnDecimals(rows.map((row) => row.y));
  const at = reading ? t("at {x}", { x: xNamed(panel.x, reading.x) }) : t("Last");
  const head = h("div", { class: "legend-head" }, h("span", null, t("Run")), h("span", null, at));
  const body = rows.map(({ line, y }) => {
    const swatch = h("span", { class: "swatch" });
    swatch.style.setProperty("--c", line.color);
    const row = h(
      "div",
      {
        class: "legend-row",
        onmouseenter: () => shown.hover(line.id),
        onmouseleave: () => shown.hover(null),
      },
      swatch,
      h("span", { class: "legend-name" }, line.name),
      h("span", { class: "legend-value" }, y === null ? MISSING : value(y, decimals)),
    );
    row.classList.toggle("is-chosen", line.id === shown.hovered);
    return row;
  });
  return [head, ...body];
}

/**
 * The value of one run in large: of the one that is chosen, else of the first.
 * @param {LinePanel} panel @param {{x: number, readings: Reading[]} | null} reading
 */
function figure(panel, reading) {
  const first = panel.lines[panel.lines.length - 1];
  const line = panel.lines.find(({ id }) => id === shown.hovered) ?? first;
  if (!line) return [];
  const found = reading?.readings.find((candidate) => candidate.line.id === line.id);
  const y = reading ? (found?.y ?? null) : lastFinite(line.y);
  const x = reading?.x ?? line.x[line.x.length - 1];
  const number = h("b", null, y === null ? MISSING : value(y));
  return [h("p", null, number, h("span", null, line.name)), h("p", null, xNamed(panel.x, x))];
}

/** @param {LinePanel} panel */
export function openFullScreen(panel) {
  const dialog = h("dialog", { class: "dialog panel-full", "aria-label": panel.key, tabindex: -1 });
  const large = /** @type {LinePanel} */ (document.createElement("line-panel"));
  for (const { name, value: text } of panel.attributes)
    if (name !== "tabindex") large.setAttribute(name, text);
  large.removeAttribute("class");
  large.setAttribute("size", "full");
  const list = h("div", { class: "legend" });
  const head = h("div", { class: "panel-figure" });
  const controls = chartControls([]);
  const write = (/** @type {Event} */ event) => {
    const reading = /** @type {CustomEvent} */ (event).detail;
    list.replaceChildren(...legend(large, reading));
    head.replaceChildren(...figure(large, reading));
  };
  large.addEventListener("drawn", write);
  large.addEventListener("reading", write);
  const close = iconButton("minimize-2", t("Close"), () => dialog.close(), "panel-close");
  dialog.append(close, head, large, h("div", { class: "panel-full-bar" }, ...controls.nodes), list);
  dialog.addEventListener("close", () => {
    controls.stop();
    dialog.remove();
    panel.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  // Else the first control would have the focus, and look chosen.
  dialog.focus();
}
