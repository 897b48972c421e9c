/** A line has this many units across the plot; the weight of smoothing is per unit. */
const UNITS = 1000;

/**
 * Exponential moving average whose weight follows the distance on the x axis, as W&B's time-weighted EMA does
 * (docs.wandb.ai, "Smooth line plots": `w ** (Δx / range · 1000)`), with the start debiased as in TensorBoard
 * (`Σ wⁱ yᵢ / Σ wⁱ`), so that the first points are not pulled to zero and a constant stays a constant. A metric logged
 * every 1,000 steps is smoothed as wide as one logged at each step, not 1,000 times wider; 1,000 points evenly spread
 * over the plot give exactly TensorBoard's line.
 *
 * Values that are not finite are no part of the average: they come out as they went in, which leaves the gap in the
 * line where it was.
 * @param {ArrayLike<number>} xs ascending
 * @param {ArrayLike<number>} ys
 * @param {number} weight 0 (as measured) up to, not including, 1
 * @param {number} range of x across the plot
 * @returns {Float64Array}
 */
export function ema(xs, ys, weight, range) {
  const out = new Float64Array(ys.length);
  const units = range > 0 ? UNITS / range : 0;
  let sum = 0;
  let weights = 0;
  let last = xs[0];
  for (let i = 0; i < ys.length; i++) {
    const y = ys[i];
    if (!Number.isFinite(y)) {
      out[i] = y;
      continue;
    }
    const kept = weight ** ((xs[i] - last) * units);
    last = xs[i];
    sum = sum * kept + y;
    weights = weights * kept + 1;
    out[i] = sum / weights;
  }
  return out;
}
