/** Handing a file to the person, made in the page: nothing is uploaded, and it works without the server. */

import { element } from "../dom.js";

const LATER_MILLISECONDS = 10_000; // browsers read the file after the click has returned

/** Save a Blob under a file name. */
export function saveBlob(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), LATER_MILLISECONDS);
}

/** Save text under a file name; `type` is its media type. */
export const saveText = (text, type, name) => saveBlob(new Blob([text], { type: `${type};charset=utf-8` }), name);
