/** Randomness that a seed fixes, so that two trainings can share every coin and every noise draw. */

const WARM_UP = 12; // draws after which the state of a small seed is well mixed

/**
 * Return {uniform, normal, below} of a whole-number seed; the streams 0, 1, 2 … of one seed are independent. `uniform()` lies in [0, 1), `normal()` is standard normal,
 * `below(n)` a whole number 0..n − 1. The generator is sfc32 (Doty-Humphrey, PractRand): fine for a demonstration, which
 * everybody shall be able to repeat, and of no use where noise has to stay secret.
 */
export function createDice(seed, stream = 0) {
  let [a, b, c, count] = [seed | 0, stream | 0, 0x9e3779b9 | 0, 1];

  function uniform() {
    const mixed = (((a + b) | 0) + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + mixed | 0;
    return (mixed >>> 0) / 2 ** 32;
  }

  /** Box and Muller, 1958. */
  function normal() {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  }

  for (let draw = 0; draw < WARM_UP; draw += 1) uniform();
  return { uniform, normal, below: (n) => Math.floor(n * uniform()) };
}
