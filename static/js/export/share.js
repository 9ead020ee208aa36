/** The link that shows somebody else what this page shows. */

/** Return the whole link of an address query such as "?epochs=20". */
export const linkOf = ({ origin, pathname }, query) => `${origin}${pathname}${query}`;

/** Return what a shared link restores, as a sentence; `run` is the measured run it names, or null. */
export function restoresSentence({ run, opening }) {
  if (run) return "It shows these settings and, on this server, this measured run.";
  return opening ? "It opens this page as you see it." : "It restores these settings and this very simulated curve anywhere.";
}

/**
 * Copy a link; return whether that was possible: embedded pages and plain http may not write to the clipboard.
 * `clipboard` is navigator.clipboard or its double, undefined where there is none.
 */
export async function copied(clipboard, link) {
  try {
    await clipboard.writeText(link);
    return true;
  } catch {
    return false;
  }
}
