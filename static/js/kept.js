/** What this browser keeps for the page: short texts by name. Storage may be switched off or full; then it keeps nothing. */

/** Return the text kept under `name`, or null; `storage()` is () => localStorage, () => sessionStorage or their double. */
export function recalled(name, storage = () => localStorage) {
  try {
    return storage().getItem(name);
  } catch {
    return null;
  }
}

/** Keep a text under `name`; where that cannot be, what it says lasts as long as the page. */
export function remember(name, text, storage = () => localStorage) {
  try {
    storage().setItem(name, text);
  } catch {
    // Nothing is lost that the page needs.
  }
}

/** Forget what is kept under `name`. */
export function forget(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // There is nothing to forget.
  }
}
