/** Keyboard shortcuts: which key does what. Letters work outside of fields only, and can be switched off in Help. */

/** The shortcuts as Help lists them: [keys as written, what they do, the action's name]. */
export const SHORTCUTS = [
  ["Ctrl + Enter", "Run Training, also from within a field", "run"],
  ["R", "Run Training", "run"],
  ["S", "Stop the training", "stop"],
  ["O", "Use Optimal Parameters", "optimal"],
  ["U", "Undo the last applied change", "undo"],
  ["P", "Pin the shown result", "pin"],
  ["M", "Change between simulating and real training", "mode"],
  ["T", "Light or dark", "theme"],
  ["?", "This help", "help"],
];

const LETTERS = new Map(SHORTCUTS.filter(([keys]) => keys.length === 1).map(([keys, , action]) => [keys.toLowerCase(), action]));
const WRITES = new Set(["text", "number", "search", "email", "url"]);

/**
 * Return the name of the action that a key press means, or null. `target` is {tagName, type} of the element with the
 * focus; `letters` says whether single keys are switched on.
 */
export function actionOf({ key, ctrlKey = false, metaKey = false, altKey = false, target = {} }, { letters }) {
  if ((ctrlKey || metaKey) && key === "Enter") return "run";
  const written = target.tagName === "SELECT" || target.tagName === "TEXTAREA" || (target.tagName === "INPUT" && WRITES.has(target.type));
  if (!letters || ctrlKey || metaKey || altKey || written) return null;
  return LETTERS.get(key.toLowerCase()) ?? null;
}
