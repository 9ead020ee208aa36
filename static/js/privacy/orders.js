/** The Rényi orders that ε is minimised over: those of the server (app/privacy/renyi.py), so that both find the same. */

const range = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** 1.1, 1.2 … 10.9, the integers 11 … 63, and four large ones. */
export const ORDERS = [...range(1, 99).map((tenth) => 1 + tenth / 10), ...range(11, 63), 128, 256, 512, 1024];

export const INTEGER_ORDERS = ORDERS.filter(Number.isInteger);
export const FRACTIONAL_ORDERS = ORDERS.filter((order) => !Number.isInteger(order));
