/** Pins outlive a reload of their tab, in its session storage; they are gone when the tab is closed. */

import { fromText, toText } from "./pins.js";

const KEY = "pins";

/** Return the pins that this tab kept, or null where it kept none; `storage()` is () => sessionStorage or its double. */
export function recalledPins(storage) {
  try {
    return fromText(storage().getItem(KEY));
  } catch {
    return null; // storage may be switched off
  }
}

/** Keep the pins for a reload; without storage they last as long as the page. */
export function rememberPins(storage, pins) {
  try {
    storage().setItem(KEY, toText(pins));
  } catch {
    // Storage may be switched off or full.
  }
}
