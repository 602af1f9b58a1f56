/** Dragging sources and slots with the pointer, across shadow roots and by touch. A press that
 * does not move is a click and stays one. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is dragged: a source from outside, or what stands in a slot. */
export type Dragged = { readonly source: string } | { readonly slot: number };

/** What becomes of a drop. `remove`: a slot was dragged out of the picture. */
export type Drop =
  | { readonly kind: "assign"; readonly slot: number; readonly source: string }
  | { readonly kind: "exchange"; readonly slot: number; readonly other: number }
  | { readonly kind: "remove"; readonly slot: number }
  | { readonly kind: "nothing" };

const BEGINS_AFTER_PX = 6;

/** Whether a press has moved so far that it is a drag. */
export function hasBegun(from: Point, to: Point): boolean {
  return Math.hypot(to.x - from.x, to.y - from.y) > BEGINS_AFTER_PX;
}

/** `over`: the slot under the pointer; `inside`: whether the pointer is over the picture. */
export function dropped(what: Dragged, over: number | undefined, inside: boolean): Drop {
  if ("source" in what) {
    return over === undefined
      ? { kind: "nothing" }
      : { kind: "assign", slot: over, source: what.source };
  }
  if (over !== undefined) {
    return over === what.slot
      ? { kind: "nothing" }
      : { kind: "exchange", slot: what.slot, other: over };
  }
  return inside ? { kind: "nothing" } : { kind: "remove", slot: what.slot };
}

/** The innermost element at a point, through open shadow roots. */
export function elementAt(point: Point): Element | null {
  let root: DocumentOrShadowRoot = document;
  let found: Element | null = null;
  for (;;) {
    const element: Element | null = root.elementFromPoint(point.x, point.y);
    if (element === null || element === found) {
      return found;
    }
    found = element;
    if (element.shadowRoot === null) {
      return found;
    }
    root = element.shadowRoot;
  }
}

/** The nearest ancestor that matches, through shadow roots. */
export function closestAcross(element: Element | null, selector: string): Element | null {
  let from = element;
  while (from !== null) {
    const found = from.closest(selector);
    if (found !== null) {
      return found;
    }
    const root = from.getRootNode();
    from = root instanceof ShadowRoot ? root.host : null;
  }
  return null;
}

export interface DragCalls {
  /** What is seen beside the pointer. */
  readonly label: string;
  readonly began: () => void;
  readonly moved: (point: Point) => void;
  readonly ended: (point: Point | undefined) => void;
}

/** Follows the pointer from a press on. The click that would follow a drag is swallowed. */
export function follow(press: PointerEvent, calls: DragCalls): void {
  if (press.button !== 0 || !press.isPrimary) {
    return;
  }
  const from = { x: press.clientX, y: press.clientY };
  let begun = false;
  let ghost: HTMLElement | undefined;
  const ending = new AbortController();
  const { signal } = ending;
  const end = (point: Point | undefined): void => {
    ending.abort();
    ghost?.remove();
    if (begun) {
      window.addEventListener("click", swallow, { capture: true, once: true });
      // A click comes right behind the release, or not at all.
      setTimeout(() => {
        window.removeEventListener("click", swallow, { capture: true });
      });
      calls.ended(point);
    }
  };
  window.addEventListener(
    "pointermove",
    (event) => {
      const to = { x: event.clientX, y: event.clientY };
      if (!begun && hasBegun(from, to)) {
        begun = true;
        ghost = ghostOf(calls.label);
        calls.began();
      }
      if (ghost !== undefined) {
        event.preventDefault();
        ghost.style.transform = `translate(${to.x + 12}px, ${to.y + 12}px)`;
        calls.moved(to);
      }
    },
    { signal },
  );
  window.addEventListener(
    "pointerup",
    (event) => {
      end({ x: event.clientX, y: event.clientY });
    },
    { signal },
  );
  window.addEventListener("pointercancel", () => { end(undefined); }, { signal });
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape") {
        end(undefined);
      }
    },
    { signal, capture: true },
  );
}

function ghostOf(label: string): HTMLElement {
  const ghost = document.createElement("div");
  ghost.textContent = label;
  ghost.setAttribute("aria-hidden", "true");
  Object.assign(ghost.style, {
    position: "fixed",
    inset: "0 auto auto 0",
    zIndex: "60",
    padding: "2px 10px",
    borderRadius: "6px",
    background: "#ffd36b",
    color: "#2a1c00",
    fontWeight: "600",
    pointerEvents: "none",
  });
  document.body.append(ghost);
  return ghost;
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}
