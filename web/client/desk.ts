/** What a director does with preview and programme: the elements and the keys of the desk share
 * one. Changes build on what was sent last, also before the server's state shows it. */

import type {
  CaptionLook,
  CaptionView,
  GraphicsView,
  Looks,
  ProgrammeView,
  RequestBody,
  SceneView,
  SlateView,
} from "../wire.js";

import { stepped } from "./dissolve.js";
import {
  assign,
  counts,
  exchange,
  layoutName,
  NO_LOOKS,
  places,
  refill,
  sameScene,
  without,
  type Place,
} from "./layouts.js";
import { asFault, type SessionLike } from "./session.js";
import { Signal } from "./signal.js";

/** The state comes right behind the answer; after this what the server says counts. */
const STATE_FOLLOWS_MS = 1000;

const DISSOLVE_MS = 600;

/** Commands that change what is on air; all are answered by `Taken`. */
type AirCommand = Extract<
  RequestBody,
  {
    type:
      | "take"
      | "auto"
      | "take_scene"
      | "go_cue"
      | "set_strap"
      | "set_call_in"
      | "set_caption"
      | "set_question"
      | "set_graphics"
      | "freeze"
      | "panic"
      | "back_to_last_good";
  }
>;

export type CueTransition = "cut" | "dissolve";

export class Desk {
  readonly changed = new Signal();
  /** What was done last: `frame` is undefined until it is answered, and -1 when picture did not
   * tell. */
  last: { readonly type: string; readonly frame: number | undefined } | undefined;
  /** How steps of the rundown go on air. */
  cueTransition: CueTransition = "cut";
  /** The slot that the person chose; see `slot`. */
  private chosen: number | undefined;
  /** Sent and not yet seen in the state. */
  private sent: SceneView | undefined;
  private sentGraphics: GraphicsView | undefined;
  private done = 0;

  private described: Looks = NO_LOOKS;

  constructor(private readonly session: SessionLike) {}

  /** What there is to choose from, as the server last told. */
  get looks(): Looks {
    return this.described;
  }

  describe(looks: Looks): void {
    this.described = looks;
    this.changed.emit();
  }

  places(scene: Pick<SceneView, "layout" | "slots">): readonly Place[] {
    return places(this.described, scene.layout, scene.slots.length);
  }

  layoutName(layout: string): { readonly title: string; readonly title_en: string } {
    return layoutName(this.described, layout);
  }

  get programme(): ProgrammeView | undefined {
    return this.session.store.programme;
  }

  /** With what was sent last, so that a second change made at once does not undo the first. */
  get preview(): SceneView | undefined {
    const { programme } = this;
    if (programme !== undefined && this.sent !== undefined && sameScene(programme.preview, this.sent)) {
      this.sent = undefined;
    }
    return this.sent ?? programme?.preview;
  }

  /** Whose pictures stand in the slots of preview; undefined before the server said so. */
  get previewSources(): readonly string[] | undefined {
    const { programme } = this;
    return this.preview === programme?.preview ? programme?.sources_in_preview : undefined;
  }

  /** Fewest and most slots of the layout in preview. */
  get range(): readonly [number, number] {
    const { preview, programme } = this;
    return counts(programme?.layouts, preview?.layout ?? "");
  }

  /** Where the next picked source goes: in a layout that grows, nowhere in particular until the
   * person chooses a slot; else the first. */
  get slot(): number | undefined {
    const count = this.preview?.slots.length ?? 0;
    if (this.chosen !== undefined && this.chosen < count) {
      return this.chosen;
    }
    const [fewest, most] = this.range;
    return fewest === most ? 0 : undefined;
  }

  choose(slot: number | undefined): void {
    this.chosen = slot;
    this.changed.emit();
  }

  /** The slot `steps` further; round the end. */
  chooseNext(steps: number): void {
    const count = this.preview?.slots.length ?? 0;
    if (count > 0) {
      const from = this.slot ?? (steps > 0 ? -1 : count);
      this.choose((from + steps + count) % count);
    }
  }

