/** The link from a control to its card in the Learning Hub, with the glossary's words as its tooltip. */

import { element } from "../dom.js";

/** Return the glossary's text of a term, which the server has put into the page, or null. */
export const termText = (name) => document.querySelector(`#terms [data-term="${name}"]`)?.textContent ?? null;

/** Return the link to the card of control `name`, which is called `label`. */
export function learnLink(name, label) {
  return element("a", { class: "learn", href: `/learning#card-${name}`, "aria-label": `Learn: ${label}`, title: termText(name) },
    element("span", { "aria-hidden": "true" }, "?"));
}
