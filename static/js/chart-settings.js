/** How all charts of a page are drawn: read from the URL, written to it. */
import { urlState } from "./url-state.js";

/**
 * @typedef {object} ChartSettings
 * @property {string} x "step", "relative", "time" or a metric key
 * @property {number} smooth EMA weight, 0 to 0.999
 * @property {boolean} log
 * @property {boolean} outliers leave out the outer 1 % when choosing the y range
 */

/** Names in the URL that change how charts look. */
export const SETTING_NAMES = ["x", "smooth", "y", "outliers", "zoom"];

export const SMOOTH_MOST = 0.999;

/** @returns {ChartSettings} */
export function chartSettings() {
  const smooth = Number(urlState.get("smooth") ?? 0);
  return {
    x: urlState.get("x") || "step",
    smooth: smooth > 0 ? Math.min(SMOOTH_MOST, smooth) : 0,
    log: urlState.get("y") === "log",
    outliers: urlState.get("outliers") === "hide",
  };
}

/** @param {Partial<ChartSettings>} changes */
export function changeSettings({ x, smooth, log, outliers }) {
  urlState.set({
    // Another x has another range: what was zoomed means nothing there.
    ...(x === undefined ? {} : { x: x === "step" ? null : x, zoom: null }),
    ...(smooth === undefined ? {} : { smooth: smooth > 0 ? String(smooth) : null }),
    ...(log === undefined ? {} : { y: log ? "log" : null }),
    ...(outliers === undefined ? {} : { outliers: outliers ? "hide" : null }),
  });
}

/** @param {string} key @returns {[number, number] | null} the part of x that the panel of this key is zoomed to */
export function zoomOf(key) {
  for (const entry of urlState.list("zoom")) {
    const [from, to, ...rest] = entry.split("~");
    if (rest.join("~") !== key) continue;
    const range = /** @type {[number, number]} */ ([Number(from), Number(to)]);
    return range[1] > range[0] ? range : null;
  }
  return null;
}

/** @param {string} key @param {[number, number] | null} range */
export function setZoom(key, range) {
  const others = urlState.list("zoom").filter((entry) => entry.split("~").slice(2).join("~") !== key);
  const [from, to] = (range ?? []).map((v) => Number(v.toPrecision(12)));
  urlState.set({ zoom: range ? [...others, `${from}~${to}~${key}`] : others });
}