  setLayout(name: string): void {
    const { preview, programme } = this;
    if (preview === undefined || (preview.layout === name && preview.slate === null)) {
      return;
    }
    const range = counts(programme?.layouts, name);
    this.chosen = undefined;
    this.setPreview({
      ...preview,
      layout: name,
      slots: refill(preview.slots, range, this.candidates()),
      slate: null,
    });
  }

  /** Puts a source into a slot; behind the last one it adds a slot if the layout has one. */
  assign(slot: number, source: string): void {
    const { preview } = this;
    if (preview !== undefined && slot <= preview.slots.length && slot < this.range[1]) {
      this.setPreview({ ...preview, slots: assign(preview.slots, slot, source), slate: null });
    }
  }

  /** Puts a source into the chosen slot and goes on to the next one. Without a chosen slot the
   * source comes in, or leaves if it is there. */
  pick(source: string): void {
    const { preview, slot } = this;
    if (preview === undefined) {
      return;
    }
    if (slot !== undefined) {
      this.assign(slot, source);
      this.choose((slot + 1) % Math.max(preview.slots.length, 1));
    } else if (preview.slots.includes(source)) {
      this.remove(preview.slots.indexOf(source));
    } else {
      this.assign(preview.slots.length, source);
    }
  }

  remove(slot: number): void {
    const { preview } = this;
    if (preview !== undefined && preview.slots.length > this.range[0]) {
      this.chosen = undefined;
      this.setPreview({ ...preview, slots: without(preview.slots, slot) });
    }
  }

  exchange(one: number, other: number): void {
    const { preview } = this;
    if (preview !== undefined) {
      this.setPreview({ ...preview, slots: exchange(preview.slots, one, other) });
    }
  }

  /** Fills the layout with everybody who is there. */
  fillWithPresent(): void {
    const { preview } = this;
    const here = this.session.store.sites
      .filter((seat) => seat.devices.length > 0)
      .map((seat) => seat.seat);
    const [fewest, most] = this.range;
    if (preview !== undefined && here.length > 0) {
      this.chosen = undefined;
      const slots = here.length < fewest ? refill(here, [fewest, fewest], this.candidates()) : here;
      this.setPreview({ ...preview, slots: slots.slice(0, most), slate: null });
    }
  }

  setPreview(scene: SceneView): void {
    this.sent = scene;
    this.changed.emit();
    const settled = (): void => {
      if (this.sent === scene) {
        this.sent = undefined;
        this.changed.emit();
      }
    };
    // A step of the rundown that was changed by hand is still that step.
    const cue = this.session.store.rundown?.in_preview ?? "";
    this.session.ask({ type: "set_preview", scene, cue }, "done").then(
      () => setTimeout(settled, STATE_FOLLOWS_MS),
      (reason: unknown) => {
        settled();
        this.session.complaint.emit(asFault(reason));
      },
    );
  }

  cut(): void {
    void this.air({ type: "take", transition: "cut" });
  }

  auto(): void {
    void this.air({ type: "auto" });
  }

  /** How long the dissolve of `auto` lasts, for everybody who directs. */
  get dissolve_ms(): number {
    return this.programme?.auto.duration_ms ?? DISSOLVE_MS;
  }

  /** Whether what leaves the air goes to preview. */
  get swaps(): boolean {
    return this.programme?.auto.swap === true;
  }

  setTransition(changed: { readonly dissolve_ms?: number; readonly swap?: boolean }): void {
    this.session.tell({
      type: "set_transition",
      transition: "dissolve",
      duration_ms: changed.dissolve_ms ?? this.dissolve_ms,
      swap: changed.swap ?? this.swaps,
    });
  }

  /** The dissolve one step longer or shorter. */
  stepDissolve(steps: 1 | -1): void {
    this.setTransition({ dissolve_ms: stepped(this.dissolve_ms, steps) });
  }

