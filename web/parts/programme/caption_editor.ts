import "@awesome.me/webawesome/dist/components/input/input.js";
import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { seatOf } from "../../client/sources.js";
import { control } from "../../text/control.js";
import { named, say, type Text } from "../../text/language.js";
import { programme as texts } from "../../text/programme.js";
import type { CaptionView } from "../../wire.js";

import { sharedStyles } from "../base/shared_styles.js";

import "./caption_mirror.js";
import { DeskElement } from "./desk_element.js";
import { lengthOf, peopleOf } from "./people.js";

/** The server refuses longer lines. */
const MOST = 80;
const EMPTY: CaptionView = { title: "", subtitle: "", organisation: "" };
const LINES: readonly (readonly [keyof CaptionView, Text])[] = [
  ["title", texts.captionTitle],
  ["subtitle", texts.captionSubtitle],
  ["organisation", texts.captionOrganisation],
];

/** Lower thirds: people of the event by one click, what the cue has prepared, or three lines to
 * write; as it will look, while it is written. */
@customElement("lx-caption-editor")
export class LxCaptionEditor extends DeskElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        grid-template-rows: auto auto minmax(0, 1fr);
        gap: 6px 10px;
      }
      .lines {
        display: grid;
        grid-template-columns: 1fr 1fr 1fr;
        gap: 6px;
        grid-column: 1 / -1;
      }
      .line {
        position: relative;
      }
      .count {
        position: absolute;
        right: 6px;
        bottom: -2px;
        font-size: 0.68rem;
        pointer-events: none;
      }
      .count.long {
        color: var(--lx-warning);
      }
      .look {
        position: relative;
        min-height: 64px;
        border-radius: 5px;
        background: repeating-conic-gradient(#39465a 0 25%, #313d4f 0 50%) 0 0 / 22px 22px;
        overflow: hidden;
      }
      .look lx-caption-mirror {
        position: absolute;
        left: 2%;
        bottom: 8px;
        width: max(100%, 620px);
      }
      .look p {
        padding: 8px;
        font-size: 0.8rem;
        color: #d5dbe3;
      }
      .actions,
      .prepared {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        align-content: start;
        align-items: center;
      }
      .people {
        overflow: auto;
        min-height: 0;
        max-height: var(--lx-people-height, 76px);
        grid-column: 1 / -1;
      }
      .prepared button {
        padding: 1px 9px;
        border: 1px solid #5b6673;
        border-radius: 5px;
        font-size: 0.84rem;
        line-height: 1.5;
      }
      .prepared button.cue {
        border-color: #6d94c4;
      }
      .prepared button[aria-pressed="true"] {
        background: #26405f;
        border-color: #6d94c4;
        color: white;
      }
      .prepared button[data-on-air="true"] {
        background: var(--lx-air);
        border-color: var(--lx-air-soft);
        color: white;
      }
      small {
        opacity: 0.85;
      }
    `,
  ];

  @state() private caption: CaptionView = EMPTY;

  /** As the key C does: away with what is on air; else what is written, or else the first
   * person in the picture. */
  toggle(): void {
    const onAir = this.desk.programme?.on_air.caption ?? null;
    if (onAir !== null) {
      this.desk.caption(null);
      return;
    }
    const chosen = this.isEmpty ? this.people()[0]?.caption : this.caption;
    if (chosen !== undefined) {
      this.caption = chosen;
      this.desk.caption(chosen);
    }
  }

  override render(): unknown {
    const onAir = this.desk.programme?.on_air.caption ?? null;
    return html`
      <div class="lines">${LINES.map(([name, label]) => this.renderLine(name, say(label)))}</div>
      <div class="look" role="img" aria-label=${say(texts.captionPreview)}>
        ${this.isEmpty
          ? html`<p>${say(texts.captionEmpty)}</p>`
          : html`<lx-caption-mirror .caption=${this.caption} .look=${this.desk.captionLook}></lx-caption-mirror>`}
      </div>
      ${this.renderActions(onAir)} ${this.renderPeople(onAir)}
    `;
  }

  private get isEmpty(): boolean {
    return LINES.every(([name]) => this.caption[name].trim() === "");
  }

  private renderLine(name: keyof CaptionView, label: string): unknown {
    const value = this.caption[name];
    const length = lengthOf(value);
    return html`
      <div class="line">
        <wa-input
          class="labelled"
          size="xs"
          maxlength=${MOST}
          data-name=${name}
          placeholder=${label}
          .value=${value}
          @input=${(event: Event) => {
            this.caption = { ...this.caption, [name]: (event.target as HTMLInputElement).value };
          }}
        >
          <span slot="label" class="unseen">${label}</span>
        </wa-input>
        <span
          class="count number quiet ${length > MOST * 0.75 ? "long" : ""}"
          aria-label=${say(texts.lengthOf, label, length, MOST)}
          role="img"
          >${length === 0 ? nothing : say(texts.length, length, MOST)}</span
        >
      </div>
    `;
  }

  private renderActions(onAir: CaptionView | null): unknown {
    return html`
      <div class="actions">
        <wa-button
          id="caption-show"
          size="xs"
          variant="danger"
          ?disabled=${this.isEmpty || same(this.caption, onAir)}
          @click=${() => { this.desk.caption(this.caption); }}
        >
          ${say(onAir === null ? texts.captionShow : texts.captionUpdate)}
        </wa-button>
        <wa-button
          id="caption-clear"
          size="xs"
          appearance="outlined"
          ?disabled=${onAir === null}
          @click=${() => { this.desk.caption(null); }}
        >
          ${say(texts.captionHide)} (C)
        </wa-button>
        <wa-button
          id="caption-with-take"
          size="xs"
          appearance="outlined"
          ?disabled=${this.isEmpty}
          @click=${() => { this.desk.words({ caption: this.caption }); }}
        >
          ${say(texts.captionWithTake)}
        </wa-button>
        ${onAir === null
          ? nothing
          : html`<span class="tag air" title=${say(control.captionOnAir)}>● ${onAir.title}</span>`}
      </div>
    `;
  }

  private renderPeople(onAir: CaptionView | null): unknown {
    const { rundown } = this.session.store;
    const prepared = rundown?.cues.find((one) => one.id === rundown.current)?.captions ?? [];
    return html`
      <div class="prepared people" role="group" aria-label=${say(texts.captionPeople)} tabindex="-1">
        ${prepared.map((caption) => this.renderChoice(caption, onAir, say(texts.captionPrepared)))}
        ${this.people().map(({ caption, seat }) =>
          this.renderChoice(caption, onAir, "", this.session.store.seat(seat)),
        )}
      </div>
    `;
  }

  private renderChoice(
    caption: CaptionView,
    onAir: CaptionView | null,
    label: string,
    seat?: { name: string; name_en: string },
  ): unknown {
    return html`
      <button
        type="button"
        class="bare ${label === "" ? "" : "cue"}"
        data-person=${caption.title}
        data-on-air=${same(caption, onAir)}
        aria-pressed=${same(caption, this.caption)}
        title=${label === "" ? caption.subtitle : label}
        @click=${() => { this.caption = caption; }}
        @dblclick=${() => { this.desk.caption(caption); }}
      >
        ${caption.title} <small>${seat === undefined ? caption.subtitle : named(seat)}</small>
      </button>
    `;
  }

  private people(): ReturnType<typeof peopleOf> {
    const { preview, programme } = this.desk;
    return peopleOf(
      this.session.store.sites,
      (preview?.slots ?? []).map(seatOf),
      (programme?.on_air.slots ?? []).map(seatOf),
    );
  }
}

function same(a: CaptionView, b: CaptionView | null): boolean {
  return (
    b !== null &&
    a.title === b.title &&
    a.subtitle === b.subtitle &&
    a.organisation === b.organisation
  );
}
