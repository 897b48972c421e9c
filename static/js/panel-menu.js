/** The menu of a panel. */
import { setZoom } from "./chart-settings.js";
import { t } from "./i18n.js";
import { openMenu } from "./menu.js";
import { saveCSV, savePNG } from "./panel-export.js";
import { openFullScreen } from "./panel-full.js";
import { openDataTable } from "./panel-table.js";

/** @import { LinePanel } from "./line-panel.js" */

/** @param {LinePanel} panel @param {HTMLElement} anchor */
export function openPanelMenu(panel, anchor) {
  const full = {
    label: t("Full screen"),
    symbol: "maximize-2",
    keys: "F",
    action: () => openFullScreen(panel),
  };
  const whole = {
    label: t("Show the whole range"),
    symbol: "zoom-out",
    action: () => setZoom(panel.key, null),
  };
  const files = [
    { label: t("Save as PNG"), symbol: "image-down", action: () => savePNG(panel) },
    { label: t("Save as CSV"), symbol: "download", action: () => saveCSV(panel) },
    { label: t("Show data table"), symbol: "table-properties", action: () => openDataTable(panel) },
  ];
  openMenu(anchor, [
    ...(panel.size === "full" ? [] : [full]),
    ...(panel.zoom ? [whole] : []),
    ...(panel.lines.length ? files : []),
  ]);
}
