/** The path of a sparkline. Pure. */
import { extent, trace } from "./plot-path.js";

/** Room for the end dot and half the line. */
const PAD = 2;

/** @param {number} v */
const short = (v) => Number(v.toFixed(1));

/**
 * @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys @param {number} width @param {number} height
 * @returns {{path: string, end: [number, number] | null}} SVG path data, and where the last point is
 */
export function sparkPath(xs, ys, width, height) {
  const [low, high] = extent(xs, ys, -Infinity, Infinity, false);
  if (low > high) return { path: "", end: null };
  // A constant runs through the middle.
  const spread = high > low ? 0 : Math.abs(high) || 1;
  const [first, last] = [xs[0], xs[xs.length - 1]];
  const plane = {
    x0: first,
    x1: last > first ? last : first + 1,
    y0: low - spread,
    y1: high + spread,
    log: false,
    left: PAD,
    top: PAD,
    width: width - 2 * PAD,
    height: height - 2 * PAD,
  };
  let path = "";
  /** @type {[number, number] | null} */
  let end = null;
  const draw = (/** @type {string} */ letter) => (/** @type {number} */ x, /** @type {number} */ y) => {
    path += `${letter}${short(x)} ${short(y)}`;
    end = [short(x), short(y)];
  };
  trace({ moveTo: draw("M"), lineTo: draw("L") }, xs, ys, plane);
  return { path, end };
}
