/** The controls that all charts of a page share: x axis, smoothing, y scale, outliers. */
import { changeSettings, chartSettings, SETTING_NAMES, SMOOTH_MOST } from "./chart-settings.js";
import { h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { openMenu, openPopover } from "./menu.js";
import { urlState } from "./url-state.js";

/** @param {string} x */
function xName(x) {
  return { step: t("step"), relative: t("run time"), time: t("wall time") }[x] ?? x;
}

/** @param {number} smooth */
const smoothName = (smooth) => (smooth ? `EMA ${smooth.toFixed(smooth > 0.99 ? 3 : 2)}` : t("off"));

/** @param {string} label @param {(button: HTMLElement) => void} open */
function pick(label, open) {
  const value = h("span", null);
  const button = h(
    "button",
    {
      class: "btn pick",
      type: "button",
      "aria-haspopup": "true",
      "aria-expanded": "false",
      onclick: () => open(button),
    },
    h("span", { class: "muted" }, label),
    value,
    icon("chevron-down"),
  );
  return { button, value };
}

/** @param {HTMLElement} anchor */
function openSmoothing(anchor) {
  const start = chartSettings().smooth;
  const limits = { min: 0, max: SMOOTH_MOST, value: start };
  const slider = h("input", { type: "range", step: 0.005, ...limits, "aria-label": t("Smoothing weight") });
  const number = h("input", {
    class: "field",
    type: "number",
    step: 0.01,
    ...limits,
    "aria-label": t("Smoothing weight"),
  });
  const change = (/** @type {HTMLInputElement} */ from, /** @type {HTMLInputElement} */ to) => {
    const smooth = Math.max(0, Math.min(SMOOTH_MOST, Number(from.value) || 0));
    to.value = String(smooth);
    changeSettings({ smooth });
  };
  slider.addEventListener("input", () => change(slider, number));
  number.addEventListener("input", () => change(number, slider));
  const note = h(
    "p",
    { class: "note" },
    t("Exponential moving average. The values as measured stay behind it, faint."),
  );
  openPopover(anchor, h("div", { class: "smooth-box" }, h("div", null, slider, number), note));
  slider.focus();
}

/**
 * @param {string[]} keys metrics that may serve as x axis
 * @param {boolean} [timed] charts of system metrics, which have no step
 * @returns {{nodes: HTMLElement[], stop: () => void}} `stop` when they leave the page
 */
export function chartControls(keys, timed = false) {
  const xs = timed ? ["relative", "time"] : ["step", "relative", "time", ...keys];
  const xNow = () => (timed && chartSettings().x !== "time" ? "relative" : chartSettings().x);
  const x = pick("X", (button) =>
    openMenu(
      button,
      xs.map((kind) => ({
        label: xName(kind),
        checked: kind === xNow(),
        action: () => changeSettings({ x: kind }),
      })),
    ),
  );
  const smooth = pick(t("Smooth"), openSmoothing);
  const y = pick("Y", (button) =>
    openMenu(
      button,
      [false, true].map((log) => ({
        label: log ? t("log") : t("linear"),
        checked: chartSettings().log === log,
        action: () => changeSettings({ log }),
      })),
    ),
  );
  const outliers = pick(t("Outliers"), (button) =>
    openMenu(
      button,
      [false, true].map((hide) => ({
        label: hide ? t("Fit the y axis to p1–p99") : t("Show all"),
        checked: chartSettings().outliers === hide,
        action: () => changeSettings({ outliers: hide }),
      })),
    ),
  );
  const write = () => {
    const now = chartSettings();
    x.value.textContent = xName(xNow());
    smooth.value.textContent = smoothName(now.smooth);
    y.value.textContent = now.log ? t("log") : t("linear");
    outliers.value.textContent = now.outliers ? "p1–p99" : t("shown");
  };
  write();
  return {
    nodes: [x.button, smooth.button, y.button, outliers.button],
    stop: urlState.watch(SETTING_NAMES, write),
  };
}
