/** "I choose: σ | target ε": with the target chosen, σ is solved for it in the page whenever the mechanism changes. */

import { noiseMultiplierFor, unreachableSentence } from "./privacy/calibration.js";
import { mechanismOf } from "./privacy/mechanism.js";
import { without } from "./settings.js";

const LOCKED_FIELD = "privacy_budget"; // where an unreachable target is told

/** Return whether the target ε is chosen and σ follows from it. */
export const isLocked = ({ target_epsilon: target }) => target !== null && target !== undefined;

/** Return {settings, faults} with σ chosen ("noise_multiplier") or solved for the target ("target_epsilon"). */
export function chosen(state, what) {
  const target = what === "target_epsilon" ? state.settings.privacy_budget : null;
  const faults = without(state.faults, ["noise_multiplier", LOCKED_FIELD]);
  return settled({ ...state, settings: { ...state.settings, target_epsilon: target }, faults });
}

/**
 * Return the state with σ solved for the target ε, where that is chosen; where no σ reaches it, σ stays and the target
 * says the nearest ε. Batches that are not Poisson-sampled have no such σ: choosing them gives σ back.
 */
export function settled(state) {
  const { settings } = state;
  if (!isLocked(settings)) return state;
  if (settings.sampling !== "poisson") return { ...state, settings: { ...settings, target_epsilon: null } };
  if (settings.batch_size > settings.train_size) return state; // told at the batch size
  const target = settings.target_epsilon;
  const { noiseMultiplier, nearest } = noiseMultiplierFor(target, mechanismOf(settings));
  const faults = without(state.faults, [LOCKED_FIELD]);
  if (noiseMultiplier !== null) return { ...state, settings: { ...settings, privacy_budget: target, noise_multiplier: noiseMultiplier }, faults };
  const sentence = unreachableSentence({ target, nearest });
  return { ...state, settings: { ...settings, privacy_budget: target }, faults: { ...faults, [LOCKED_FIELD]: sentence } };
}
