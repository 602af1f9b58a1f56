/** Keys that work anywhere on a page, without taking them from what has the focus. */

type Use = "letters" | "activating" | "always";

const WRITES = "input, textarea, select, [role=combobox], [role=listbox], [role=option]";
const ACTS = `${WRITES}, button, a, summary, [role=slider], [role=switch], [role=tab], video`;

/**
 * Whether a key press is meant for the page: no modifier, no repetition, no dialog open, and
 * nothing focused that uses it. `activating` is for Enter, Space and arrows, which buttons and
 * lists use. `always` is for a combination that means one thing wherever it is pressed.
 */
export function forPage(event: KeyboardEvent, root: ParentNode, use: Use): boolean {
  if (use === "always") {
    return !event.repeat;
  }
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented) {
    return false;
  }
  if (inDialog(event, root)) {
    return false;
  }
  const from = event.composedPath()[0];
  return !(from instanceof Element && from.matches(use === "letters" ? WRITES : ACTS));
}

/** Dialogs of the page itself, and of elements in it, whose own roots hide them. */
function inDialog(event: Event, root: ParentNode): boolean {
  return (
    root.querySelector("wa-dialog[open]") !== null ||
    event.composedPath().some((one) => one instanceof Element && one.localName === "wa-dialog")
  );
}

const KEEPS = "input, textarea, [contenteditable], wa-dialog";

/** Where keys direct a programme, a button that was clicked must not keep Space and Enter to
 * itself: what the pointer used lets the focus go. The keyboard's own way through a page stays.
 * Returns how to end it. */
export function leaveAfterPointer(): () => void {
  let pointed = false;
  const ending = new AbortController();
  const { signal } = ending;
  const leave = (event: Event): void => {
    const path = event.composedPath();
    if (pointed && !path.some((one) => one instanceof Element && one.matches(KEEPS))) {
      innermostFocus()?.blur();
    }
  };
  window.addEventListener("pointerdown", () => { pointed = true; }, { signal, capture: true });
  window.addEventListener("keydown", () => { pointed = false; }, { signal, capture: true });
  window.addEventListener("click", (event) => {
    // A list is open after the click and chooses by a change.
    if (!(event.composedPath()[0] instanceof HTMLSelectElement)) {
      leave(event);
    }
  }, { signal });
  // A change does not leave the shadow root it happens in.
  window.addEventListener("input", (event) => {
    if (event.composedPath()[0] instanceof HTMLSelectElement) {
      leave(event);
    }
  }, { signal });
  return () => {
    ending.abort();
  };
}

function innermostFocus(): HTMLElement | undefined {
  let found = document.activeElement;
  while (found?.shadowRoot?.activeElement) {
    found = found.shadowRoot.activeElement;
  }
  return found instanceof HTMLElement && found !== document.body ? found : undefined;
}
