/** Reading a CSV file (RFC 4180) in the page, as the server reads it (app/tables/reading.py). Pure. */

const SEPARATORS = [",", ";", "\t"];

/** A file that cannot be read; `row` as a spreadsheet counts, the header being row 1. */
export class NotCsv extends Error {
  constructor(row, reason) {
    super(`Row ${row}: ${reason}`);
    this.row = row;
  }
}

/**
 * Return {header, rows} of the text of a file: the names in its header and the cells of each row; blank lines are no
 * rows. Throws NotCsv for a row that is broken, and for a file without rows.
 */
export function parseCsv(text) {
  const lines = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const records = [...recordsOf(lines, separatorOf(lines))];
  const full = records.filter(({ cells }) => cells.length > 1 || cells[0] !== "");
  if (full.length < 2) throw new NotCsv(1, "the file needs a header line and rows below it.");
  const [{ cells: names }, ...rest] = full;
  const header = names.map((name) => name.trim());
  if (header.length < 2) throw new NotCsv(1, "a table needs two columns at least: one to predict, one to predict it from.");
  const ragged = rest.find(({ cells }) => cells.length !== header.length);
  if (ragged) throw new NotCsv(ragged.row, `it has ${ragged.cells.length} cells, the header ${header.length}.`);
  const twice = header.find((name, place) => name && header.indexOf(name) !== place);
  if (twice) throw new NotCsv(1, `the column “${twice}” is there twice.`);
  return { header, rows: rest.map(({ cells }) => cells.map((cell) => cell.trim())) };
}

/** Return whichever separator the first line has most of. */
function separatorOf(lines) {
  const first = lines.replace(/^\n+/, "").split("\n", 1)[0];
  const count = (separator) => first.split(separator).length;
  return SEPARATORS.reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

function* recordsOf(lines, separator) {
  let place = 0;
  for (let row = 1; place < lines.length; row += 1) {
    const cells = [];
    do {
      const cell = lines[place] === '"' ? quoted(lines, place, row) : plain(lines, place, separator);
      cells.push(cell.text);
      place = cell.end;
      if (place < lines.length && lines[place] !== "\n" && lines[place] !== separator) {
        throw new NotCsv(row, "there is something behind a closing quote.");
      }
      place += 1;
    } while (lines[place - 1] === separator);
    yield { row, cells };
  }
}

function plain(lines, start, separator) {
  const next = (mark) => (lines.indexOf(mark, start) + lines.length + 1) % (lines.length + 1);
  const end = Math.min(next("\n"), next(separator));
  return { text: lines.slice(start, end), end };
}

function quoted(lines, start, row) {
  let end = start + 1;
  for (;;) {
    end = lines.indexOf('"', end);
    if (end < 0) throw new NotCsv(row, "a quote is not closed.");
    if (lines[end + 1] !== '"') break;
    end += 2;
  }
  return { text: lines.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 };
}
