/**
 * One plot: axes, cursor and zoom by uPlot; the lines on a canvas of their own, so that a run can be brought to the
 * front, and others dimmed, without drawing all of them again. Lines keep their own x: no common grid is needed.
 */
import uPlot from "uplot";
import { drawBreaks, drawLine, plotRange } from "./chart-lines.js";
import { nearestIndex, pixelX, pixelY } from "./plot-path.js";
import { onTheme, theme } from "./theme.js";
import { logTicks, numberLabels, rangeTicks, xLabels, xTicks, xWords } from "./ticks.js";

/** @import { Drawn } from "./chart-lines.js" */
/** @import { Plane } from "./plot-path.js" */

/**
 * @typedef {object} View
 * @property {Drawn[]} lines in drawing order
 * @property {string} xKind
 * @property {[number, number] | null} xRange null: all there is
 * @property {boolean} log
 * @property {boolean} outliers leave out the highest and lowest 1 %
 * @property {number} rawAlpha of the measured values under smoothed lines
 */

/** @typedef {{line: Drawn, x: number, y: number, top: number}} Reading one line at the cross-hair */

/**
 * @typedef {object} Hooks
 * @property {(range: [number, number]) => void} [onZoom] by dragging
 * @property {() => void} [onReset] by a double click
 * @property {(x: number | null) => void} [onCross] the pointer moved; null: it left
 */

const PAD = /** @type {uPlot.Padding} */ ([8, 19, 4, 4]);
const WIDTH = { single: 1.25, chosen: 2.25 };

/** @param {uPlot} _ @param {number | null} min @param {number | null} max @returns {[number, number]} */
const exact = (_, min, max) => [min ?? 0, max ?? 1];

export class Chart {
  /** @type {View | null} */
  view = null;
  /** @type {string | null} uid drawn on top */
  chosen = null;
  /** Whether the pointer is over this plot. */
  hot = false;

  /** @param {HTMLElement} host sized by CSS @param {Hooks} hooks @param {{labels?: number}} [options] `labels`: most labels of the y axis */
  constructor(host, hooks, { labels = 6 } = {}) {
    this.host = host;
    this.hooks = hooks;
    this.mostY = labels;
    this.u = new uPlot(this.#options(), [[0, 1]], host);
    this.base = this.#layer();
    this.top = this.#layer();
    this.label = document.createElement("div");
    this.label.className = "cross-label";
    this.label.hidden = true;
    this.dot = document.createElement("div");
    this.dot.className = "cross-dot";
    this.dot.hidden = true;
    this.u.over.append(this.label, this.dot);
    this.#listen();
    this.stopTheme = onTheme(() => this.redraw());
  }

  #layer() {
    const canvas = document.createElement("canvas");
    canvas.className = "plot-layer";
    this.u.over.before(canvas);
    return canvas;
  }

