/** The head of the run list's value column: which metric it shows, and in which order the runs stand. */
import { h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { openPopover } from "./menu.js";
import { summaryField } from "./run-columns.js";
import { keyMatcher } from "./sections.js";

/** Names offered at once; the search box finds the others. */
const OFFERED = 100;

/** @typedef {{metric: string | null, order: string, keys: string[]}} Column */
/** @typedef {(change: {metric?: string, order?: string}) => void} OnPick */

/** @param {string} label @param {boolean} checked @param {() => void} action @param {string} [extra] classes */
function item(label, checked, action, extra = "") {
  const given = {
    class: `menu-item ${extra}`,
    type: "button",
    role: "menuitemradio",
    "aria-checked": String(checked),
  };
  return h(
    "button",
    { ...given, onclick: action },
    h("span", { class: "ellipsis" }, label),
    icon("check", "tick"),
  );
}

/**
 * @param {HTMLElement} anchor @param {Column} column @param {OnPick} pick
 */
export function openMetricPicker(anchor, { metric, order, keys }, pick) {
  const close = (/** @type {Parameters<OnPick>[0]} */ change) => () => {
    box.hidePopover();
    pick(change);
  };
  const field = metric === null ? null : summaryField(metric);
  const orders = [
    ...(field
      ? [
          [`-${field}`, t("Highest first")],
          [field, t("Lowest first")],
        ]
      : []),
    ["-created", t("Newest first")],
    ["created", t("Oldest first")],
    ["name", t("By name")],
  ];
  const sorting = orders.map(([id, label]) => item(label, id === order, close({ order: id })));
  const list = h("div", { class: "metric-list" });
  const fill = () => {
    const matching = keys.filter(keyMatcher(search.value)).slice(0, OFFERED);
    list.replaceChildren(
      ...matching.map((key) => item(key, key === metric, close({ metric: key }), "metric")),
    );
  };
  const search = h("input", {
    type: "search",
    placeholder: t("Search metrics"),
    "aria-label": t("Search metrics"),
    oninput: fill,
  });
  const content = h("div", { class: "metric-picker" });
  content.append(...sorting);
  if (keys.length) {
    const label = h("div", { class: "menu-label" }, t("Value shown"));
    content.append(h("hr", null), label, h("label", { class: "search" }, icon("search"), search), list);
    fill();
  }
  const box = openPopover(anchor, content);
  search.focus();
}
