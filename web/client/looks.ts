/** Keeps a desk told of what there is to choose from. */

import type { ApiLike } from "./api.js";
import type { Desk } from "./desk.js";
import { asFault, type SessionLike } from "./session.js";

const TRY_AGAIN_MS = 5_000;

/** Asks at once, and again whenever other layouts are there or another theme is on; returns how to end it. */
export function followLooks(session: SessionLike, api: Pick<ApiLike, "looks">, desk: Desk): () => void {
  /** Names of the layouts and the theme for which the desk was told last. */
  let told: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = async (): Promise<void> => {
    const { programme } = session.store;
    const names = [...Object.keys(programme?.layouts ?? {}), programme?.graphics.theme].join(" ");
    if (programme === undefined || names === told) {
      return;
    }
    told = names;
    try {
      desk.describe(await api.looks());
    } catch (reason: unknown) {
      // Layouts are drawn as grids meanwhile; all can be chosen.
      console.warn("looks were not told", asFault(reason).id);
      timer = setTimeout(() => {
        told = undefined;
        void ask();
      }, TRY_AGAIN_MS);
    }
  };
  const stop = session.store.changed.on(() => void ask());
  void ask();
  return () => {
    stop();
    clearTimeout(timer);
  };
}
