/**
 * `<live-status project="org/project" src="URL of runs" [running="3"]>`: "3 running, updated 2 s ago". Says so where
 * the page is only polling.
 */
import { getJSON } from "./api.js";
import { h, throttled } from "./dom.js";
import { ago, count } from "./formats.js";
import { t } from "./i18n.js";
import { live } from "./live.js";

const COUNT_MS = 2000;

class LiveStatus extends HTMLElement {
  #running = Number(this.getAttribute("running") ?? 0);
  #updated = Date.now();
  #timer = 0;
  /** @type {(() => void)[]} */
  #stops = [];
  #mark = h("i", { class: "mark" });
  #words = h("span", null);
  #recount = throttled(() => this.#count(), COUNT_MS);

  connectedCallback() {
    this.replaceChildren(this.#mark, this.#words);
    const state = () => this.#write();
    live.addEventListener("state", state);
    this.#stops = [
      live.subscribe(this.getAttribute("project") ?? "", ({ kind }) => {
        if (kind !== "poll") this.#updated = Date.now();
        if (kind === "runs" || kind === "poll") this.#recount();
        this.#write();
      }),
      () => live.removeEventListener("state", state),
    ];
    this.#timer = window.setInterval(() => this.#write(), 1000);
    this.#write();
    if (!this.hasAttribute("running")) this.#recount();
  }

  disconnectedCallback() {
    for (const stop of this.#stops) stop();
    window.clearInterval(this.#timer);
  }

  async #count() {
    const query = new URLSearchParams({ q: "state = running", limit: "1" });
    const answer = await getJSON(`${this.getAttribute("src")}?${query}`).catch(() => null);
    if (!answer) return;
    this.#running = answer.count ?? 0;
    this.#updated = Date.now();
    this.#write();
  }

  #write() {
    this.#mark.className = `mark ${this.#running ? "running" : "finished"}`;
    this.#mark.hidden = !this.#running;
    const n = count(this.#running);
    const when = ago(this.#updated);
    const text = this.#running ? t("{n} running, updated {when}", { n, when }) : t("No run is running");
    if (this.#words.textContent !== text) this.#words.textContent = text;
    this.title = live.connected ? t("Live") : t("No live connection: asking every 5 s");
  }
}

customElements.define("live-status", LiveStatus);