  /** A step of the rundown goes on air as the person chose for steps: by a cut, or by a dissolve
   * as long as that of `auto`. */
  goCue(cue: string): void {
    const { cueTransition: transition, dissolve_ms } = this;
    const duration_ms = transition === "dissolve" ? dissolve_ms : 0;
    void this.air({ type: "go_cue", cue, transition, duration_ms });
  }

  /** Whom the source `call_in` means. */
  setCallIn(seat: string): void {
    void this.air({ type: "set_call_in", seat });
  }

  freeze(): void {
    void this.air({ type: "freeze", frozen: this.programme?.frozen !== true });
  }

  panic(): void {
    void this.air({ type: "panic" });
  }

  backToLastGood(): void {
    void this.air({ type: "back_to_last_good" });
  }

  caption(caption: CaptionView | null): void {
    void this.air({ type: "set_caption", caption });
  }

  strap(strap: string): void {
    void this.air({ type: "set_strap", strap });
  }

  question(question: string): void {
    void this.air({ type: "set_question", question });
  }

  /** What stands in the picture whatever the scene, with what was sent last. */
  get graphics(): GraphicsView | undefined {
    return this.sentGraphics ?? this.programme?.graphics;
  }

  setGraphics(changed: Partial<GraphicsView>): void {
    const before = this.graphics;
    if (before === undefined) {
      return;
    }
    const graphics = { ...before, ...changed };
    this.sentGraphics = graphics;
    void this.air({ type: "set_graphics", graphics }).then(() => {
      // The answer comes behind the state.
      if (this.sentGraphics === graphics) {
        this.sentGraphics = undefined;
        this.changed.emit();
      }
    });
  }

  /** How a lower third looks in the theme that is on. */
  get captionLook(): CaptionLook | undefined {
    return this.described.captions[this.graphics?.theme ?? ""];
  }

  /** Changes words of the scene in preview; they come on air with the next take. */
  words(changed: Partial<Pick<SceneView, "caption" | "strap" | "question">>): void {
    const { preview } = this;
    if (preview !== undefined) {
      this.setPreview({ ...preview, ...changed });
    }
  }

  /** The clip alone; it begins when it is taken on air. */
  clipToPreview(): void {
    const { preview } = this;
    if (preview !== undefined) {
      this.chosen = undefined;
      this.setPreview({ ...preview, layout: "full", slots: ["clip"], slate: null });
    }
  }

  slateToPreview(slate: SlateView): void {
    const { preview } = this;
    if (preview !== undefined) {
      this.setPreview({ ...preview, slate });
    }
  }

  /** Dissolves to a slate; preview stays. With a slate on air: dissolves back to what was there
   * before. */
  slate(slate: SlateView): void {
    const { programme } = this;
    if (programme === undefined) {
      return;
    }
    const { on_air, last_good } = programme;
    const scene = on_air.slate === null ? { ...on_air, slate } : last_good;
    if (scene !== null) {
      const duration_ms = this.dissolve_ms;
      void this.air({ type: "take_scene", scene, transition: "dissolve", duration_ms });
    }
  }

  /** Who fills a slot first: those who are here. */
  private candidates(): string[] {
    const { sites } = this.session.store;
    const here = sites.filter((seat) => seat.devices.length > 0);
    const absent = sites.filter((seat) => seat.devices.length === 0);
    return [...here, ...absent].map((seat) => seat.seat);
  }

  private async air(command: AirCommand): Promise<void> {
    this.done += 1;
    const done = this.done;
    this.last = { type: command.type, frame: undefined };
    this.changed.emit();
    try {
      const { frame } = await this.session.ask(command, "taken");
      if (done === this.done) {
        this.last = { type: command.type, frame };
        this.changed.emit();
      }
    } catch (reason: unknown) {
      if (done === this.done) {
        this.last = undefined;
        this.changed.emit();
      }
      this.session.complaint.emit(asFault(reason));
    }
  }
}
