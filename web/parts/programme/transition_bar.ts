import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { dissolved, DISSOLVES_MS } from "../../client/dissolve.js";
import { locale, say } from "../../text/language.js";
import { programme as texts } from "../../text/programme.js";
import type { ProgrammeView } from "../../wire.js";

import { duration } from "../base/figures.js";
import { sharedStyles } from "../base/shared_styles.js";

import { DeskElement } from "./desk_element.js";

/** The cover of the panic button stays open so long. */
const OPEN_MS = 3000;

/** Cut, dissolve, slate, freeze, back, panic; and whether the picture has followed. */
@customElement("lx-transition-bar")
export class LxTransitionBar extends DeskElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        gap: 5px;
      }
      button {
        display: block;
        width: 100%;
        min-height: 31px;
        padding: 2px 6px;
        border: 1px solid #5b6673;
        border-radius: 6px;
        background: var(--lx-raised);
        font-weight: 700;
        text-align: center;
        line-height: 1.2;
      }
      button:hover {
        border-color: #9aa7b6;
      }
      button:disabled {
        opacity: 0.45;
        cursor: default;
      }
      kbd {
        font: inherit;
        font-size: 0.72rem;
        font-weight: 400;
        white-space: nowrap;
      }
      .main {
        min-height: 42px;
        font-size: 1.05rem;
        background: var(--lx-air);
        border-color: #f0707d;
        color: white;
      }
      .auto {
        position: relative;
        overflow: hidden;
        background: #8c1f2c;
      }
      .auto i {
        position: absolute;
        inset: auto 0 0;
        height: 5px;
        transform-origin: left;
        background: #ffd36b;
      }
      label {
        display: grid;
        grid-template-columns: auto 1fr;
        align-items: center;
        gap: 6px;
        font-size: 0.76rem;
        color: var(--lx-quiet);
      }
      select {
        font: inherit;
        min-width: 0;
        color: var(--lx-text);
        background: var(--lx-ground);
        border: 1px solid #77828f;
        border-radius: 5px;
        padding: 1px 4px;
      }
      [aria-pressed="true"] {
        background: #f0b64a;
        border-color: #ffdf9e;
        color: #2a1c00;
      }
      .panic {
        border: 2px solid #ff6b7b;
        background: repeating-linear-gradient(-45deg, #33151a 0 9px, #240d11 9px 18px);
        color: #ffc9cf;
      }
      .panic[data-open="true"] {
        background: #ff2a41;
        color: white;
      }
      .state {
        min-height: 2.6em;
        font-size: 0.74rem;
        line-height: 1.3;
        color: var(--lx-quiet);
        text-align: center;
      }
      .state.done {
        color: var(--lx-text);
      }
      @media (max-width: 1100px) {
        :host {
          display: grid;
          grid-template-columns: repeat(auto-fit, minmax(104px, 1fr));
        }
        .state {
          grid-column: 1 / -1;
          min-height: 0;
        }
      }
      @media (max-width: 640px) {
        :host {
          grid-template-columns: repeat(4, minmax(0, 1fr));
        }
        button {
          padding: 2px;
          font-size: 0.85rem;
        }
        kbd {
          display: none;
        }
        label {
          grid-template-columns: minmax(0, 1fr);
          gap: 0;
        }
      }
    `,
  ];

  @state() private isOpen = false;
  /** Session time while a dissolve runs; see `updated`. */
  @state() private now_ms = 0;
  private frame = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
  }

  override render(): unknown {
    const { programme } = this.desk;
    const away = programme === undefined;
    const slated = programme !== undefined && programme.on_air.slate !== null;
    return html`
      <button type="button" class="bare main" id="take" ?disabled=${away} @click=${() => { this.desk.cut(); }}>
        ${say(texts.cut)} <kbd>Space</kbd>
      </button>
      ${this.renderAuto(programme)} ${this.renderLength()}
      <button
        type="button"
        class="bare"
        id="slate"
        ?disabled=${away}
        aria-pressed=${slated}
        @click=${() => { this.fire("lx-slate"); }}
      >
        ${say(slated ? texts.fromSlate : texts.toSlate)} <kbd>B</kbd>
      </button>
      <button
        type="button"
        class="bare"
        id="freeze"
        ?disabled=${away}
        aria-pressed=${programme?.frozen === true}
        @click=${() => { this.desk.freeze(); }}
      >
        ${say(programme?.frozen === true ? texts.unfreeze : texts.freeze)} <kbd>F</kbd>
      </button>
      <button
        type="button"
        class="bare"
        id="back"
        ?disabled=${programme === undefined || programme.last_good === null}
        @click=${() => { this.desk.backToLastGood(); }}
      >
        ${say(texts.back)} <kbd>⌫</kbd>
      </button>
      ${this.renderPanic(away)} ${this.renderState(programme)}
    `;
  }

  override updated(): void {
    const { programme } = this.desk;
    cancelAnimationFrame(this.frame);
    if (programme !== undefined && dissolved(programme, this.session.store.sessionTime_ms) !== undefined) {
      this.frame = requestAnimationFrame(() => {
        this.now_ms = this.session.store.sessionTime_ms;
      });
    }
  }

  private renderAuto(programme: ProgrammeView | undefined): unknown {
    const share =
      programme === undefined
        ? undefined
        : dissolved(programme, Math.max(this.now_ms, this.session.store.sessionTime_ms));
    return html`
      <button
        type="button"
        class="bare main auto"
        id="auto"
        data-dissolving=${share !== undefined}
        ?disabled=${programme === undefined}
        @click=${() => { this.desk.auto(); }}
      >
        ${say(share === undefined ? texts.auto : texts.dissolving)} <kbd>Enter</kbd>
        ${share === undefined ? nothing : html`<i style="transform: scaleX(${share})"></i>`}
      </button>
    `;
  }

  private renderLength(): unknown {
    const chosen = this.desk.dissolve_ms;
    return html`
      <label>
        ${say(texts.dissolveLength)}
        <select
          id="dissolve"
          @change=${(event: Event) => {
            const dissolve_ms = Number((event.target as HTMLSelectElement).value);
            this.desk.setTransition({ dissolve_ms });
          }}
        >
          ${[...new Set([...DISSOLVES_MS, chosen])].sort((a, b) => a - b).map(
            (value) => html`<option value=${value} ?selected=${value === chosen}>
              ${say(texts.seconds, (value / 1000).toLocaleString(locale(), { minimumFractionDigits: 1 }))}
            </option>`,
          )}
        </select>
      </label>
    `;
  }

  /** Under a cover: the first press opens it, the second one acts. A double click does both; the
   * key needs no cover, as it takes two fingers. */
  private renderPanic(away: boolean): unknown {
    return html`
      <button
        type="button"
        class="bare panic"
        id="panic"
        data-open=${this.isOpen}
        ?disabled=${away}
        title=${say(texts.panicHint)}
        @click=${this.pressPanic}
      >
        ${say(this.isOpen ? texts.panicArmed : texts.panic)} <kbd>⇧Esc</kbd>
      </button>
    `;
  }

  private pressPanic(): void {
    clearTimeout(this.timer);
    if (this.isOpen) {
      this.isOpen = false;
      this.desk.panic();
      return;
    }
    this.isOpen = true;
    this.timer = setTimeout(() => {
      this.isOpen = false;
    }, OPEN_MS);
  }

  private renderState(programme: ProgrammeView | undefined): unknown {
    if (this.desk.last !== undefined && this.desk.last.frame === undefined) {
      return html`<p class="state" role="status">${say(texts.sending)}</p>`;
    }
    if (programme === undefined || programme.frame < 0) {
      return html`<p class="state" role="status">${say(texts.accepted)}</p>`;
    }
    return html`<p class="state done number" role="status" data-frame=${programme.frame}>
      ${say(texts.onAirSince, programme.frame.toLocaleString(locale()), duration(programme.at_ms))}
    </p>`;
  }
}
