/** The shipped handwritten digits, and how alike two pictures are. Pure. A picture is 64 numbers 0..1, row by row. */

export const SIDE = 8;
export const PIXELS = SIDE * SIDE;
export const CLASSES = 10;
const DARKEST = 16;

/** Return [class][index] of the shipped file's pictures. */
export function decodePictures({ images }) {
  return images.map((text) => {
    const inks = Array.from(text, (digit) => parseInt(digit, DARKEST + 1) / DARKEST);
    return Array.from({ length: inks.length / PIXELS }, (_, index) => inks.slice(index * PIXELS, (index + 1) * PIXELS));
  });
}

/** Return the values in an order that `dice` draws (Fisher, Yates, 1938). */
export function shuffled(values, dice) {
  const order = [...values];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = dice.below(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

export const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Return the mean of some pictures, pixel by pixel. */
export const meanPicture = (pictures) => pictures[0].map((_, pixel) => meanOf(pictures.map((picture) => picture[pixel])));

/** Return Pearson's correlation of two pictures, −1..1: the same for any brightness and contrast; 0 if one is even. */
export function correlation(first, second) {
  const [firstMean, secondMean] = [meanOf(first), meanOf(second)];
  let [product, firstSquare, secondSquare] = [0, 0, 0];
  first.forEach((ink, pixel) => {
    const [left, right] = [ink - firstMean, second[pixel] - secondMean];
    product += left * right;
    firstSquare += left * left;
    secondSquare += right * right;
  });
  const size = Math.sqrt(firstSquare * secondSquare);
  return size > 0 ? product / size : 0;
}

/** Return the inks pressed into 0..1, as a picture can show them. */
export const shown = (picture) => Array.from(picture, (ink) => Math.min(Math.max(ink, 0), 1));

/** Return the picture with its darkest pixel at 1: a faint one can then be seen. An empty one stays empty. */
export function atFullContrast(picture) {
  const most = Math.max(...picture);
  return Array.from(picture, (ink) => (most > 0 ? ink / most : 0));
}

/** Return the root-mean-square difference of two pictures' pixels, 0..1. */
export const pixelError = (first, second) => Math.sqrt(meanOf(first.map((ink, pixel) => (ink - second[pixel]) ** 2)));

/** Return {index, resemblance} of the picture that correlates most with `picture`. */
export function mostAlike(picture, pictures) {
  const resemblances = pictures.map((other) => correlation(picture, other));
  const resemblance = Math.max(...resemblances);
  return { index: resemblances.indexOf(resemblance), resemblance };
}
