/** How numbers are written on the page. Every function takes null for "not known" and writes a dash. */

const NONE = "–";
const NO_BREAK_SPACE = "\u00a0";
const counter = new Intl.NumberFormat("en-US");

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** Return a fraction 0..1 as per cent, "82.1 %"; `digits` after the point. */
export function percent(fraction, digits = 1) {
  return isNumber(fraction) ? `${(fraction * 100).toFixed(digits)}${NO_BREAK_SPACE}%` : NONE;
}

/** Return ε with as many digits as it deserves: 0.076, 2.73, 12.4, 125; "∞" for null (no guarantee). */
export function epsilon(value) {
  if (!isNumber(value)) return "∞";
  if (value === 0) return "0";
  if (value < 0.001) return String(Number(value.toPrecision(1)));
  if (value >= 100) return counter.format(Math.round(value));
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(value < 0.1 ? 3 : 2);
}

/** Return a parameter's value without rounding noise: 1, 0.02, 60,000, 1e-5. */
export function value(number) {
  if (!isNumber(number)) return NONE;
  if (number !== 0 && Math.abs(number) < 0.001) return tidyExponent(number);
  if (Math.abs(number) >= 10000) return counter.format(number);
  return String(Number(number.toPrecision(4)));
}

/** Return a mean cross-entropy in nats, "0.62", "3,620". */
export function loss(nats) {
  if (isNumber(nats) && nats >= 100) return counter.format(Math.round(nats));
  return isNumber(nats) ? nats.toFixed(nats < 0.1 ? 3 : 2) : NONE;
}

/** Return a whole number with thousands separated, "60,000". */
export function count(number) {
  return isNumber(number) ? counter.format(number) : NONE;
}

/** Return a duration in seconds as "0.4 s", "12 s" or "3 min 5 s". */
export function duration(seconds) {
  if (!isNumber(seconds)) return NONE;
  if (seconds < 10) return `${seconds.toFixed(1)}${NO_BREAK_SPACE}s`;
  if (seconds < 90) return `${Math.round(seconds)}${NO_BREAK_SPACE}s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}${NO_BREAK_SPACE}min ${whole % 60}${NO_BREAK_SPACE}s`;
}

/** Return about how long something takes, in whole seconds and at least `least` of them: "12 s". */
export const roughly = (seconds, least = 1) => duration(Math.max(least, Math.round(seconds))).replace(".0", "");

/** Return a difference of two fractions in points with its sign, "+13.2 points". */
export function points(difference) {
  if (!isNumber(difference)) return NONE;
  const size = Math.abs(difference * 100).toFixed(1);
  return `${difference < 0 ? "−" : "+"}${size} points`;
}

/** Return a text that begins with a capital. */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function tidyExponent(number) {
  const [mantissa, exponent] = number.toExponential(3).split("e");
  return `${Number(mantissa)}e${Number(exponent)}`;
}
