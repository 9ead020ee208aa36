/** What a person knows of the flash cards: pure changes, and where it is kept on this device. */

export const STORAGE_KEY = "flash-cards";

/** Return the progress {known: [names], order: [names]} at the start: nothing known, cards in their order. */
export const freshProgress = (names) => ({ known: [], order: [...names] });

/** Return the progress after "knew it" (the card is done) or "not yet" (it goes to the end of the pile). */
export function marked({ known, order }, name, knew) {
  const rest = order.filter((other) => other !== name);
  return knew ? { known: [...known.filter((other) => other !== name), name], order: rest } : { known, order: [...rest, name] };
}

/** Return progress read from stored text, for today's cards; anything unreadable is a fresh start. */
export function readProgress(text, names) {
  try {
    const stored = JSON.parse(text).filter((name) => names.includes(name));
    return { known: stored, order: names.filter((name) => !stored.includes(name)) };
  } catch {
    return freshProgress(names);
  }
}

/** Return what is stored: the known cards' names, nothing else. */
export const writtenProgress = ({ known }) => JSON.stringify(known);
