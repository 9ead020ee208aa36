/** Loading what is not needed at first paint when it is about to be seen. */

const MARGIN = "400px"; // before it comes into view

/** Call `load` once, with the element, when it is near what is seen. */
export function whenNear(node, load) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    load(node);
  }, { rootMargin: MARGIN });
  observer.observe(node);
}
