import { both } from "./language.js";

export const start = {
  under: both("多会场音视频连线", "Linked halls and remote sites"),
  what: both("两个会场，十七个连线点，一档节目", "Two halls, up to seventeen sites, one programme"),
  whatText: both(
    "连线把两个主会场和远程连线点的声音与画面合成为一档节目，送回每个会场，并完整录制、逐一校验。",
    "Lianxian links two main halls and remote sites, mixes their sound and pictures into one programme that every site sees and hears, and records and verifies all of it.",
  ),
  haveLink: both(
    "参加活动请使用主办方发来的链接。",
    "To take part, open the link that the organiser sent you.",
  ),
  administrator: both(
    "管理员：请用 lianxian serve 启动时打印的管理链接打开本页，即可看到全部链接。",
    "Administrators: open this page by the link that `lianxian serve` prints, and all links are listed here.",
  ),
  links: both("入场链接", "Links"),
  privacy: both(
    "每个席位一个链接，凭链接即可入座。请只发给相应的人。",
    "One link for each seat; whoever has it can sit there. Send each only to whom it is for.",
  ),
};
