// The words of the page in the language in which it was served; the server hands them over with the page.

const table = JSON.parse(document.body.dataset.words || "{}");

/** "zh" or "en". */
export const language = document.documentElement.lang === "en" ? "en" : "zh";

/** One text with its {placeholders} filled. A missing text is a fault of ours and says so. */
export function say(key, values = {}) {
  if (!(key in table)) throw new Error(`no such text: ${key}`);
  return table[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Whether there is such a text. */
export function known(key) {
  return key in table;
}

/** The sentence of an answer that carries both languages. */
export function inLanguage(texts) {
  return texts ? texts[language] || texts.zh || "" : "";
}
