/** An event as the server would show it, for looking at pages without one. */

import type { CueView, DeviceView, LineView, SceneView, SeatView, StateValue } from "../wire.js";

const SIDE = (index: number): string => (index % 2 === 0 ? "beijing" : "hunan");

function line(changed: Partial<LineView> = {}): LineView {
  return {
    cause: "good",
    grade: 5,
    rtt_ms: 20,
    loss_percent: 0.1,
    jitter_ms: 2,
    bitrate_kbps: 640,
    estimate_kbps: 0,
    picture: "",
    paused_tiles: [],
    ...changed,
  };
}

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
    up: line({ rtt_ms: 18 + id }),
    down: line({ rtt_ms: 18 + id, bitrate_kbps: 2600, estimate_kbps: 4100 }),
    ...changed,
  };
}

const SPECIAL: Readonly<Record<number, DeviceView[]>> = {
  2: [device(2, { audio_muted: true })],
  3: [device(3, { has_video: false, quality: 3, up: line({ cause: "loss", grade: 3, loss_percent: 4.2, rtt_ms: 160 }) })],
  4: [device(4, { connection: "reconnecting", quality: 1, up: line({ cause: "reconnecting", grade: 1 }) })],
  6: [device(6, { quality: 3, down: line({ cause: "narrow", grade: 3, bitrate_kbps: 380, estimate_kbps: 520, picture: "low" }) })],
  7: [device(7, { quality: 1, up: line({ cause: "no_packets", grade: 1, bitrate_kbps: 0 }) })],
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
    speaker: order === 1 ? "顾长青" : "覃湘云",
    speaker_title: order === 1 ? "京湘交流活动主持人" : "湖南会场主持人",
    devices: [device(100 + order, { bitrate_kbps: 2480 })],
    on_air: true,
    in_preview: order === 0,
    level_db: order === 1 ? -16 : -34,
  };
}

const SPEAKERS = ["骆文景", "闻可嘉", "柏秋实", "申若木", "喻怀瑾", "祁书言", "邢玉和", "岑咏仪"];

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
    speaker: SPEAKERS[number - 1] ?? "",
    speaker_title: number % 2 === 0 ? "演播室主播" : "中学历史教师",
    devices: SPECIAL[number] ?? [device(number)],
    on_air: false,
    in_preview: number === 1,
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
  const next = cues[1]?.scene ?? TWO_HALLS;
  const state: Record<string, StateValue> = {
    you: {
      type: "you",
      seat,
      role: director ? "director" : seat.startsWith("site") ? "member" : "operator",
      device: 1,
      device_kind: "main",
      rights: director
        ? ["see_event", "receive", "direct", "record", "move_phase", "see_levels", "see_sites", "see_links", "revoke_links", "mix", "talk_back"]
        : seat.startsWith("site")
          ? ["see_event", "receive", "publish"]
          : ["see_event", "receive", "publish", "see_levels"],
      ice_servers: [],
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
      preview: next,
      at_ms: 700_000,
      frame: 17_500,
      seats_on_air: ["beijing", "hunan"],
      layouts: {
        full: [1, 1],
        grid: [1, 19],
        hall_remote: [2, 2],
        one_column: [2, 5],
        one_row: [2, 7],
        pip_bottom_left: [2, 2],
        pip_bottom_right: [2, 2],
        pip_top_left: [2, 2],
        pip_top_right: [2, 2],
        remote_hall: [2, 2],
        slides_full: [1, 1],
        slides_speaker: [2, 2],
        two_halls: [2, 2],
      },
      frozen: false,
      graphics: { event_title: false, clock: false, bug: false, logo: "", theme: "default" },
      transition: "cut",
      duration_ms: 0,
      last_good: null,
      waiting: false,
      sources_on_air: TWO_HALLS.slots,
      sources_in_preview: next.slots,
      seats_in_preview: next.slots,
      preview_revision: 2,
      preview_ready: true,
      auto: { transition: "dissolve", duration_ms: 600, swap: false },
      speaker: "hunan",
      call_in: "",
    },
    rundown: { type: "rundown", cues, current: "halls", in_preview: "site1", as_planned: true },
    clip: {
      type: "clip",
      file: "",
      state: "",
      loop: false,
      playing_since_ms: -1,
      position_ms: 0,
      duration_ms: 0,
      text: "",
      files: ["开场片.mp4", "logo.png"],
    },
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
