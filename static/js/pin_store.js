/** Pins outlive a reload of their tab, in its session storage; they are gone when the tab is closed. */

import { recalled, remember } from "./kept.js";
import { fromText, toText } from "./pins.js";

const KEY = "pins";

/** Return the pins that this tab kept, or null where it kept none; `storage()` is () => sessionStorage or its double. */
export const recalledPins = (storage) => fromText(recalled(KEY, storage));

/** Keep the pins for a reload; without storage they last as long as the page. */
export const rememberPins = (storage, pins) => remember(KEY, toText(pins), storage);
