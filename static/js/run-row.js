/** One row of the run list. */
import { h, icon } from "./dom.js";
import { duration, value } from "./formats.js";
import { t } from "./i18n.js";
import { lineOf } from "./shown.js";
import "./spark-line.js";

/** @import { ListedRun } from "./run-source.js" */

/** The word of a run's state. @param {string} state */
export function stateWord(state) {
  const words = {
    running: t("Running"),
    finished: t("Finished"),
    failed: t("Failed"),
    crashed: t("Crashed"),
    killed: t("Stopped"),
    paused: t("Paused"),
    queued: t("Queued"),
  };
  return words[/** @type {keyof typeof words} */ (state)] ?? state;
}

/**
 * @typedef {object} RowView
 * @property {ListedRun} run
 * @property {number} index
 * @property {boolean} shown
 * @property {boolean} focused
 * @property {boolean} hovered
 * @property {unknown} value of the metric column
 * @property {number | undefined} decimals
 * @property {string | null} metric
 * @property {string} project "org/project"
 * @property {string} href
 */

/** @returns an empty row, to be filled by `fillRow` */
export function newRow() {
  const eye = h("button", { class: "run-eye", type: "button", tabindex: -1, "data-act": "toggle" });
  const swatch = h("span", { class: "swatch", "aria-hidden": "true" });
  const mark = h("i", { class: "mark", "aria-hidden": "true" });
  const name = h("a", { class: "run-name", tabindex: -1 });
  const note = h("span", { class: "run-note", "aria-hidden": "true" });
  const spark = h("span", { class: "run-spark", "aria-hidden": "true" });
  const figure = h("span", { class: "run-value" });
  const cell = (/** @type {Element} */ node) => h("span", { role: "gridcell" }, node);
  const row = h(
    "div",
    { class: "run-row", role: "row" },
    cell(eye),
    swatch,
    mark,
    cell(name),
    note,
    spark,
    cell(figure),
  );
  return Object.assign(row, { parts: { eye, swatch, mark, name, note, spark, figure } });
}

/** @typedef {ReturnType<typeof newRow>} Row */

/** @param {Row} row @param {RowView} view */
function fillSpark({ parts: { spark } }, { run, metric, project }) {
  const live = run.state === "running" && metric;
  if (!live) return spark.replaceChildren();
  const line = spark.firstElementChild ?? document.createElement("spark-line");
  const given = { key: metric, run: run.uid, state: run.state, project };
  for (const [name, text] of Object.entries(given)) {
    if (line.getAttribute(name) !== text) line.setAttribute(name, text);
  }
  if (!line.parentNode) spark.append(line);
}

/** @param {Row} row @param {RowView} view */
export function fillRow(row, view) {
  const { run, index, shown, metric } = view;
  const { parts } = row;
  row.dataset.uid = run.uid;
  row.dataset.id = run.id;
  row.setAttribute("aria-rowindex", String(index + 2));
  row.setAttribute("aria-selected", String(shown));
  row.tabIndex = view.focused ? 0 : -1;
  row.classList.toggle("is-hidden", !shown);
  row.classList.toggle("is-hovered", view.hovered);
  if (parts.eye.dataset.shown !== String(shown)) {
    parts.eye.dataset.shown = String(shown);
    parts.eye.replaceChildren(icon(shown ? "eye" : "eye-off"));
  }
  parts.eye.setAttribute("aria-pressed", String(shown));
  parts.eye.setAttribute(
    "aria-label",
    shown ? t("Hide {name}", { name: run.name }) : t("Show {name}", { name: run.name }),
  );
  parts.swatch.style.setProperty("--c", lineOf(run).color);
  parts.mark.className = `mark ${run.state}`;
  parts.mark.title = stateWord(run.state);
  parts.name.textContent = run.name;
  parts.name.title = run.name;
  // The mark's shape and colour in words.
  parts.name.setAttribute("aria-label", `${run.name}, ${stateWord(run.state)}`);
  parts.name.href = view.href;
  parts.note.textContent = t("{state}, {time}", {
    state: stateWord(run.state),
    time: duration(run.duration_s),
  });
  parts.figure.textContent = metric === null ? "" : value(view.value, view.decimals);
  parts.figure.classList.toggle("is-missing", view.value === undefined || view.value === "NaN");
  fillSpark(row, view);
}
