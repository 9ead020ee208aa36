/** How far a run, an audit or a sweep is, by the state in its document; a forecast's "planned" is neither. Pure. */

const ACTIVE = ["queued", "running"];
const ENDED = ["done", "cancelled", "failed"];

/** Return whether it waits or runs; null is nothing that could. */
export const isActive = (document) => ACTIVE.includes(document?.state);

/** Return whether it has ended, however. */
export const hasEnded = (document) => ENDED.includes(document.state);
