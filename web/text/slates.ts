import { say, type Text } from "./language.js";
import { programme } from "./programme.js";

const NAMES: Readonly<Record<string, Text>> = programme.slates;

/** What a slate is called; its own word when it is unknown here. */
export function slateName(kind: string): string {
  const text = NAMES[kind];
  return text === undefined ? kind : say(text);
}
