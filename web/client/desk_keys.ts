/** The keys of the desk: one table for what they do, the help overlay and the documentation. */

export type DeskAction =
  | "cut"
  | "auto"
  | "source"
  | "previousSlot"
  | "nextSlot"
  | "noSlot"
  | "exchange"
  | "layouts"
  | "caption"
  | "slate"
  | "clip"
  | "freeze"
  | "panic"
  | "back"
  | "next"
  | "record"
  | "faster"
  | "slower"
  | "overlay"
  | "help";

export interface KeyRule {
  readonly action: DeskAction;
  /** As people read it. */
  readonly shown: string;
  readonly matches: (press: KeyPress) => boolean;
  /** `activating`: buttons use this key too; `always`: works in fields and dialogs as well. */
  readonly use: "letters" | "activating" | "always";
}

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly shiftKey: boolean;
}

const letter =
  (wanted: string) =>
  (press: KeyPress): boolean =>
    press.key.toLowerCase() === wanted && !press.shiftKey;

/** Signs stand behind Shift on some keyboards and not on others. */
const sign =
  (...wanted: string[]) =>
  (press: KeyPress): boolean =>
    wanted.includes(press.key);

export const KEYS: readonly KeyRule[] = [
  { action: "cut", shown: "Space", matches: letter(" "), use: "activating" },
  { action: "auto", shown: "Enter", matches: letter("enter"), use: "activating" },
  {
    action: "source",
    shown: "1 … 9 0, Shift 1 … 9",
    matches: (press) => sourceIndex(press) !== undefined,
    use: "letters",
  },
  { action: "previousSlot", shown: "←", matches: letter("arrowleft"), use: "activating" },
  { action: "nextSlot", shown: "→", matches: letter("arrowright"), use: "activating" },
  { action: "noSlot", shown: "Esc", matches: letter("escape"), use: "letters" },
  { action: "exchange", shown: "X", matches: letter("x"), use: "letters" },
  { action: "layouts", shown: "L", matches: letter("l"), use: "letters" },
  { action: "caption", shown: "C", matches: letter("c"), use: "letters" },
  { action: "slate", shown: "B", matches: letter("b"), use: "letters" },
  { action: "clip", shown: "K", matches: letter("k"), use: "letters" },
  { action: "freeze", shown: "F", matches: letter("f"), use: "letters" },
  {
    action: "panic",
    shown: "Shift Esc",
    matches: (press) => press.key === "Escape" && press.shiftKey,
    use: "always",
  },
  { action: "back", shown: "Backspace", matches: letter("backspace"), use: "letters" },
  { action: "next", shown: "N", matches: letter("n"), use: "letters" },
  { action: "record", shown: "R", matches: letter("r"), use: "letters" },
  { action: "slower", shown: "+", matches: sign("+", "="), use: "letters" },
  { action: "faster", shown: "-", matches: sign("-", "_"), use: "letters" },
  { action: "overlay", shown: "O", matches: letter("o"), use: "letters" },
  { action: "help", shown: "?", matches: sign("?", "？"), use: "letters" },
];

/** Which source a digit stands for, from 0: the key 0 is the tenth, Shift goes on from there. */
export function sourceIndex(press: KeyPress): number | undefined {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1];
  if (digit === undefined || (press.code.startsWith("Numpad") && !/^\d$/.test(press.key))) {
    return undefined;
  }
  const index = digit === "0" ? 9 : Number(digit) - 1;
  if (!press.shiftKey) {
    return index;
  }
  return digit === "0" ? undefined : index + 10;
}

/** The key that stands on a tile; empty for those behind the nineteenth. */
export function sourceKey(index: number): string {
  if (index < 10) {
    return String((index + 1) % 10);
  }
  return index < 19 ? `⇧${index - 9}` : "";
}

export function ruleOf(press: KeyPress): KeyRule | undefined {
  return KEYS.find((rule) => rule.matches(press));
}
