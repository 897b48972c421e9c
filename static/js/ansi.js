/** Console text to styled pieces: colours by ANSI escapes, carriage returns and backspaces resolved. Pure. */

/** @typedef {{text: string, classes: string, color: string | null, ground: string | null}} Piece `color` and `ground` are set for colours outside the 16 named ones */
/** @typedef {{fg: string | null, bg: string | null, bold: boolean, dim: boolean, underline: boolean, inverse: boolean}} Style */

// Colour (SGR) escapes are read; cursor moves, window titles and links are dropped, their text kept.
const ESCAPE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are control characters.
  /\u001b\[([0-9;:]*)m|\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal does not print.
const UNPRINTED = /[\u0000-\u0007\u000b-\u000c\u000e-\u001f\u007f]/g;
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** @returns {Style} */
const plain = () => ({ fg: null, bg: null, bold: false, dim: false, underline: false, inverse: false });

/** One of the 256 colours. @param {number} n */
function indexed(n) {
  if (n < 8) return NAMES[n];
  if (n < 16) return `bright-${NAMES[n - 8]}`;
  if (n > 231) return rgb([n, n, n].map(() => 8 + (n - 232) * 10));
  const level = (/** @type {number} */ v) => (v ? 55 + v * 40 : 0);
  return rgb([Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6].map(level));
}

/** @param {number[]} parts */
function rgb(parts) {
  return `#${parts
    .map((v) =>
      Math.max(0, Math.min(255, v | 0))
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** The colour after 38 or 48; takes its numbers from `codes`. @param {number[]} codes */
function extended(codes) {
  const mode = codes.shift();
  if (mode === 5) return indexed(codes.shift() ?? 0);
  return mode === 2 ? rgb(codes.splice(0, 3)) : null;
}

/** @param {Style} style @param {string} parameters @returns {Style} */
function restyle(style, parameters) {
  let next = { ...style };
  const codes = parameters.split(/[;:]/).map(Number);
  while (codes.length) {
    const code = /** @type {number} */ (codes.shift());
    if (code === 0) next = plain();
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 4) next.underline = true;
    else if (code === 7) next.inverse = true;
    else if (code === 22) Object.assign(next, { bold: false, dim: false });
    else if (code === 24) next.underline = false;
    else if (code === 27) next.inverse = false;
    else if (code === 39) next.fg = null;
    else if (code === 49) next.bg = null;
    else if (code === 38) next.fg = extended(codes);
    else if (code === 48) next.bg = extended(codes);
    else if (code >= 30 && code <= 37) next.fg = NAMES[code - 30];
    else if (code >= 40 && code <= 47) next.bg = NAMES[code - 40];
    else if (code >= 90 && code <= 97) next.fg = `bright-${NAMES[code - 90]}`;
    else if (code >= 100 && code <= 107) next.bg = `bright-${NAMES[code - 100]}`;
  }
  return next;
}

/** @param {string} text @param {Style} style @returns {Piece} */
function piece(text, { fg, bg, bold, dim, underline, inverse }) {
  const [front, ground] = inverse ? [bg ?? "ground", fg ?? "text"] : [fg, bg];
  const named = (/** @type {string | null} */ color) => color !== null && !color.startsWith("#");
  const classes = [
    named(front) && `fg-${front}`,
    named(ground) && `bg-${ground}`,
    bold && "bold",
    dim && "dim",
    underline && "underline",
  ];
  return {
    text,
    classes: classes.filter(Boolean).join(" "),
    color: named(front) ? null : front,
    ground: named(ground) ? null : ground,
  };
}

/** Text with its style, one entry for each stretch. @param {string} line @returns {{text: string, style: Style}[]} */
function stretches(line) {
  const found = [];
  let style = plain();
  let at = 0;
  for (const match of line.matchAll(ESCAPE)) {
    if (match.index > at) found.push({ text: line.slice(at, match.index), style });
    at = match.index + match[0].length;
    if (match[1] !== undefined) style = restyle(style, match[1]);
  }
  if (at < line.length) found.push({ text: line.slice(at), style });
  return found;
}

/**
 * What a terminal would show of a line after its last carriage return and backspace: what is written over is gone, what
 * sticks out on the right stays.
 * @param {{text: string, style: Style}[]} written
 */
function overwritten(written) {
  /** @type {{char: string, style: Style}[]} */
  const cells = [];
  let column = 0;
  for (const { text, style } of written) {
    for (const char of text) {
      if (char === "\r") column = 0;
      else if (char === "\b") column = Math.max(0, column - 1);
      else {
        cells[column] = { char, style };
        column += 1;
      }
    }
  }
  /** @type {{text: string, style: Style}[]} */
  const joined = [];
  for (const { char, style } of cells) {
    const last = joined[joined.length - 1];
    if (last?.style === style) last.text += char;
    else joined.push({ text: char, style });
  }
  return joined;
}

/** @param {string} line as the program wrote it, without its line end @returns {Piece[]} */
export function ansiPieces(line) {
  // Tabs are the only control character that is printed.
  const clean = line.replace(/\r+$/, "");
  const found = /[\r\b]/.test(clean) ? overwritten(stretches(clean)) : stretches(clean);
  return found.map(({ text, style }) => piece(text.replace(UNPRINTED, ""), style)).filter(({ text }) => text);
}

/** The same without style, for copying and saving. @param {string} line */
export function ansiText(line) {
  return ansiPieces(line)
    .map(({ text }) => text)
    .join("");
}
