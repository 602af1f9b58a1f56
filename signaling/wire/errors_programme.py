"""Errors of the programme, its clip and the rundown."""

from __future__ import annotations

from .error_text import ErrorText

PROGRAMME_ERRORS: dict[str, ErrorText] = {
    "programme.unknown_seat": ErrorText(
        "user",
        "There is no site “{seat}”.",
        "没有“{seat}”这个连线点。",
        "Choose a site of this event.",
        "请选择本次活动的连线点。",
    ),
    "programme.unknown_layout": ErrorText(
        "user",
        "There is no layout “{layout}”.",
        "没有“{layout}”这个版式。",
        "Choose one of: {allowed}.",
        "可选：{allowed}。",
    ),
    "programme.wrong_slots": ErrorText(
        "user",
        "Layout “{layout}” takes {allowed} sites, not {count}.",
        "版式“{layout}”需要 {allowed} 个画面，而不是 {count} 个。",
        "Choose other sites or another layout.",
        "请调整画面或更换版式。",
    ),
    "programme.double_seat": ErrorText(
        "user",
        "“{seat}” is in the picture twice.",
        "“{seat}”在画面中重复。",
        "Give each slot another site.",
        "请为每个画面选择不同的连线点。",
    ),
    "programme.long_caption": ErrorText(
        "user",
        "A caption line is too long.",
        "字幕过长。",
        "At most {most} characters a line.",
        "每行最多 {most} 个字符。",
    ),
    "programme.unknown_transition": ErrorText(
        "user",
        "There is no transition “{transition}”.",
        "没有“{transition}”这种转场。",
        "Choose one of: {allowed}.",
        "可选：{allowed}。",
    ),
    "programme.wrong_duration": ErrorText(
        "user",
        "A transition cannot last {duration_ms} ms.",
        "转场时长不能为 {duration_ms} 毫秒。",
        "It lasts from {fewest} to {most} ms.",
        "可选 {fewest} 至 {most} 毫秒。",
    ),
    "programme.unknown_slate": ErrorText(
        "user",
        "There is no slate “{slate}”.",
        "没有“{slate}”这种垫片画面。",
        "Choose one of: {allowed}.",
        "可选：{allowed}。",
    ),
    "programme.no_last_good": ErrorText(
        "user",
        "Nothing was on air before.",
        "此前没有可返回的画面。",
        "Put a scene in preview and take it.",
        "请先设置预监画面再切换。",
    ),
    "programme.wrong_name": ErrorText(
        "user",
        "“{name}” cannot be the name of a file.",
        "“{name}”不能作为文件名。",
        "Use letters, digits, hyphens and dots.",
        "请使用字母、数字、连字符和点。",
    ),
    "rundown.unknown_cue": ErrorText(
        "user",
        "There is no cue “{cue}”.",
        "节目单中没有“{cue}”。",
        "Choose a cue of the rundown.",
        "请选择节目单中的环节。",
    ),
    "programme.no_call_in": ErrorText(
        "user",
        "Nobody is called in yet.",
        "尚未选择连线嘉宾。",
        "Choose the call-in first.",
        "请先选择连线点。",
    ),
    "programme.no_slot": ErrorText(
        "user",
        "The scene has no place {slot}.",
        "画面中没有第 {slot} 个位置。",
        "It has {count}.",
        "共有 {count} 个位置。",
    ),
    "programme.slate_in_place": ErrorText(
        "user",
        "A slate is there, not sites.",
        "当前为垫片画面，没有连线画面可改。",
        "Go back to the last scene first, or put another one in preview.",
        "请先返回上一画面，或在预监设置新画面。",
    ),
    "programme.wrong_countdown": ErrorText(
        "user",
        "The countdown cannot end then.",
        "倒计时的结束时间无效。",
        "It ends within {hours} hours from now.",
        "须在 {hours} 小时之内结束。",
    ),
    "clip.unknown": ErrorText(
        "user",
        "There is no clip “{file}”.",
        "没有“{file}”这个短片。",
        "Put it in the folder clips of the data folder: {allowed}.",
        "请将文件放入数据目录的 clips 文件夹，支持 {allowed}。",
    ),
    "clip.on_air": ErrorText(
        "user",
        "The clip is on air.",
        "短片正在播出。",
        "Take something else first, then choose the next clip.",
        "请先切换到其他画面，再选择下一个短片。",
    ),
    "clip.not_cued": ErrorText(
        "user",
        "No clip is cued.",
        "尚未装入短片。",
        "Choose a clip first.",
        "请先选择短片。",
    ),
}
