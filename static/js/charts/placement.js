/** Where text goes in a chart: beside its mark and clear of every line. Positions are in pixels. */

const HALF_LINE = 7; // half the height of one line of text
const TEXT_WEIGHT = 5;
const POINT = 4; // how far a point's symbol reaches above and below its line

/**
 * Return the first of the heights `wanted` where text clears all spans of `lines` and of other `texts`, else where it
 * covers least of them; to lie on a line is better than to lie on a text.
 */
export function clearHeight(wanted, { lines, texts = [] }, { top, bottom }) {
  const inside = wanted.map((height) => Math.min(Math.max(height, top + HALF_LINE), bottom - HALF_LINE));
  const covering = (height, spans) => spans.reduce((sum, span) => sum + overlap(height, span), 0);
  const covered = inside.map((height) => covering(height, lines) + TEXT_WEIGHT * covering(height, texts));
  return inside[covered.indexOf(Math.min(...covered))];
}

/** Return heights beside a mark, the nearest first: `side` 1 tries below before above, −1 the other way round. */
export function beside(height, side) {
  return [14, 20, 28, 38, 50].flatMap((distance) => [height + side * distance, height - side * distance]);
}

/** Return the span [top, bottom] of a line through `points` between two x positions, or [] where it is not there. */
export function spanBetween(points, left, right) {
  const heights = points.flatMap((point, index) => {
    const next = points[index + 1];
    const own = point.x >= left && point.x <= right ? [point.y] : [];
    return next ? [...own, ...crossings(point, next, [left, right])] : own;
  });
  return heights.length ? [Math.min(...heights) - POINT, Math.max(...heights) + POINT] : [];
}

/** Return the span that a line of text at `height` takes. */
export const textSpan = (height) => [height - HALF_LINE, height + HALF_LINE];

function crossings(first, second, edges) {
  return edges
    .filter((edge) => edge > first.x && edge < second.x)
    .map((edge) => first.y + ((second.y - first.y) * (edge - first.x)) / (second.x - first.x));
}

function overlap(height, [top, bottom]) {
  if (top === undefined) return 0;
  return Math.max(0, Math.min(height + HALF_LINE, bottom) - Math.max(height - HALF_LINE, top));
}

const GAP = 10; // from a mark's middle to its label

/**
 * Return the box {left, right, top, bottom} of text beside the mark at (x, y), on the first of `sides` where it lies in
 * `area` and on none of the boxes `taken`; where there is none, null, or with `always` the side that covers least.
 */
export function freePlace({ x, y }, { width, height }, { taken, area, sides, always = false }) {
  const corners = {
    right: [x + GAP, y - height / 2], left: [x - GAP - width, y - height / 2],
    above: [x - width / 2, y - GAP - height], below: [x - width / 2, y + GAP],
    aboveRight: [x + 4, y - GAP - height], aboveLeft: [x - 4 - width, y - GAP - height],
  };
  const boxes = sides.map((side) => corners[side]).map(([left, top]) => ({ left, top, right: left + width, bottom: top + height }));
  const covered = boxes.map((box) => taken.reduce((sum, other) => sum + common(box, other), 0) + outside(box, area));
  const best = covered.indexOf(Math.min(...covered));
  return covered[best] === 0 || always ? boxes[best] : null;
}

function common(one, other) {
  const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return across > 0 && down > 0 ? across * down : 0;
}

function outside(box, area) {
  const size = (box.right - box.left) * (box.bottom - box.top);
  return size - common(box, area);
}
