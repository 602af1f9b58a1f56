/** The HTTP interface, with the token of the link. */

import type {
  CurrentState,
  EventDescription,
  FileAddress,
  LinkList,
  Looks,
  SessionDetail,
  SessionList,
  Whoami,
} from "../wire.js";
import { faults } from "../text/faults.js";
import { locale, say } from "../text/language.js";

import { Fault, faultFrom, isServerError } from "./faults.js";

export interface ApiLike {
  me(): Promise<Whoami>;
  event(): Promise<EventDescription>;
  state(): Promise<CurrentState>;
  links(): Promise<LinkList>;
  looks(): Promise<Looks>;
  sessions(): Promise<SessionList>;
  session(name: string): Promise<SessionDetail>;
  /** An address of a file of a recording that a player or a download can use. */
  fileAddress(session: string, path: string): Promise<FileAddress>;
}

export class Api implements ApiLike {
  constructor(private readonly token: string) {}

  me(): Promise<Whoami> {
    return this.get("me");
  }

  event(): Promise<EventDescription> {
    return this.get("event");
  }

  state(): Promise<CurrentState> {
    return this.get("state");
  }

  links(): Promise<LinkList> {
    return this.get("links");
  }

  looks(): Promise<Looks> {
    return this.get("looks");
  }

  sessions(): Promise<SessionList> {
    return this.get("sessions");
  }

  session(name: string): Promise<SessionDetail> {
    return this.get(`sessions/${encodeURIComponent(name)}`);
  }

  fileAddress(session: string, path: string): Promise<FileAddress> {
    return this.call("POST", `sessions/${encodeURIComponent(session)}/file-token`, { path });
  }

  private get<Body>(path: string): Promise<Body> {
    return this.call<Body>("GET", path);
  }

  private async call<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const headers: Record<string, string> = {
      Authorization: `Bearer ${this.token}`,
      "Accept-Language": locale(),
    };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
    }
    let response: Response;
    let content: unknown;
    try {
      response = await fetch(`/api/v1/${path}`, {
        method,
        headers,
        cache: "no-store",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      content = await response.json();
    } catch {
      throw new Fault("client.unreachable", say(faults.unreachable), say(faults.unreachableCure));
    }
    if (isServerError(content)) {
      throw faultFrom(content);
    }
    if (!response.ok) {
      throw new Fault("client.unexpected", say(faults.unexpected), say(faults.unexpectedCure));
    }
    return content as Body;
  }
}
