// The number pad for an ID number. Physical keys work as well.

import { tidyNumber } from "./forms.js";
import { part } from "./screens.js";

const MOST = 18;
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]; // source: GB 11643-1999
const CHECK = "10X98765432";

/** In groups, as people read it from the card. */
export const grouped = (number) => [number.slice(0, 6), number.slice(6, 14), number.slice(14)].filter(Boolean).join(" ");

/** With everything but both ends hidden: others look over the shoulder. */
export const masked = (number) => grouped(number.replace(/^(.{4}).*(.{4})$/, (_, a, b) => a + "•".repeat(number.length - 8) + b));

/** Whether it can be somebody's number at all. Without a line nobody else would say so before the person has left. */
export function fits(number) {
  if (/^\d{15}$/.test(number)) return true; // of an old card, which has no check character
  if (!/^\d{17}[\dX]$/.test(number)) return false;
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(number[place]), 0);
  return CHECK[sum % 11] === number[17];
}

export const typed = () => tidyNumber(part("number").value);

/** changed: called after every key */
export function wire(changed) {
  const put = (number) => {
    part("number").value = grouped(number.slice(0, MOST));
    changed();
  };
  for (const key of document.querySelectorAll("[data-key]")) {
    key.addEventListener("click", () => put({ back: typed().slice(0, -1), clear: "" }[key.dataset.key] ?? typed() + key.dataset.key));
  }
  part("number").addEventListener("input", () => put(typed().replace(/[^\dX]/g, "")));
}

export function clear() {
  part("number").value = "";
}
