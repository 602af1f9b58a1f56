/** Icons of our own in place of those that Web Awesome would fetch from elsewhere. */

import { registerIconLibrary } from "@awesome.me/webawesome/dist/components/icon/library.js";

import { ICON_NAMES, type IconName } from "./icon_names.js";
import sheet from "./icons.svg?url";

const known: ReadonlySet<string> = new Set(ICON_NAMES);

/** What Web Awesome's own elements ask for, by the names of our symbols. */
const SYSTEM: Readonly<Record<string, IconName>> = {
  "circle-xmark": "xmark",
  "circle-question": "information",
  minus: "xmark",
  "eye-slash": "eye",
};

function address(name: string): string {
  const symbol = known.has(name) ? name : (SYSTEM[name] ?? "information");
  return `${sheet}#${symbol}`;
}

/** A reference into a sheet has no size of its own; browsers would make it 300 pixels wide. */
function sized(svg: SVGElement): void {
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("width", "1em");
}

for (const library of ["default", "system"]) {
  registerIconLibrary(library, { resolver: address, mutator: sized, spriteSheet: true });
}
