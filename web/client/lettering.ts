/** How long text is set: as the server's captions do, smaller first, then in more lines. Lengths
 * are pixels of a picture of 1280x720. */

export type Measure = (text: string, size: number) => number;

export interface SetLines {
  readonly lines: readonly string[];
  readonly size: number;
}

const ELLIPSIS = "…";

/** The largest size from `size` down to `smallest` at which a text fits one line; else it is
 * wrapped at the smallest size, and ends with an ellipsis when `most` lines are not enough. */
export function setLines(
  text: string,
  sizes: { readonly size: number; readonly smallest: number },
  room: number,
  most: number,
  measure: Measure,
): SetLines {
  const wanted = text.trim();
  if (wanted === "") {
    return { lines: [], size: sizes.size };
  }
  for (let { size } = sizes; size >= sizes.smallest; size -= 1) {
    if (measure(wanted, size) <= room) {
      return { lines: [wanted], size };
    }
  }
  return { lines: wrapped(wanted, sizes.smallest, room, most, measure), size: sizes.smallest };
}

function wrapped(text: string, size: number, room: number, most: number, measure: Measure): string[] {
  const lines: string[] = [];
  let line = "";
  for (const character of Array.from(text)) {
    if (line !== "" && measure(line + character, size) > room) {
      if (lines.length === most - 1) {
        return [...lines, ended(line, size, room, measure)];
      }
      const { kept, rest } = broken(line);
      lines.push(kept);
      line = rest;
    }
    // A space at the break is seen in neither line.
    line += line === "" && character === " " ? "" : character;
  }
  return [...lines, line];
}

/** Latin words stay whole where they can. */
function broken(line: string): { kept: string; rest: string } {
  const at = line.lastIndexOf(" ");
  return at > line.length / 2 && /[\w'-]$/.test(line)
    ? { kept: line.slice(0, at), rest: line.slice(at + 1) }
    : { kept: line, rest: "" };
}

function ended(line: string, size: number, room: number, measure: Measure): string {
  let kept = line;
  while (kept !== "" && measure(kept + ELLIPSIS, size) > room) {
    kept = Array.from(kept).slice(0, -1).join("");
  }
  return kept + ELLIPSIS;
}
