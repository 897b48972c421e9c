/**
 * Exponential moving average with the start debiased, as TensorBoard smooths its scalars
 * (tensorboard/webapp/widgets/line_chart_v2: `s = s·w + (1−w)·y`, shown as `s / (1 − wⁿ)`), so that the first
 * points are not pulled to zero and a constant stays a constant.
 *
 * Values that are not finite are no part of the average: they come out as they went in, which leaves the gap in the
 * line where it was.
 * @param {ArrayLike<number>} values
 * @param {number} weight 0 (as measured) up to, not including, 1
 * @returns {Float64Array}
 */
export function ema(values, weight) {
  const out = new Float64Array(values.length);
  const rest = 1 - weight;
  let sum = 0;
  let debias = 1;
  for (let i = 0; i < values.length; i++) {
    const y = values[i];
    if (!Number.isFinite(y)) {
      out[i] = y;
      continue;
    }
    sum = sum * weight + rest * y;
    debias *= weight;
    out[i] = sum / (1 - debias);
  }
  return out;
}
