/**
 * What the charts of a page show: the run list writes it, panels read it. The choice itself is in the URL; here are the
 * runs it stands for, and the two things that are too short-lived for a URL: the run and the x under the pointer.
 */
import { runColor, runDash } from "./colors.js";

/**
 * @typedef {object} Run as the REST API gives it; what charts need of it
 * @property {string} uid
 * @property {string} id
 * @property {number} number
 * @property {string} name
 * @property {string} state
 * @property {Record<string, any>} [summary]
 * @property {Record<string, {step_metric?: string, hidden?: boolean}>} [definitions]
 */

/** @typedef {{uid: string, name: string, color: string, dash: number[], state: string}} Line how a run is drawn */

/** @param {Run} run @returns {Line} */
export function lineOf(run) {
  return {
    uid: run.uid,
    name: run.name,
    color: runColor(run.number),
    dash: runDash(run.number),
    state: run.state,
  };
}

/** Fires "runs", "hover" and "cross". */
class Shown extends EventTarget {
  /** @type {Run[]} */
  runs = [];
  /** @type {string | null} uid of the run under the pointer, in list or panel */
  hovered = null;
  /** @type {{x: number, kind: string, source: object} | null} the shared cross-hair */
  cross = null;

  /** Call back on an event. Returns the way to stop. @param {"runs" | "hover" | "cross"} type @param {() => void} callback */
  watch(type, callback) {
    this.addEventListener(type, callback);
    return () => this.removeEventListener(type, callback);
  }

  /** @param {Run[]} runs */
  setRuns(runs) {
    this.runs = runs;
    this.dispatchEvent(new Event("runs"));
  }

  /** @param {string | null} uid */
  hover(uid) {
    if (this.hovered === uid) return;
    this.hovered = uid;
    this.dispatchEvent(new Event("hover"));
  }

  /** @param {Shown["cross"]} cross */
  setCross(cross) {
    if (!cross && !this.cross) return;
    this.cross = cross;
    this.dispatchEvent(new Event("cross"));
  }
}

export const shown = new Shown();
