import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Talkback } from "../../client/talkback.js";
import { say } from "../../text/language.js";
import { sound } from "../../text/sound.js";
import type { Levels, RequestBody, Right, SeatView } from "../../wire.js";

import { SessionElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";
import type { LxLoudness } from "./loudness.js";
import "./loudness.js";
import type { LxStrip } from "./strip.js";
import "./strip.js";

const METERS_PER_S = 25;
const TARGETS_LUFS = [-23, -18, -16];

/** All of sound at one place: loudness and what holds for all above, a strip for each site. */
@customElement("lx-sound-panel")
export class LxSoundPanel extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 10px 18px;
        padding-bottom: 10px;
        border-bottom: 1px solid var(--lx-line);
      }
      .top > :last-child {
        margin-left: auto;
      }
      label {
        display: flex;
        gap: 6px;
        align-items: center;
      }
      .cut {
        padding: 6px 10px;
        background: var(--lx-air);
        color: white;
        border-radius: 5px;
        margin-top: 8px;
      }
      .strips {
        padding-top: 6px;
      }
    `,
  ];

  @property({ attribute: false }) talkback: Talkback | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.until(this.session.levels.on((levels) => { this.show(levels); }));
    const watch = (): void => {
      if (this.session.connection === "connected") {
        this.session.tell({ type: "watch_levels", per_s: METERS_PER_S });
      }
    };
    this.until(this.session.connectionChanged.on(watch));
    watch();
    if (this.talkback !== undefined) {
      this.until(this.talkback.changed.on(() => { this.requestUpdate(); }));
    }
    this.until(() => {
      if (this.session.connection === "connected") {
        this.session.tell({ type: "watch_levels", per_s: 0 });
      }
    });
  }

  override render(): unknown {
    const { store } = this.session;
    const cut = store.sound?.cut === true;
    return html`
      <div class="top">
        <lx-loudness .target_lufs=${store.sound?.target_lufs ?? null}></lx-loudness>
        ${this.may("mix") ? this.renderSettings() : nothing}
        <wa-button id="cut-sound" size="s" variant=${cut ? "success" : "danger"} ?disabled=${!this.may("mix")}
          @click=${() => { this.tell({ type: "cut_sound", cut: !cut }); }}>
          ${say(cut ? sound.release : sound.cut)}
        </wa-button>
      </div>
      ${cut ? html`<p class="cut" role="status">${say(sound.isCut)}</p>` : nothing}
      <div class="strips" @lx-sound=${(event: CustomEvent<RequestBody>) => { this.tell(event.detail); }}>
        ${store.sites.map((seat) => this.renderStrip(seat))}
      </div>
      <p class="small quiet">${say(sound.hint)}</p>
    `;
  }

  private renderStrip(seat: SeatView): unknown {
    const { store } = this.session;
    const listening = store.sound?.listening[store.you?.seat ?? ""] === seat.seat;
    return html`<lx-strip
      .seat=${seat}
      .settings=${store.seatSound(seat.seat)}
      ?mixing=${this.may("mix")}
      ?talkable=${this.talkback !== undefined && this.may("talk_back")}
      ?listening=${listening}
      ?toned=${store.sound?.tones.includes(seat.seat) === true}
      ?talking=${this.talkback?.seats.includes(seat.seat) === true}
      @lx-listen=${(event: CustomEvent<boolean>) => {
        this.tell({ type: "listen_in", seat: event.detail ? seat.seat : "" });
      }}
      @lx-talk=${(event: CustomEvent<boolean>) => { this.talk(event.detail, [seat.seat]); }}
    ></lx-strip>`;
  }

  private may(right: Right): boolean {
    return this.session.store.you?.rights.includes(right) === true;
  }

  private renderSettings(): unknown {
    const { sound: all } = this.session.store;
    const target = all?.target_lufs ?? null;
    const tone = all?.tones.includes("programme") === true;
    return html`
      <label class="small">${say(sound.target)}
        <select @change=${(event: Event) => {
          const { value } = event.target as HTMLSelectElement;
          this.tell({ type: "set_loudness", target_lufs: value === "" ? null : Number(value) });
        }}>
          <option value="" ?selected=${target === null}>${say(sound.noTarget)}</option>
          ${TARGETS_LUFS.map((one) => html`<option value=${one} ?selected=${one === target}>${one} LUFS</option>`)}
        </select>
      </label>
      <wa-button size="s" appearance="plain" @click=${() => {
        this.tell({ type: "set_loudness", target_lufs: target, restart: true });
      }}>${say(sound.restart)}</wa-button>
      <label class="small">
        <input type="checkbox" .checked=${all?.echo_duck === true}
          @change=${(event: Event) => {
            this.tell({ type: "set_echo_duck", on: (event.target as HTMLInputElement).checked });
          }} />${say(sound.echoDuck)}
      </label>
      <label class="small">
        <input type="checkbox" .checked=${tone}
          @change=${() => { this.tell({ type: "set_tone", output: "programme", on: !tone }); }} />
        ${say(sound.tone)}
      </label>
    `;
  }

  private talk(down: boolean, seats: string[]): void {
    if (down) {
      void this.talkback?.press(seats);
    } else {
      this.talkback?.release();
    }
  }

  private tell(body: RequestBody): void {
    this.session.tell(body);
  }

  private show(levels: Levels): void {
    for (const strip of this.renderRoot.querySelectorAll<LxStrip>("lx-strip")) {
      const level = levels.seats[strip.seat.seat];
      if (level !== undefined) {
        strip.show(level);
      }
    }
    this.renderRoot.querySelector<LxLoudness>("lx-loudness")?.show(levels.loudness);
  }
}
