/** The pointer on a panel: moves the cross-hair of all panels, brings the nearest run forward, tells its values. */
import { timeOfDay } from "./formats.js";
import { t } from "./i18n.js";
import { shown } from "./shown.js";
import { xWords } from "./ticks.js";
import { hideTooltip, showTooltip } from "./tooltip.js";

/** @import { LinePanel } from "./line-panel.js" */
/** @import { Chart } from "./chart.js" */

/** One x with the name of its axis: "step 40,000". @param {string} kind @param {number} x */
export function xNamed(kind, x) {
  if (kind === "time") return timeOfDay(x * 1000);
  const name = { step: t("step"), relative: t("run time") }[kind] ?? kind;
  return `${name} ${xWords(kind, x)}`;
}

export class PanelCross {
  #telling = false;

  /** @param {LinePanel} panel */
  constructor(panel) {
    this.panel = panel;
  }

  /** The pointer is at `x` of this panel; null: it left. @param {number | null} x */
  point(x) {
    shown.setCross(x === null ? null : { x, kind: this.panel.x, source: this.panel });
  }

  /** Show the page's cross-hair here, and the tooltip where the pointer is. */
  follow() {
    const { chart } = this.panel;
    const { cross } = shown;
    if (!chart) return;
    chart.cross(cross && cross.kind === this.panel.x ? cross.x : null);
    if (cross?.source === this.panel) this.#tell(chart, cross.x);
    else this.hush();
  }

  /** @param {Chart} chart @param {number} x */
  #tell(chart, x) {
    const readings = chart.readings(x);
    const { left, top } = chart.u.cursor;
    const nearest = chart.nearest(readings, top ?? 0);
    this.#telling = true;
    this.panel.dispatchEvent(new CustomEvent("reading", { detail: { x, readings } }));
    if (!nearest) return hideTooltip();
    shown.hover(nearest.line.id);
    const box = chart.u.over.getBoundingClientRect();
    const head = xNamed(this.panel.x, x);
    const at = { left: box.left + (left ?? 0), top: box.top + (top ?? 0) };
    showTooltip({ head, readings, nearest, host: this.panel, ...at });
  }

  /** Take back what this panel said. */
  hush() {
    if (!this.#telling) return;
    this.#telling = false;
    hideTooltip();
    if (!shown.cross) shown.hover(null);
    this.panel.dispatchEvent(new CustomEvent("reading", { detail: null }));
  }
}
