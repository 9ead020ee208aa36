/** The one module that talks to the server. Failures are thrown as ServerProblem or ServerLost. */

/** A refusal by the server, from its problem+json body: `status`, `title`, `detail`, `errors` [{field, message}]. */
export class ServerProblem extends Error {
  constructor(status, { title = "", detail = "", errors = [] }) {
    super(detail || title);
    Object.assign(this, { status, title, detail: detail || title, errors });
  }
}

/** The server did not answer at all. */
export class ServerLost extends Error {}

/** Return the parameter table, tasks, presets and what this server can do. */
export const getCatalog = () => call("/api/parameters");

/** Return the simulated run document of a request body; `signal` drops the answer when it is aborted. */
export const simulate = (body, { signal } = {}) => call("/api/train", { body, signal });

/** Return what the server says about the privacy of a mechanism. */
export const getPrivacy = (body, { signal } = {}) => call("/api/privacy", { body, signal });

/** Return the run document of a training that has been accepted (it is usually still queued). */
export const startRun = (body) => call("/api/train", { body, headers: { Prefer: "respond-async" } });

/** Return the run document as it stands. */
export const getRun = (id) => call(`/api/runs/${encodeURIComponent(id)}`);

/** Ask a run to stop; return its document as it stands. */
export const cancelRun = (id) => call(`/api/runs/${encodeURIComponent(id)}/cancel`, { body: {} });

async function call(path, { body, headers = {}, signal } = {}) {
  const response = await send(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { Accept: "application/json", ...(body && { "Content-Type": "application/json" }), ...headers },
    body: body && JSON.stringify(body),
    signal,
  });
  const answer = await readJson(response);
  if (!response.ok) throw new ServerProblem(response.status, answer);
  return answer;
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
