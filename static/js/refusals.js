/** What to make of a server that refuses or does not answer. Pure. */

import { ServerLost } from "./api.js";

const TOO_MANY_REQUESTS = 429;

/** Return a refusal with when to come back, "The queue is full. Try again in about 30 seconds." */
export function inWords({ detail, retryAfter }) {
  if (!retryAfter) return detail;
  const time = retryAfter < 90 ? `${retryAfter} second${retryAfter === 1 ? "" : "s"}` : `${Math.round(retryAfter / 60)} minutes`;
  return `${detail} Try again in about ${time}.`;
}

/** Return whether a failed look at a run is worth waiting out: no answer, a gateway's error, or too many requests. */
export function isPassing(error) {
  return error instanceof ServerLost || error.status >= 500 || error.status === TOO_MANY_REQUESTS;
}
