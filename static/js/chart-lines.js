/** Lines on canvas, and the ranges they are drawn over. */
import { extent, middleExtent, trace } from "./plot-path.js";
import { linearRange, logRange, xTicks } from "./ticks.js";

/** @import { Plane, Traced } from "./plot-path.js" */
/** @import { Range } from "./ticks.js" */
/** @import { View } from "./chart.js" */

/** @typedef {{x: ArrayLike<number>, y: ArrayLike<number>}} Points */

/**
 * @typedef {object} Drawn
 * @property {string} id run uid
 * @property {string} name
 * @property {string} color
 * @property {number[]} dash
 * @property {ArrayLike<number>} x
 * @property {ArrayLike<number>} y smoothed where smoothing is on
 * @property {Points | null} raw as measured, under a smoothed line
 */

/** Breaks drawn for one line; more would be a bar, not marks. */
const BREAKS_MOST = 40;

/** @typedef {{plane: string, path: Path2D, traced: Traced}} KnownPath */
/** Paths of lines that have not changed, by their values. @type {WeakMap<object, KnownPath>} */
const paths = new WeakMap();

/** @param {Drawn} line @param {Plane} plane @returns {KnownPath} */
function pathOf({ x, y }, plane) {
  const id = Object.values(plane).join();
  const known = paths.get(y);
  if (known?.plane === id) return known;
  const path = new Path2D();
  const made = { plane: id, path, traced: trace(path, x, y, plane) };
  paths.set(y, made);
  return made;
}

/**
 * @param {CanvasRenderingContext2D} context clipped to the plot here
 * @param {Drawn} line @param {Plane} plane @param {{width: number, alpha: number}} style
 * @returns {[number, number][]} where the line breaks off: x pixel and the value that is not finite
 */
export function drawLine(context, line, plane, { width, alpha }) {
  const { path, traced } = pathOf(line, plane);
  const { dots, breaks } = traced;
  context.save();
  context.beginPath();
  context.rect(-4, -2, plane.width + 8, plane.height + 3);
  context.clip();
  context.globalAlpha = alpha;
  context.strokeStyle = line.color;
  context.fillStyle = line.color;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(line.dash);
  context.stroke(path);
  // The only point of a run is news and drawn large; one between two gaps only has to be seen.
  const radius = line.x.length === 1 ? 3 : Math.max(1, width);
  for (const [x, y] of dots) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }
  context.restore();
  return breaks;
}

/**
 * Mark at the bottom (at the top for +∞) where a value was not finite.
 * @param {CanvasRenderingContext2D} context @param {[number, number][]} breaks @param {string} color @param {Plane} plane
 */
export function drawBreaks(context, breaks, color, plane) {
  context.save();
  context.strokeStyle = color;
  context.lineWidth = 1.25;
  for (const [x, value] of breaks.slice(0, BREAKS_MOST)) {
    const y = value === Infinity ? 4 : plane.height - 4;
    context.beginPath();
    context.moveTo(x - 2.5, y - 2.5);
    context.lineTo(x + 2.5, y + 2.5);
    context.moveTo(x + 2.5, y - 2.5);
    context.lineTo(x - 2.5, y + 2.5);
    context.stroke();
  }
  context.restore();
}

/** How far, as a share of the axis, an end of the data is from the tick that it is drawn as. */
const NEAR_TICK = 0.02;

/**
 * A range whose ends are so near to ticks that the ticks can be the ends: 119,940 of 120,000.
 * @param {number} min @param {number} max @param {number} most labels @param {string} kind
 * @returns {Range}
 */
function toTicks(min, max, most, kind) {
  const ticks = xTicks(kind, [min, max], most);
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 0;
  if (!step) return [min, max];
  const slack = (max - min) * NEAR_TICK;
  const [low, high] = [Math.floor(min / step) * step, Math.ceil(max / step) * step];
  return [min - low < slack ? low : min, high - max < slack ? high : max];
}

/** @param {View} view @param {number} most labels @returns {Range} */
function xRange({ lines, xRange: asked, xKind }, most) {
  if (asked) return asked;
  let [min, max] = [Infinity, -Infinity];
  for (const { x, raw } of lines) {
    for (const xs of [x, raw?.x ?? x]) {
      if (!xs.length) continue;
      min = Math.min(min, xs[0]);
      max = Math.max(max, xs[xs.length - 1]);
    }
  }
  if (!(max >= min)) return [0, 1];
  // One step alone stands near the left of a round axis, not in an axis without width.
  if (min === max) return [Math.min(0, min), max > 0 ? linearRange(0, max * 4, 4)[1] : 1];
  return xKind === "time" ? [min, max] : toTicks(min, max, most, xKind);
}

/**
 * The ranges of both axes; y in log10 on a log scale.
 * @param {View} view @param {{x: number, y: number}} labels at most so many
 * @returns {{x: Range, y: Range}}
 */
export function plotRange(view, labels) {
  const x = xRange(view, labels.x);
  const drawn = view.lines.flatMap((line) => (line.raw ? [line, line.raw] : [line]));
  let [min, max] = [Infinity, -Infinity];
  if (view.outliers) {
    [min, max] = middleExtent(drawn, x[0], x[1], view.log);
  } else {
    for (const points of drawn) {
      const [low, high] = extent(points.x, points.y, x[0], x[1], view.log);
      min = Math.min(min, low);
      max = Math.max(max, high);
    }
  }
  if (!view.log) return { x, y: linearRange(min, max, labels.y) };
  const [low, high] = logRange(min, max, labels.y);
  return { x, y: [Math.log10(low), Math.log10(high)] };
}
