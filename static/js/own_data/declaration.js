/**
 * What the owner declares of a file: pure functions from declaration to declaration, and to the body that is sent.
 *
 * [{name, isNumeric, distinct, use, lowest, highest, values, fromData}]: one for each column; `use` is "label", "numbers",
 * "categories" or "skip"; `lowest` and `highest` are the bounds as typed, `values` the words of a category or of the label, one per line;
 * `fromData` says that they were looked up in the file.
 */

import { columnsOf, extremesOf, proposedUses } from "./columns.js";

const NOTHING = { lowest: "", highest: "", values: "", fromData: false };

/** Return the declaration that a file starts with; `known` has what is public of it by column, as {bounds} or {values}. */
export function opened(table, known = {}) {
  const columns = columnsOf(table);
  const uses = proposedUses(columns);
  return columns.map(({ name, isNumeric, distinct }, place) => ({
    name, isNumeric, distinct, use: uses[place], ...NOTHING, ...written(known[name]),
  }));
}

function written({ bounds, values } = {}) {
  if (bounds) return { lowest: String(bounds[0]), highest: String(bounds[1]) };
  return values ? { values: values.join("\n") } : {};
}

/** Return the declaration with one column changed; a new label takes the place of the old one. */
export function changed(columns, name, change) {
  return columns.map((column) => {
    if (column.name === name) return { ...column, ...change, ...("use" in change ? {} : { fromData: false }) };
    return change.use === "label" && column.use === "label" ? { ...column, use: column.isNumeric ? "numbers" : "categories" } : column;
  });
}

/** Return the declaration whose gaps are filled from the file: each such column says so from then on. */
export function filledFromFile(columns, table) {
  return columns.map((column) => {
    if (!isMissing(column)) return column;
    if (column.use !== "numbers") return { ...column, values: (column.distinct ?? []).join("\n"), fromData: true };
    const { lowest, highest } = extremesOf(table, column.name);
    return { ...column, lowest: String(lowest), highest: String(highest), fromData: true };
  });
}

/** Return whether a column that is used still lacks what has to be declared of it. */
export function isMissing({ use, lowest, highest, values }) {
  if (use === "skip") return false;
  return use === "numbers" ? lowest.trim() === "" || highest.trim() === "" : wordsOf(values).length === 0;
}

/** Return the words of a list that is written one per line. */
export function wordsOf(values) {
  return values.split("\n").map((word) => word.trim()).filter((word) => word !== "");
}

/** Return [{name, fault}] of all that keeps a declaration from being sent; [] where nothing does. */
export function faultsOf(columns) {
  const label = columns.find(({ use }) => use === "label");
  const faults = columns.map((column) => ({ name: column.name, fault: faultOf(column) })).filter(({ fault }) => fault);
  if (!label) faults.unshift({ name: null, fault: "Choose the column that is to be predicted." });
  if (!columns.some(({ use }) => use === "numbers" || use === "categories")) {
    faults.unshift({ name: null, fault: "Choose a column to predict it from." });
  }
  return faults;
}

function faultOf({ use, lowest, highest, values }) {
  if (use === "skip") return null;
  if (use !== "numbers") return wordsOf(values).length >= 2 ? null : "needs two values at least, one per line";
  if (lowest.trim() === "" || highest.trim() === "") return "needs its lowest and highest possible value";
  const bounds = [Number(lowest), Number(highest)];
  if (!bounds.every(Number.isFinite)) return "its bounds must be numbers";
  return bounds[0] < bounds[1] ? null : "its lower bound must lie below the upper one";
}

/** Return the body of POST /api/tables for a declaration without faults; `empty` is "refuse" or "leave_out". */
export function requestOf(columns, { csv, empty }) {
  const label = columns.find(({ use }) => use === "label");
  const used = columns.filter(({ use }) => use === "numbers" || use === "categories");
  const declared = ({ use, lowest, highest, values }) =>
    use === "numbers" ? { bounds: [Number(lowest), Number(highest)] } : { values: wordsOf(values) };
  return {
    csv, empty, label: label.name, classes: wordsOf(label.values),
    columns: Object.fromEntries(used.map((column) => [column.name, declared(column)])),
    from_data: [label, ...used].filter(({ fromData }) => fromData).map(({ name }) => name),
  };
}
