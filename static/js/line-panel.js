/** `<line-panel key="train/loss">`: one metric of the shown runs as lines, live. README.md tells its attributes. */
import { Chart } from "./chart.js";
import { chartSettings, SETTING_NAMES, setZoom, zoomOf } from "./chart-settings.js";
import { h, pageData, sameItems, throttled } from "./dom.js";
import { drawSoon, forgetDraw } from "./draw-queue.js";
import { value } from "./formats.js";
import { watchInView } from "./in-view.js";
import { live } from "./live.js";
import { PanelCross } from "./panel-cross.js";
import { PanelData } from "./panel-data.js";
import { panelHead } from "./panel-head.js";
import { axisOf, drawnLines, lastFinite, rawAlpha, subtitle } from "./panel-lines.js";
import { describeLines, renderState } from "./panel-state.js";
import { shown } from "./shown.js";
import { urlState } from "./url-state.js";

/** @import { Drawn } from "./chart-lines.js" */
/** @import { Nudge } from "./live.js" */
/** @import { Run } from "./shown.js" */
/** @import { Unit } from "./units.js" */

/** Points a line is thinned out to, and labels of the y axis. */
const SIZES = {
  strip: { points: 400, labels: 4 },
  panel: { points: 1000, labels: 6 },
  full: { points: 2000, labels: 8 },
};
/** Live points are drawn at most twice a second. */
const REDRAW_MS = 500;

export class LinePanel extends HTMLElement {
  sub = h("span", { class: "panel-sub" });
  last = h("span", { class: "panel-last" });
  plot = h("div", { class: "panel-plot", role: "img" });
  data = new PanelData(() => drawSoon(this.#render, !this.chart));
  cross = new PanelCross(this);
  /** Timer of the skeleton. */
  waiting = 0;
  /** @type {Chart | null} */
  chart = null;
  /** @type {Drawn[]} */
  lines = [];
  /** What the values of `lines` are in. @type {Unit} */
  unit = { factor: 1, name: "" };
  /** What the chart shows, to know whether it has to be drawn again. @type {unknown[]} */
  #picture = [];
  #visible = false;
  #pending = false;
  /** @type {Run[] | null} */
  #ownRuns = null;
  /** @type {Set<string>} */
  #nudged = new Set();
  /** @type {(() => void)[]} */
  #stops = [];
  #resizer = new ResizeObserver(() => this.chart?.resize());
  #refresh = throttled(() => this.#reload(), REDRAW_MS);

  get key() {
    return this.getAttribute("key") ?? "";
  }

  get size() {
    return /** @type {keyof typeof SIZES} */ (this.getAttribute("size") ?? "panel");
  }

  get kind() {
    return /** @type {"rows" | "system"} */ (this.getAttribute("kind") ?? "rows");
  }

  /** @returns {Run[]} */
  get runs() {
    return this.#ownRuns ?? shown.runs;
  }

  /** Whether the panel may show more than one run. */
  get several() {
    return !this.#ownRuns || this.#ownRuns.length > 1;
  }

  get zoom() {
    return this.size === "strip" ? null : zoomOf(this.key);
  }

  get x() {
    return axisOf(chartSettings().x, this.kind, this.runs[0]?.definitions, this.key);
  }

  connectedCallback() {
    const id = this.getAttribute("runs");
    if (id) this.#ownRuns ??= [pageData(id) ?? []].flat();
    if (!this.firstElementChild) this.append(panelHead(this), this.plot);
    const project = this.getAttribute("project");
    this.#stops = [
      watchInView(this, (visible) => this.#see(visible)),
      urlState.watch(SETTING_NAMES, () => this.schedule()),
      shown.watch("runs", () => this.schedule()),
      shown.watch("hover", () => this.chart?.choose(shown.hovered)),
      shown.watch("cross", () => this.cross.follow()),
      ...(project ? [live.subscribe(project, (nudge) => this.#hear(nudge))] : []),
    ];
    this.#resizer.observe(this.plot);
  }

  disconnectedCallback() {
    for (const stop of this.#stops) stop();
    this.#resizer.disconnect();
    this.#see(false);
  }

  /** @param {boolean} visible */
  #see(visible) {
    this.#visible = visible;
    if (visible) this.schedule();
    else this.#drop();
  }

  /** The canvases of a panel far from the screen are given back; its points stay. */
  #drop() {
    forgetDraw(this.#render);
    this.chart?.destroy();
    this.chart = null;
    this.cross.hush();
  }

  /** @param {Nudge} nudge */
  #hear({ kind, ids }) {
    if (kind === "points") for (const uid of ids) this.#nudged.add(uid);
    else if (kind !== "poll") return;
    else for (const run of this.runs) if (run.state === "running") this.#nudged.add(run.uid);
    if (this.runs.some((run) => this.#nudged.has(run.uid))) this.#refresh();
  }

  #reload() {
    this.data.invalidate(this.runs.map((run) => run.uid).filter((uid) => this.#nudged.has(uid)));
    this.#nudged.clear();
    this.schedule();
  }

  /** Bring the panel up to date, once for all that changes in this task. */
  schedule() {
    if (this.#pending || !this.#visible) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      if (!this.#visible) return;
      const [from, to] = this.zoom ?? [];
      const runs = this.runs.map((run) => run.uid);
      const view = { x: this.x, from, to, points: SIZES[this.size].points, kind: this.kind };
      this.data.load({ key: this.key, runs, ...view });
      drawSoon(this.#render, !this.chart);
    });
  }

  #render = () => {
    if (!this.#visible) return;
    const { x, zoom } = this;
    const { smooth, log, outliers } = chartSettings();
    const { lines, unit } = drawnLines(this.key, this.runs, this.data.series, smooth);
    Object.assign(this, { lines, unit });
    this.sub.textContent = subtitle(lines, {
      unit: unit.name,
      log,
      outliers,
      several: this.several,
      zoomed: Boolean(zoom),
    });
    if (this.size === "strip")
      this.last.textContent = lines.length === 1 ? value(lastFinite(lines[0].y)) : "";
    if (!renderState(this, lines.length > 0)) return this.#drop();
    // Old points on a new axis would be wrong: the picture stays as it is until the new points come.
    if (this.data.stale && this.chart) return;
    const picture = [
      x,
      zoom?.join(),
      log,
      outliers,
      ...lines.flatMap((line) => [line.id, line.name, line.x, line.y]),
    ];
    if (this.chart && sameItems(picture, this.#picture)) return;
    this.#picture = picture;
    this.chart ??= this.#newChart();
    this.chart.draw({ lines, xKind: x, xRange: zoom, log, outliers, rawAlpha: rawAlpha(lines.length) });
    this.plot.setAttribute("aria-label", describeLines(this.key, lines, x));
    this.dispatchEvent(new CustomEvent("drawn"));
  };

  #newChart() {
    const zooms = this.size !== "strip";
    const hooks = {
      onZoom: (/** @type {[number, number]} */ range) => zooms && setZoom(this.key, range),
      onReset: () => zooms && setZoom(this.key, null),
      onCross: (/** @type {number | null} */ x) => this.cross.point(x),
    };
    const chart = new Chart(this.plot, hooks, { labels: SIZES[this.size].labels });
    chart.choose(shown.hovered);
    return chart;
  }
}

customElements.define("line-panel", LinePanel);
