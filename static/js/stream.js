/** A run's Server-Sent Events: the browser's EventSource as a small function that tests can double. */

import { EVENT_KINDS } from "./run_events.js";

/**
 * Open the stream at `path`; return the function that closes it. `event({id, data})` is called for each event in turn,
 * `opened()` whenever the stream stands, `interrupted()` when it broke and the browser tries again by itself (it resumes
 * behind the last event), `refused()` when it will not: no such stream, too many of them, or none to come.
 */
export function openStream(path, { event, opened, interrupted, refused }) {
  const source = new EventSource(path);
  const take = ({ lastEventId, data }) => event({ id: Number(lastEventId), data: JSON.parse(data) });
  for (const kind of EVENT_KINDS) source.addEventListener(kind, take);
  source.addEventListener("open", opened);
  source.addEventListener("error", () => (source.readyState === EventSource.CLOSED ? refused() : interrupted()));
  return () => source.close();
}
