/**
 * The 24 colours of runs, one set for both themes: a farthest-point choice in OKLab under normal, deutan, protan and
 * tritan sight, so that neighbours in the list stay apart for everyone.
 */
export const RUN_COLORS = (
  "#3b6fd4 #f57a06 #ad215f #2abaa4 #ba93fb #a2640b #976b9d #778f6a #90349e #62a0ca #877af7 #b49f77 " +
  "#2f6371 #635d15 #e85a48 #956764 #6a46be #0588b8 #ad8093 #b23f42 #eb899d #92508c #e87ce0 #a873d5"
).split(" ");

/** After 24 runs the colours come again, dashed: 72 styles in all. In CSS px. */
const DASHES = [[], [6, 3], [2, 3]];

/** The colour of a run, by its number in the project (1 is the first). @param {number} number */
export function runColor(number) {
  return RUN_COLORS[(((number - 1) % 24) + 24) % 24];
}

/** @param {number} number @returns {number[]} a canvas line dash */
export function runDash(number) {
  return DASHES[Math.floor(Math.max(0, number - 1) / 24) % 3];
}
