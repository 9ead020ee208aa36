/** What talks to the server; the questions about sweeps are in sweep/api.js. Failures are thrown as ServerProblem or ServerLost. */

/**
 * A refusal by the server, from its problem+json body: `status`, `title`, `detail`, `errors` [{field, message}], and
 * `retryAfter`, the seconds after which it asks to be tried again, or null.
 */
export class ServerProblem extends Error {
  constructor(status, { title = "", detail = "", errors = [] }, retryAfter = null) {
    super(detail || title);
    Object.assign(this, { status, title, detail: detail || title, errors, retryAfter });
  }
}

/** The server did not answer at all. */
export class ServerLost extends Error {}

/** Return the parameter table, tasks, presets and what this server can do. */
export const getCatalog = () => call("/api/parameters");

/** Return {provenance, runs} that were measured when the page was made: a file that is shipped with this script. */
export const getShippedRuns = () => call("/static/data/measured_runs.json");

/** Return {provenance, audits} that were measured when the page was made. */
export const getShippedAudits = () => call("/static/data/measured_audit.json");

/** Return the document of an audit of the run `id` that has been accepted; the same `key` again gets the same audit. */
export const startAudit = (id, canaries, key) =>
  call(`${runPath(id)}/audit`, { body: { canaries }, headers: { Prefer: "respond-async", "Idempotency-Key": key } });

/** Return {provenance, baseline, sweep} that was measured when the page was made: a shipped file. */
export const getShippedSweep = () => call("/static/data/measured_sweep.json");

/** Return the handwritten zeros and ones that the Learning Hub's stepper learns from: a shipped file. */
export const getDigits = () => call("/static/data/zeros_and_ones.json");

/** Return the handwritten digits, by class, that the demonstrations of attacks use: a shipped file. */
export const getDigitsByClass = () => call("/static/data/digits_by_class.json");

/** Return the simulated run document of a request body; `signal` drops the answer when it is aborted. */
export const simulate = (body, { signal } = {}) => call("/api/train", { body, signal });

/** Return what the server says about the privacy of a mechanism. */
export const getPrivacy = (body, { signal } = {}) => call("/api/privacy", { body, signal });

/** Return the run document of a training that has been accepted; the same `key` again gets the same run, not another. */
export const startRun = (body, key) => call("/api/train", { body, headers: { Prefer: "respond-async", "Idempotency-Key": key } });

/** Return the run document as it stands; with `after` also the events behind that one and `last_event_id`. */
export const getRun = (id, { after } = {}) => call(`${runPath(id)}${after === undefined ? "" : `?after=${after}`}`);

/** Return the path of a run's events behind the event `after`. */
export const eventsPath = (id, after) => `${runPath(id)}/events${after ? `?after=${after}` : ""}`;

/** Return what a finished run's models make of a picture, rows of numbers 0..1. */
export const predict = (id, image, { signal } = {}) => call(`${runPath(id)}/predict`, { body: { image }, signal });

/** Ask a run to stop; return its document as it stands. */
export const cancelRun = (id) => call(`${runPath(id)}/cancel`, { body: {} });

/** Return the text of the script that trains with the settings of a query string in another library. */
export async function getCode(query, { signal } = {}) {
  const response = await send(`/api/code?${query}`, { headers: { Accept: "text/x-python" }, signal });
  if (!response.ok) throw await problemOf(response);
  return response.text();
}

/** Return what became of a table of one's own, with its id as `table`. */
export const sendTable = (body) => call("/api/tables", { body });

/** Delete a table that no run has taken. */
export async function deleteTable(id) {
  const response = await send(`/api/tables/${encodeURIComponent(id)}`, { method: "DELETE" });
  if (!response.ok) throw await problemOf(response);
}

/** Return the text of the sample table, which is shipped with this script. */
export async function getSampleTable() {
  const response = await send("/static/data/sample_table.csv", {});
  if (!response.ok) throw await problemOf(response);
  return response.text();
}

const runPath = (id) => `/api/runs/${encodeURIComponent(id)}`;

/** Return what the server answers as JSON: to a POST where there is a `body`, else to a GET. */
export async function call(path, { body, headers = {}, signal } = {}) {
  const response = await send(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { Accept: "application/json", ...(body && { "Content-Type": "application/json" }), ...headers },
    body: body && JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw await problemOf(response);
  return readJson(response);
}

async function problemOf(response) {
  return new ServerProblem(response.status, await readJson(response), secondsOf(response.headers.get("Retry-After")));
}

function secondsOf(header) {
  return /^\d+$/.test(header ?? "") ? Number(header) : null;
}

async function send(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerLost("The server does not answer.");
  }
}

async function readJson(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { title: `The server answered ${response.status} without a readable reason.` };
  }
}
