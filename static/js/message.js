/** What stands where there is nothing to show: one sentence that says so, the reason, one way on. */
import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

/** @param {string} what @param {string} why */
export function emptyMessage(what, why) {
  return h("div", { class: "message" }, h("b", null, what), h("p", { class: "note" }, why));
}

/** @param {string} what @param {string} why @param {() => void} retry */
export function failureMessage(what, why, retry) {
  return h(
    "div",
    { class: "message bad", role: "alert" },
    icon("circle-alert", "big"),
    h("b", null, what),
    h("p", { class: "note" }, why),
    h("button", { class: "btn", type: "button", onclick: retry }, t("Try again")),
  );
}
