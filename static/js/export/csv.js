/** Rows as CSV (RFC 4180), in full precision; null is an empty cell. Pure. */

const FORMULA = /^[=+\-@\t\r]/; // spreadsheets run text that begins so

/** Return rows (objects of numbers, text, booleans and null) as CSV under a header line of all their names; `columns` come first. */
export function csvText(rows, columns = []) {
  const names = [...new Set([...columns, ...rows.flatMap((row) => Object.keys(row))])];
  return [names, ...rows.map((row) => names.map((name) => row[name]))].map(lineOf).join("");
}

const lineOf = (cells) => `${cells.map(cellOf).join(",")}\r\n`;

function cellOf(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
