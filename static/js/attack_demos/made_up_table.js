/**
 * A made-up table whose law is known exactly, so that the best guess without a model can be computed. Pure.
 *
 * A record is {answers [ANSWERS numbers ±1], secret ±1, label 0 or 1}. The secret is a fair coin; the first TELLING answers
 * agree with it with probability AGREE, the others are fair coins; P(label 1) = 1/(1 + e^−(PULL·secret + first other answer)).
 */

export const ANSWERS = 20;
export const TELLING = 2;
export const AGREE = 0.65;
export const PULL = 0.7;

export const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));
const sign = (dice, probability) => (dice.uniform() < probability ? 1 : -1);

/** Return P(label 1 | answers, secret) by the law of the table. */
export const labelProbability = (answers, secret) => sigmoid(PULL * secret + answers[TELLING]);

/** Return `count` records drawn with `dice`. */
export function drawTable(dice, count) {
  return Array.from({ length: count }, () => {
    const secret = sign(dice, 0.5);
    const answers = Array.from({ length: ANSWERS }, (_, place) => secret * sign(dice, place < TELLING ? AGREE : 0.5));
    return { answers, secret, label: dice.uniform() < labelProbability(answers, secret) ? 1 : 0 };
  });
}

/** Return log P(answers | secret = 1) − log P(answers | secret = −1). */
export function answerEvidence(answers) {
  const weight = Math.log(AGREE / (1 - AGREE));
  return answers.slice(0, TELLING).reduce((sum, answer) => sum + weight * answer, 0);
}
