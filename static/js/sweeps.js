/**
 * The reader's own sweeps on the trade-off chart: up to three {slot 1..3, document}, the newest last; a slot is a sweep's
 * place in the colours and marks. Pure.
 */

export const MOST_SWEEPS = 3;

const SLOTS = [1, 2, 3];
// The parameters that tell one sweep from another; a simulation and a measurement of the same ones are one sweep.
const SAME = [
  "task", "dataset", "model", "train_size", "optimizer", "sampling", "clipping_norm", "noise_multiplier", "batch_size",
  "learning_rate", "epochs", "delta",
];

/** Return the sweeps with this document in the place of the same sweep, else added; the oldest one makes room. */
export function withSweep(sweeps, document) {
  const known = sweeps.find((sweep) => keyOf(sweep.document) === keyOf(document));
  if (known?.document.mode === "real" && document.mode === "simulation") return sweeps; // it carries its simulation
  if (known) return sweeps.map((sweep) => (sweep === known ? { ...sweep, document } : sweep));
  const kept = sweeps.slice(-(MOST_SWEEPS - 1));
  const slot = SLOTS.find((candidate) => !kept.some((sweep) => sweep.slot === candidate));
  return [...kept, { slot, document }];
}

/** Return the sweeps without the one in this slot. */
export const withoutSweep = (sweeps, slot) => sweeps.filter((sweep) => sweep.slot !== slot);

/** Return the settings that one of a sweep's values stands for, without its seed. */
export const settingsAt = ({ parameter, parameters }, value) =>
  ({ ...Object.fromEntries(SAME.filter((name) => name in parameters).map((name) => [name, parameters[name]])), [parameter]: value });

function keyOf({ parameter, parameters, values, seeds }) {
  return JSON.stringify([parameter, values, seeds, ...SAME.map((name) => (name === parameter ? null : parameters[name]))]);
}
