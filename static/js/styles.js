/** Styles of a part of the page that comes when it is wanted: its own file, not in everybody's first load. */

import { element } from "./dom.js";

/** Return a promise that is kept when the styles named by the node's `data-styles` are in force; a lost file can be asked for again. */
export function addStyles({ dataset: { styles: href } }) {
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  const link = element("link", { rel: "stylesheet", href });
  return new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => {
      link.remove();
      reject(new Error(`The styles at ${href} could not be loaded.`));
    });
    document.head.append(link);
  });
}
