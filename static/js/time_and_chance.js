/** Time and randomness as the browser has them; whatever needs them is given them, so that a test can give others. */

/** Return a promise that is kept after so many seconds. */
export const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/** Return a random text. No randomUUID: that is missing where the page comes over plain HTTP from another machine. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
