/** How much is shown: Basic, Standard or Detailed; and links that reach what is folded or hidden. */

import { byId } from "../dom.js";
import { recalled, remember } from "../kept.js";

export const DEPTHS = ["basic", "standard", "detailed"];
const KEY = "learning-depth";

/** Return the depth at which something of `level` is shown if the present one is `depth`. */
export function deepEnough(depth, level) {
  return DEPTHS.indexOf(level) > DEPTHS.indexOf(depth) ? level : depth;
}

/** Return a depth that is one, else "standard". */
export const knownDepth = (name) => (DEPTHS.includes(name) ? name : "standard");

/** Bind the choice of depth and the deep links. */
export function bindDepth() {
  const radios = [...byId("depth").querySelectorAll("input")];
  const set = (depth, { kept }) => {
    byId("main").dataset.depth = depth;
    for (const radio of radios) radio.checked = radio.value === depth;
    if (kept) remember(KEY, depth);
  };
  byId("depth").hidden = false;
  for (const radio of radios) radio.addEventListener("change", () => set(radio.value, { kept: true }));
  set(knownDepth(recalled(KEY)), { kept: false });
  const follow = () => reach(location.hash, set);
  window.addEventListener("hashchange", follow);
  if (document.readyState === "complete") follow();
  else window.addEventListener("load", () => setTimeout(follow)); // the browser itself goes to the target before that
}

/** Open and show what the address points to. */
function reach(hash, set) {
  const target = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
  if (!target) return;
  const level = target.closest("[data-level]")?.dataset.level;
  if (level) set(deepEnough(byId("main").dataset.depth, level), { kept: false });
  const folded = target.closest("details");
  if (folded) folded.open = true;
  target.scrollIntoView();
  (folded?.querySelector("summary") ?? target).focus({ preventScroll: true });
}