  /** @returns {uPlot.Options} */
  #options() {
    const font = `11px ${theme().sans}`;
    const axis = { font, stroke: () => theme().muted, ticks: { show: false } };
    return {
      ...this.#size(),
      padding: PAD,
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: 6 },
        move: (_, left, top) => [this.#snap(left, top), top],
        bind: { dblclick: () => () => this.#reset() },
      },
      // `draw` sets both ranges; uPlot must not widen them.
      scales: { x: { time: false, auto: false, range: exact }, y: { auto: false, range: exact } },
      series: [{}],
      axes: [
        {
          ...axis,
          size: 24,
          gap: 5,
          border: { show: true, width: 1, stroke: () => theme().axis },
          grid: { show: false },
          splits: (_, __, min, max) => xTicks(this.view?.xKind ?? "step", [min, max], this.#mostX()),
          values: (_, ticks) => xLabels(this.view?.xKind ?? "step", ticks),
        },
        {
          ...axis,
          size: (_, labels) =>
            Math.max(38, 14 + 6.6 * Math.max(0, ...(labels ?? []).map((text) => text.length))),
          gap: 8,
          // The lowest line is the axis itself.
          grid: {
            width: 1,
            stroke: () => theme().grid,
            filter: (u, ticks) => ticks.map((v) => (v <= (u.scales.y.min ?? 0) ? null : v)),
          },
          splits: (_, __, min, max) =>
            this.view?.log
              ? logTicks([10 ** min, 10 ** max], this.mostY).map(Math.log10)
              : rangeTicks([min, max], this.mostY),
          values: (_, ticks) =>
            this.view?.log
              ? numberLabels(
                  ticks.map((v) => Number((10 ** v).toPrecision(3))),
                  true,
                )
              : numberLabels(ticks),
        },
      ],
      hooks: {
        setSelect: [(u) => this.#selected(u)],
        setCursor: [(u) => this.#moved(u)],
        draw: [() => this.#drawLines()],
      },
    };
  }

  /** Labels of the x axis that the width has room for. */
  #mostX() {
    return Math.max(3, Math.min(7, Math.floor(this.host.clientWidth / 50)));
  }

  #size() {
    return { width: Math.max(80, this.host.clientWidth), height: Math.max(60, this.host.clientHeight) };
  }

  #listen() {
    const { over } = this.u;
    over.addEventListener("mouseenter", () => {
      this.hot = true;
    });
    over.addEventListener("mouseleave", () => {
      this.hot = false;
      this.hooks.onCross?.(null);
    });
    // A finger moves the cross-hair; scrolling the page stays possible up and down (touch-action in CSS).
    over.addEventListener("touchmove", (event) => {
      const box = over.getBoundingClientRect();
      const { clientX, clientY } = event.touches[0];
      this.hot = true;
      this.u.setCursor({ left: clientX - box.left, top: clientY - box.top });
    });
  }

  /** @param {uPlot} u */
  #selected(u) {
    const { left, width } = u.select;
    if (width < 1) return;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.hooks.onZoom?.([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
  }

  #reset() {
    this.hooks.onReset?.();
    return null;
  }

  /** The point that the cross-hair stands on, exactly: pixels would not give its x back. @type {Reading | null} */
  #under = null;

