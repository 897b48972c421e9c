/**
 * `<log-view src="URL" project="org/project" run="UID" [live]>`: the console log of a run, of any length. Search, wrap
 * and the linked line are in the URL.
 */
import { h, icon, iconButton, throttled } from "./dom.js";
import { count } from "./formats.js";
import { t } from "./i18n.js";
import { live } from "./live.js";
import { LogRows } from "./log-rows.js";
import { LogSource } from "./log-source.js";
import { emptyMessage, failureMessage } from "./message.js";
import { urlState } from "./url-state.js";

const TYPING_MS = 250;
const REFRESH_MS = 500;

/** @param {string} label @param {string} symbol @param {() => void} onclick */
function toggle(label, symbol, onclick) {
  return h("button", { class: "btn", type: "button", "aria-pressed": "false", onclick }, icon(symbol), label);
}

class LogView extends HTMLElement {
  source = new LogSource(this.getAttribute("src") ?? "", () => this.#changed());
  rows = new LogRows(this.source, (following) =>
    this.#follow.setAttribute("aria-pressed", String(following)),
  );
  #found = { positions: /** @type {number[]} */ ([]), matches: 0 };
  #at = -1;
  #typing = 0;
  #settled = false;
  /** @type {(() => void)[]} */
  #stops = [];
  #refresh = throttled(() => this.source.refresh(), REFRESH_MS);

  #search = h("input", {
    type: "search",
    placeholder: t("Search the log"),
    "aria-label": t("Search the log"),
    value: urlState.get("find"),
    oninput: () => {
      window.clearTimeout(this.#typing);
      this.#typing = window.setTimeout(() => urlState.set({ find: this.#search.value }), TYPING_MS);
    },
    onkeydown: (/** @type {KeyboardEvent} */ event) =>
      event.key === "Enter" && this.#step(event.shiftKey ? -1 : 1),
  });
  #hits = h("span", { class: "log-hits", role: "status" });
  #strip = h("div", { class: "log-strip", "aria-hidden": "true" });
  #message = h("div", { class: "log-message", hidden: true });
  #follow = toggle(t("Follow"), "arrow-down", () => this.#setFollow(!this.rows.follow));
  #wrap = toggle(t("Wrap"), "wrap-text", () => urlState.set({ wrap: urlState.get("wrap") ? null : "1" }));
  #save = h("a", { class: "btn", href: `${this.getAttribute("src")}?format=text`, download: true });

  connectedCallback() {
    if (!this.firstElementChild) this.#build();
    const run = this.getAttribute("run") ?? "";
    const linked = () => this.#goToLinked();
    window.addEventListener("hashchange", linked);
    this.#stops = [
      () => window.removeEventListener("hashchange", linked),
      urlState.watch(["find"], () => this.#find()),
      urlState.watch(["wrap"], () => this.#setWrap()),
      live.subscribe(this.getAttribute("project") ?? "", ({ kind, ids }) => {
        if ((kind === "console" && ids.has(run)) || (kind === "poll" && this.hasAttribute("live")))
          this.#refresh();
      }),
    ];
    this.#follow.hidden = !this.hasAttribute("live");
    this.#setWrap();
    this.source.refresh();
    if (urlState.get("find")) this.#find();
  }

  disconnectedCallback() {
    for (const stop of this.#stops) stop();
  }

  #build() {
    const search = h("label", { class: "search" }, icon("search"), this.#search, this.#hits);
    const before = iconButton("chevron-up", t("Previous match"), () => this.#step(-1));
    const after = iconButton("chevron-down", t("Next match"), () => this.#step(1));
    const end = h("div", { class: "toolbar-end" }, this.#follow, this.#wrap, this.#save);
    const bar = h(
      "div",
      { class: "log-toolbar", role: "toolbar", "aria-label": t("Console log") },
      search,
      before,
      after,
      end,
    );
    this.append(bar, h("div", { class: "log-body" }, this.rows.root, this.#strip, this.#message));
    this.#strip.addEventListener("click", (event) => {
      const share = event.offsetY / this.#strip.clientHeight;
      this.rows.goTo(Math.floor(share * this.source.total));
    });
  }

  #changed() {
    const { source } = this;
    if (source.loaded && !this.#settled) {
      this.#settled = true;
      if (!this.#goToLinked()) this.#setFollow(true);
    }
    this.rows.draw();
    this.#save.replaceChildren(
      icon("download"),
      source.total === 1 ? t("1 line") : t("{n} lines", { n: count(source.total) }),
    );
    this.#tell();
  }

  /** Say why there are no lines. */
  #tell() {
    const { source } = this;
    const nothing = source.total === 0 && (source.loaded || source.error);
    this.#message.hidden = !nothing;
    if (!nothing) return;
    const why = t("What the script writes to stdout and stderr appears here.");
    const said = source.error
      ? failureMessage(t("Could not load the log"), source.error.message, () => source.refresh())
      : emptyMessage(t("Nothing printed yet"), why);
    this.#message.replaceChildren(said);
  }

  /** @param {boolean} on */
  #setFollow(on) {
    this.rows.follow = on;
    this.#follow.setAttribute("aria-pressed", String(on));
    this.rows.draw();
  }

  #setWrap() {
    const on = Boolean(urlState.get("wrap"));
    this.#wrap.setAttribute("aria-pressed", String(on));
    this.rows.root.classList.toggle("is-wrapped", on);
    this.rows.later();
  }

  /** @returns {boolean} whether the URL names a line */
  #goToLinked() {
    const number = Number(/^#L(\d+)$/.exec(location.hash)?.[1] ?? Number.NaN);
    if (Number.isNaN(number) || !this.source.total) return false;
    this.rows.goTo(Math.min(this.source.total - 1, Math.max(0, number - 1)));
    return true;
  }

  async #find() {
    const text = urlState.get("find") ?? "";
    this.rows.search = text.toLowerCase();
    const found = text ? await this.source.search(text).catch(() => null) : { positions: [], matches: 0 };
    if (!found || text !== (urlState.get("find") ?? "")) return;
    this.#found = found;
    this.#at = -1;
    this.#mark();
    // The match nearest before the end is the one that is wanted while a run is watched.
    if (text && found.positions.length) this.#step(-1);
    else this.rows.draw();
  }

  #mark() {
    const { positions } = this.#found;
    const shown = new Set(
      positions.map((position) => Math.round((position / Math.max(1, this.source.total)) * 400)),
    );
    this.#strip.replaceChildren(
      ...[...shown].map((place) => {
        const mark = h("i", null);
        mark.style.top = `${place / 4}%`;
        return mark;
      }),
    );
  }

  /** @param {number} direction */
  #step(direction) {
    const { positions, matches } = this.#found;
    const n = positions.length;
    if (n) {
      const start = this.#at < 0 && direction < 0 ? n : this.#at;
      this.#at = (start + direction + n) % n;
      this.rows.goTo(positions[this.#at]);
    }
    const words = n ? t("{i} of {n}", { i: count(this.#at + 1), n: count(matches) }) : t("No match");
    this.#hits.textContent = this.#search.value ? words : "";
  }
}

customElements.define("log-view", LogView);
