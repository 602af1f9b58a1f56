/** What browser tests may read. Copies only: nothing of the page can be changed by it. */

import type { Call } from "./call.js";
import type { SessionLike } from "./session.js";

export function exposeForTests(session: SessionLike, call?: Call): void {
  const hook = Object.freeze({
    state: () => session.store.everything(),
    connection: () => session.connection,
    media: () => ({
      publish: call?.publisher.state ?? "waiting",
      publishConnections: call?.publisher.connections ?? 0,
      subscribe: call?.receiver.state ?? "waiting",
      subscribeConnections: call?.receiver.connections ?? 0,
      quality: call?.quality === undefined ? null : { ...call.quality },
    }),
  });
  Object.defineProperty(window, "lianxian", { value: hook, configurable: true });
}
