/** The scrolling part of the console log: only the lines on the screen are in the page. */
import { ansiText } from "./ansi.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { logRow, tracebackLines } from "./log-line.js";

/** @import { LogSource } from "./log-source.js" */

const ROW = 18;
/** Browsers cannot make an element higher than some 17 million px: longer logs scroll in larger steps. */
const TALLEST = 15_000_000;
/** Lines looked at before the first on the screen, so that a traceback that began there is still one. */
const LOOK_BACK = 60;

export class LogRows {
  #lines = h("div", { class: "log-lines", role: "list" });
  #sizer = h("div", { class: "log-sizer" }, this.#lines);
  root = h(
    "div",
    { class: "log-scroll", tabindex: 0, role: "region", "aria-label": t("Console log") },
    this.#sizer,
  );
  search = "";
  /** Position of the line that is linked or found. */
  current = -1;
  /** Keep the end of the log in sight. */
  follow = false;
  #frame = 0;
  #columns = 0;
  #scrolledTo = -1;

  /** @param {LogSource} source @param {(following: boolean) => void} onFollow */
  constructor(source, onFollow) {
    this.source = source;
    this.onFollow = onFollow;
    this.root.addEventListener("scroll", () => this.#onScroll());
    new ResizeObserver(() => this.later()).observe(this.root);
  }

  /** Height that stands for one line. */
  get #step() {
    return Math.min(ROW, TALLEST / Math.max(1, this.source.total));
  }

  get #most() {
    return this.root.scrollHeight - this.root.clientHeight;
  }

  #onScroll() {
    // Scrolling up stops following; reaching the end begins it again.
    const atEnd = this.root.scrollTop >= this.#most - 2;
    if (Math.abs(this.root.scrollTop - this.#scrolledTo) > 1 && atEnd !== this.follow) {
      this.follow = atEnd;
      this.onFollow(atEnd);
    }
    this.later();
  }

  later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  /** Bring a line to the middle. @param {number} position */
  goTo(position) {
    this.current = position;
    this.follow = false;
    this.onFollow(false);
    this.#size();
    this.root.scrollTop = Math.max(0, position * this.#step - this.root.clientHeight / 2);
    this.later();
  }

  #size() {
    const rows = this.source.total * this.#step;
    this.#sizer.style.height = `${Math.ceil(rows)}px`;
  }

  draw() {
    const { source, root } = this;
    this.#size();
    if (this.follow) {
      root.scrollTop = this.#most;
      this.#scrolledTo = root.scrollTop;
    }
    const seen = Math.ceil(root.clientHeight / ROW) + 1;
    const atEnd = root.scrollTop >= this.#most - 1;
    const top = Math.max(0, Math.floor(root.scrollTop / this.#step));
    const first = atEnd ? Math.max(0, source.total - seen) : top;
    const end = Math.min(source.total, first + seen);
    source.need(first - LOOK_BACK, end + seen);
    const from = Math.max(0, first - LOOK_BACK);
    const texts = Array.from({ length: end - from }, (_, i) => source.line(from + i)?.[3]);
    const faults = tracebackLines(texts.map((text) => (text === undefined ? text : ansiText(text))));
    const rows = Array.from({ length: Math.max(0, end - first) }, (_, i) =>
      logRow(source.line(first + i), {
        position: first + i,
        search: this.search,
        current: first + i === this.current,
        fault: faults[first - from + i],
      }),
    );
    this.#lines.replaceChildren(...rows);
    // At the end the last line stands on the bottom, also where lines are wrapped and higher than one row.
    const bottom = Math.max(0, this.#sizer.offsetHeight - this.#lines.offsetHeight);
    const place = atEnd
      ? bottom
      : Math.min(root.scrollTop - ((root.scrollTop / this.#step) % 1) * this.#step, bottom);
    this.#lines.style.translate = `0 ${place}px`;
    this.#widen(texts);
  }

  /** The sizer is as wide as the longest line seen so far, so that the scroll bar does not jump. @param {(string | undefined)[]} texts */
  #widen(texts) {
    const longest = Math.max(0, ...texts.map((text) => (text ? ansiText(text).length : 0)));
    if (longest <= this.#columns) return;
    this.#columns = longest;
    this.#sizer.style.setProperty("--columns", String(longest));
  }
}
