/** How large the programme is shown, and so which layer of it is of use. */

export type Layer = "main" | "low";

/** `low` is 640x360. A little larger than it is it still looks whole; between the two limits
 * nothing changes, so that a window's edge that is dragged asks for nothing. */
const MAIN_FROM_PIXELS = 800;
const LOW_UP_TO_PIXELS = 720;
/** Screens of phones have more pixels to a millimetre than an eye sees of a moving picture. */
const MOST_RATIO = 1.5;

/** `width`, `height`: the element's, in CSS pixels; the picture of 16:9 stands whole inside. */
export function layerFor(width: number, height: number, ratio: number, before: Layer): Layer {
  const shown = Math.min(width, (height * 16) / 9) * Math.min(ratio, MOST_RATIO);
  if (shown <= 0) {
    return before;
  }
  return shown >= MAIN_FROM_PIXELS ? "main" : shown <= LOW_UP_TO_PIXELS ? "low" : before;
}

const SETTLED_MS = 500;

/** Tells the layer that is of use for an element, at once and whenever that changed for a
 * while. Full screen and a turned phone change the size too. Returns what ends it. */
export function followSize(element: Element, tell: (layer: Layer) => void): () => void {
  let layer: Layer = "main";
  let told: Layer | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    const { width, height } = element.getBoundingClientRect();
    layer = layerFor(width, height, window.devicePixelRatio, layer);
    if (layer !== told) {
      told = layer;
      tell(layer);
    }
  };
  const observer = new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(look, told === undefined ? 0 : SETTLED_MS);
  });
  observer.observe(element);
  return () => {
    clearTimeout(timer);
    observer.disconnect();
  };
}
