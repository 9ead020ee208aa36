/** From strokes to the picture that a model is shown: prepared as the pictures it learned from were. */

const FINE = 4; // sub-pixels a side of each pixel; so many of them inked, of 16, is its grey
const SMALLEST = 0.08; // of the board: a dot stays a dot, and is not blown up to the size of a digit

/**
 * How the pictures of each dataset were made, in pixels. MNIST: scaled into a box of 20 with antialiasing, then centred in
 * 28 by the centre of mass (LeCun's description). The 8x8 digits: scaled into a bitmap of 32x32, of which blocks of 4x4
 * were counted (Alpaydin & Kaynak). Fashion-MNIST: photographs scaled to 28 and centred (Xiao et al., 2017).
 * `radius` is half a line's width: MNIST's ink is 103 pixels a digit on average, that of the 8x8 digits 20.
 */
export const LOOKS = {
  mnist: { side: 28, box: 20, radius: 1.35, centre: "mass" },
  fashion_mnist: { side: 28, box: 28, radius: 1.35, centre: "box" },
  digits: { side: 8, box: 8, radius: 0.65, centre: "box" },
};

/**
 * Return rows of numbers 0..1 for `strokes`, arrays of points {x, y} in 0..1 of the board; a point alone is a dot.
 * `look` is one of LOOKS.
 */
export function pictureOf(strokes, look) {
  const size = FINE * look.side;
  const ink = new Uint8Array(size * size);
  for (const stroke of placed(strokes, look)) {
    stroke.forEach((point, index) => inkLine(ink, size, stroke[Math.max(index - 1, 0)], point, FINE * look.radius));
  }
  return counted(ink, size, look.centre === "mass" ? offCentre(ink, size) : { x: 0, y: 0 });
}

/** Return the strokes in sub-pixels: as large as the box allows with their lines' width, in the middle. */
function placed(strokes, { side, box, radius }) {
  const points = strokes.flat();
  const [across, down] = ["x", "y"].map((axis) => extent(points.map((point) => point[axis])));
  const scale = (FINE * (box - 2 * radius)) / Math.max(across.size, down.size, SMALLEST);
  const middle = (FINE * side) / 2;
  return strokes.map((stroke) =>
    stroke.map(({ x, y }) => ({ x: middle + (x - across.middle) * scale, y: middle + (y - down.middle) * scale })));
}

function extent(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return { size: high - low, middle: (low + high) / 2 };
}

/** Ink the sub-pixels whose middle is within `radius` of the line. */
function inkLine(ink, size, from, to, radius) {
  const range = (a, b) => [Math.max(0, Math.floor(Math.min(a, b) - radius)), Math.min(size - 1, Math.ceil(Math.max(a, b) + radius))];
  const [left, right] = range(from.x, to.x);
  const [top, bottom] = range(from.y, to.y);
  for (let y = top; y <= bottom; y += 1) {
    for (let x = left; x <= right; x += 1) {
      if (distance({ x: x + 0.5, y: y + 0.5 }, from, to) <= radius) ink[y * size + x] = 1;
    }
  }
}

function distance(point, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length ? ((point.x - from.x) * dx + (point.y - from.y) * dy) / length : 0;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(point.x - from.x - share * dx, point.y - from.y - share * dy);
}

/** Return how far the ink's centre of mass is from the middle, in whole sub-pixels. */
function offCentre(ink, size) {
  let [mass, x, y] = [0, 0, 0];
  ink.forEach((inked, place) => {
    if (!inked) return;
    mass += 1;
    x += (place % size) + 0.5;
    y += Math.floor(place / size) + 0.5;
  });
  return mass ? { x: Math.round(x / mass - size / 2), y: Math.round(y / mass - size / 2) } : { x: 0, y: 0 };
}

/** Return each pixel's share of inked sub-pixels, the field moved by `off`; what leaves it is lost. */
function counted(ink, size, off) {
  const at = (x, y) => (x >= 0 && y >= 0 && x < size && y < size ? ink[y * size + x] : 0);
  const places = Array.from({ length: size / FINE }, (_, place) => place * FINE);
  const fine = Array.from({ length: FINE }, (_, place) => place);
  const share = (left, top) => fine.flatMap((y) => fine.map((x) => at(left + x + off.x, top + y + off.y))).reduce((a, b) => a + b) / FINE ** 2;
  return places.map((top) => places.map((left) => share(left, top)));
}
