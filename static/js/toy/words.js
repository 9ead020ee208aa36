/** What the toy says, in sentences with its own figures. */

import * as format from "../format.js";
import { CLASS_NAMES } from "./handle.js";

const POOR = 0.9; // of strangers; a map that is worse has lost the pattern
const chance = (probability) => (probability < 0.01 ? "under 1 %" : format.percent(probability, 0));
const share = (fraction) => format.percent(fraction, fraction < 0.1 ? 2 : 1);

/** Return the headline below a map. */
export const changedSentence = ({ changed }) => `You change ${share(changed)} of the map`;

/** Return what a map says about the place of your point, with you and without you. */
export function placeSentence(influence, { label }) {
  return `A ${CLASS_NAMES[label]} at your place: ${chance(influence.with)} likely with you in the data, ${chance(influence.without)} without you.`;
}

/** Return how good a map is. */
export const accuracySentence = ({ accuracy }) => `Right about ${format.percent(accuracy)} of 1,000 strangers.`;

/** Return the ε that `steps` steps have spent, with what it holds for. */
export function epsilonSentence(epsilon, { steps, delta, samplingProbability }) {
  if (epsilon === null) return "ε is infinite: without noise nothing is promised, however well the lines may overlap.";
  const start = `ε ${format.epsilon(epsilon)} at δ ${format.value(delta)}`;
  if (steps === 0) return `${start}: nothing has been learned from anybody yet.`;
  return `${start} after ${steps} steps, by Rényi accounting: for one person added or removed, each step sampling everybody with probability ${format.value(samplingProbability)}.`;
}

/** Return what the two maps teach, from their figures. */
export function lesson({ plain, private: secret, redrawn, clippedShare, epsilon }) {
  const clipped = `${format.percent(clippedShare, 0)} of all gradients were clipped.`;
  if (epsilon === null) return `Clipping limits how far you can pull, and nothing hides that you did. ${clipped}`;
  if (secret.accuracy < POOR) {
    return `So much noise drowns the pattern too: the private map is right about ${format.percent(secret.accuracy)} of strangers, the ordinary one about ${format.percent(plain.accuracy)}. ${clipped}`;
  }
  const noise = `Fresh coins and noise alone, with you out of the data, change ${share(redrawn)} of the private map (the thin lines).`;
  const compared = redrawn > secret.changed
    ? "Your share is lost in that. What somebody could tell from the map at the very most, ε bounds."
    : "Your share is not lost in that: it takes more noise to hide it.";
  return `${noise} ${compared} ${clipped}`;
}

/** Return a map in words, for those who do not see it. */
export function mapSentence(title, influence, { step, steps }) {
  const when = step === steps ? "" : ` after ${step} of ${steps} steps`;
  return `${title}${when}: the map that is learned with your point and the one without it differ on ${share(influence.changed)} of the square. ${accuracySentence(influence)}`;
}
