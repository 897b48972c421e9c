/** Units that the names of metrics tell: `memory/used_bytes` is drawn in GiB, and the panel's sub-title says so. Pure. */

/** @import { RunSeries } from "./series.js" */

/** @typedef {{factor: number, name: string}} Unit values are drawn times `factor` */

/** By the last word of a metric's name. @type {Record<string, string>} */
const NAMES = { percent: "%", celsius: "°C", watts: "W" };
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** @param {RunSeries[]} all */
function largest(all) {
  let found = 0;
  for (const { y } of all) for (const v of y) if (Number.isFinite(v) && v > found) found = v;
  return found;
}

/**
 * @param {string} key @param {RunSeries[]} all what is drawn: its largest value chooses GiB or MiB
 * @returns {Unit}
 */
export function unitOf(key, all) {
  const word =
    key
      .toLowerCase()
      .split(/[/_.\s]/)
      .pop() ?? "";
  if (word !== "bytes") return { factor: 1, name: NAMES[word] ?? "" };
  const power = Math.min(
    BYTES.length - 1,
    Math.max(0, Math.floor(Math.log2(Math.max(1, largest(all))) / 10)),
  );
  return { factor: 2 ** (-10 * power), name: BYTES[power] };
}

/** @type {WeakMap<RunSeries, {factor: number, series: RunSeries}>} */
const scaled = new WeakMap();

/** @param {RunSeries} series @param {number} factor @returns {RunSeries} the same object for the same factor */
export function inUnit(series, factor) {
  if (factor === 1) return series;
  const known = scaled.get(series);
  if (known?.factor === factor) return known.series;
  const { means } = series;
  const times = (/** @type {Float32Array} */ y) => y.map((v) => v * factor);
  const made = { ...series, y: times(series.y), means: means && { x: means.x, y: times(means.y) } };
  scaled.set(series, { factor, series: made });
  return made;
}
