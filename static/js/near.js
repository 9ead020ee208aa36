/** Loading what is not needed at first paint when it is about to be seen. */

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
