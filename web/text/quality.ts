import { both } from "./language.js";

export const quality = {
  connection: both("网络质量", "Connection"),
  of: both((grade: number) => `网络质量 ${grade} / 5`, (grade: number) => `Connection ${grade} of 5`),
  unknown: both("网络质量未知", "Connection not known yet"),
  figures: both(
    (rtt: string, up: string, down: string) => `往返 ${rtt} ms，上行丢包 ${up}%，下行丢包 ${down}%`,
    (rtt: string, up: string, down: string) =>
      `Round trip ${rtt} ms, lost ${up}% up and ${down}% down`,
  ),
  brief: both(
    (rtt: string, loss: string, rate: string) => `${rtt} ms · ${loss}% · ${rate} kb/s`,
    (rtt: string, loss: string, rate: string) => `${rtt} ms · ${loss}% · ${rate} kb/s`,
  ),
  up: both("上行", "Up"),
  down: both("下行", "Down"),
  carries: both(
    (rate: string) => `线路可承载约 ${rate} kb/s`,
    (rate: string) => `The line carries about ${rate} kb/s`,
  ),
  lastMinute: both(
    (loss: string, rtt: string) => `最近一分钟：丢包最高 ${loss}%，往返最长 ${rtt} ms`,
    (loss: string, rtt: string) => `Last minute: at most ${loss}% lost, round trip up to ${rtt} ms`,
  ),
  narrowHere: both("网络较慢，低画质", "Slow line: low picture"),
  /** Of one's own connection, with what to do. */
  causes: {
    good: both("网络良好", "Good"),
    measuring: both("正在测量", "Measuring"),
    disconnected: both("正在重新建立音视频连接", "Making the media connection anew"),
    no_picture: both("没有收到画面，请稍候", "No picture arrives; wait a moment"),
    no_packets: both("没有声音和画面送出", "Nothing is being sent"),
    loss_sending: both("上行丢包：请改用有线网络", "Packets lost going up: use a cable"),
    loss_receiving: both("下行丢包：请改用有线网络", "Packets lost coming down: use a cable"),
    delay: both("网络延迟较高", "The network is slow to answer"),
    slow_computer: both("电脑负荷过高：请关闭其他程序", "The computer is busy: close other programs"),
    slow_line: both("上行带宽不足：请暂停下载和同步", "The line is too narrow: pause downloads"),
    narrow_receiving: both(
      "网络较慢，画质已降低，声音正常",
      "Slow connection: smaller picture, sound is fine",
    ),
    picture_paused: both(
      "网络较慢，画面已暂停，声音继续",
      "Slow connection: picture paused, sound goes on",
    ),
  },
  /** Of a site, for those who direct. */
  siteCauses: {
    good: both("网络良好", "Good"),
    measuring: both("正在测量", "Measuring"),
    disconnected: both("正在重连", "Reconnecting"),
    no_picture: both("没有收到画面", "Sees no picture"),
    no_packets: both("没有数据送达", "Nothing arrives from it"),
    loss_sending: both("上行丢包", "Its way up loses packets"),
    loss_receiving: both("下行丢包", "Its way down loses packets"),
    delay: both("网络延迟较高", "Slow to answer"),
    slow_computer: both("电脑负荷过高", "Its computer is busy"),
    slow_line: both("上行带宽不足", "Its way up is narrow"),
    narrow_receiving: both("下行带宽不足：收看低画质", "Its way down is narrow: low picture"),
    picture_paused: both("下行带宽不足：画面已暂停，只有声音", "Its way down is narrow: sound alone"),
  },
};
