import { both } from "./language.js";

export const tiles = {
  title: both("各点画面", "All sites"),
  pick: both("选作画面来源", "Use as source"),
  inPreview: both("预览中", "In preview"),
  noCamera: both("没有摄像头", "No camera"),
  waiting: both("等待画面", "Waiting for picture"),
  paused: both("网络较慢，已暂停", "Paused: slow line"),
  /** As its slate in the programme says. */
  faulty: both("画面信号异常", "Picture faulty"),
  hint: both("方向键移动，回车选用", "Arrow keys move, Enter uses"),
};
