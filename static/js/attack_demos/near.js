/** Loads each demonstration's script when its section comes near the screen: most readers come for the page's first part. */

const MARGIN = "500px";

async function load(section) {
  const problem = section.querySelector("[data-problem]");
  try {
    await import(section.dataset.script);
  } catch {
    problem.hidden = false; // a browser never asks again for a module that failed: only a new page does
    problem.querySelector("button").onclick = () => location.reload();
  }
}

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    load(target);
  }
}, { rootMargin: MARGIN });

for (const section of document.querySelectorAll("[data-script]")) near.observe(section);
