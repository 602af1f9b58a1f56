import { beforeEach, describe, expect, it } from "vitest";

import { Desk } from "../client/desk.js";
import { Fault } from "../client/faults.js";
import type { SessionLike } from "../client/session.js";
import { Signal } from "../client/signal.js";
import { Store } from "../client/store.js";
import type { AnswerBody, CaptionLook, ProgrammeView, RequestBody, SceneView, StateValue } from "../wire.js";

const scene = (layout: string, ...slots: string[]): SceneView => ({
  layout,
  slots,
  caption: null,
  strap: "",
  question: "",
  slate: null,
});

function seat(name: string, order: number, here: boolean): StateValue {
  const device = {
    id: order,
    kind: "main",
    connection: "connected",
    has_audio: true,
    has_video: true,
    audio_muted: false,
    video_muted: false,
    quality: 5,
    up: null,
    down: null,
    rtt_ms: 0,
    loss_percent: 0,
    bitrate_kbps: 0,
  };
  return {
    type: "seat",
    seat: name,
    name,
    name_en: name,
    kind: "remote",
    hall: "",
    order,
    speaker: "",
    speaker_title: "",
    devices: here ? [device] : [],
    on_air: false,
    in_preview: false,
    level_db: -100,
  };
}

class Answering {
  readonly store = new Store();
  readonly complaint = new Signal<Fault>();
  readonly asked: RequestBody[] = [];
  readonly told: RequestBody[] = [];
  refuses = false;

  constructor(preview: SceneView, onAir: SceneView) {
    const programme = {
      type: "programme",
      revision: 1,
      on_air: onAir,
      preview,
      at_ms: 0,
      frame: 1,
      seats_on_air: [],
      layouts: { full: [1, 1], two_halls: [2, 2], grid: [1, 19], one_row: [2, 7] },
      frozen: false,
      graphics: { event_title: false, clock: false, bug: false, logo: "", theme: "default" },
      transition: "cut",
      duration_ms: 0,
      last_good: null,
      auto: { transition: "dissolve", duration_ms: 600, swap: false },
    } as unknown as ProgrammeView;
    const names = ["a", "b", "c", "d"];
    const state: Record<string, StateValue> = { programme };
    names.forEach((name, index) => {
      state[`seat/${name}`] = seat(name, index, name !== "b");
    });
    this.store.apply({ type: "snapshot", revision: 1, state });
  }

  tell(body: RequestBody): void {
    this.told.push(body);
  }

  ask(body: RequestBody): Promise<AnswerBody> {
    this.asked.push(body);
    if (this.refuses) {
      return Promise.reject(new Fault("right.missing", "", ""));
    }
    return Promise.resolve(
      body.type === "set_preview" ? { type: "done" } : { type: "taken", revision: 2, at_ms: 120, frame: 3 },
    );
  }
}

let session: Answering;
let desk: Desk;

function begin(preview: SceneView, onAir = scene("full", "a")): void {
  session = new Answering(preview, onAir);
  desk = new Desk(session as unknown as SessionLike);
}

function change(changed: Partial<ProgrammeView>): void {
  const { programme } = session.store;
  if (programme !== undefined) {
    const put = { programme: { ...programme, ...changed } };
    session.store.apply({ type: "delta", previous: 1, revision: 2, put, remove: [] });
  }
}

const slots = (): readonly string[] | undefined => desk.preview?.slots;
const settled = async (): Promise<void> => {
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
};

beforeEach(() => {
  begin(scene("two_halls", "a", "b"));
});

