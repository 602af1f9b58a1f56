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
  "picture.file_refused": both(
    (subject: string, values: Values) =>
      `版式或主题文件 ${subject} 有误，未被采用${part("：", values, "text")}。`,
    (subject: string, values: Values) =>
      `The layout or theme file ${subject} is wrong and not used${part(": ", values, "text")}.`,
  ),
  "picture.source_left_out": both(
    (_subject: string, values: Values) =>
      `${part("“", values, "name", "”的")}画面数据两次使画面进程崩溃，已暂不采用，两分钟后再试。请让对方换浏览器或编码器，会议与录制不受影响。`,
    (_subject: string, values: Values) =>
      `The picture${part(" of ", values, "name_en")} broke the picture process twice and is left out; it is tried again after two minutes. Let them use another browser or encoder. The call and the recording go on.`,
  ),
  "picture.decoder_hung": both(
    (_subject: string, values: Values) =>
      `${part("“", values, "name", "”的")}画面解码卡住不动，已暂不采用，至少两分钟后再试。请让对方换浏览器或编码器，会议与录制不受影响。`,
    (_subject: string, values: Values) =>
      `Decoding the picture${part(" of ", values, "name_en")} hangs, so it is left out and tried again after two minutes or more. Let them use another browser or encoder. The call and the recording go on.`,
  ),
  "picture.clip_hung": both(
    (subject: string) =>
      `短片“${subject}”读取或解码卡住不动：画面停住或没有声音。请换用其他短片，并检查该文件和磁盘；本提示消失后可重新播放。`,
    (subject: string) =>
      `The clip ${subject} hangs: its picture stands or its sound is missing. Use another one; check its file and disk. Once this message is gone it can be played again.`,
  ),
  "disk.low": both(
    (_subject: string, values: Values) =>
      `磁盘空间不足${part("，剩余 ", values, "free_gb", " GB")}${part("，约可再录 ", values, "hours_left", " 小时")}：请清理数据目录。`,
    (_subject: string, values: Values) =>
      `The disk is nearly full${part(", ", values, "free_gb", " GB free")}${part(", about ", values, "hours_left", " h of recording")}. Free space in the data folder.`,
  ),
  "disk.full": both(
    "磁盘已满：分轨录制已停止，请立即清理数据目录。会议不受影响。",
    "The disk is full: tracks are no longer recorded. Free space in the data folder now. The call goes on.",
  ),
  "disk.unknown": both(
    "无法读取磁盘剩余空间：请检查数据目录是否可用。",
    "Free disk space cannot be read. Check that the data folder is there.",
  ),
  "recorder.write_failed": both(
    (_subject: string, values: Values) =>
      `写入录像文件失败${part("（", values, "errors", "）")}：请检查磁盘。`,
    (_subject: string, values: Values) =>
      `Writing the recording failed${part(" (", values, "errors", ")")}. Check the disk.`,
  ),
  "recording.failed": both(
    (subject: string, values: Values) => `录像 ${subject} 未能完整封存${part("：", values, "text")}`,
    (subject: string, values: Values) =>
      `The recording ${subject} could not be made whole${part(": ", values, "text")}`,
  ),
  "recorder.track_failed": both(
    "一条分轨因程序错误停止录制，其余分轨继续。请停止并重新开始录制。",
    "One track is no longer recorded because of a bug; the others go on. Stop the recording and start it again.",
  ),
  "recorder.overrun": both(
    "磁盘写入太慢，部分录像数据已丢弃：请检查磁盘。",
    "The disk is too slow: part of the recording was dropped. Check the disk.",
  ),
  "worker.away": both(
    (subject: string) => `“${workerName(subject)}”进程不在运行，正在自动重启。`,
    (subject: string) => `The ${subject} process is away and being restarted.`,
  ),
  "media.udp_buffer_small": both(
    "系统 UDP 接收缓冲区偏小，人多时可能丢包：请调大 net.core.rmem_max。",
    "The system's UDP receive buffer is small; packets may be lost with many sites. Raise net.core.rmem_max.",
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

/** A value with what stands around it, or nothing when it was not told. */
function part(before: string, values: Values, name: string, after = ""): string {
  const value = values[name];
  return value === undefined || value === "" ? "" : `${before}${value}${after}`;
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
