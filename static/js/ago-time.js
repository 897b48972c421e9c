/**
 * `<ago-time datetime="ISO">4 min ago</ago-time>`: how long ago, kept true while the page is open. With `exact` the day
 * and time, in the visitor's time zone where the server could only write its own.
 */
import { ago, moment } from "./formats.js";

const TICK_MS = 1000;
/** @type {Set<AgoTime>} */
const all = new Set();
let timer = 0;

function tick() {
  for (const element of all) element.write();
}

class AgoTime extends HTMLElement {
  static observedAttributes = ["datetime"];

  connectedCallback() {
    all.add(this);
    this.write();
    timer ||= window.setInterval(tick, TICK_MS);
  }

  disconnectedCallback() {
    all.delete(this);
    if (all.size) return;
    window.clearInterval(timer);
    timer = 0;
  }

  attributeChangedCallback() {
    if (this.isConnected) this.write();
  }

  write() {
    const then = this.getAttribute("datetime");
    if (!then) return;
    const text = this.hasAttribute("exact") ? moment(then) : ago(then);
    if (this.textContent !== text) this.replaceChildren(text);
    if (!this.hasAttribute("title")) {
      const full = { dateStyle: "long", timeStyle: "long" };
      this.setAttribute(
        "title",
        new Date(then).toLocaleString(document.documentElement.lang || undefined, /** @type {any} */ (full)),
      );
    }
  }
}

customElements.define("ago-time", AgoTime);
