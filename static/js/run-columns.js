/** The metric column of the run list. Pure. */

const PLAIN = /^(?:[^\s()[\],"'`=<>~!.]|!(?![=~]))+(?:\.(?:[^\s()[\],"'`=<>~!.]|!(?![=~]))+)*$/;
const STATISTICS = ["min", "max", "mean", "first", "last", "best"];

/** A summary key as the query language writes it, in backticks where it has to be. @param {string} key */
export function summaryField(key) {
  const like = STATISTICS.includes(key.slice(key.lastIndexOf(".") + 1)) && key.includes(".");
  return PLAIN.test(key) && !like ? `summary.${key}` : `summary.\`${key.replaceAll("`", "``")}\``;
}

/** How telling a metric is for a run as a whole: held-out results before training ones, results before the rest. @param {string} key */
function worth(key) {
  const held = /(^|[/_.-])(val|valid|validation|eval|test|dev)/i.test(key) ? 2 : 0;
  const result = /(acc|loss|f1|auc|score|bleu|error|perplexity|ppl|rmse|mae|mse|reward|return|map)/i.test(key)
    ? 1
    : 0;
  const system = /^system\b/.test(key) ? -4 : 0;
  return held * result + held + result + system;
}

/** The metric to show when nobody chose one. @param {{key: string, runs?: number}[]} metrics @returns {string | null} */
export function defaultMetric(metrics) {
  /** @type {{key: string, runs?: number} | null} */
  let best = null;
  for (const metric of metrics) {
    const gain = best ? worth(metric.key) - worth(best.key) || (metric.runs ?? 0) - (best.runs ?? 0) : 1;
    if (gain > 0) best = metric;
  }
  return best?.key ?? null;
}

/** What a run's summary has for a metric; undefined where it has nothing that fits in a column. @param {{summary?: Record<string, any>}} run @param {string | null} metric */
export function metricValue(run, metric) {
  const found = metric === null ? undefined : run.summary?.[metric];
  return found === null || typeof found === "object" ? undefined : found;
}
