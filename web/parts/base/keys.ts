/** Keys that work anywhere on a page, without taking them from what has the focus. */

type Use = "letters" | "activating";

const WRITES = "input, textarea, select, [role=combobox], [role=listbox], [role=option]";
const ACTS = `${WRITES}, button, a, summary, [role=slider], [role=switch], video`;

/**
 * Whether a key press is meant for the page: no modifier, no repetition, no dialog open, and
 * nothing focused that uses it. `activating` is for Enter and Space, which buttons use.
 */
export function forPage(event: KeyboardEvent, root: ParentNode, use: Use): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented) {
    return false;
  }
  if (root.querySelector("wa-dialog[open]") !== null) {
    return false;
  }
  const from = event.composedPath()[0];
  return !(from instanceof Element && from.matches(use === "letters" ? WRITES : ACTS));
}
