/**
 * The mapping between a slider's position and a parameter's value.
 *
 * A slider moves over a list of round values, its stops, so that an arrow key always lands on a number that a
 * person would choose. The number box takes any value between the bounds; the thumb then stands at the nearest stop.
 */

// Round mantissas: steps of 0.1 up to 2, of 0.2 up to 5 and of 0.5 up to 10; their ratio stays near 1.05.
const MANTISSAS = [
  ...range(10, 20, 1), ...range(20, 50, 2), ...range(50, 100, 5),
].map((tenths) => tenths / 10);
const COARSE_MANTISSAS = [1, 2, 5];
const COARSE_DECADES = 4; // a range wider than this (δ) needs fewer stops a decade
const STEPS_PER_OCTAVE = 4; // whole numbers on a log scale (batch size) go by eighths of powers of two
const SMALLEST_SHARE = 200; // a log slider that includes 0 goes from 0 to maximum/200, then by its stops

/** Return the ascending list of values that a parameter's slider can stand at; bounds included. */
export function stopsOf({ minimum, maximum, scale, integer }) {
  if (scale !== "log") return linearStops({ minimum, maximum, integer });
  if (integer) return octaveStops({ minimum, maximum });
  const floor = minimum > 0 ? minimum : maximum / SMALLEST_SHARE;
  const inner = decadeStops({ minimum: floor, maximum });
  return minimum > 0 ? inner : [minimum, ...inner];
}

/** Return where `value` lies between the stops, 0..stops.length − 1, as a fraction; outside values at the ends. */
export function positionOf(stops, value) {
  const last = stops.length - 1;
  if (value <= stops[0]) return 0;
  if (value >= stops[last]) return last;
  const upper = stops.findIndex((stop) => stop >= value);
  const share = (value - stops[upper - 1]) / (stops[upper] - stops[upper - 1]);
  return upper - 1 + share;
}

/** Return the stop nearest to a position; positions beyond the ends give the end. */
export function valueAt(stops, position) {
  const index = Math.min(Math.max(Math.round(position), 0), stops.length - 1);
  return stops[index];
}

/** Return the recommended band as {start, end}, fractions 0..1 of the track, or null without a band. */
export function bandOf(parameter, stops) {
  if (!parameter.recommended) return null;
  const [low, high] = parameter.recommended;
  const last = stops.length - 1;
  return { start: positionOf(stops, low) / last, end: positionOf(stops, high) / last };
}

/** Return why `value` is not allowed for `parameter`, as a sentence, or null if it is. */
export function faultOf(parameter, value) {
  const { label, minimum, maximum, integer } = parameter;
  if (!Number.isFinite(value)) return `${label} needs a number.`;
  if (integer && !Number.isInteger(value)) return `${label} takes whole numbers.`;
  if (value < minimum || value > maximum) return `${label} lies between ${minimum} and ${maximum}.`;
  return null;
}

function linearStops({ minimum, maximum, integer }) {
  const step = integer ? 1 : (maximum - minimum) / 100;
  const steps = Math.round((maximum - minimum) / step);
  return Array.from({ length: steps + 1 }, (_, index) => tidy(minimum + index * step));
}

function octaveStops({ minimum, maximum }) {
  const stops = [];
  for (let power = 2 ** Math.floor(Math.log2(minimum)); power <= maximum; power *= 2) {
    for (let part = 0; part < STEPS_PER_OCTAVE; part += 1) {
      stops.push(Math.round(power * (1 + part / STEPS_PER_OCTAVE)));
    }
  }
  return within(stops, { minimum, maximum });
}

function decadeStops({ minimum, maximum }) {
  const decades = Math.log10(maximum / minimum);
  const mantissas = decades > COARSE_DECADES ? COARSE_MANTISSAS : MANTISSAS;
  const stops = [];
  for (let power = Math.floor(Math.log10(minimum)); power <= Math.ceil(Math.log10(maximum)); power += 1) {
    stops.push(...mantissas.map((mantissa) => tidy(mantissa * 10 ** power)));
  }
  return within(stops, { minimum, maximum });
}

function within(stops, { minimum, maximum }) {
  const inside = stops.filter((stop) => stop >= minimum && stop <= maximum);
  return [...new Set([minimum, ...inside, maximum])];
}

function tidy(number) {
  return Number(number.toPrecision(6));
}

function range(start, end, step) {
  return Array.from({ length: (end - start) / step }, (_, index) => start + index * step);
}
