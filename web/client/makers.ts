/** How pages get their connections. Fixture pages put pretended ones in their place. */

import { Api, type ApiLike } from "./api.js";
import { Session, type SessionLike, type SessionOptions } from "./session.js";

export const makers: {
  session: (options: SessionOptions) => SessionLike;
  api: (token: string) => ApiLike;
} = {
  session: (options) => new Session(options),
  api: (token) => new Api(token),
};