describe("the preview", () => {
  it("builds each change on the one before, without waiting for the server", () => {
    desk.pick("c");
    desk.pick("d");
    expect(slots()).toEqual(["c", "d"]);
    expect(session.asked.at(-1)).toMatchObject({ type: "set_preview", scene: { slots: ["c", "d"] } });
  });

  it("goes to the next slot after each pick, and round the end", () => {
    expect(desk.slot).toBe(0);
    desk.pick("c");
    expect(desk.slot).toBe(1);
    desk.pick("d");
    expect(desk.slot).toBe(0);
    desk.chooseNext(-1);
    expect(desk.slot).toBe(1);
  });

  it("goes back to what the server says when the change is refused", async () => {
    session.refuses = true;
    const complaints: string[] = [];
    session.complaint.on((fault) => complaints.push(fault.id));
    desk.pick("c");
    await settled();
    expect(slots()).toEqual(["a", "b"]);
    expect(complaints).toEqual(["right.missing"]);
  });

  it("lets sources come and go in a layout that grows", () => {
    begin(scene("grid", "a", "c"));
    expect(desk.slot).toBeUndefined();
    desk.pick("d");
    expect(slots()).toEqual(["a", "c", "d"]);
    desk.pick("a");
    expect(slots()).toEqual(["c", "d"]);
    desk.pick("c");
    desk.pick("d");
    expect(slots()).toEqual(["d"]);
  });

  it("puts a source into a chosen slot of a growing layout", () => {
    begin(scene("grid", "a", "c"));
    desk.choose(1);
    desk.pick("d");
    expect(slots()).toEqual(["a", "d"]);
    expect(desk.slot).toBe(0);
  });

  it("keeps within the fewest and most slots of a layout", () => {
    desk.remove(0);
    desk.assign(2, "d");
    expect(slots()).toEqual(["a", "b"]);
    expect(session.asked).toEqual([]);
  });

  it("fills another layout with who was chosen, then who is here", () => {
    begin(scene("full", "b"));
    desk.setLayout("two_halls");
    expect(slots()).toEqual(["b", "a"]);
  });

  it("shows everybody who is here", () => {
    begin(scene("grid", "b"));
    desk.fillWithPresent();
    expect(slots()).toEqual(["a", "c", "d"]);
  });

  it("exchanges two slots", () => {
    desk.exchange(0, 1);
    expect(slots()).toEqual(["b", "a"]);
  });
});

describe("what goes on air", () => {
  it("tells the frame that showed it", async () => {
    desk.auto();
    expect(desk.last).toEqual({ type: "auto", frame: undefined });
    await settled();
    expect(desk.last).toEqual({ type: "auto", frame: 3 });
    expect(session.asked).toEqual([{ type: "auto" }]);
  });

  it("dissolves to a slate and leaves preview alone", () => {
    const slate = { kind: "break", title: "", until_ms: 0 };
    desk.slate(slate);
    expect(session.asked).toEqual([
      { type: "take_scene", scene: { ...scene("full", "a"), slate }, transition: "dissolve", duration_ms: 600 },
    ]);
    expect(desk.preview).toEqual(scene("two_halls", "a", "b"));
  });

  it("comes back from a slate", () => {
    const slate = { kind: "break", title: "", until_ms: 0 };
    begin(scene("full", "a"), { ...scene("full", "a"), slate });
    change({ last_good: scene("full", "a") });
    desk.slate(slate);
    expect(session.asked).toMatchObject([{ type: "take_scene", scene: scene("full", "a") }]);
  });

  it("changes the length of dissolves and nothing else of them", () => {
    change({ auto: { transition: "dissolve", duration_ms: 600, swap: true } });
    desk.stepDissolve(1);
    expect(session.told).toEqual([
      { type: "set_transition", transition: "dissolve", duration_ms: 1000, swap: true },
    ]);
  });

  it("changes one graphic and leaves the others", () => {
    desk.setGraphics({ clock: true });
    desk.setGraphics({ theme: "red" });
    expect(session.asked).toMatchObject([
      { type: "set_graphics", graphics: { clock: true, bug: false, theme: "default" } },
      { type: "set_graphics", graphics: { clock: true, bug: false, theme: "red" } },
    ]);
  });
});

describe("steps of the rundown", () => {
  it("go on air by a cut until the person chooses otherwise", () => {
    desk.goCue("opening");
    expect(session.asked).toEqual([
      { type: "go_cue", cue: "opening", transition: "cut", duration_ms: 0 },
    ]);
    expect(desk.last).toEqual({ type: "go_cue", frame: undefined });
  });

  it("dissolve as long as auto does", async () => {
    desk.cueTransition = "dissolve";
    change({ auto: { transition: "dissolve", duration_ms: 1500, swap: false } });
    desk.goCue("opening");
    expect(session.asked).toEqual([
      { type: "go_cue", cue: "opening", transition: "dissolve", duration_ms: 1500 },
    ]);
    await settled();
    expect(desk.last).toEqual({ type: "go_cue", frame: 3 });
  });
});

describe("a lower third while it is written", () => {
  const look = (accent: string): CaptionLook => ({
    panel: "#000000",
    panel_opacity: 1,
    accent,
    text: "#ffffff",
    soft: "#cccccc",
    title_weight: 650,
    text_weight: 400,
  });

  it("has the theme that is on, or what is usual where that is not known", () => {
    expect(desk.captionLook).toBeUndefined();
    const captions = { default: look("#111111"), red: look("#dd2222") };
    desk.describe({ ...desk.looks, captions });
    expect(desk.captionLook?.accent).toBe("#111111");
    desk.setGraphics({ theme: "red" });
    expect(desk.captionLook?.accent).toBe("#dd2222");
    desk.setGraphics({ theme: "gone" });
    expect(desk.captionLook).toBeUndefined();
  });
});
