import "@awesome.me/webawesome/dist/components/input/input.js";
import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { say } from "../../text/language.js";
import { programme as texts } from "../../text/programme.js";
import { slateName } from "../../text/slates.js";
import type { SlateView } from "../../wire.js";

import { duration } from "../base/figures.js";
import { sharedStyles } from "../base/shared_styles.js";

import { DeskElement } from "./desk_element.js";
import { formStyles } from "./form_styles.js";

const KINDS = ["opening", "break", "closing", "standby"] as const;
const MINUTES: readonly number[] = [0, 1, 2, 3, 5, 10, 15, 20, 30];
const MOST_TITLE = 80;
const MINUTE_MS = 60_000;

/** Stills in place of the sites, with a title and a countdown. */
@customElement("lx-slate-panel")
export class LxSlatePanel extends DeskElement {
  static override styles = [
    sharedStyles,
    formStyles,
    css`
      .kind {
        padding: 5px 14px;
        border: 2px solid #5b6673;
        border-radius: 6px;
      }
      .kind[aria-checked="true"] {
        background: #26405f;
        border-color: #8fb4e2;
        color: white;
      }
    `,
  ];

  @state() private kind: (typeof KINDS)[number] = "break";
  @state() private slateTitle = "";
  @state() private minutes = 0;

  /** What the key B brings: as it is chosen here. */
  get slate(): SlateView {
    const until_ms =
      this.minutes === 0
        ? 0
        : Math.round(this.session.store.sessionTime_ms + this.minutes * MINUTE_MS);
    return { kind: this.kind, title: this.slateTitle.trim(), until_ms };
  }

  override render(): unknown {
    return html`
      <div class="row" role="radiogroup" aria-label=${say(texts.tabs.slates)} @keydown=${this.pressed}>
        ${KINDS.map(
          (kind) => html`<button
            type="button"
            class="bare kind"
            role="radio"
            data-slate=${kind}
            aria-checked=${this.kind === kind}
            tabindex=${this.kind === kind ? 0 : -1}
            @click=${() => { this.kind = kind; }}
          >
            ${slateName(kind)}
          </button>`,
        )}
        ${this.renderRunning()}
      </div>
      <div class="row">
        <wa-input
          class="labelled wide"
          size="xs"
          maxlength=${MOST_TITLE}
          data-name="slate-title"
          placeholder=${say(texts.slateTitle)}
          .value=${this.slateTitle}
          @input=${(event: Event) => { this.slateTitle = (event.target as HTMLInputElement).value; }}
        >
          <span slot="label" class="unseen">${say(texts.slateTitle)}</span>
        </wa-input>
        <label class="field">
          ${say(texts.countdown)}
          <select
            id="countdown"
            @change=${(event: Event) => {
              this.minutes = Number((event.target as HTMLSelectElement).value);
            }}
          >
            ${MINUTES.map(
              (count) => html`<option value=${count} ?selected=${count === this.minutes}>
                ${count === 0 ? say(texts.countdownNone) : say(texts.minutes, count)}
              </option>`,
            )}
          </select>
        </label>
      </div>
      <div class="row">
        <wa-button
          id="slate-preview"
          size="xs"
          appearance="outlined"
          @click=${() => { this.desk.slateToPreview(this.slate); }}
        >
          ${say(texts.slateToPreview)}
        </wa-button>
        <wa-button
          id="slate-now"
          size="xs"
          variant="danger"
          ?disabled=${this.desk.programme?.on_air.slate !== null}
          @click=${() => { this.desk.slate(this.slate); }}
        >
          ${say(texts.slateNow)} (B)
        </wa-button>
      </div>
    `;
  }

  private renderRunning(): unknown {
    const slate = this.desk.programme?.on_air.slate ?? null;
    if (slate === null) {
      return nothing;
    }
    const left_ms = slate.until_ms - this.session.store.sessionTime_ms;
    return html`<span class="tag air">
      ${say(texts.slateOnAir)}：${slateName(slate.kind)}
      ${slate.until_ms > 0 ? html`<span class="number">${duration(left_ms)}</span>` : nothing}
    </span>`;
  }

  private pressed(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const at = (KINDS.indexOf(this.kind) + step + KINDS.length) % KINDS.length;
      this.kind = KINDS[at] ?? this.kind;
      this.renderRoot.querySelector<HTMLElement>(`[data-slate=${this.kind}]`)?.focus();
    }
  }
}