  /** Put the cross-hair on a point of the line that is nearest. @param {number} left @param {number} top */
  #snap(left, top) {
    if (!this.hot || left < 0) return left;
    this.#under = this.nearest(this.readings(this.u.posToVal(left, "x")), top);
    return this.#under ? this.u.valToPos(this.#under.x, "x") : left;
  }

  /** @param {uPlot} u */
  #moved(u) {
    const left = u.cursor.left ?? -1;
    if (!this.hot || !this.view) return;
    this.hooks.onCross?.(left < 0 ? null : (this.#under?.x ?? u.posToVal(left, "x")));
  }

  /** The plot in CSS pixels of its own area. @returns {Plane} */
  plane() {
    const { scales, over } = this.u;
    const [x0, x1] = [scales.x.min ?? 0, scales.x.max ?? 1];
    const [y0, y1] = [scales.y.min ?? 0, scales.y.max ?? 1];
    const size = { left: 0, top: 0, width: over.clientWidth, height: over.clientHeight };
    return { x0, x1, y0, y1, log: this.view?.log ?? false, ...size };
  }

  /** What each line is at `x`; lines that have no point near it are left out. @param {number} x @returns {Reading[]} */
  readings(x) {
    const plane = this.plane();
    const reach = (4 * (plane.x1 - plane.x0)) / Math.max(1, plane.width);
    /** @type {Reading[]} */
    const found = [];
    for (const line of this.view?.lines ?? []) {
      const i = nearestIndex(line.x, x);
      if (i < 0 || !Number.isFinite(line.y[i])) continue;
      const [first, last] = [line.x[0], line.x[line.x.length - 1]];
      if (x < first - reach || x > last + reach) continue;
      found.push({ line, x: line.x[i], y: line.y[i], top: pixelY(line.y[i], plane) });
    }
    return found;
  }

  /** @param {Reading[]} readings @param {number} top pixel */
  nearest(readings, top) {
    /** @type {Reading | null} */
    let best = null;
    for (const reading of readings) {
      if (!best || Math.abs(reading.top - top) < Math.abs(best.top - top)) best = reading;
    }
    return best;
  }

  /** @param {View} view */
  draw(view) {
    this.view = view;
    const { x, y } = plotRange(view, { x: this.#mostX(), y: this.mostY });
    this.u.batch(() => {
      this.u.setScale("x", { min: x[0], max: x[1] });
      this.u.setScale("y", { min: y[0], max: y[1] });
    });
    this.u.redraw(false, true);
  }

  /** Fit the host's size. */
  resize() {
    const size = this.#size();
    if (size.width === this.u.width && size.height === this.u.height) return;
    this.u.setSize(size);
  }

  redraw() {
    this.u.redraw(false, true);
  }

  /** @param {HTMLCanvasElement} layer @returns {CanvasRenderingContext2D} cleared, in CSS pixels of the plot area, clipped to it */
  #fresh(layer) {
    const { width, height } = this.u.ctx.canvas;
    if (layer.width !== width || layer.height !== height) Object.assign(layer, { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (layer.getContext("2d"));
    const ratio = uPlot.pxRatio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const { bbox } = this.u;
    context.setTransform(ratio, 0, 0, ratio, bbox.left, bbox.top);
    return context;
  }

  #drawLines() {
    if (!this.view || !this.base) return;
    const context = this.#fresh(this.base);
    const plane = this.plane();
    const { lines, rawAlpha } = this.view;
    const measured = lines.map(
      ({ raw, ...line }) =>
        raw && drawLine(context, { ...line, ...raw, raw: null }, plane, { width: 1, alpha: rawAlpha }),
    );
    lines.forEach((line, i) => {
      const breaks = drawLine(context, line, plane, { width: WIDTH.single, alpha: 1 });
      drawBreaks(context, measured[i] ?? breaks, line.color, plane);
    });
    this.#drawChosen();
  }

  /** Bring a run to the front; null: none. @param {string | null} uid */
  choose(uid) {
    if (uid === this.chosen) return;
    this.chosen = uid;
    this.#drawChosen();
  }

  #drawChosen() {
    const lines = this.view?.lines ?? [];
    const line = lines.find((candidate) => candidate.id === this.chosen);
    // With more lines than colours the others step back.
    this.base.classList.toggle("is-dimmed", Boolean(line) && lines.length > 24);
    const context = this.#fresh(this.top);
    if (line && lines.length > 1) drawLine(context, line, this.plane(), { width: WIDTH.chosen, alpha: 1 });
    this.#placeDot();
  }

  /** A dot where the chosen run crosses the cross-hair: an element, so that the pointer moves without drawing. */
  #placeDot() {
    const x = this.crossX;
    const { lines = [] } = this.view ?? {};
    const mine = (/** @type {Reading} */ { line }) => line.id === this.chosen || lines.length === 1;
    const reading = x === null ? undefined : this.readings(x).find(mine);
    this.dot.hidden = !reading;
    if (!reading) return;
    const left = pixelX(reading.x, this.plane());
    this.dot.style.setProperty("--c", reading.line.color);
    this.dot.style.translate = `calc(${left.toFixed(1)}px - 50%) calc(${reading.top.toFixed(1)}px - 50%)`;
  }

  /** @type {number | null} */
  crossX = null;

  /** Show the cross-hair at `x`, also where the pointer is over another panel; null hides it. @param {number | null} x */
  cross(x) {
    const plane = this.plane();
    const inside = x !== null && x >= plane.x0 && x <= plane.x1;
    this.crossX = inside ? x : null;
    const left = inside ? pixelX(x, plane) : -10;
    if (!this.hot) this.u.setCursor({ left, top: inside ? 0 : -10 }, false);
    this.label.hidden = !inside;
    if (inside) {
      this.label.textContent = xWords(this.view?.xKind ?? "step", x);
      this.label.style.translate = `calc(${Math.round(left)}px - 50%) 0`;
    }
    this.#placeDot();
  }

  /** The picture as it stands, on the ground of the panel. @returns {HTMLCanvasElement} */
  snapshot() {
    const { canvas } = this.u.ctx;
    const out = document.createElement("canvas");
    Object.assign(out, { width: canvas.width, height: canvas.height });
    const context = /** @type {CanvasRenderingContext2D} */ (out.getContext("2d"));
    context.fillStyle = theme().surface;
    context.fillRect(0, 0, out.width, out.height);
    for (const layer of [canvas, this.base]) context.drawImage(layer, 0, 0);
    return out;
  }

  destroy() {
    this.stopTheme();
    this.u.destroy();
  }
}
