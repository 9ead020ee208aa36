/** Building elements. Text only ever enters as text. */

/** Return an element with attributes (null and false are left out, true is an empty one) and children. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Set a node's text if it differs (so that screen readers are not told twice). */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Let a button be pressed or not; it keeps the focus also while it cannot, so that a keyboard user is not thrown out. */
export function setEnabled(button, enabled) {
  button.disabled = false;
  button.setAttribute("aria-disabled", String(!enabled));
}

/** Call `pressed` on clicks of a button, but not while it cannot be pressed. */
export function onPress(button, pressed) {
  button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && pressed());
}

/** Return the element with this id; a missing one is a mistake in the template. */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`The page has no element "${id}".`);
  return node;
}

/** Replace the children of `node` by a table with a caption; `rows` are arrays of text. */
export function fillTable(node, { caption, columns, rows }) {
  const head = element("tr", {}, ...columns.map((column) => element("th", { scope: "col" }, column)));
  const body = rows.map(([first, ...rest]) =>
    element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((cell) => element("td", {}, cell))),
  );
  node.replaceChildren(
    element("table", {}, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...body)),
  );
}
