// The page's own words: English as they stand in the code, other languages by what words/ has for them.

import { RUSSIAN } from "./words/russian.js";

const TABLES = { ru: RUSSIAN };
const ENGLISH = new WeakMap();
let locale = "en", table = {}, plurals = new Intl.PluralRules("en");

/** Speak the language of a Discord locale from now on, English where the page knows no other, and tell again what stands in the page itself. */
export function speak(wanted) {
  const language = wanted.split("-")[0];
  locale = language in TABLES || language === "en" ? wanted : "en";
  table = TABLES[language] ?? {};
  plurals = new Intl.PluralRules(locale);
  document.documentElement.lang = locale;
  for (const node of document.querySelectorAll("[data-words]")) {
    const own = ENGLISH.get(node) ?? Object.fromEntries(node.dataset.words.split(" ").map((name) => [name, name === "text" ? node.textContent : node.getAttribute(name)]));
    ENGLISH.set(node, own);
    for (const [name, text] of Object.entries(own)) {
      if (name === "text") node.textContent = t(text);
      else node.setAttribute(name, t(text));
    }
  }
}

/** How dates and numbers are written for the person. */
export const spoken = () => locale;

/** `text` in the person's language, with `values` for its `{fields}`. */
export function t(text, values = {}) {
  return filled(table[text] ?? text, values);
}

/** What fits the number `count`, which fills `{count}`: `one` or `other` in English. */
export function counted(count, one, other, values = {}) {
  const form = plurals.select(count), forms = table[other];
  return filled(forms ? forms[form] ?? forms.other : form === "one" ? one : other, { count, ...values });
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (field, name) => (name in values ? values[name] : field));
}
