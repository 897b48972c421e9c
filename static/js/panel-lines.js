/** From points to what a panel draws and says. */
import { t } from "./i18n.js";
import { lineOf } from "./shown.js";
import { ema } from "./smoothing.js";
import { inUnit, unitOf } from "./units.js";

/** @import { Drawn } from "./chart-lines.js" */
/** @import { RunSeries } from "./series.js" */
/** @import { Run } from "./shown.js" */
/** @import { Unit } from "./units.js" */

/** @type {WeakMap<RunSeries, {id: string, y: Float64Array}>} */
const smoothed = new WeakMap();

/** @param {RunSeries} series @param {number} weight @param {number} range of x */
function smoothedLine(series, weight, range) {
  const source = series.means ?? series;
  const id = `${weight} ${range}`;
  const known = smoothed.get(series);
  const y = known?.id === id ? known.y : ema(source.x, source.y, weight, range);
  smoothed.set(series, { id, y });
  return { x: source.x, y };
}

/** From the first to the last x of all series. @param {RunSeries[]} all */
function rangeOf(all) {
  const ends = all.flatMap(({ x }) => (x.length ? [x[0], x[x.length - 1]] : []));
  return ends.length ? Math.max(...ends) - Math.min(...ends) : 0;
}

/**
 * The lines of the runs that have points, in the order of the run list, the first run on top.
 * @param {string} key @param {Run[]} runs @param {Map<string, RunSeries | null>} found @param {number} weight of smoothing
 * @returns {{lines: Drawn[], unit: Unit}}
 */
export function drawnLines(key, runs, found, weight) {
  const measured = runs.flatMap((run) => {
    const series = found.get(run.uid);
    return series?.x.length ? [{ run, series }] : [];
  });
  const unit = unitOf(
    key,
    measured.map(({ series }) => series),
  );
  const filled = measured.map(({ run, series }) => ({ run, series: inUnit(series, unit.factor) }));
  const range = rangeOf(filled.map(({ series }) => series));
  const lines = filled.toReversed().map(({ run, series }) => {
    const { uid, name, color, dash } = lineOf(run);
    const line = { id: uid, name, color, dash };
    if (!weight) return { ...line, x: series.x, y: series.y, raw: null };
    return { ...line, ...smoothedLine(series, weight, range), raw: { x: series.x, y: series.y } };
  });
  return { lines, unit };
}

/**
 * What a run said of a metric by `define_metric`; a name may end in `*`.
 * @param {Run["definitions"]} definitions @param {string} key
 */
export function definitionOf(definitions, key) {
  const covers = (/** @type {string} */ name) => name.endsWith("*") && key.startsWith(name.slice(0, -1));
  const name = definitions?.[key] ? key : Object.keys(definitions ?? {}).find(covers);
  return name === undefined ? undefined : definitions?.[name];
}

/**
 * The x axis of a panel: the page's; where that is "step", the axis that the run defined for the metric.
 * @param {string} x @param {"rows" | "system"} kind @param {Run["definitions"]} definitions @param {string} key
 */
export function axisOf(x, kind, definitions, key) {
  // System metrics have no step.
  if (kind === "system") return x === "time" ? "time" : "relative";
  return x === "step" ? (definitionOf(definitions, key)?.step_metric ?? x) : x;
}

/** How strongly measured values show under smoothed lines. @param {number} count of lines */
export function rawAlpha(count) {
  return count === 1 ? 0.25 : 0.15;
}

/** @param {ArrayLike<number>} values @returns {number | null} the last that is finite */
export function lastFinite(values) {
  for (let i = values.length - 1; i >= 0; i--) if (Number.isFinite(values[i])) return values[i];
  return null;
}

/**
 * What was done to the data, for the panel's sub-title.
 * @param {Drawn[]} lines @param {{unit: string, log: boolean, outliers: boolean, several: boolean, zoomed: boolean}} view `several`: the panel is for more than one run
 */
export function subtitle(lines, { unit, log, outliers, several, zoomed }) {
  if (!lines.length) return "";
  const words = unit ? [unit] : [];
  if (log) words.push(t("log"));
  if (outliers) words.push("p1–p99");
  if (zoomed) words.push(t("zoomed"));
  const points = lines.length === 1 ? lines[0].x.length : 0;
  if (points === 1) words.push(t("1 point"));
  else if (several) words.push(lines.length === 1 ? t("1 run") : t("{n} runs", { n: lines.length }));
  return words.join(", ");
}
