/** The scrolling part of the run list: the rows on the screen, the pointer and the keys. */
import { arrange, h } from "./dom.js";
import { t } from "./i18n.js";
import { isShown, readChoice } from "./run-choice.js";
import { metricValue } from "./run-columns.js";
import { fillRow, newRow } from "./run-row.js";
import { shown } from "./shown.js";
import { urlState } from "./url-state.js";
import { rowWindow, scrollToRow } from "./virtual-rows.js";

/** @import { Row } from "./run-row.js" */
/** @import { RunSource } from "./run-source.js" */

/** @typedef {{metric: string | null, decimals: number | undefined, page: string, project: string}} Column */
/** @typedef {{toggle(id: string, alone?: boolean): void}} Owner */

const TOUCH_ROW = 60;
const ROW = 28;

export class RunRows {
  #sizer = h("div", { class: "run-sizer", role: "rowgroup" });
  root = h(
    "div",
    { class: "run-rows", role: "grid", "aria-label": t("Runs"), "aria-multiselectable": "true" },
    this.#sizer,
  );
  /** @type {RunSource | null} */
  #source = null;
  /** @type {Column} */
  #column = { metric: null, decimals: undefined, page: "", project: "" };
  /** Rows on the screen, by run. @type {Map<string, Row>} */
  #rows = new Map();
  #focus = 0;
  #narrow = matchMedia("(max-width: 900px)");
  #frame = 0;

  /** @param {Owner} owner */
  constructor(owner) {
    this.owner = owner;
    this.root.addEventListener("scroll", () => this.#later());
    this.root.addEventListener("click", (event) => this.#click(event));
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.root.addEventListener("mouseover", (event) => shown.hover(this.#rowOf(event)?.dataset.uid ?? null));
    this.root.addEventListener("mouseleave", () => shown.hover(null));
  }

  get #height() {
    return this.#narrow.matches ? TOUCH_ROW : ROW;
  }

  /** Follow the size of the window and the keys of the page. @returns {() => void} stop */
  listen() {
    const resized = new ResizeObserver(() => this.#later());
    resized.observe(this.root);
    const key = (/** @type {KeyboardEvent} */ event) => this.#pageKey(event);
    document.addEventListener("keydown", key);
    return () => {
      resized.disconnect();
      document.removeEventListener("keydown", key);
    };
  }

  /** @param {RunSource} source @param {Column} column */
  show(source, column) {
    this.#source = source;
    this.#column = column;
    this.root.setAttribute("aria-rowcount", String(1 + (source.count ?? source.runs.length)));
    this.draw();
  }

  /** One drawing a frame is enough while scrolling. */
  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  draw() {
    const runs = this.#source?.runs ?? [];
    const height = this.#height;
    this.#focus = Math.max(0, Math.min(this.#focus, runs.length - 1));
    const [from, to] = rowWindow(this.root.scrollTop, this.root.clientHeight, height, runs.length);
    this.#sizer.style.height = `${runs.length * height}px`;
    const choice = readChoice(urlState);
    const { metric } = this.#column;
    /** @type {Map<string, Row>} */
    const rows = new Map();
    // The focused row stays in the page, wherever it is: focus must not be lost by scrolling.
    const indexes = [...new Set([...Array.from({ length: to - from }, (_, i) => from + i), this.#focus])];
    for (const index of indexes.filter((i) => i < runs.length).sort((a, b) => a - b)) {
      const run = runs[index];
      const row = this.#rows.get(run.uid) ?? newRow();
      rows.set(run.uid, row);
      row.style.translate = `0 ${index * height}px`;
      fillRow(row, {
        ...this.#column,
        run,
        index,
        shown: isShown(choice, run.id, index),
        focused: index === this.#focus,
        hovered: run.uid === shown.hovered,
        value: metricValue(run, metric),
        href: `${this.#column.page}${encodeURIComponent(run.id)}`,
      });
    }
    this.#rows = rows;
    arrange(this.#sizer, rows.size || !this.#source?.loaded ? [...rows.values()] : [this.#nothing()]);
    if (to > runs.length - 10) this.#source?.more();
  }

  #nothing() {
    const text = urlState.get("q") ? t("No run matches") : t("No runs yet");
    return h("p", { class: "run-nothing" }, text);
  }

  /** @param {Event} event @returns {HTMLElement | null} */
  #rowOf(event) {
    return /** @type {HTMLElement} */ (event.target).closest(".run-row");
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const row = this.#rowOf(event);
    const target = /** @type {HTMLElement} */ (event.target);
    if (!row || target.closest("a")) return;
    this.#focus = (this.#source?.runs ?? []).findIndex((run) => run.uid === row.dataset.uid);
    if (target.closest("[data-act=toggle]"))
      this.owner.toggle(row.dataset.id ?? "", event.altKey || event.shiftKey);
    else this.draw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -1e9, End: 1e9 };
    const step = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (step) this.#move(step);
    else if (event.key === "Enter") this.#current()?.parts.name.click();
    else if (event.key === " ") this.#toggleCurrent(event.shiftKey);
    else return;
    event.preventDefault();
  }

  /** j and k move, x shows or hides, from anywhere on the page but where text is written. @param {KeyboardEvent} event */
  #pageKey(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, dialog"))
      return;
    if (event.key === "j") this.#move(1);
    else if (event.key === "k") this.#move(-1);
    else if (event.key === "x" || event.key === "X") this.#toggleCurrent(event.shiftKey);
  }

  #current() {
    const run = this.#source?.runs[this.#focus];
    return run ? this.#rows.get(run.uid) : undefined;
  }

  /** @param {number} step rows down */
  #move(step) {
    const runs = this.#source?.runs ?? [];
    if (!runs.length) return;
    const active = this.root.contains(document.activeElement);
    // The first key only shows where one is.
    this.#focus = active ? Math.max(0, Math.min(runs.length - 1, this.#focus + step)) : this.#focus;
    this.root.scrollTop = scrollToRow(this.#focus, this.root.scrollTop, this.root.clientHeight, this.#height);
    this.draw();
    this.#current()?.focus({ preventScroll: true });
    shown.hover(runs[this.#focus].uid);
  }

  /** @param {boolean} alone */
  #toggleCurrent(alone) {
    const run = this.#source?.runs[this.#focus];
    if (run) this.owner.toggle(run.id, alone);
  }
}
