import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";

import { meterPosition } from "../../client/level.js";
import { sound } from "../../text/sound.js";
import { say } from "../../text/language.js";
import type { SeatLevel } from "../../wire.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

const HOLD_MS = 1_500;
const FALL_DB_PER_S = 20;
const CLIP_MS = 3_000;
const SAY_EVERY_MS = 500;

/** RMS as a bar, peak as a line that is held, a lamp for clipping. `show` is called up to 25
 * times a second and only moves transforms: nothing is laid out, nothing rendered. */
@customElement("lx-sound-meter")
export class LxSoundMeter extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        gap: 4px;
        align-items: center;
        contain: strict;
        height: 12px;
      }
      .track {
        position: relative;
        flex: 1;
        height: 8px;
        border-radius: 3px;
        overflow: hidden;
        background: linear-gradient(to right, #2fae66 0 70%, #e0a22e 70% 95%, #e5484d 95%);
      }
      .shade {
        position: absolute;
        inset: 0;
        background: #2a323c;
        transform-origin: right;
        will-change: transform;
      }
      .hold {
        position: absolute;
        inset: 0;
        will-change: transform;
      }
      .hold::before {
        content: "";
        position: absolute;
        inset: 0 auto 0 0;
        width: 2px;
        background: #f2f5f8;
      }
      .clip {
        width: 9px;
        height: 9px;
        border-radius: 50%;
        background: #3a444f;
      }
      .clip[data-on] {
        background: #ff5a5f;
      }
    `,
  ];

  @property() label = "";
  private held_db = -120;
  private heldAt_ms = 0;
  private clippedAt_ms = -Infinity;
  private saidAt_ms = -Infinity;
  private shownAt_ms = 0;

  override render(): unknown {
    return html`
      <div class="track" role="meter" aria-label=${this.label} aria-valuemin="-60" aria-valuemax="0" aria-valuenow="-60">
        <div class="shade"></div>
        <div class="hold" style="transform: translateX(0)"></div>
      </div>
      <div class="clip" title=${say(sound.clipped)}></div>
    `;
  }

  show(level: SeatLevel, now_ms: number = performance.now()): void {
    const root = this.renderRoot;
    const shade = root.querySelector<HTMLElement>(".shade");
    const hold = root.querySelector<HTMLElement>(".hold");
    const clip = root.querySelector<HTMLElement>(".clip");
    if (shade === null || hold === null || clip === null) {
      return;
    }
    this.hold(level.peak_db, now_ms);
    shade.style.transform = `scaleX(${(1 - meterPosition(level.rms_db)).toFixed(3)})`;
    hold.style.transform = `translateX(${(100 * meterPosition(this.held_db)).toFixed(1)}%)`;
    if (level.clipped) {
      this.clippedAt_ms = now_ms;
    }
    clip.toggleAttribute("data-on", now_ms - this.clippedAt_ms < CLIP_MS);
    if (now_ms - this.saidAt_ms > SAY_EVERY_MS) {
      this.saidAt_ms = now_ms;
      const value = Math.round(Math.max(-60, level.rms_db));
      root.querySelector(".track")?.setAttribute("aria-valuenow", `${value}`);
    }
  }

  private hold(peak_db: number, now_ms: number): void {
    if (peak_db >= this.held_db) {
      this.held_db = peak_db;
      this.heldAt_ms = now_ms;
    } else if (now_ms - this.heldAt_ms > HOLD_MS) {
      const fallen_db = ((now_ms - this.shownAt_ms) / 1000) * FALL_DB_PER_S;
      this.held_db = Math.max(peak_db, this.held_db - fallen_db);
    }
    this.shownAt_ms = now_ms;
  }
}
