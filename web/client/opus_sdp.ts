/** What the browser's Opus encoder shall send is read from the answer (RFC 7587 section 7). */

export function withStereo(sdp: string, bitrate_bps: number): string {
  const payload = /^a=rtpmap:(\d+) opus\/48000\/2\s*$/im.exec(sdp)?.[1];
  if (payload === undefined) {
    return sdp;
  }
  const wanted = `stereo=1;maxaveragebitrate=${bitrate_bps}`;
  const line = new RegExp(`^a=fmtp:${payload} (.*?)(\\r?)$`, "m");
  if (!line.test(sdp)) {
    return sdp.replace(
      new RegExp(`^(a=rtpmap:${payload} .*?)(\\r?)$`, "m"),
      `$1$2\na=fmtp:${payload} ${wanted}$2`,
    );
  }
  return sdp.replace(line, (_whole, parameters: string, end: string) => {
    const kept = parameters
      .split(";")
      .map((one) => one.trim())
      .filter((one) => one !== "" && !/^(stereo|maxaveragebitrate)=/.test(one));
    return `a=fmtp:${payload} ${[...kept, wanted].join(";")}${end}`;
  });
}

/** Browsers play Opus in mono unless their own answer says otherwise. */
export function hearingStereo(answer: string): string {
  const payload = /^a=rtpmap:(\d+) opus\/48000\/2\s*$/gim;
  return [...answer.matchAll(payload)]
    .map((found) => found[1] ?? "")
    .reduce(
      (sdp, number) =>
        sdp.replace(
          new RegExp(`^(a=fmtp:${number} (?!.*\\bstereo=)[^\\r\\n]*?);?(\\r?)$`, "gm"),
          "$1;stereo=1$2",
        ),
      answer,
    );
}
