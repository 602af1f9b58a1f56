import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { css, html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { common } from "../../text/common.js";
import { control } from "../../text/control.js";
import { say, type Text } from "../../text/language.js";

import { SessionElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

const PHASES: Readonly<Record<string, Text>> = common.phases;
/** These send people home, so they are asked for twice. */
const FINAL: ReadonlySet<string> = new Set(["ended", "archived"]);

/** Where the event stands, and for those who may, moving it on. */
@customElement("lx-phase")
export class LxPhase extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      select {
        font: inherit;
        font-size: 0.85rem;
        color: var(--lx-text);
        background: var(--lx-ground);
        border: 1px solid #77828f;
        border-radius: 5px;
        padding: 2px 6px;
      }
      .live {
        color: #b9f0cf;
        border-color: var(--lx-ready-soft);
      }
    `,
  ];

  @state() private wanted = "";
  @query("select") private readonly select!: HTMLSelectElement | null;

  override render(): unknown {
    const phase = this.session.store.event?.phase;
    if (phase === undefined) {
      return nothing;
    }
    if (this.session.store.you?.rights.includes("move_phase") !== true) {
      return html`<span class="tag ${phase === "live" ? "ready" : ""}">${nameOf(phase)}</span>`;
    }
    return html`
      <select
        class=${phase}
        aria-label=${say(common.phase)}
        title=${say(common.phase)}
        @change=${() => { this.choose(phase); }}
      >
        ${Object.keys(PHASES).map(
          (name) => html`<option value=${name} ?selected=${name === phase}>${nameOf(name)}</option>`,
        )}
      </select>
      ${this.renderQuestion()}
    `;
  }

  private renderQuestion(): unknown {
    return html`
      <wa-dialog
        id="phase-dialog"
        label=${say(control.phaseTitle, nameOf(this.wanted))}
        .open=${this.wanted !== ""}
        @wa-after-hide=${() => { this.wanted = ""; }}
      >
        <p>${say(control.phaseText)}</p>
        <wa-button slot="footer" appearance="outlined" autofocus @click=${() => { this.wanted = ""; }}>
          ${say(common.cancel)}
        </wa-button>
        <wa-button id="phase-now" slot="footer" variant="danger" @click=${this.confirm}>
          ${nameOf(this.wanted)}
        </wa-button>
      </wa-dialog>
    `;
  }

  /** The list shows what is so, not what is wished: it follows when the server moved. */
  private choose(phase: string): void {
    const wanted = this.select?.value ?? phase;
    if (this.select !== null) {
      this.select.value = phase;
    }
    if (FINAL.has(wanted)) {
      this.wanted = wanted;
    } else if (wanted !== phase) {
      this.session.tell({ type: "move_phase", phase: wanted });
    }
  }

  private confirm(): void {
    this.session.tell({ type: "move_phase", phase: this.wanted });
    this.wanted = "";
  }
}

function nameOf(phase: string): string {
  const text = PHASES[phase];
  return text === undefined ? phase : say(text);
}
