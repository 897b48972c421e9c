/** What stands in a panel when there are no lines to draw, and what screen readers hear of those there are. */
import { ApiError } from "./api.js";
import { h } from "./dom.js";
import { value } from "./formats.js";
import { t } from "./i18n.js";
import { emptyMessage, failureMessage } from "./message.js";
import { lastFinite } from "./panel-lines.js";
import { xWords } from "./ticks.js";

/** @import { LinePanel } from "./line-panel.js" */
/** @import { Drawn } from "./chart-lines.js" */

const SKELETON_MS = 200;

function skeleton() {
  const labels = h("div", null, ...Array.from({ length: 4 }, () => h("i", { class: "skeleton" })));
  return h("div", { class: "panel-skeleton" }, labels, h("i", { class: "skeleton" }));
}

/** @param {LinePanel} panel */
function failed(panel) {
  const { error } = panel.data;
  const reason = error instanceof ApiError ? error.message : t("The answer could not be read.");
  return failureMessage(t("Could not load this panel"), reason, () => panel.schedule());
}

/** @param {LinePanel} panel */
function empty(panel) {
  const n = panel.runs.length;
  if (!n) return emptyMessage(t("No run is shown"), t("Press an eye in the list to show a run."));
  const shown = n === 1 ? t("1 run shown") : t("{n} runs shown", { n });
  return emptyMessage(t("No run shown here logs {key}", { key: panel.key }), shown);
}

/**
 * Show the skeleton, the failure or the reason for nothing; old lines stay, dimmed, while new ones are on their way.
 * @param {LinePanel} panel @param {boolean} hasLines
 * @returns {boolean} whether lines are to be drawn
 */
export function renderState(panel, hasLines) {
  const { data, plot } = panel;
  const lost = data.error !== null && !data.loading && (data.stale || !hasLines);
  plot.classList.toggle("is-stale", data.stale && data.loading);
  window.clearTimeout(panel.waiting);
  if (hasLines && !lost) {
    plot.querySelector(".message, .panel-skeleton")?.remove();
    return true;
  }
  if (!data.loading) plot.replaceChildren(lost ? failed(panel) : empty(panel));
  else if (!data.filled) panel.waiting = window.setTimeout(() => showSkeleton(panel), SKELETON_MS);
  return false;
}

/** @param {LinePanel} panel */
function showSkeleton({ data, chart, plot }) {
  if (data.loading && !chart) plot.replaceChildren(skeleton());
}

/**
 * The picture in one sentence.
 * @param {string} key @param {Drawn[]} lines @param {string} xKind
 */
export function describeLines(key, lines, xKind) {
  const ends = lines.flatMap(({ x }) => (x.length ? [x[0], x[x.length - 1]] : []));
  if (!ends.length) return t("{key}, no points", { key });
  const range = { from: xWords(xKind, Math.min(...ends)), to: xWords(xKind, Math.max(...ends)) };
  if (lines.length > 1)
    return t("{key}, lines of {n} runs from {from} to {to}", { key, n: lines.length, ...range });
  const last = value(lastFinite(lines[0].y));
  return t("{key}, line from {from} to {to}, last value {last}", { key, last, ...range });
}
