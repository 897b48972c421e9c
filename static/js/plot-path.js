/**
 * From points to pixels: the geometry of lines on a plot. Pure; a canvas `Path2D` or a recorder takes the strokes.
 */

/**
 * @typedef {object} Plane the plot in pixels and in values
 * @property {number} x0 value at the left edge
 * @property {number} x1
 * @property {number} y0 value at the bottom; log10 of it on a log scale
 * @property {number} y1
 * @property {boolean} log
 * @property {number} left
 * @property {number} top
 * @property {number} width
 * @property {number} height
 */

/** @typedef {{moveTo(x: number, y: number): void, lineTo(x: number, y: number): void}} Pen */
/** @typedef {{dots: [number, number][], breaks: [number, number][]}} Traced dots: points without a neighbour; breaks: x pixel and value where a stretch of values that are not finite begins */

// Canvas coordinates lose their fraction far outside; nothing that far is seen.
const FAR = 1e5;

/** Index of the first x that is not below `value`. @param {ArrayLike<number>} xs @param {number} value */
export function lowerBound(xs, value) {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the x nearest to `value`, −1 where there is none. @param {ArrayLike<number>} xs @param {number} value */
export function nearestIndex(xs, value) {
  const at = lowerBound(xs, value);
  if (at === 0) return xs.length ? 0 : -1;
  if (at === xs.length) return at - 1;
  return value - xs[at - 1] <= xs[at] - value ? at - 1 : at;
}

/** @param {number} x @param {Plane} p */
export function pixelX(x, p) {
  return p.left + ((x - p.x0) / (p.x1 - p.x0)) * p.width;
}

/** NaN where the value has no place on the scale. @param {number} y @param {Plane} p */
export function pixelY(y, p) {
  const v = p.log ? Math.log10(y) : y;
  if (!Number.isFinite(v)) return Number.NaN;
  const pixel = p.top + p.height - ((v - p.y0) / (p.y1 - p.y0)) * p.height;
  return Math.max(-FAR, Math.min(FAR, pixel));
}

/**
 * Draw one line. Points in one pixel column become its first, lowest, highest and last, so a spike stays; a value that
 * is not finite ends the stroke, and the next point begins a new one.
 * @param {Pen} pen @param {ArrayLike<number>} xs ascending @param {ArrayLike<number>} ys @param {Plane} plane
 * @returns {Traced}
 */
export function trace(pen, xs, ys, plane) {
  /** @type {Traced} */
  const traced = { dots: [], breaks: [] };
  const begin = Math.max(0, lowerBound(xs, plane.x0) - 1);
  const end = Math.min(xs.length - 1, lowerBound(xs, plane.x1));
  let drawn = 0;
  let column = Number.NaN;
  let startX = 0;
  let startY = 0;
  let low = 0;
  let high = 0;
  let last = 0;
  const leaveColumn = () => {
    if (low === high) return;
    pen.lineTo(startX, low);
    pen.lineTo(startX, high);
    if (last !== high) pen.lineTo(startX, last);
  };
  const leaveStroke = () => {
    if (drawn) leaveColumn();
    if (drawn === 1 && low === high) traced.dots.push([startX, startY]);
    drawn = 0;
  };
  for (let i = begin; i <= end; i++) {
    const px = pixelX(xs[i], plane);
    const py = pixelY(ys[i], plane);
    if (Number.isNaN(py)) {
      leaveStroke();
      column = Number.NaN;
      // One mark for a stretch of them, where it begins.
      if (!Number.isFinite(ys[i]) && (i === 0 || Number.isFinite(ys[i - 1]))) traced.breaks.push([px, ys[i]]);
      continue;
    }
    if (Math.floor(px) === column) {
      low = Math.min(low, py);
      high = Math.max(high, py);
      last = py;
      continue;
    }
    if (drawn) leaveColumn();
    if (drawn) pen.lineTo(px, py);
    else pen.moveTo(px, py);
    drawn += 1;
    column = Math.floor(px);
    [startX, startY, low, high, last] = [px, py, py, py, py];
  }
  leaveStroke();
  return traced;
}

/**
 * Smallest and largest drawable value between two x. [Infinity, −Infinity] where there is none.
 * @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys @param {number} x0 @param {number} x1 @param {boolean} log
 * @returns {[number, number]}
 */
export function extent(xs, ys, x0, x1, log) {
  let min = Infinity;
  let max = -Infinity;
  for (let i = lowerBound(xs, x0); i < xs.length && xs[i] <= x1; i++) {
    const y = ys[i];
    if (!Number.isFinite(y) || (log && y <= 0)) continue;
    if (y < min) min = y;
    if (y > max) max = y;
  }
  return [min, max];
}

/**
 * The 1st and 99th percentile of all drawable values between two x.
 * @param {{x: ArrayLike<number>, y: ArrayLike<number>}[]} lines @param {number} x0 @param {number} x1 @param {boolean} log
 * @returns {[number, number]}
 */
export function middleExtent(lines, x0, x1, log) {
  const values = [];
  for (const { x, y } of lines) {
    for (let i = lowerBound(x, x0); i < x.length && x[i] <= x1; i++) {
      if (Number.isFinite(y[i]) && !(log && y[i] <= 0)) values.push(y[i]);
    }
  }
  if (!values.length) return [Infinity, -Infinity];
  const sorted = Float64Array.from(values).sort();
  const at = (/** @type {number} */ share) => sorted[Math.round(share * (sorted.length - 1))];
  return [at(0.01), at(0.99)];
}
