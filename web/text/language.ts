/**
 * Texts in both languages side by side: `both(zh, en)`. A missing language is a missing
 * argument and an unknown text an unknown property, so the compiler finds either.
 */

export const LOCALES = ["zh-CN", "en"] as const;
export type Locale = (typeof LOCALES)[number];

type Wording<Args extends unknown[]> = string | ((...args: Args) => string);

/** One text in both languages, with the values it needs. */
export interface Text<Args extends unknown[] = []> {
  readonly "zh-CN": Wording<Args>;
  readonly en: Wording<Args>;
}

export function both<Args extends unknown[] = []>(
  zh: Wording<Args>,
  en: Wording<Args>,
): Text<Args> {
  return { "zh-CN": zh, en };
}

const STORED_AS = "lianxian.locale";

/** English for people whose browser is English; Chinese for everyone else. */
export function preferredLocale(stored: string | null, languages: readonly string[]): Locale {
  if (stored === "zh-CN" || stored === "en") {
    return stored;
  }
  const first = languages.find((tag) => /^(zh|en)\b/i.test(tag));
  return first !== undefined && /^en\b/i.test(first) ? "en" : "zh-CN";
}

function initialLocale(): Locale {
  if (typeof window === "undefined") {
    return "zh-CN";
  }
  return preferredLocale(localStorage.getItem(STORED_AS), navigator.languages);
}

let current: Locale = initialLocale();
const listeners = new Set<() => void>();

export function locale(): Locale {
  return current;
}

export function setLocale(next: Locale): void {
  current = next;
  localStorage.setItem(STORED_AS, next);
  document.documentElement.lang = next;
  for (const listener of listeners) {
    listener();
  }
}

/** Calls `listener` after each change of language; returns how to stop that. */
export function onLocaleChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The text in the language of the page. */
export function say<Args extends unknown[]>(text: Text<Args>, ...args: Args): string {
  const wording = text[current];
  return typeof wording === "string" ? wording : wording(...args);
}

/** Names that come from the server in both languages; the Chinese one always exists. */
export function named(thing: { name: string; name_en: string }): string {
  return current === "en" && thing.name_en !== "" ? thing.name_en : thing.name;
}

export function titled(thing: { title: string; title_en: string }): string {
  return current === "en" && thing.title_en !== "" ? thing.title_en : thing.title;
}
