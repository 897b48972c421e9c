/**
 * Which runs of the list the charts show. Pure. In the URL are a rule and its exceptions, so a link stays short and new
 * runs of a live project appear by themselves: `first` runs of the list, plus `show`, minus `hide`.
 */

/** @typedef {{first: number, show: Set<string>, hide: Set<string>}} Choice by short ID */
/** @typedef {{id: string}} Named */

/** Runs shown when nobody chose. */
export const FIRST = 20;
/** More lines than this are no picture any more. */
export const MOST = 200;

/** @param {{get(name: string): string | null, list(name: string): string[]}} state @returns {Choice} */
export function readChoice(state) {
  const first = Number.parseInt(state.get("first") ?? "", 10);
  return {
    first: first >= 0 ? Math.min(first, MOST) : FIRST,
    show: new Set(state.list("show")),
    hide: new Set(state.list("hide")),
  };
}

/** As changes of the URL. @param {Choice} choice */
export function writeChoice({ first, show, hide }) {
  return { first: first === FIRST ? null : String(first), show: [...show], hide: [...hide] };
}

/** @param {Choice} choice @param {string} id @param {number} index in the list, −1 for a run outside it */
export function isShown({ first, show, hide }, id, index) {
  return show.has(id) || (index >= 0 && index < first && !hide.has(id));
}

/** @param {Choice} choice @param {Named[]} runs the list @param {string} id */
export function toggled(choice, runs, id) {
  const index = runs.findIndex((run) => run.id === id);
  const show = new Set(choice.show);
  const hide = new Set(choice.hide);
  const byRule = index >= 0 && index < choice.first;
  if (isShown(choice, id, index)) {
    show.delete(id);
    if (byRule) hide.add(id);
  } else {
    hide.delete(id);
    if (!byRule) show.add(id);
  }
  return { first: choice.first, show, hide };
}

/** One run alone; once more: as before nobody chose. @param {Choice} choice @param {string} id @returns {Choice} */
export function only(choice, id) {
  const alone = choice.first === 0 && choice.show.size === 1 && choice.show.has(id);
  return alone
    ? { first: FIRST, show: new Set(), hide: new Set() }
    : { first: 0, show: new Set([id]), hide: new Set() };
}

/** All that are loaded, or none. @param {boolean} all @param {number} loaded @returns {Choice} */
export function everyOrNone(all, loaded) {
  return { first: all ? Math.min(Math.max(loaded, FIRST), MOST) : 0, show: new Set(), hide: new Set() };
}

/** @template {Named} R @param {Choice} choice @param {R[]} runs the list @param {R[]} others runs outside it @returns {R[]} */
export function shownRuns(choice, runs, others) {
  const listed = runs.filter((run, index) => isShown(choice, run.id, index));
  const known = new Set(runs.map((run) => run.id));
  const extra = others.filter((run) => !known.has(run.id) && isShown(choice, run.id, -1));
  return [...listed, ...extra].slice(0, MOST);
}
