"""Stable ids of every error a client can receive, with text and cure.

``kind`` decides what a client does: ``user`` errors are shown with their cure,
``protocol`` errors close the connection, ``forbidden`` says nothing more.
"""

from __future__ import annotations

from .error_text import ErrorText
from .errors_programme import PROGRAMME_ERRORS

ERRORS: dict[str, ErrorText] = {
    "link.unknown": ErrorText(
        "user",
        "This link is not known here.",
        "此链接无效。",
        "Open the link exactly as you received it, or ask the organiser for a new one.",
        "请完整打开收到的链接，或向主办方索取新链接。",
    ),
    "link.altered": ErrorText(
        "user",
        "This link is damaged.",
        "此链接已损坏。",
        "Copy the whole link again, or ask the organiser for a new one.",
        "请重新完整复制链接，或向主办方索取新链接。",
    ),
    "link.expired": ErrorText(
        "user",
        "This link has expired.",
        "此链接已过期。",
        "Ask the organiser for a new one.",
        "请向主办方索取新链接。",
    ),
    "link.revoked": ErrorText(
        "user",
        "This link was withdrawn.",
        "此链接已被撤销。",
        "Ask the organiser for a new one.",
        "请向主办方索取新链接。",
    ),
    "right.missing": ErrorText(
        "forbidden",
        "You may not do this.",
        "您没有此操作的权限。",
        "Ask the director or the administrator.",
        "请联系导播或管理员。",
    ),
    "seat.taken": ErrorText(
        "user",
        "{seat} is already connected from another device.",
        "{seat} 已在另一台设备上连接。",
        "Take over here, or leave it there.",
        "可在此处接管，或继续使用原设备。",
    ),
    "seat.unknown": ErrorText(
        "user",
        "There is no such seat in this event.",
        "本次活动没有此席位。",
        "Ask the organiser for the right link.",
        "请向主办方索取正确的链接。",
    ),
    "event.halls_full": ErrorText(
        "user",
        "Both main halls are already there.",
        "两个主会场均已就位。",
        "An event has two main halls; join as a remote site.",
        "每场活动只有两个主会场，请以连线点身份加入。",
    ),
    "event.sites_full": ErrorText(
        "user",
        "All 17 remote sites are already there.",
        "17 个连线点均已就位。",
        "Ask the director to free a place.",
        "请联系导播腾出席位。",
    ),
    "event.ended": ErrorText(
        "user",
        "This event is over.",
        "本次活动已结束。",
        "Recordings are on the archive page.",
        "录像请见录像页面。",
    ),
    "event.illegal_move": ErrorText(
        "user",
        "An event cannot go from {phase} to {wanted}.",
        "活动不能从“{phase}”转到“{wanted}”。",
        "Possible now: {allowed}.",
        "当前可选：{allowed}。",
    ),
    "server.full": ErrorText(
        "user",
        "Too many connections at once.",
        "同时连接数过多。",
        "Close other pages opened by this link, then reload.",
        "请关闭此链接打开的其他页面后刷新。",
    ),
    "device.unknown_kind": ErrorText(
        "protocol",
        "There is no device kind “{kind}”.",
        "没有“{kind}”这种设备。",
        "Reload the page.",
        "请刷新页面。",
    ),
    "message.invalid": ErrorText(
        "protocol",
        "The message could not be understood: {detail}",
        "无法理解的消息：{detail}",
        "Reload the page.",
        "请刷新页面。",
    ),
    "message.version": ErrorText(
        "protocol",
        "This page is older than the server.",
        "页面版本与服务器不一致。",
        "Reload the page.",
        "请刷新页面。",
    ),
    "message.too_fast": ErrorText(
        "protocol",
        "Too many messages at once.",
        "消息过于频繁。",
        "Wait a moment and reload the page.",
        "请稍候再刷新页面。",
    ),
    "join.needed": ErrorText(
        "user",
        "Join first.",
        "请先加入。",
        "Press Join.",
        "请点击“加入”。",
    ),
    "sdp.invalid": ErrorText(
        "protocol",
        "The browser's media offer could not be read: {detail}",
        "无法读取浏览器的媒体描述：{detail}",
        "Use a current Chrome, Edge, Safari or Firefox.",
        "请使用最新版 Chrome、Edge、Safari 或 Firefox。",
    ),
    "sdp.no_fingerprint": ErrorText(
        "protocol",
        "The browser's media offer is not encrypted.",
        "浏览器的媒体描述缺少加密指纹。",
        "Use a current Chrome, Edge, Safari or Firefox.",
        "请使用最新版 Chrome、Edge、Safari 或 Firefox。",
    ),
    "media.unavailable": ErrorText(
        "user",
        "Sound and picture are restarting.",
        "音视频服务正在重启。",
        "This page reconnects by itself in a few seconds.",
        "页面将在数秒内自动重新连接。",
    ),
    **PROGRAMME_ERRORS,
    "sound.out_of_range": ErrorText(
        "user",
        "“{field}” is out of range.",
        "“{field}”超出范围。",
        "It goes from {low} to {high}.",
        "范围为 {low} 至 {high}。",
    ),
    "sound.no_other_hall": ErrorText(
        "user",
        "There is no other hall.",
        "没有另一个会场。",
        "Choose another return for this site.",
        "请为该连线点选择其他返送。",
    ),
    "sound.no_microphone": ErrorText(
        "user",
        "This desk has no talkback microphone open.",
        "本操作台尚未打开对讲话筒。",
        "Allow the microphone and press again.",
        "请允许使用话筒后再按一次。",
    ),
    "recording.running": ErrorText(
        "user",
        "A recording is already running.",
        "录制已在进行。",
        "Stop it first.",
        "请先停止录制。",
    ),
    "recording.not_running": ErrorText(
        "user",
        "No recording is running.",
        "当前没有录制。",
        "Start one first.",
        "请先开始录制。",
    ),
    "recording.no_space": ErrorText(
        "user",
        "The disk is too full to record.",
        "磁盘空间不足，无法录制。",
        "Free space in the data folder: at least {needed} is needed.",
        "请清理数据目录，至少需要 {needed}。",
    ),
    "archive.unknown": ErrorText(
        "user",
        "There is no such recording.",
        "没有此录像。",
        "Go back to the list of recordings.",
        "请返回录像列表。",
    ),
    "http.media_type": ErrorText(
        "protocol",
        "The body must be of type {wanted}.",
        "请求正文的类型必须为 {wanted}。",
        "Set Content-Type and send it again.",
        "请设置 Content-Type 后重新发送。",
    ),
    "http.too_large": ErrorText(
        "protocol",
        "The body has more than {most} bytes.",
        "请求正文超过 {most} 字节。",
        "Send a shorter one.",
        "请缩短后重新发送。",
    ),
    "http.method": ErrorText(
        "protocol",
        "This is not asked for here.",
        "此处不支持该方法。",
        "Possible: {allowed}.",
        "可用：{allowed}。",
    ),
    "http.precondition_required": ErrorText(
        "protocol",
        "If-Match is missing.",
        "缺少 If-Match。",
        "Send the last ETag, or * for an ICE restart.",
        "请附上最近的 ETag；重启 ICE 时使用 *。",
    ),
    "http.precondition_failed": ErrorText(
        "protocol",
        "The ICE session meant by If-Match is over.",
        "If-Match 所指的 ICE 会话已结束。",
        "Use the last ETag, or restart ICE with *.",
        "请使用最近的 ETag，或以 * 重启 ICE。",
    ),
    "whip.unknown_session": ErrorText(
        "user",
        "There is no such session.",
        "没有此会话。",
        "Start sending or playing anew.",
        "请重新开始推流或播放。",
    ),
    "whip.nothing_usable": ErrorText(
        "user",
        "Nothing in the offer can be used: {detail}",
        "媒体描述中没有可用的内容：{detail}",
        "Send H.264 or VP8 and Opus, one picture and one sound at most.",
        "请使用 H.264 或 VP8 与 Opus，最多各一路画面和声音。",
    ),
    "internal": ErrorText(
        "user",
        "Something went wrong on the server.",
        "服务器内部错误。",
        "Try again; if it stays, tell the administrator the time.",
        "请重试；如仍出现，请将时间告知管理员。",
    ),
}


class SignalingError(Exception):
    """An error of the catalogue, raised by cores and carried to the client."""

    def __init__(self, error: str, **values: str) -> None:
        """``error`` must be a key of `ERRORS`; ``values`` fill its texts."""
        super().__init__(f"{error} {values}" if values else error)
        self.error = error
        self.values = values
        self.kind = ERRORS[error].kind
