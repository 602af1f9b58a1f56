/** What a director's requests do to a pretended programme: enough for looking at the desk. */

import type { ClipView, ProgrammeView, RequestBody, SceneView } from "../wire.js";

/** The programme after a request; undefined when the request is none of a director. */
export function directed(
  programme: ProgrammeView,
  body: RequestBody,
  now_ms: number,
): ProgrammeView | undefined {
  switch (body.type) {
    case "take":
      return aired(programme, programme.preview, now_ms);
    case "auto":
      return {
        ...aired(programme, programme.preview, now_ms),
        transition: "dissolve",
        duration_ms: programme.auto.duration_ms,
      };
    case "take_scene":
      return aired(programme, body.scene, now_ms);
    case "panic":
      return aired(programme, { ...programme.on_air, slate: { kind: "standby", title: "", until_ms: 0 } }, now_ms);
    case "back_to_last_good":
      return aired(programme, programme.last_good ?? programme.on_air, now_ms);
    default:
      return adjusted(programme, body);
  }
}

function adjusted(programme: ProgrammeView, body: RequestBody): ProgrammeView | undefined {
  switch (body.type) {
    case "set_preview":
      return prepared({ ...programme, preview: body.scene });
    case "set_transition":
      return { ...programme, auto: { ...programme.auto, duration_ms: body.duration_ms, swap: body.swap === true } };
    case "set_graphics":
      return { ...programme, graphics: body.graphics };
    case "set_call_in":
      return { ...programme, call_in: body.seat };
    case "freeze":
      return { ...programme, frozen: body.frozen };
    default:
      return worded(programme, body);
  }
}

function worded(programme: ProgrammeView, body: RequestBody): ProgrammeView | undefined {
  const { on_air } = programme;
  switch (body.type) {
    case "set_caption":
      return { ...programme, on_air: { ...on_air, caption: body.caption ?? null } };
    case "set_question":
      return { ...programme, on_air: { ...on_air, question: body.question } };
    case "set_strap":
      return { ...programme, on_air: { ...on_air, strap: body.strap } };
    default:
      return undefined;
  }
}

function prepared(programme: ProgrammeView): ProgrammeView {
  const { slots } = programme.preview;
  return { ...programme, sources_in_preview: slots, seats_in_preview: slots, preview_ready: true };
}

function aired(programme: ProgrammeView, scene: SceneView, now_ms: number): ProgrammeView {
  const slots = scene.slate === null ? scene.slots : [];
  const before = programme.on_air;
  return {
    ...programme,
    on_air: scene,
    last_good: before.slate === null ? before : programme.last_good,
    sources_on_air: slots,
    seats_on_air: slots,
    transition: "cut",
    frozen: false,
    at_ms: now_ms,
    frame: Math.floor(now_ms / 40),
  };
}

/** The clip after a request; undefined when it is none of clips. */
export function clipped(clip: ClipView, body: RequestBody, now_ms: number): ClipView | undefined {
  switch (body.type) {
    case "cue_clip":
      return { ...clip, file: body.file, state: "cued", loop: body.loop === true, playing_since_ms: -1, duration_ms: 95_000 };
    case "play_clip":
      return { ...clip, state: "playing", playing_since_ms: Math.round(now_ms) };
    case "stop_clip":
      return { ...clip, state: "cued", playing_since_ms: -1 };
    case "loop_clip":
      return { ...clip, loop: body.loop };
    default:
      return undefined;
  }
}
