/** Keyboard shortcuts: which key does what. Letters work outside of fields only, and can be switched off in Help. */

/** What the letters do; Help lists them, in the template. */
const LETTERS = { r: "run", s: "stop", o: "optimal", u: "undo", p: "pin", m: "mode", t: "theme", "?": "help" };
const WRITES = new Set(["text", "number", "search", "email", "url"]);

/**
 * Return the name of the action that a key press means, or null. `target` is {tagName, type} of the element with the
 * focus; `letters` says whether single keys are switched on.
 */
export function actionOf({ key, ctrlKey = false, metaKey = false, altKey = false, target = {} }, { letters }) {
  if ((ctrlKey || metaKey) && key === "Enter") return "run";
  const written = target.tagName === "SELECT" || target.tagName === "TEXTAREA" || (target.tagName === "INPUT" && WRITES.has(target.type));
  if (!letters || ctrlKey || metaKey || altKey || written) return null;
  return LETTERS[key.toLowerCase()] ?? null;
}
