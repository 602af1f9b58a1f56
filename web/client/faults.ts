/** What went wrong, in the words a person needs: what happened and what to do. */

import type { ErrorEnvelope, RestError } from "../wire.js";

export class Fault extends Error {
  constructor(
    /** An id of the server's catalogue, or `client.<name>` for what the page found itself. */
    readonly id: string,
    readonly text: string,
    readonly cure: string,
    readonly kind = "user",
    readonly values: Readonly<Record<string, string>> = {},
  ) {
    super(`${id}: ${text}`);
    this.name = "Fault";
  }
}

type ServerError = Omit<ErrorEnvelope, "v" | "id"> | RestError;

export function isServerError(value: unknown): value is ServerError {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const candidate = value as Partial<Record<keyof ServerError, unknown>>;
  return typeof candidate.error === "string" && typeof candidate.text === "string";
}

export function faultFrom(error: ServerError): Fault {
  return new Fault(error.error, error.text, error.cure, error.kind, error.values);
}
