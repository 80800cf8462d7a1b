// One screen at a time. Whoever listens instead of looking hears the new heading, because it takes the focus.

const trail = [];

export const part = (id) => document.getElementById(id);

/** The screen that is shown now, or "" before the first. */
export function current() {
  return trail.length ? trail[trail.length - 1] : "";
}

/** Shows a screen; `back` leads to the one before. */
export function show(name) {
  if (current() !== name) trail.push(name);
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== `s-${name}`;
  fault("");
  window.scrollTo(0, 0);
  const heading = part(`h-${name}`);
  document.title = heading.textContent;
  heading.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("screen", { detail: name }));
}

/** The screen before this one. */
export function back() {
  trail.pop();
  const before = trail.pop() || "welcome";
  show(before);
  return before;
}

/** What was shown before leads nowhere any more. */
export function forgetTrail() {
  trail.length = 0;
}

/** A sentence about what went wrong, read out at once; "" takes it away. */
export function fault(text) {
  const line = part("fault");
  line.textContent = text;
  line.hidden = !text;
  if (text) line.scrollIntoView({ block: "nearest" });
}

/** Puts text into an element and shows it; an empty text hides it. The same text is not announced twice. */
export function tell(id, text) {
  const line = part(id);
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
}

/** Runs `work` once however often the button is pressed meanwhile. */
export async function busy(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}
