/**
 * `<quick-start project="org/project" src="URL of runs" [has-key]>` around the page of an empty project: ticks its checks
 * off as they come true, and shows the project as soon as the first point is stored. README.md tells the markup.
 */
import { getJSON, request } from "./api.js";
import { clock } from "./formats.js";
import { t } from "./i18n.js";
import { live } from "./live.js";

const LOOK_MS = 2000;

class QuickStart extends HTMLElement {
  #began = Date.now();
  #clock = 0;
  #look = 0;
  #leaving = false;
  /** @type {(() => void)[]} */
  #stops = [];

  connectedCallback() {
    this.#clock = window.setInterval(() => this.#writeClock(), 1000);
    this.#look = window.setInterval(() => this.#lookForRun(), LOOK_MS);
    this.#stops = [live.subscribe(this.getAttribute("project") ?? "", () => this.#lookForRun())];
    this.addEventListener("key-created", () => this.#tick("key"));
    if (this.hasAttribute("has-key")) this.#tick("key");
    this.#writeClock();
    this.#reach();
    this.#lookForRun();
  }

  disconnectedCallback() {
    window.clearInterval(this.#clock);
    window.clearInterval(this.#look);
    for (const stop of this.#stops) stop();
  }

  /** @param {"server" | "key" | "run" | "point"} name @param {string} [note] */
  #tick(name, note) {
    const check = this.querySelector(`[data-check="${name}"]`);
    check?.setAttribute("data-state", "done");
    const place = check?.querySelector("[data-note]");
    if (place && note) place.textContent = note;
  }

  #writeClock() {
    const place = this.querySelector("[data-clock]");
    const time = clock((Date.now() - this.#began) / 1000);
    if (place) place.textContent = t("listening for {time}", { time });
  }

  async #reach() {
    const start = performance.now();
    const reached = await request("/healthz").catch(() => null);
    if (reached) this.#tick("server", `${Math.max(1, Math.round(performance.now() - start))} ms`);
  }

  async #lookForRun() {
    if (this.#leaving) return;
    const answer = await getJSON(`${this.getAttribute("src")}?limit=1`).catch(() => null);
    const run = answer?.items[0];
    if (!run || this.#leaving) return;
    this.#tick("key");
    this.#tick("run", run.name);
    const keys = await getJSON(`/api/v1/runs/${run.uid}/keys`).catch(() => null);
    if (!keys?.keys.length || this.#leaving) return;
    this.#tick("point", keys.keys[0].key);
    this.#leaving = true;
    await this.#showProject();
  }

  /** Put the project's page in the place of this one, without a reload. */
  async #showProject() {
    const html = await request(location.href)
      .then((response) => response.text())
      .catch(() => "");
    const page = new DOMParser().parseFromString(html, "text/html");
    if (!page.querySelector("main") || page.querySelector("quick-start")) {
      this.#leaving = false;
      return;
    }
    for (const script of page.querySelectorAll("script[type=module][src]")) {
      const url = new URL(script.getAttribute("src") ?? "", location.href).href;
      await import(url);
    }
    document.title = page.title;
    document.body.replaceWith(document.adoptNode(page.body));
  }
}

customElements.define("quick-start", QuickStart);
