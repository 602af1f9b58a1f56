/** An event as the server would show it, for looking at pages without one. */

import type { CueView, DeviceView, SceneView, SeatView, StateValue } from "../wire.js";

const SIDE = (index: number): string => (index % 2 === 0 ? "beijing" : "hunan");

function device(id: number, changed: Partial<DeviceView> = {}): DeviceView {
  return {
    id,
    kind: "main",
    connection: "connected",
    has_audio: true,
    has_video: true,
    audio_muted: false,
    video_muted: false,
    quality: 5,
    rtt_ms: 18 + id,
    loss_percent: 0.1,
    bitrate_kbps: 640,
    ...changed,
  };
}

const SPECIAL: Readonly<Record<number, DeviceView[]>> = {
  2: [device(2, { audio_muted: true })],
  3: [device(3, { has_video: false, quality: 3, loss_percent: 4.2, rtt_ms: 160 })],
  4: [device(4, { connection: "reconnecting", quality: 1, loss_percent: 23 })],
  5: [device(5, { video_muted: true, audio_muted: true })],
  15: [],
  16: [],
};

function hall(seat: string, name: string, name_en: string, order: number): SeatView {
  return {
    type: "seat",
    seat,
    name,
    name_en,
    kind: "hall",
    hall: "",
    order,
    speaker: "",
    speaker_title: "",
    devices: [device(100 + order, { bitrate_kbps: 2480 })],
    on_air: true,
    level_db: order === 1 ? -16 : -34,
  };
}

function site(number: number): SeatView {
  const digits = "一二三四五六七八九十";
  const name =
    number <= 5
      ? `场外连线${digits[number - 1] ?? ""}`
      : `${number % 2 === 0 ? "北京" : "湖南"}分会场 ${number}`;
  return {
    type: "seat",
    seat: `site${number}`,
    name,
    name_en: number <= 5 ? `Call-in ${number}` : `Branch ${number}`,
    kind: "remote",
    hall: SIDE(number),
    order: number,
    speaker: "",
    speaker_title: "",
    devices: SPECIAL[number] ?? [device(number)],
    on_air: false,
    level_db: number === 1 ? -22 : -70 + number,
  };
}

const TWO_HALLS: SceneView = {
  layout: "two_halls",
  slots: ["beijing", "hunan"],
  caption: { title: "京湘两地远程交流", subtitle: "Beijing and Hunan, linked", organisation: "" },
  strap: "",
  question: "",
  slate: null,
};

function cue(id: string, title: string, title_en: string, scene: SceneView): CueView {
  return {
    id,
    title,
    title_en,
    scene,
    captions: [
      { title: "李明", subtitle: "北京会场主持人", organisation: "" },
      { title: "王芳", subtitle: "湖南会场代表", organisation: "" },
    ],
  };
}

export function pretendedState(seat: string): Record<string, StateValue> {
  const sites = Array.from({ length: 17 }, (_, index) => site(index + 1));
  const seats = [
    hall("beijing", "北京主会场", "Beijing hall", 1),
    hall("hunan", "湖南主会场", "Hunan hall", 2),
    ...sites,
  ];
  const director = seat === "director";
  const cues = [
    cue("halls", "开场：两地会场", "Opening: both halls", TWO_HALLS),
    ...sites.slice(0, 5).map((one) =>
      cue(one.seat, `连线：${one.name}`, `Call: ${one.name_en}`, {
        layout: "hall_remote",
        slots: ["beijing", one.seat],
        caption: null,
        strap: "",
        question: "",
        slate: null,
      }),
    ),
    cue("all", "全体合影", "Everyone together", {
      layout: "grid",
      slots: seats.map((one) => one.seat),
      caption: null,
      strap: "",
      question: "",
      slate: null,
    }),
  ];
  const state: Record<string, StateValue> = {
    you: {
      type: "you",
      seat,
      role: director ? "director" : seat.startsWith("site") ? "member" : "operator",
      device: 1,
      device_kind: "main",
      rights: director
        ? ["see_event", "receive", "direct", "record", "move_phase", "see_levels", "see_links", "revoke_links", "mix", "talk_back"]
        : seat.startsWith("site")
          ? ["see_event", "receive", "publish"]
          : ["see_event", "receive", "publish", "see_levels"],
    },
    event: {
      type: "event",
      slug: "jing-xiang",
      title: "京湘两地远程交流",
      title_en: "Beijing–Hunan exchange",
      phase: "live",
      session_time_ms: 754_000,
    },
    programme: {
      type: "programme",
      revision: 3,
      on_air: TWO_HALLS,
      preview: cues[1]?.scene ?? TWO_HALLS,
      at_ms: 700_000,
      frame: 17_500,
      seats_on_air: ["beijing", "hunan"],
      layouts: { full: [1, 1], two_halls: [2, 2], hall_remote: [2, 2], grid: [1, 19] },
      frozen: false,
      graphics: { event_title: false, clock: false, bug: false, logo: "", theme: "default" },
      transition: "cut",
      duration_ms: 0,
      last_good: null,
    },
    rundown: { type: "rundown", cues, current: "halls" },
    recording: {
      type: "recording",
      state: "recording",
      session: "2025-06-01-live",
      duration_ms: 754_000,
      files: 38,
      size_bytes: 1_934_000_000,
      hours_left: 41.2,
      text: "",
    },
    "condition/disk.low/data": {
      type: "condition",
      id: "disk.low",
      subject: "data",
      values: { hours_left: "3.5" },
    },
  };
  state.sound = {
    type: "sound",
    cut: false,
    target_lufs: -23,
    echo_duck: false,
    tones: [],
    talking: {},
    listening: {},
  };
  state["condition/sound.echo/hunan"] = {
    type: "condition",
    id: "sound.echo",
    subject: "hunan",
    values: { name: "湖南主会场", name_en: "Hunan hall", delay_ms: "181.3", level_db: "-12.4" },
  };
  for (const one of seats) {
    state[`sound/${one.seat}`] = {
      type: "seat_sound",
      seat: one.seat,
      gain_db: one.order === 1 ? -3 : 0,
      muted: false,
      pan: 0,
      delay_ms: 0,
      high_pass_hz: 0,
      audible: "auto",
      hears: "minus",
    };
    state[`seat/${one.seat}`] = one;
  }
  return state;
}
