import { css, html, nothing } from "lit";
import { customElement } from "lit/decorators.js";

import type { CueTransition } from "../../client/desk.js";
import { keepChoices, loadChoices } from "../../client/remembered.js";
import { control } from "../../text/control.js";
import { locale, say, titled } from "../../text/language.js";
import type { CueView } from "../../wire.js";

import { sharedStyles } from "../base/shared_styles.js";
import { DeskElement } from "../programme/desk_element.js";

/** The prepared steps and a large button for the next one. */
@customElement("lx-rundown")
export class LxRundown extends DeskElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
        gap: 8px;
        min-height: 0;
      }
      .next {
        display: grid;
        gap: 4px;
      }
      .by {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 1px;
        border-radius: 6px;
        overflow: hidden;
      }
      .by button {
        min-height: 28px;
        padding: 2px 8px;
        background: var(--lx-raised);
        font-size: 0.82rem;
        text-align: center;
      }
      .by button:first-child {
        padding: 2px 14px;
      }
      .by button[aria-pressed="true"] {
        background: #26405f;
        color: white;
        font-weight: 700;
      }
      ol {
        overflow: auto;
        border-top: 1px solid var(--lx-line);
      }
      li {
        display: grid;
        grid-template-columns: 2ch minmax(0, 1fr) auto;
        align-items: center;
        gap: 8px;
        min-height: 40px;
        padding: 3px 6px;
        border-bottom: 1px solid var(--lx-line);
      }
      li[aria-current="step"] {
        background: #43151c;
      }
      li[data-in-preview="true"] {
        box-shadow: inset 4px 0 0 var(--lx-ready);
      }
      .title {
        line-height: 1.3;
        min-height: 30px;
      }
      .number {
        color: var(--lx-quiet);
        text-align: right;
      }
    `,
  ];

  /** The step after the one that went on air last; the first when none did. */
  get nextCue(): CueView | undefined {
    const { rundown } = this.session.store;
    const at = rundown?.cues.findIndex((cue) => cue.id === rundown.current) ?? -1;
    return rundown?.cues[at + 1];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.desk.cueTransition = loadChoices().cueTransition;
  }

  goNext(): void {
    const cue = this.nextCue;
    if (cue !== undefined) {
      this.go(cue);
    }
  }

  override render(): unknown {
    const { rundown } = this.session.store;
    const next = this.nextCue;
    return html`
      <div class="next">
        <wa-button
          id="next"
          variant="brand"
          size="l"
          ?disabled=${next === undefined}
          @click=${this.goNext}
        >
          <wa-icon slot="start" name="next"></wa-icon>${say(control.next)} (N)
        </wa-button>
        <div class="by" role="group" aria-label=${say(control.cueBy)} title=${say(control.cueBy)}>
          ${this.renderBy("cut", say(control.cueCut))}
          ${this.renderBy("dissolve", say(control.cueDissolve, seconds(this.desk.dissolve_ms)))}
        </div>
        <p class="small quiet" aria-live="polite">
          ${next === undefined ? say(control.atEnd) : say(control.nextIs, titled(next))}
        </p>
      </div>
      <ol tabindex="-1">
        ${rundown?.cues.map((cue, index) => this.renderCue(cue, index, cue.id === rundown.current))}
      </ol>
    `;
  }

  private renderBy(transition: CueTransition, text: string): unknown {
    return html`
      <button
        type="button"
        class="bare"
        data-by=${transition}
        aria-pressed=${this.desk.cueTransition === transition}
        @click=${() => {
          this.desk.cueTransition = keepChoices({ cueTransition: transition }).cueTransition;
          this.requestUpdate();
        }}
      >
        ${text}
      </button>
    `;
  }

  private renderCue(cue: CueView, index: number, current: boolean): unknown {
    return html`
      <li data-cue=${cue.id} data-in-preview=${cue.id === this.session.store.rundown?.in_preview} aria-current=${current ? "step" : nothing}>
        <span class="number">${index + 1}</span>
        <button
          class="bare title"
          title=${say(control.toPreview, titled(cue))}
          @click=${() => { this.session.tell({ type: "preview_cue", cue: cue.id }); }}
        >
          ${titled(cue)}
        </button>
        ${current && this.session.store.rundown?.as_planned === true
          ? html`<span class="tag air">${say(control.current)}</span>`
          : html`<wa-button
              size="xs"
              appearance="outlined"
              @click=${() => { this.go(cue); }}
            >
              ${say(control.go)}<span class="unseen"> ${titled(cue)}</span>
            </wa-button>`}
      </li>
    `;
  }

  private go(cue: CueView): void {
    this.desk.goCue(cue.id);
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toLocaleString(locale(), { minimumFractionDigits: 1 });
}
