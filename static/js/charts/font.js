/** The type of the charts, on the page and in saved pictures. */

export const FONT = { family: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", size: 12 };
