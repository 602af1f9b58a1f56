import "@awesome.me/webawesome/dist/components/input/input.js";
import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { control } from "../../text/control.js";
import { say } from "../../text/language.js";
import type { CaptionView } from "../../wire.js";

import { SessionElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

/** Lower thirds: what the cue has prepared, and two lines to write. */
@customElement("lx-captions")
export class LxCaptions extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 8px;
      }
      .head,
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: center;
      }
      .lines {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 8px;
      }
      .prepared {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
      .prepared button {
        padding: 3px 10px;
        border: 1px solid #5b6673;
        border-radius: 5px;
        font-size: 0.85rem;
        line-height: 1.3;
      }
      .prepared button[aria-pressed="true"] {
        background: var(--lx-air);
        border-color: var(--lx-air-soft);
        color: white;
      }
      .prepared small {
        opacity: 0.85;
      }
    `,
  ];

  @state() private caption: CaptionView = { title: "", subtitle: "", organisation: "" };

  override render(): unknown {
    const { programme, rundown } = this.session.store;
    const onAir = programme?.on_air.caption ?? null;
    const cue = rundown?.cues.find((one) => one.id === rundown.current);
    const prepared = cue?.captions ?? [];
    return html`
      <div class="head">
        <h2>${say(control.captions)}</h2>
        ${onAir === null
          ? nothing
          : html`<span class="tag air" title=${say(control.captionOnAir)}>${onAir.title}</span>`}
        <div class="prepared" role="group" aria-label=${say(control.captionsPrepared)}>
        ${prepared.length === 0
          ? html`<p class="small quiet">${say(control.captionNone)}</p>`
          : prepared.map((caption) => this.renderPrepared(caption, same(caption, onAir)))}
        </div>
      </div>
      <div class="lines">
        ${this.renderLine("title", say(control.captionTitle))}
        ${this.renderLine("subtitle", say(control.captionSubtitle))}
      </div>
      <div class="actions">
        <wa-button
          id="caption-show"
          size="s"
          variant="danger"
          ?disabled=${this.caption.title.trim() === ""}
          @click=${() => { this.show(this.caption); }}
        >
          ${say(control.captionShow)}
        </wa-button>
        <wa-button
          size="s"
          appearance="outlined"
          ?disabled=${this.caption.title.trim() === ""}
          @click=${this.withTake}
        >
          ${say(control.captionWithTake)}
        </wa-button>
        <wa-button
          id="caption-clear"
          size="s"
          appearance="outlined"
          ?disabled=${onAir === null}
          @click=${() => { this.show(null); }}
        >
          ${say(control.captionClear)}
        </wa-button>
      </div>
    `;
  }

  private renderPrepared(caption: CaptionView, shown: boolean): unknown {
    return html`
      <button class="bare" aria-pressed=${shown} @click=${() => { this.show(shown ? null : caption); }}>
        ${caption.title}${caption.subtitle === "" ? "" : html` <small>${caption.subtitle}</small>`}
      </button>
    `;
  }

  private renderLine(name: "title" | "subtitle", label: string): unknown {
    return html`
      <wa-input
        class="labelled"
        size="s"
        maxlength="80"
        data-name=${name}
        placeholder=${label}
        .value=${this.caption[name]}
        @input=${(event: Event) => {
          this.caption = { ...this.caption, [name]: (event.target as HTMLInputElement).value };
        }}
      >
        <span slot="label" class="unseen">${label}</span>
      </wa-input>
    `;
  }

  private show(caption: CaptionView | null): void {
    this.session.tell({ type: "set_caption", caption }, "taken");
  }

  private withTake(): void {
    const preview = this.session.store.programme?.preview;
    if (preview !== undefined) {
      this.session.tell({ type: "set_preview", scene: { ...preview, caption: this.caption } });
    }
  }
}

function same(a: CaptionView, b: CaptionView | null): boolean {
  return b !== null && a.title === b.title && a.subtitle === b.subtitle;
}
