/** Loading what the first paint does not need: when it is about to be seen, or when somebody begins to use the page. */

const MARGIN = "200px"; // before it comes into view; less than the page grows by while its first result is drawn

/** Call `load` once, with the element, when it is near what is seen. */
export function whenNear(node, load) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    load(node);
  }, { rootMargin: MARGIN });
  observer.observe(node);
}

const SIGNS = ["pointermove", "pointerdown", "keydown", "focusin", "scroll"];

/** Call `load` once, in a quiet moment after the first sign that somebody is there: before anything can be pressed. */
export function whenUsed(load) {
  const begin = () => {
    for (const sign of SIGNS) removeEventListener(sign, begin, true);
    setTimeout(load);
  };
  for (const sign of SIGNS) addEventListener(sign, begin, { capture: true, passive: true });
}

/** Return a promise of the parts in later.js. */
export const later = () => import("./later.js");
