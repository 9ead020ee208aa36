/** What the page sees of a file that is still on the visitor's own machine, to offer a use for each column. Pure. */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const MOST_DISTINCT = 100; // more values than a categorical column may have are not counted
const MOST_CLASSES = 20;

/**
 * Return one {name, isNumeric, isUnique, distinct} for each column: `distinct` its values as words, in the order of
 * their first row, or null where they are more than 100; `isUnique`: no two rows share a value, as with a number of a
 * person. Empty cells do not count.
 */
export function columnsOf({ header, rows }) {
  return header.map((name, place) => {
    const values = rows.map((cells) => cells[place]).filter((cell) => cell !== "");
    const distinct = new Set(values);
    return {
      name,
      isNumeric: values.length > 0 && values.every((cell) => NUMBER.test(cell)),
      isUnique: values.length > 1 && distinct.size === values.length,
      distinct: distinct.size > MOST_DISTINCT ? null : [...distinct],
    };
  });
}

/**
 * Return the use that the page proposes for each column, "label", "numbers", "categories" or "skip". The label is the
 * last column of few words, else the last of few values; whole numbers that no two rows share are left out.
 */
export function proposedUses(columns) {
  const few = ({ distinct }) => distinct !== null && distinct.length >= 2 && distinct.length <= MOST_CLASSES;
  const label = columns.findLast((column) => few(column) && !column.isNumeric) ?? columns.findLast(few);
  return columns.map((column) => {
    if (column === label) return "label";
    if (column.name === "") return "skip";
    if (column.isNumeric) return column.isUnique && columns.indexOf(column) === 0 ? "skip" : "numbers";
    return column.distinct !== null && column.distinct.length >= 2 ? "categories" : "skip";
  });
}

/** Return {lowest, highest} of a numeric column as it stands in the file: exact, and so a leak. */
export function extremesOf({ header, rows }, name) {
  const place = header.indexOf(name);
  let [lowest, highest] = [Infinity, -Infinity];
  for (const cells of rows) {
    if (!NUMBER.test(cells[place])) continue;
    lowest = Math.min(lowest, Number(cells[place]));
    highest = Math.max(highest, Number(cells[place]));
  }
  return { lowest, highest };
}
