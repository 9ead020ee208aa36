/** What the panel of sweeps asks the server; it comes with the panel. Failures are those of api.js. */

import { call } from "../api.js";

/** Return the whole document of a simulated sweep. */
export const simulateSweep = (body) => call("/api/sweeps", { body });

/** Return what measuring a sweep would take: {runs, seconds, source, limit_seconds}. */
export const getSweepCost = (body, { signal } = {}) => call("/api/sweeps/cost", { body, signal });

/** Return the document of a sweep that has been accepted to be measured; the same `key` again gets the same one. */
export const startSweep = (body, key) => call("/api/sweeps", { body, headers: { "Idempotency-Key": key } });

/** Return the document of a sweep as it stands. */
export const getSweep = (id) => call(`/api/sweeps/${encodeURIComponent(id)}`);

/** Ask all runs of a sweep to stop; return its document. */
export const cancelSweep = (id) => call(`/api/sweeps/${encodeURIComponent(id)}/cancel`, { body: {} });
