/**
 * `<run-list src="URL" metrics="URL" project="org/project" page="/org/project/runs/">`: the runs of a project, which is
 * also the legend of its charts. Search, order, metric column and which runs are shown are in the URL.
 */
import { getJSON } from "./api.js";
import { h, icon, iconButton, throttled } from "./dom.js";
import { columnDecimals, count } from "./formats.js";
import { t } from "./i18n.js";
import { live } from "./live.js";
import { everyOrNone, only, readChoice, shownRuns, toggled, writeChoice } from "./run-choice.js";
import { defaultMetric, metricValue, summaryField } from "./run-columns.js";
import { RunRows } from "./run-rows.js";
import { RunSource } from "./run-source.js";
import { shown } from "./shown.js";
import { urlState } from "./url-state.js";

/** @import { Nudge } from "./live.js" */

const TYPING_MS = 250;
const REFRESH_MS = 1500;

class RunList extends HTMLElement {
  source = new RunSource(this.getAttribute("src") ?? "", () => this.#render());
  rows = new RunRows(this);
  /** @type {{key: string, runs?: number}[]} */
  #metrics = [];
  /** @type {(() => void)[]} */
  #stops = [];
  #typing = 0;
  #announced = "";
  /** @type {Set<string>} */
  #nudged = new Set();
  #refresh = throttled(() => this.#reload(), REFRESH_MS);

  #search = h("input", {
    type: "search",
    placeholder: t("Search runs, or write a filter"),
    "aria-label": t("Search runs, or write a filter"),
    value: urlState.get("q"),
    spellcheck: "false",
    oninput: () => this.#typed(),
  });
  #problem = h("p", { class: "run-problem", role: "alert" });
  #column = h("button", {
    class: "run-column",
    type: "button",
    "aria-haspopup": "true",
    onclick: () => this.#pick(),
  });
  #total = h("span", null);
  #eyes = iconButton("eye", t("Show or hide all runs"), () => this.#all(), "run-all");

  connectedCallback() {
    if (!this.firstElementChild) this.#build();
    const project = this.getAttribute("project") ?? "";
    this.#stops = [
      urlState.watch(["q", "sort"], () => this.#start()),
      urlState.watch(["metric", "first", "show", "hide"], () => this.#render()),
      shown.watch("hover", () => this.rows.draw()),
      live.subscribe(project, (nudge) => this.#hear(nudge)),
      this.rows.listen(),
    ];
    this.#start();
    this.#loadMetrics();
  }

  disconnectedCallback() {
    for (const stop of this.#stops) stop();
  }

  #build() {
    const search = h("label", { class: "search" }, icon("search"), this.#search);
    const head = h("div", { class: "runs-head" }, h("span", null, t("Run")), this.#column);
    const foot = h("footer", { class: "runs-foot" }, this.#total, this.#eyes);
    this.append(h("div", { class: "runs-search" }, search, this.#problem), head, this.rows.root, foot);
  }

  get metric() {
    return urlState.get("metric") ?? defaultMetric(this.#metrics);
  }

  get order() {
    return urlState.get("sort") ?? "-created";
  }

  #start() {
    const q = urlState.get("q") ?? "";
    if (this.#search.value !== q && document.activeElement !== this.#search) this.#search.value = q;
    this.source.start(q, this.order);
  }

  #typed() {
    window.clearTimeout(this.#typing);
    this.#typing = window.setTimeout(() => urlState.set({ q: this.#search.value.trim() }), TYPING_MS);
  }

  async #loadMetrics() {
    const answer = await getJSON(this.getAttribute("metrics") ?? "").catch(() => null);
    if (!answer || answer.keys === this.#metrics) return;
    this.#metrics = answer.keys;
    this.#render();
  }

  /** @param {Nudge} nudge */
  #hear({ kind, ids }) {
    if (kind === "console") return;
    for (const uid of ids) this.#nudged.add(uid);
    this.#refresh();
  }

  #reload() {
    const uids = this.#nudged;
    this.#nudged = new Set();
    this.source.refresh(uids);
    this.#loadMetrics();
  }

  async #pick() {
    const { openMetricPicker } = await import("./metric-picker.js");
    const keys = this.#metrics.map(({ key }) => key);
    openMetricPicker(this.#column, { metric: this.metric, order: this.order, keys }, ({ metric, order }) => {
      const sorted = this.metric !== null && this.order.replace(/^-/, "") === summaryField(this.metric);
      // The column that the list is sorted by changes: sort by the new one.
      const follow =
        metric && sorted ? this.order.replace(summaryField(this.metric ?? ""), summaryField(metric)) : order;
      urlState.set({
        ...(metric ? { metric } : {}),
        ...(follow ? { sort: follow === "-created" ? null : follow } : {}),
      });
    });
  }

  #all() {
    const none = this.shownCount > 0;
    urlState.set(writeChoice(everyOrNone(!none, this.source.runs.length)));
  }

  /** @param {string} id short ID @param {boolean} [alone] */
  toggle(id, alone = false) {
    const choice = readChoice(urlState);
    urlState.set(writeChoice(alone ? only(choice, id) : toggled(choice, this.source.runs, id)));
  }

  shownCount = 0;

  /** Tell the charts, if what they need of the runs has changed. */
  #announce() {
    const choice = readChoice(urlState);
    const others = urlState.get("q") ? [] : this.source.others;
    const runs = shownRuns(choice, this.source.runs, others);
    this.shownCount = runs.length;
    if (this.source.loaded) this.source.seek(choice.show);
    const id = JSON.stringify(
      runs.map(({ uid, name, state, definitions }) => [uid, name, state, definitions]),
    );
    if (id === this.#announced || !this.source.loaded) return;
    this.#announced = id;
    shown.setRuns(runs);
  }

  #render() {
    const { source, metric } = this;
    this.#announce();
    const decimals = columnDecimals(source.runs.map((run) => metricValue(run, metric)));
    const page = this.getAttribute("page") ?? "";
    this.rows.show(source, { metric, decimals, page, project: this.getAttribute("project") ?? "" });
    const said = source.error?.message ?? source.hints.join(" ");
    this.#problem.textContent = said;
    this.#problem.hidden = !said;
    this.#problem.classList.toggle("is-hint", !source.error);
    const all = count(source.count ?? source.runs.length) + (source.capped ? "+" : "");
    const seen = count(source.runs.length);
    this.#total.textContent = source.loaded ? t("{n} of {all} runs", { n: seen, all }) : "";
    const words = h("span", null, t("{n} shown", { n: count(this.shownCount) }));
    this.#eyes.replaceChildren(icon(this.shownCount ? "eye" : "eye-off"), words);
    const sorted = metric !== null && this.order.endsWith(summaryField(metric));
    const arrow = sorted
      ? icon(this.order.startsWith("-") ? "arrow-down" : "arrow-up")
      : icon("chevron-down");
    this.#column.replaceChildren(h("span", { class: "ellipsis" }, metric ?? t("Order")), arrow);
    this.#column.title = metric ?? "";
  }
}

customElements.define("run-list", RunList);
