/** The sample table and what its maker declares public of it (benchmarks/sample_table.py draws within these bounds). */

export const SAMPLE_NAME = "sample_table.csv";

export const SAMPLE_KNOWN = {
  hours: { bounds: [0, 70] },
  sleep: { bounds: [3, 11] },
  commute: { bounds: [1, 150] },
  tutorial: { values: ["none", "online", "on site"] },
  passed: { values: ["yes", "no"] },
};
