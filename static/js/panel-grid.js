/**
 * `<panel-grid metrics="URL" project="org/project" [runs="json-id"] [kind="system"]>`: a line panel for each metric, in
 * sections, with the toolbar that all of them share. Panels fill themselves when they come on the screen.
 */
import { getJSON } from "./api.js";
import { chartControls } from "./chart-controls.js";
import { arrange, h, icon, pageData, throttled } from "./dom.js";
import { count } from "./formats.js";
import { t } from "./i18n.js";
import "./line-panel.js";
import { live } from "./live.js";
import { emptyMessage, failureMessage } from "./message.js";
import { definitionOf } from "./panel-lines.js";
import { panelToolbar } from "./panel-toolbar.js";
import { axisKeys, oneSection, panelSections } from "./sections.js";
import { shown } from "./shown.js";
import { urlState } from "./url-state.js";

/** @import { MetricKey, Section } from "./sections.js" */
/** @import { Run } from "./shown.js" */

/** Panels of a section until more are asked for. */
const FIRST = 60;
/** System metrics that stand in one section. */
const TOGETHER = 12;
/** How often the list of metrics is looked at while points arrive. */
const KEYS_MS = 2000;

export class PanelGrid extends HTMLElement {
  /** @type {MetricKey[] | null} */
  #metrics = null;
  /** @type {Run[] | null} */
  #ownRuns = null;
  /** @type {Error | null} */
  #error = null;
  /** @type {Map<string, Element>} */
  #panels = new Map();
  /** @type {Map<string, {root: HTMLElement, cells: HTMLElement, button: HTMLElement, size: HTMLElement}>} */
  #sections = new Map();
  /** Sections opened in full. @type {Set<string>} */
  #whole = new Set();
  /** @type {(() => void)[]} */
  #stops = [];
  #axes = "";
  #body = h("div", { class: "panel-scroll" });
  #pickers = h("div", { class: "toolbar-end" });
  #stopControls = () => {};
  #refresh = throttled(() => this.#load(), KEYS_MS);

  connectedCallback() {
    if (!this.firstElementChild) this.append(panelToolbar(this.#pickers), this.#body);
    this.#controls([]);
    const id = this.getAttribute("runs");
    if (id) this.#ownRuns ??= [pageData(id) ?? []].flat();
    const project = this.getAttribute("project");
    this.#stops = [
      urlState.watch(["panels", "toggled"], () => this.#render()),
      shown.watch("runs", () => this.#render()),
      ...(project ? [live.subscribe(project, ({ kind }) => kind !== "console" && this.#refresh())] : []),
    ];
    this.#load();
  }

  disconnectedCallback() {
    for (const stop of [...this.#stops, this.#stopControls]) stop();
  }

  /** @param {string[]} axes */
  #controls(axes) {
    const id = axes.join("\n");
    if (id === this.#axes && this.#pickers.firstChild) return;
    this.#axes = id;
    this.#stopControls();
    const controls = chartControls(axes, this.getAttribute("kind") === "system");
    this.#stopControls = controls.stop;
    this.#pickers.replaceChildren(...controls.nodes);
  }

  async #load() {
    try {
      const answer = await getJSON(this.getAttribute("metrics") ?? "");
      if (answer.keys === this.#metrics) return;
      this.#metrics = answer.keys;
      this.#error = null;
      this.#controls(axisKeys(answer.keys));
    } catch (error) {
      this.#error = /** @type {Error} */ (error);
    }
    if (this.isConnected) this.#render();
  }

  #render() {
    const runs = this.#ownRuns ?? shown.runs;
    const isHidden = (/** @type {MetricKey} */ { key }) =>
      runs.length > 0 && runs.every((run) => definitionOf(run.definitions, key)?.hidden);
    const metrics = (this.#metrics ?? []).filter((metric) => !isHidden(metric));
    const few = this.getAttribute("kind") === "system" && metrics.length <= TOGETHER;
    const sections = (few ? oneSection : panelSections)(metrics, urlState.get("panels") ?? "");
    arrange(
      this.#body,
      sections.length ? sections.map((section) => this.#section(section)) : [this.#nothing()],
    );
  }

  #nothing() {
    if (!this.#metrics && this.#error) {
      return failureMessage(t("Could not load the list of metrics"), this.#error.message, () => this.#load());
    }
    if (!this.#metrics) return h("div", null);
    return this.#metrics.length
      ? emptyMessage(t("No metric has this name"), t("Search takes part of a name or a regular expression."))
      : emptyMessage(t("No metric logged yet"), t("Panels appear with the first point."));
  }

  /** System metrics are many and seldom wanted: folded until opened. @param {string} name @param {boolean} searching */
  #isOpen(name, searching) {
    const folded = name === "system" && this.getAttribute("kind") !== "system";
    return searching || folded === urlState.list("toggled").includes(name || "-");
  }

  /** @param {string} name */
  #toggle(name) {
    const id = name || "-";
    const toggled = urlState.list("toggled");
    urlState.set({
      toggled: toggled.includes(id) ? toggled.filter((other) => other !== id) : [...toggled, id],
    });
  }

  /** @param {string} name */
  #newSection(name) {
    const size = h("span", { class: "muted" });
    const cells = h("div", { class: "panel-cells" });
    const title = h("h2", null, name || (this.getAttribute("kind") === "system" ? t("System") : t("Charts")));
    const button = h(
      "button",
      { class: "section-head", type: "button", onclick: () => this.#toggle(name) },
      icon("chevron-down"),
      title,
      size,
    );
    const made = { root: h("section", { class: "panel-section" }, button, cells), cells, button, size };
    this.#sections.set(name, made);
    return made;
  }

  /** @param {Section} section */
  #section({ name, keys }) {
    const { root, cells, button, size } = this.#sections.get(name) ?? this.#newSection(name);
    const open = this.#isOpen(name, Boolean(urlState.get("panels")));
    size.textContent = keys.length === 1 ? t("1 panel") : t("{n} panels", { n: count(keys.length) });
    button.setAttribute("aria-expanded", String(open));
    cells.hidden = !open;
    const seen = this.#whole.has(name) ? keys : keys.slice(0, FIRST);
    const more = seen.length < keys.length ? [this.#moreButton(name, keys.length - seen.length)] : [];
    arrange(cells, open ? [...seen.map((key) => this.#panel(key)), ...more] : []);
    return root;
  }

  /** @param {string} name @param {number} rest */
  #moreButton(name, rest) {
    const show = () => {
      this.#whole.add(name);
      this.#render();
    };
    return h(
      "button",
      { class: "btn panel-more", type: "button", onclick: show },
      t("Show {n} more", { n: count(rest) }),
    );
  }

  /** @param {string} key */
  #panel(key) {
    const known = this.#panels.get(key);
    if (known) return known;
    const given = Object.fromEntries(
      ["project", "runs", "kind"].map((name) => [name, this.getAttribute(name)]),
    );
    const panel = h(/** @type {any} */ ("line-panel"), { key, ...given });
    this.#panels.set(key, panel);
    return panel;
  }
}

customElements.define("panel-grid", PanelGrid);
