/** The theme button: the system's theme, or the other one by choice; the choice is kept on this device. */

import { remember } from "./kept.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

const current = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");

/** Bind the button `#theme`; `changed()` is called after every change of theme, also by the system. */
export function bindTheme(changed = () => {}) {
  const button = document.getElementById("theme");
  const announce = () => {
    button.setAttribute("aria-pressed", String(current() === "dark"));
    changed();
  };
  button.addEventListener("click", () => {
    const theme = current() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    remember("theme", theme);
    announce();
  });
  dark.addEventListener("change", announce);
  button.setAttribute("aria-pressed", String(current() === "dark"));
}
