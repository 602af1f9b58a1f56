import { describe, expect, it } from "vitest";

import { conditions } from "../text/conditions.js";
import { type Locale } from "../text/language.js";

function told(
  locale: Locale,
  values: Record<string, string>,
  id = "picture.source_left_out",
): string {
  const wording = conditions[id]?.[locale];
  return typeof wording === "function" ? wording("17", values) : "";
}

describe("a source whose pictures broke the picture process", () => {
  const values = { name: "湖南", name_en: "Hunan", source: "camera" };

  it("is told in Chinese with its name, its cause and what to do", () => {
    expect(told("zh-CN", values)).toContain("“湖南”的画面数据两次使画面进程崩溃");
    expect(told("zh-CN", values)).toContain("请让对方换浏览器或编码器");
  });

  it("is told in English", () => {
    expect(told("en", values)).toContain("The picture of Hunan broke the picture process twice");
  });

  it("is told without a name where nobody knows it", () => {
    expect(told("en", {})).toContain("The picture broke the picture process");
    expect(told("zh-CN", {})).toContain("画面数据两次使画面进程崩溃");
  });
});

describe("a source whose decoder hangs", () => {
  const hung = "picture.decoder_hung";
  const values = { name: "湖南", name_en: "Hunan", source: "camera" };

  it("is told in Chinese with its name and what to do", () => {
    expect(told("zh-CN", values, hung)).toContain("“湖南”的画面解码卡住不动");
    expect(told("zh-CN", values, hung)).toContain("请让对方换浏览器或编码器");
  });

  it("is told in English, also without a name", () => {
    expect(told("en", values, hung)).toContain("Decoding the picture of Hunan hangs");
    expect(told("en", {}, hung)).toContain("Decoding the picture hangs");
  });
});

describe("a clip that hangs", () => {
  it("is told by its file in both languages, with what to do", () => {
    const wording = conditions["picture.clip_hung"];
    const said = (locale: Locale): string => {
      const text = wording?.[locale];
      return typeof text === "function" ? text("opening.mp4", {}) : "";
    };
    expect(said("zh-CN")).toContain("短片“opening.mp4”读取或解码卡住不动");
    expect(said("zh-CN")).toContain("请换用其他短片");
    expect(said("en")).toContain("The clip opening.mp4 hangs");
    expect(said("en")).toContain("Use another one");
  });
});
