/** When sound is sent twice (RED, RFC 2198): while the line loses packets, and a while after. */

const LOSSY_PERCENT = 2;
const CLEAN_PERCENT = 0.5;
const CLEAN_FOR_MS = 20_000;

export class LossWatch {
  private protects = false;
  private lossy_ms = -Infinity;

  /** Takes one measure of what was lost on the way to the server. */
  step(lost_percent: number, now_ms: number): boolean {
    if (lost_percent >= LOSSY_PERCENT) {
      this.protects = true;
    }
    if (lost_percent > CLEAN_PERCENT) {
      this.lossy_ms = now_ms;
    }
    this.protects &&= now_ms - this.lossy_ms < CLEAN_FOR_MS;
    return this.protects;
  }
}

/** Opus and its redundancy in the order that makes a browser send the wanted one. */
export function soundCodecs<Codec extends { readonly mimeType: string }>(
  codecs: readonly Codec[],
  redundant: boolean,
): Codec[] {
  const order = redundant ? ["audio/red", "audio/opus"] : ["audio/opus", "audio/red"];
  return order.flatMap((name) => codecs.filter((one) => one.mimeType.toLowerCase() === name));
}

/** The answer as if the server preferred redundancy, or did not: browsers send what comes first.
 * The server takes both at any time, so nothing has to be asked of it. */
export function withRedundancy(sdp: string, redundant: boolean): string {
  const number = (name: string): string | undefined =>
    new RegExp(`^a=rtpmap:(\\d+) ${name}/48000/2\\s*$`, "im").exec(sdp)?.[1];
  const opus = number("opus");
  const red = number("red");
  if (opus === undefined || red === undefined) {
    return sdp;
  }
  const first = redundant ? red : opus;
  return sdp.replace(/^(m=audio \S+ \S+) (.*?)(\r?)$/m, (_line, head: string, all: string, end: string) => {
    const others = all.split(" ").filter((one) => one !== first);
    return `${head} ${[first, ...others].join(" ")}${end}`;
  });
}
