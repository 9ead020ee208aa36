/**
 * Randomised response (Warner, 1965): with probability `coin` a coin answers in a person's place, yes or no alike; else
 * the answer is the truth. Pure; `dice` are those of toy/dice.js.
 */

/**
 * Return ε of one answer, ln((1 − p/2)/(p/2)) for a `coin` of p: how much likelier an answer is if it is the truth. 0 where
 * the coin always answers, Infinity where it never does. δ is 0; the unit is one answer.
 */
export const epsilonOfCoin = (coin) => (coin === 0 ? Infinity : Math.log((1 - coin / 2) / (coin / 2)));

/** Return the probability of "yes" from somebody whose truth is yes (`truth` true) or no. */
export const chanceOfYes = (truth, coin) => (truth ? 1 - coin / 2 : coin / 2);

/** Return {answer, byCoin}: what one person says, and whether the coin said it. */
export function respond(truth, { coin, dice }) {
  const byCoin = dice.uniform() < coin;
  return { answer: byCoin ? dice.uniform() < 0.5 : truth, byCoin };
}

/** Return how many of `people` say yes, of whom the first `truths` would truthfully. */
export function pollYes({ people, truths, coin, dice }) {
  let yes = 0;
  for (let person = 0; person < people; person += 1) if (respond(person < truths, { coin, dice }).answer) yes += 1;
  return yes;
}

/** Return the unbiased estimate of the true share from the `observed` share of yes, both 0..1; null for a coin of 1. */
export const estimateOf = (observed, coin) => (coin === 1 ? null : (observed - coin / 2) / (1 - coin));

/**
 * Return the standard deviation of that estimate over the coins, the people being as they are:
 * √(p/2·(1 − p/2)/n)/(1 − p), whatever the truth is, because every single answer has the same variance.
 */
export const standardError = ({ people, coin }) => (coin === 1 ? Infinity : Math.sqrt(((coin / 2) * (1 - coin / 2)) / people) / (1 - coin));

/** Return how likely a truth of yes becomes, from `prior`, for somebody who hears "yes" (Bayes). */
export function beliefAfterYes(coin, prior = 0.5) {
  const [guilty, innocent] = [prior * chanceOfYes(true, coin), (1 - prior) * chanceOfYes(false, coin)];
  return guilty / (guilty + innocent);
}
