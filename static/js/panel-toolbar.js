/** The toolbar over a panel grid: the search box at its start, the shared chart controls at its end. */
import { h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { urlState } from "./url-state.js";

/** @param {HTMLElement} pickers */
export function panelToolbar(pickers) {
  const search = h("input", {
    type: "search",
    placeholder: t("Search panels"),
    "aria-label": t("Search panels"),
    value: urlState.get("panels"),
    oninput: () => urlState.set({ panels: search.value }),
  });
  const box = h("label", { class: "search" }, icon("search"), search, h("span", { class: "kbd" }, "/"));
  const bar = h("div", { class: "panel-toolbar", role: "toolbar", "aria-label": t("Charts") }, box, pickers);
  // "/" goes to the search box from anywhere but where text is written.
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (!bar.isConnected) return document.removeEventListener("keydown", onKey);
    const target = /** @type {HTMLElement} */ (event.target);
    const writing = target.closest("input, textarea, select, dialog");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || writing) return;
    event.preventDefault();
    search.focus();
  };
  document.addEventListener("keydown", onKey);
  return bar;
}
