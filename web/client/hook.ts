/** What browser tests may read. Copies only: nothing of the page can be changed by it. */

import type { MediaLink } from "./media_link.js";
import type { Quality } from "./quality.js";
import type { SessionLike } from "./session.js";

export interface ExposedParts {
  readonly publisher?: MediaLink;
  readonly receiver?: MediaLink;
  readonly quality?: () => Quality | undefined;
}

export function exposeForTests(session: SessionLike, parts: ExposedParts = {}): void {
  const hook = Object.freeze({
    state: () => session.store.everything(),
    connection: () => session.connection,
    publish: () => seen(parts.publisher),
    subscribe: () => seen(parts.receiver),
    quality: () => structuredClone(parts.quality?.()),
  });
  Object.defineProperty(window, "lianxian", { value: hook, configurable: true });
}

function seen(link: MediaLink | undefined): { state: string; connections: number; restarts: number } {
  return {
    state: link?.state ?? "waiting",
    connections: link?.connections ?? 0,
    restarts: link?.restarts ?? 0,
  };
}
