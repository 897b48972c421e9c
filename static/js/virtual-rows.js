/** Only the rows on the screen are in the page: their numbers from scroll position, row height and count. Pure. */

/** Rows kept ready above and below the screen. */
const OVERSCAN = 8;

/**
 * @param {number} scrollTop @param {number} height of the scroller @param {number} row height of a row @param {number} count
 * @returns {[number, number]} first, and one after the last
 */
export function rowWindow(scrollTop, height, row, count) {
  const first = Math.max(0, Math.floor(scrollTop / row) - OVERSCAN);
  const end = Math.min(count, Math.ceil((scrollTop + height) / row) + OVERSCAN);
  return [Math.min(first, end), end];
}

/**
 * The scroll position that shows a row, moving as little as possible.
 * @param {number} index @param {number} scrollTop @param {number} height @param {number} row
 */
export function scrollToRow(index, scrollTop, height, row) {
  const top = index * row;
  if (top < scrollTop) return top;
  return top + row > scrollTop + height ? top + row - height : scrollTop;
}
