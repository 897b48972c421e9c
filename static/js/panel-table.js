/** The points of a panel as a table, for those who cannot see the lines or want the figures. */
import { h, iconButton } from "./dom.js";
import { columnDecimals, MISSING, value } from "./formats.js";
import { t } from "./i18n.js";
import { nearestIndex } from "./plot-path.js";
import { xWords } from "./ticks.js";

/** @import { Drawn } from "./chart-lines.js" */
/** @import { LinePanel } from "./line-panel.js" */

const ROWS = 50;

/**
 * At most `most` x spread over all there are, the first and the last among them.
 * @param {Drawn[]} lines @param {number} [most]
 */
export function tableSteps(lines, most = ROWS) {
  const all = [...new Set(lines.flatMap(({ x }) => Array.from(x)))].sort((a, b) => a - b);
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]);
}

/** The value at an x, or the last one before it within a row's reach. @param {Drawn} line @param {number} x @param {number} reach */
function valueAt(line, x, reach) {
  const i = nearestIndex(line.x, x);
  return i >= 0 && Math.abs(line.x[i] - x) <= reach ? line.y[i] : null;
}

/** @param {LinePanel} panel */
export function openDataTable(panel) {
  const lines = panel.lines.toReversed();
  const steps = tableSteps(lines);
  const reach = steps.length > 1 ? (steps[steps.length - 1] - steps[0]) / (steps.length - 1) / 2 : 0;
  const decimals = columnDecimals(lines.flatMap(({ y }) => Array.from(y)));
  const head = [panel.x, ...lines.map((line) => line.name)];
  const table = h(
    "table",
    { class: "table dense ruled" },
    h("caption", { class: "sr-only" }, panel.plot.getAttribute("aria-label")),
    h("thead", null, h("tr", null, ...head.map((text) => h("th", { class: "num", scope: "col" }, text)))),
    h(
      "tbody",
      null,
      ...steps.map((x) =>
        h(
          "tr",
          null,
          h("th", { class: "num", scope: "row" }, xWords(panel.x, x)),
          ...lines.map((line) => {
            const y = valueAt(line, x, reach);
            return h(
              "td",
              { class: "num" },
              y === null ? MISSING : value(Number.isFinite(y) ? y : String(y), decimals),
            );
          }),
        ),
      ),
    ),
  );
  const dialog = h("dialog", { class: "dialog panel-table" });
  const close = iconButton("x", t("Close"), () => dialog.close());
  dialog.append(
    h("header", null, h("h2", null, panel.key), h("p", { class: "note" }, panel.sub.textContent), close),
    h("div", { class: "panel-table-body", tabindex: 0 }, table),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
