/** The colours of the charts, read from the custom properties of the style sheet, so that both themes have one home. */

const NAMES = [
  "accuracy", "loss", "epsilon", "neutral", "ink", "muted", "grid", "card", "gradient", "after", "pin-1", "pin-2", "pin-3", "pin-4",
];

/** Return {accuracy, loss, …} as the current theme defines them (`--chart-accuracy`, …). */
export function readPalette(root = document.documentElement) {
  const style = getComputedStyle(root);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--chart-${name}`).trim()]));
}

/** Return a #rrggbb colour with an opacity 0..1, as Chart.js takes it. */
export function faded(colour, opacity) {
  return `${colour}${Math.round(opacity * 255).toString(16).padStart(2, "0")}`;
}

/** Return how a pinned run is drawn: {colour, point}, by its number, so that it is never told by colour alone. */
export function pinLook(palette, number) {
  return { colour: palette[`pin-${number}`], point: ["rect", "rectRot", "star", "crossRot"][number - 1] };
}
