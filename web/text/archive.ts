import { both } from "./language.js";

export const archive = {
  title: both("录像库", "Archive"),
  list: both("录像", "Recordings"),
  empty: both("还没有录像。", "There are no recordings yet."),
  emptyHint: both("在导播台点击“开始录制”。", "Press Record on the director's desk."),
  states: {
    recording: both("录制中", "Recording"),
    finalising: both("正在封存", "Closing files"),
    verified: both("已校验", "Verified"),
    failed: both("校验未通过", "Not whole"),
    unfinished: both("未完成", "Unfinished"),
  },
  manifest: both("清单", "Manifest"),
  unknownState: both("状态未知", "State unknown"),
  figures: both(
    (length: string, files: number, size: string) => `${length} · ${files} 个文件 · ${size}`,
    (length: string, files: number, size: string) => `${length} · ${files} files · ${size}`,
  ),
  choose: both("请选择一段录像。", "Choose a recording."),
  programme: both("节目录像", "Programme"),
  chapters: both("章节", "Chapters"),
  noChapters: both("没有章节。", "No chapters."),
  files: both("文件", "Files"),
  file: both("文件", "File"),
  track: both("轨道", "Track"),
  length: both("时长", "Length"),
  offset: both("起点", "Starts at"),
  size: both("大小", "Size"),
  play: both("播放", "Play"),
  download: both("下载", "Download"),
  notReady: both(
    "录制或封存尚未完成，完成后即可播放和下载。",
    "This recording is not finished. It can be played and downloaded afterwards.",
  ),
  cannotPlay: both(
    "浏览器无法播放此文件，请下载后播放。",
    "This browser cannot play that file. Download it and use a player.",
  ),
  kinds: {
    audio: both("声音", "Sound"),
    video: both("画面", "Picture"),
    both: both("声音与画面", "Sound and picture"),
  },
  playing: both((name: string) => `正在播放：${name}`, (name: string) => `Playing: ${name}`),
  backToDesk: both("返回导播台", "Back to the desk"),
};
