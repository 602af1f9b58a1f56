import { css, html, nothing } from "lit";
import { customElement } from "lit/decorators.js";

import { control } from "../../text/control.js";
import { say, titled } from "../../text/language.js";
import type { CueView } from "../../wire.js";

import { SessionElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

/** The prepared steps and a large button for the next one. */
@customElement("lx-rundown")
export class LxRundown extends SessionElement {
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

  /** The last step that was on air: a take in between does not lose one's place. */
  private last = "";

  /** The step after the last one that was on air; the first when none was. */
  get nextCue(): CueView | undefined {
    const { rundown } = this.session.store;
    const at = rundown?.cues.findIndex((cue) => cue.id === this.last) ?? -1;
    return rundown?.cues[at + 1];
  }

  override willUpdate(): void {
    const current = this.session.store.rundown?.current ?? "";
    if (current !== "") {
      this.last = current;
    }
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
        <p class="small quiet" aria-live="polite">
          ${next === undefined ? say(control.atEnd) : say(control.nextIs, titled(next))}
        </p>
      </div>
      <ol tabindex="-1">
        ${rundown?.cues.map((cue, index) => this.renderCue(cue, index, cue.id === rundown.current))}
      </ol>
    `;
  }

  private renderCue(cue: CueView, index: number, current: boolean): unknown {
    return html`
      <li data-cue=${cue.id} aria-current=${current ? "step" : nothing}>
        <span class="number">${index + 1}</span>
        <button
          class="bare title"
          title=${say(control.toPreview, titled(cue))}
          @click=${() => { this.session.tell({ type: "set_preview", scene: cue.scene }); }}
        >
          ${titled(cue)}
        </button>
        ${current
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
    this.session.tell({ type: "go_cue", cue: cue.id }, "taken");
  }
}
