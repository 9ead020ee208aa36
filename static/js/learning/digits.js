/** The images of the stepper, and the two numbers that its model sees of each. Pure. */

const SIDE = 8;
const DARKEST = 16;
const ROWS = [2, 3, 4, 5]; // the middle half of the image, where a zero is hollow
const MIDDLE = [3, 4];
const SIDES = [1, 2, 5, 6];

/** Return [{pixels (64 numbers 0..16, row by row), label (0 or 1), features [middle, sides]}] of the shipped file. */
export function decodeDigits({ labels, images }) {
  return images.map((text, index) => {
    const pixels = Array.from(text, (digit) => parseInt(digit, DARKEST + 1));
    return { pixels, label: Number(labels[index]), features: [inkOf(pixels, MIDDLE), inkOf(pixels, SIDES)] };
  });
}

/** Return the mean ink, 0..1, of the given columns in the image's middle rows. */
function inkOf(pixels, columns) {
  const inks = ROWS.flatMap((row) => columns.map((column) => pixels[row * SIDE + column]));
  return inks.reduce((sum, ink) => sum + ink, 0) / inks.length / DARKEST;
}
