/**
 * The tooltip of the plot under the pointer: at most five rows sorted by value, the nearest one in semibold, and what
 * else there is in one line. One element for the page, on `<body>`: inside a panel the next panel would cover it.
 */
import { h } from "./dom.js";
import { columnDecimals, value } from "./formats.js";
import { t } from "./i18n.js";

/** @import { Reading } from "./chart.js" */

const ROWS = 5;
const GAP = 12;

/**
 * The rows to show, and what to say of the rest.
 * @param {Reading[]} readings @param {Reading} nearest
 */
export function tooltipRows(readings, nearest) {
  const sorted = readings.toSorted((a, b) => a.y - b.y);
  const start = Math.max(0, Math.min(sorted.indexOf(nearest) - ROWS + 1, sorted.length - ROWS));
  const rows = sorted.slice(start, start + ROWS);
  const decimals = columnDecimals(rows.map((row) => row.y));
  const rest = { n: sorted.length - rows.length, low: "", high: "" };
  if (start > 0) rest.low = value(sorted[0].y, decimals);
  if (start + ROWS < sorted.length) rest.high = value(sorted[sorted.length - 1].y, decimals);
  return { rows, decimals, rest };
}

/** @param {{n: number, low: string, high: string}} rest */
function restWords({ n, low, high }) {
  if (!n) return null;
  if (!low) return t("{n} more, up to {high}", { n, high });
  return high ? t("{n} more, {low} to {high}", { n, low, high }) : t("{n} more, down to {low}", { n, low });
}

/** @type {HTMLElement | null} */
let box = null;

/**
 * @param {{head: string, readings: Reading[], nearest: Reading, host: HTMLElement,
 *   left: number, top: number}} content `left` of the cross-hair and `top` of the pointer, in the viewport
 */
export function showTooltip({ head, readings, nearest, host, left, top }) {
  const parent = host.closest("dialog") ?? document.body;
  box ??= h("div", { class: "tip chart-tip", "aria-hidden": "true" });
  if (box.parentNode !== parent) parent.append(box);
  const { rows, decimals, rest } = tooltipRows(readings, nearest);
  const more = restWords(rest);
  box.replaceChildren(
    h("div", { class: "tip-head" }, head),
    ...rows.map((row) => {
      const swatch = h("span", { class: "swatch" });
      swatch.style.setProperty("--c", row.line.color);
      const name = h("span", { class: "tip-name" }, row.line.name);
      const nearestClass = row === nearest ? "tip-row is-nearest" : "tip-row";
      return h("div", { class: nearestClass }, swatch, name, h("span", null, value(row.y, decimals)));
    }),
    ...(more ? [h("div", { class: "tip-more" }, more)] : []),
  );
  box.hidden = false;
  const { offsetWidth: width, offsetHeight: height } = box;
  const flips = left + GAP + width > innerWidth - 8;
  const x = flips ? left - GAP - width : left + GAP;
  const y = Math.max(8, Math.min(top - 24, innerHeight - height - 8));
  box.style.translate = `${Math.round(Math.max(8, x))}px ${Math.round(y)}px`;
}

export function hideTooltip() {
  if (box) box.hidden = true;
}
