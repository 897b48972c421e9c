/**
 * `<spark-line key="train/loss" run="UID" state="running" [kind="system"] [project="org/project"]>`: the course of one
 * metric of one run, without axes. All sparklines of a page are fetched in one request.
 */
import { svg } from "./dom.js";
import { watchInView } from "./in-view.js";
import { live } from "./live.js";
import { requestSeries } from "./series.js";
import { sparkPath } from "./spark-path.js";

const POINTS = 64;
/** A live curve this small need not follow every point. */
const REFRESH_MS = 4000;

class SparkLine extends HTMLElement {
  static observedAttributes = ["key", "run", "state"];
  #stale = true;
  #visible = false;
  #loadedAt = 0;
  /** @type {(() => void)[]} */
  #stops = [];

  connectedCallback() {
    this.setAttribute("aria-hidden", "true");
    const project = this.getAttribute("project");
    this.#stops = [
      watchInView(this, (visible) => {
        this.#visible = visible;
        this.#load();
      }),
      ...(project ? [live.subscribe(project, ({ kind, ids }) => this.#hear(kind, ids))] : []),
    ];
  }

  disconnectedCallback() {
    for (const stop of this.#stops) stop();
    this.#visible = false;
  }

  attributeChangedCallback() {
    this.#stale = true;
    this.#load();
  }

  /** @param {string} kind @param {Set<string>} ids */
  #hear(kind, ids) {
    const mine = kind === "points" && ids.has(this.getAttribute("run") ?? "");
    const due = this.getAttribute("state") === "running" && performance.now() - this.#loadedAt > REFRESH_MS;
    if (!due || !(mine || kind === "poll")) return;
    this.#stale = true;
    this.#load();
  }

  async #load() {
    const [key, run] = [this.getAttribute("key"), this.getAttribute("run")];
    if (!this.#visible || !this.#stale || !key || !run) return;
    this.#stale = false;
    this.#loadedAt = performance.now();
    const kind = this.getAttribute("kind") === "system" ? "system" : "rows";
    try {
      const found = await requestSeries({ key, runs: [run], x: "step", points: POINTS, kind });
      const series = found.get(run);
      if (series && this.isConnected) this.#draw(series.means ?? series);
    } catch {
      // A curve that is missing says so by not being there; the next nudge asks again.
      this.#stale = true;
    }
  }

  /** @param {{x: Float64Array, y: Float32Array}} points */
  #draw(points) {
    const { clientWidth: width, clientHeight: height } = this;
    const { path, end } = sparkPath(points.x, points.y, width, height);
    const image = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    if (path) image.append(svg("path", { d: path }));
    if (end) image.append(svg("circle", { cx: end[0], cy: end[1], r: 1.75 }));
    this.replaceChildren(image);
  }
}

customElements.define("spark-line", SparkLine);
