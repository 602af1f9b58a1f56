import { both, say, type Text } from "./language.js";

type Values = Readonly<Record<string, string>>;
type About = Text<[subject: string, values: Values]>;

/** What each condition means and what to do about it. */
export const conditions: Readonly<Record<string, About>> = {
  "sound.late": both(
    "声音混音跟不上：服务器负荷过高，请关闭其他程序。",
    "The sound mix is late: the server is overloaded. Close other programs on it.",
  ),
  "sound.no_concealment": both(
    "缺少 libopus：丢包时声音会有断续。请安装 libopus0 后重启。",
    "libopus is missing: lost packets are heard as gaps. Install libopus0 and restart.",
  ),
  "picture.late": both(
    "节目画面跟不上：服务器负荷过高，请关闭其他程序或改用更简单的版式。",
    "The programme picture is late: the server is overloaded. Close programs or use a simpler layout.",
  ),
  "disk.low": both(
    (_subject: string, values: Values) => `磁盘空间不足${left(values, "，剩余 ")}：请清理数据目录。`,
    (_subject: string, values: Values) =>
      `The disk is nearly full${left(values, ": left ")}. Free space in the data folder.`,
  ),
  "worker.down": both(
    (subject: string) => `“${workerName(subject)}”进程已停止，正在自动重启。`,
    (subject: string) => `The ${subject} process stopped and is being restarted.`,
  ),
  "recorder.lost": both(
    (subject: string) => `录制缺口：${subject}。其余轨道继续录制。`,
    (subject: string) => `A gap in the recording of ${subject}. Other tracks go on.`,
  ),
};

const OTHER: About = both(
  (subject: string, values: Values) => `需要留意：${subject}（${detail(values)}）`,
  (subject: string, values: Values) => `Needs attention: ${subject} (${detail(values)})`,
);

export function conditionText(id: string, subject: string, values: Values): string {
  const known = conditions[id];
  return known === undefined
    ? `${say(OTHER, subject, values)} [${id}]`
    : say(known, subject, values);
}

function left(values: Values, before: string): string {
  const hours = values["hours_left"];
  return hours === undefined ? "" : `${before}${hours} h`;
}

function detail(values: Values): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

const WORKERS: Readonly<Record<string, string>> = {
  media: "媒体",
  sound: "声音",
  picture: "画面",
  recorder: "录制",
};

function workerName(subject: string): string {
  return WORKERS[subject] ?? subject;
}
