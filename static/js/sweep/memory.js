/** The ids of measured sweeps outlive a reload of their tab; the sweeps themselves are the server's. */

import { recalled, remember } from "../kept.js";

const KEY = "sweeps";
const MOST = 3;

/** Return the ids that this tab kept, the newest last; `storage()` is () => sessionStorage or its double. */
export function recalledSweeps(storage) {
  try {
    const ids = JSON.parse(recalled(KEY, storage));
    return Array.isArray(ids) ? ids.filter((id) => /^[\w-]{1,64}$/.test(id)) : [];
  } catch {
    return []; // not what this page wrote
  }
}

/** Keep an id for a reload. */
export function rememberSweep(storage, id) {
  keep(storage, [...recalledSweeps(storage).filter((known) => known !== id), id].slice(-MOST));
}

/** Forget an id that the server no longer knows. */
export function forgetSweep(storage, id) {
  keep(storage, recalledSweeps(storage).filter((known) => known !== id));
}

const keep = (storage, ids) => remember(KEY, JSON.stringify(ids), storage);
