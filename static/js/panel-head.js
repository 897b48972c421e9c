/** The title line of a panel, and what can be done with a panel; the parts beyond drawing are loaded when asked for. */
import { h, iconButton } from "./dom.js";
import { t } from "./i18n.js";

/** @import { LinePanel } from "./line-panel.js" */

/** @param {LinePanel} panel */
const openFull = async (panel) => (await import("./panel-full.js")).openFullScreen(panel);

/** @param {LinePanel} panel @param {HTMLElement} anchor */
const openMenu = async (panel, anchor) => (await import("./panel-menu.js")).openPanelMenu(panel, anchor);

/** A panel of the grid takes the focus: F or Enter opens it in full. @param {LinePanel} panel */
function listen(panel) {
  panel.tabIndex = 0;
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", panel.key);
  panel.addEventListener("keydown", (event) => {
    if (event.target !== panel || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "f" || event.key === "Enter") openFull(panel);
  });
}

/** @param {LinePanel} panel */
export function panelHead(panel) {
  const title = h("h3", { class: "panel-title", title: panel.key }, panel.key);
  if (panel.size === "strip") return h("header", { class: "panel-head" }, title, panel.sub, panel.last);
  const more = iconButton("ellipsis", t("More"), () => openMenu(panel, more), "small");
  const full = iconButton("maximize-2", t("Full screen"), () => openFull(panel), "small");
  const tools = h("span", { class: "panel-tools" }, panel.size === "full" ? null : full, more);
  if (panel.size === "panel") listen(panel);
  return h("header", { class: "panel-head" }, title, panel.sub, tools);
}
