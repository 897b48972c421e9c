/** A panel as a file: the picture as PNG, the points as CSV. */
import { saveFile } from "./dom.js";
import { theme } from "./theme.js";

/** @import { Drawn } from "./chart-lines.js" */
/** @import { LinePanel } from "./line-panel.js" */

const TITLE = 34;
const ROW = 20;
const PAD = 12;

/** @param {string} key @param {string} ending */
function fileName(key, ending) {
  return `${key.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^-+|-+$/g, "") || "chart"}.${ending}`;
}

/**
 * The panel with its title and, for several runs, the names of the lines under it.
 * @param {LinePanel} panel
 */
export function savePNG(panel) {
  const { chart, lines } = panel;
  if (!chart) return;
  const plot = chart.snapshot();
  const ratio = plot.width / chart.u.width;
  const width = chart.u.width;
  const named = panel.several ? lines.toReversed() : [];
  const columns = Math.max(1, Math.floor((width - 2 * PAD) / 180));
  const rows = Math.ceil(named.length / columns);
  const canvas = document.createElement("canvas");
  canvas.width = plot.width;
  canvas.height = plot.height + (TITLE + (rows ? rows * ROW + PAD : 0)) * ratio;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  const { surface, text, muted, sans } = theme();
  context.fillStyle = surface;
  context.fillRect(0, 0, width, canvas.height / ratio);
  context.textBaseline = "middle";
  context.font = `500 13px ${sans}`;
  context.fillStyle = text;
  context.fillText(panel.key, PAD, TITLE / 2);
  const end = PAD + context.measureText(panel.key).width + 8;
  context.font = `12px ${sans}`;
  context.fillStyle = muted;
  context.fillText(panel.sub.textContent ?? "", end, TITLE / 2);
  context.drawImage(plot, 0, TITLE, width, plot.height / ratio);
  named.forEach((line, i) => {
    const x = PAD + (i % columns) * ((width - 2 * PAD) / columns);
    const y = TITLE + plot.height / ratio + Math.floor(i / columns) * ROW + ROW / 2;
    context.fillStyle = line.color;
    context.fillRect(x, y - 5, 10, 10);
    context.fillStyle = text;
    context.fillText(line.name, x + 18, y, (width - 2 * PAD) / columns - 26);
  });
  canvas.toBlob((blob) => blob && saveFile(blob, fileName(panel.key, "png")));
}

/** @param {string | number} cell */
function quoted(cell) {
  const text = String(cell);
  // A name that begins like a formula must stay text in a spreadsheet.
  const safe = typeof cell === "string" && /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/**
 * The values as measured: one row for each x, one column for each run; empty where a run has no point.
 * @param {Drawn[]} lines @param {string} xName @param {number} [factor] that the values were multiplied by for drawing
 */
export function csvOf(lines, xName, factor = 1) {
  const measured = lines.map((line) => line.raw ?? line);
  /** @type {Map<number, (number | null)[]>} */
  const rows = new Map();
  measured.forEach(({ x, y }, column) => {
    for (let i = 0; i < x.length; i++) {
      const row = rows.get(x[i]) ?? Array(lines.length).fill(null);
      row[column] = y[i];
      rows.set(x[i], row);
    }
  });
  const cell = (/** @type {number | null} */ v) => {
    if (v === null) return "";
    // The points come as 32-bit floats: more digits than seven would be noise.
    return Number.isFinite(v) ? Number((v / factor).toPrecision(7)) : String(v);
  };
  const head = [xName, ...lines.map((line) => line.name)].map(quoted).join(",");
  const body = [...rows]
    .sort(([a], [b]) => a - b)
    .map(([x, ys]) => [x, ...ys.map(cell)].map(quoted).join(","));
  return `${[head, ...body].join("\r\n")}\r\n`;
}

/** @param {LinePanel} panel */
export function saveCSV(panel) {
  // The byte order mark tells Excel that names are UTF-8.
  const blob = new Blob(["\ufeff", csvOf(panel.lines.toReversed(), panel.x, panel.unit.factor)], {
    type: "text/csv;charset=utf-8",
  });
  saveFile(blob, fileName(panel.key, "csv"));
}
