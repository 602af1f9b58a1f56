import { css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { presentDevice } from "../../client/tiles.js";
import { named, say } from "../../text/language.js";
import { sound } from "../../text/sound.js";
import type { SeatLevel, SeatSoundView, SeatView, SetSeatSound } from "../../wire.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";
import type { LxSoundMeter } from "./meter.js";
import "./meter.js";

const SEND_EVERY_MS = 120;

const HIGH_PASS_HZ = [0, 80, 120, 200, 300];

/** One site: level, fader, mute, when it is heard, what it hears, listen, talk; behind a button pan,
 * delay, high-pass and the tone on its return. Fires `lx-sound` with a request, `lx-listen` with a boolean, `lx-talk` with a boolean. */
@customElement("lx-strip")
export class LxStrip extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      .row {
        display: grid;
        grid-template-columns: minmax(110px, 1.1fr) minmax(110px, 1fr) minmax(110px, 1fr) 56px auto auto auto auto auto auto;
        gap: 10px;
        align-items: center;
        padding: 3px 0;
        min-height: 32px;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .db {
        text-align: right;
      }
      input[type="range"] {
        width: 100%;
        accent-color: var(--lx-link);
      }
      select,
      button.key {
        font: inherit;
        font-size: 0.82rem;
        height: 26px;
        padding: 0 8px;
        color: var(--lx-text);
        background: var(--lx-raised);
        border: 1px solid var(--lx-line);
        border-radius: 5px;
      }
      button.key {
        cursor: pointer;
      }
      button.key[aria-pressed="true"] {
        background: #17452c;
        color: #b9f0cf;
      }
      button.mute[aria-pressed="true"],
      button.talk[aria-pressed="true"] {
        background: var(--lx-air);
        color: white;
      }
      .more {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 18px;
        align-items: center;
        padding: 4px 0 8px 12px;
        border-left: 2px solid var(--lx-line);
      }
      .more label {
        display: flex;
        gap: 6px;
        align-items: center;
        font-size: 0.82rem;
      }
      .more input[type="range"] {
        width: 110px;
      }
      .more input[type="number"] {
        width: 64px;
        font: inherit;
        color: var(--lx-text);
        background: var(--lx-raised);
        border: 1px solid var(--lx-line);
        border-radius: 5px;
      }
      .absent {
        opacity: 0.55;
      }
    `,
  ];

  @property({ attribute: false }) seat!: SeatView;
  @property({ attribute: false }) settings: SeatSoundView | undefined;
  @property({ type: Boolean }) mixing = false;
  @property({ type: Boolean }) talking = false;
  @property({ type: Boolean }) listening = false;
  @property({ type: Boolean }) talkable = false;
  @property({ type: Boolean }) toned = false;
  @query("lx-sound-meter") private readonly meter!: LxSoundMeter | null;
  /** What the hand on the fader wants, until the server says the same. */
  @state() private moving_db: number | undefined;
  @state() private showsMore = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  show(level: SeatLevel): void {
    this.meter?.show(level);
  }

  override render(): unknown {
    const name = named(this.seat);
    const { settings } = this;
    return html`
      <div class="row ${presentDevice(this.seat) === undefined ? "absent" : ""}" role="group" aria-label=${name} data-seat=${this.seat.seat}>
        <span class="name">
          ${name} ${this.seat.on_air ? html`<span class="tag air">${say(sound.onAir)}</span>` : nothing}
        </span>
        <lx-sound-meter label=${say(sound.level, name)}></lx-sound-meter>
        ${this.renderFader(name)}
        ${this.renderKey("mute", say(sound.mute), settings?.muted === true, () => {
          this.want({ muted: settings?.muted !== true });
        })}
        ${this.renderChoices()}
        ${this.renderKey("listen", say(sound.listen), this.listening, () => {
          this.fire("lx-listen", !this.listening);
        })}
        ${this.renderTalk()}
        <button type="button" class="key more-key" aria-expanded=${this.showsMore ? "true" : "false"}
          aria-label=${say(sound.more, name)} title=${say(sound.more, name)}
          @click=${() => { this.showsMore = !this.showsMore; }}>…</button>
      </div>
      ${this.showsMore ? this.renderMore(name) : nothing}
    `;
  }

  private renderFader(name: string): unknown {
    const gain_db = this.moving_db ?? this.settings?.gain_db ?? 0;
    return html`
      <input
        type="range" min="-60" max="20" step="0.5" .value=${`${gain_db}`}
        ?disabled=${!this.mixing}
        aria-label=${say(sound.gain, name)} aria-valuetext="${gain_db.toFixed(1)} dB"
        @input=${this.moved} @change=${this.moved} @dblclick=${() => { this.want({ gain_db: 0 }); }}
      />
      <span class="db number small">${gain_db > 0 ? "+" : ""}${gain_db.toFixed(1)} dB</span>
    `;
  }

  private renderChoices(): unknown {
    const { audible = "auto", hears = "minus" } = this.settings ?? {};
    return html`
      ${this.renderChoice("audible", say(sound.open), audible, {
        auto: say(sound.auto), open: say(sound.alwaysOpen), closed: say(sound.closed),
      })}
      ${this.renderChoice("hears", say(sound.hears), hears, {
        minus: say(sound.hearsMinus), clean: say(sound.hearsClean),
        other_hall: say(sound.hearsOther), off: say(sound.hearsOff),
      })}
    `;
  }

  private renderMore(name: string): unknown {
    const { pan = 0, delay_ms = 0, high_pass_hz = 0 } = this.settings ?? {};
    const value = (event: Event): number => Number((event.target as HTMLInputElement).value);
    return html`
      <div class="more" role="group" aria-label=${say(sound.more, name)}>
        <label>${say(sound.pan)}
          <input type="range" data-name="pan" min="-1" max="1" step="0.05" .value=${`${pan}`} ?disabled=${!this.mixing}
            aria-valuetext=${pan.toFixed(2)}
            @change=${(event: Event) => { this.want({ pan: value(event) }); }}
            @dblclick=${() => { this.want({ pan: 0 }); }} />
        </label>
        <label>${say(sound.delay)}
          <input type="number" data-name="delay" min="0" max="500" step="5" .value=${`${delay_ms}`} ?disabled=${!this.mixing}
            @change=${(event: Event) => { this.want({ delay_ms: Math.min(500, Math.max(0, value(event))) }); }} /> ms
        </label>
        <label>${say(sound.highPass)}
          <select data-name="high-pass" ?disabled=${!this.mixing}
            @change=${(event: Event) => { this.want({ high_pass_hz: value(event) }); }}>
            ${[...new Set([...HIGH_PASS_HZ, high_pass_hz])].map(
              (hertz) => html`<option value=${hertz} ?selected=${hertz === high_pass_hz}>
                ${hertz === 0 ? say(sound.highPassOff) : `${hertz} Hz`}
              </option>`,
            )}
          </select>
        </label>
        <label>
          <input type="checkbox" data-name="tone" .checked=${this.toned} ?disabled=${!this.mixing}
            @change=${(event: Event) => {
              const on = (event.target as HTMLInputElement).checked;
              this.fire("lx-sound", { type: "set_tone", output: this.seat.seat, on });
            }} />${say(sound.toneHere)}
        </label>
      </div>
    `;
  }

  private renderTalk(): unknown {
    return html`<button
          type="button" class="key talk" aria-pressed=${this.talking ? "true" : "false"} ?disabled=${!this.talkable}
          @pointerdown=${(event: PointerEvent) => {
            (event.target as HTMLElement).setPointerCapture(event.pointerId);
            this.fire("lx-talk", true);
          }}
          @pointerup=${() => { this.fire("lx-talk", false); }}
          @pointercancel=${() => { this.fire("lx-talk", false); }}
          @blur=${() => { this.fire("lx-talk", false); }}
          @keydown=${(event: KeyboardEvent) => { this.held(event, true); }}
          @keyup=${(event: KeyboardEvent) => { this.held(event, false); }}
        >${say(sound.talk)}</button>`;
  }

  private renderKey(name: string, label: string, on: boolean, press: () => void): unknown {
    return html`<button type="button" class="key ${name}" aria-pressed=${on ? "true" : "false"}
      ?disabled=${!this.mixing} @click=${press}>${label}</button>`;
  }

  private renderChoice(name: "audible" | "hears", label: string, chosen: string, choices: Record<string, string>): unknown {
    return html`<select
      aria-label=${label} title=${label} data-name=${name} ?disabled=${!this.mixing}
      @change=${(event: Event) => { this.want({ [name]: (event.target as HTMLSelectElement).value }); }}
    >${Object.entries(choices).map(
      ([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`,
    )}</select>`;
  }

  private held(event: KeyboardEvent, down: boolean): void {
    if ((event.key === " " || event.key === "Enter") && !event.repeat) {
      event.preventDefault();
      event.stopPropagation();
      this.fire("lx-talk", down);
    }
  }

  private moved(event: Event): void {
    this.moving_db = Number((event.target as HTMLInputElement).value);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const gain_db = this.moving_db;
      if (gain_db !== undefined) {
        this.want({ gain_db });
      }
    }, SEND_EVERY_MS);
  }

  override updated(): void {
    if (this.timer === undefined && this.moving_db === this.settings?.gain_db) {
      this.moving_db = undefined;
    }
  }

  private want(changes: Partial<SetSeatSound>): void {
    const request: SetSeatSound = { type: "set_seat_sound", seat: this.seat.seat, ...changes };
    this.fire("lx-sound", request);
  }
}
