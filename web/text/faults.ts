import { both } from "./language.js";

export const faults = {
  timeout: both("服务器没有及时响应。", "The server did not answer in time."),
  timeoutCure: both(
    "请检查网络后重试。",
    "Check the network of this computer, then try again.",
  ),
  disconnected: both("与服务器的连接已中断。", "The connection to the server was lost."),
  disconnectedCure: both("页面正在自动重连，请稍候。", "The page reconnects by itself; wait a moment."),
  unreachable: both("无法连接服务器。", "The server cannot be reached."),
  unreachableCure: both(
    "请检查网络。页面会自动重试。",
    "Check the network of this computer. The page keeps trying.",
  ),
  noToken: both("缺少入场链接。", "There is no link in this page's address."),
  noTokenCure: both(
    "请用主办方发来的完整链接打开本页。",
    "Open this page by the link that the organiser sent you.",
  ),
  takenOver: both("此席位已在另一台设备上接管。", "This seat was taken over by another device."),
  takenOverCure: both(
    "如需回到这里，请重新加入。",
    "To come back here, join again.",
  ),
  revoked: both("此链接已被撤销。", "This link was withdrawn."),
  revokedCure: both("请向主办方索取新链接。", "Ask the organiser for a new one."),
  ended: both("活动已结束。", "The event has ended."),
  endedCure: both("感谢参与，可以关闭本页。", "Thank you for taking part. You can close this page."),
  gone: both("服务器已将本设备断开。", "The server disconnected this device."),
  goneCure: both("请重新加入，或联系导播。", "Join again, or ask the director."),
  insecure: both(
    "浏览器不允许此页面使用摄像头和麦克风。",
    "The browser does not let this page use a camera or a microphone.",
  ),
  insecureCure: both(
    "请通过 https:// 或 localhost 打开本页。",
    "Open this page by https:// or on localhost.",
  ),
  denied: both("摄像头和麦克风的使用权限被拒绝。", "Use of camera and microphone was denied."),
  deniedCure: both(
    "点击地址栏左侧的锁形图标，允许摄像头和麦克风，然后刷新本页。",
    "Click the lock beside the address, allow camera and microphone, then reload this page.",
  ),
  noDevice: both("没有找到摄像头，也没有找到麦克风。", "Neither a camera nor a microphone was found."),
  noDeviceCure: both(
    "请接好设备后点击“重新检测”。仍可加入观看。",
    "Plug one in, then press “Look again”. You can still join and watch.",
  ),
  noCamera: both("没有找到摄像头。", "No camera was found."),
  noCameraCure: both(
    "您可以只用声音加入；接好摄像头后点击“重新检测”。",
    "You can join with sound only. Plug a camera in and press “Look again”.",
  ),
  noMicrophone: both("没有找到麦克风。", "No microphone was found."),
  noMicrophoneCure: both(
    "别人将听不到您。接好麦克风后点击“重新检测”。",
    "Nobody will hear you. Plug a microphone in and press “Look again”.",
  ),
  cameraBusy: both("摄像头被其他程序占用。", "Another program is using the camera."),
  cameraBusyCure: both(
    "请关闭其他会议软件，然后点击“重新检测”。",
    "Close other meeting programs, then press “Look again”.",
  ),
  microphoneBusy: both("麦克风被其他程序占用。", "Another program is using the microphone."),
  microphoneBusyCure: both(
    "请关闭其他会议软件，然后点击“重新检测”。",
    "Close other meeting programs, then press “Look again”.",
  ),
  unexpected: both("页面出现意外错误。", "Something unexpected went wrong in this page."),
  unexpectedCure: both("请刷新页面；如仍出现，请联系管理员。", "Reload the page; if it stays, tell the administrator."),
};
