import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { KEYS } from "../client/desk_keys.js";
import { programme } from "../text/programme.js";

it("the documentation of the desk lists the keys that there are", () => {
  const page = readFileSync(new URL("../../docs/desk.md", import.meta.url), "utf8");
  const listed = Array.from(page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm), ([, key, text]) => [key, text]);
  expect(listed).toEqual(KEYS.map((rule) => [rule.shown, programme.keys[rule.action].en]));
});
