/** Which elements are on the screen, or nearly: only those are filled and redrawn. One observer for all. */

/** @type {Map<Element, (visible: boolean) => void>} */
const watched = new Map();
/** @type {IntersectionObserver | null} */
let observer = null;

/**
 * Hear when an element comes near the screen and when it leaves. Returns the way to stop.
 * @param {Element} element @param {(visible: boolean) => void} callback
 */
export function watchInView(element, callback) {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) watched.get(target)?.(isIntersecting);
    },
    // scrollMargin reaches into the panel grid's own scroller, where the browser knows it.
    /** @type {IntersectionObserverInit} */ ({ rootMargin: "160px", scrollMargin: "160px" }),
  );
  watched.set(element, callback);
  observer.observe(element);
  return () => {
    watched.delete(element);
    observer?.unobserve(element);
  };
}
