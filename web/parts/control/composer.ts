import { css, html, nothing } from "lit";
import { customElement } from "lit/decorators.js";

import { assign, refill, sameScene } from "../../client/layouts.js";
import { asFault } from "../../client/session.js";
import { control } from "../../text/control.js";
import { named, say, type Text } from "../../text/language.js";
import type { ProgrammeView, SceneView } from "../../wire.js";

import { SessionElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";
import "./scene.js";

const NAMES: Readonly<Record<string, Text>> = control.layoutNames;

/** Up to this many slots each has a list of its own; above, sites are ticked. */
const LISTED_SLOTS = 4;

/** The state comes right behind the answer; after this what the server says counts. */
const STATE_FOLLOWS_MS = 1000;

/** Puts the preview together: a layout, and who is in its slots. */
@customElement("lx-composer")
export class LxComposer extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 8px;
      }
      .layouts {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(74px, 1fr));
        gap: 8px;
      }
      .layouts button {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        align-content: start;
        gap: 3px;
        overflow-wrap: anywhere;
        line-height: 1.25;
        padding: 5px;
        border: 2px solid transparent;
        border-radius: 6px;
        background: var(--lx-raised);
        font-size: 0.82rem;
        text-align: center;
      }
      .layouts button[aria-checked="true"] {
        border-color: var(--lx-ready-soft);
      }
      .slots {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
        gap: 8px;
      }
      .slots label {
        display: grid;
        gap: 2px;
        font-size: 0.8rem;
        color: var(--lx-quiet);
      }
      select {
        font: inherit;
        font-size: 0.9rem;
        color: var(--lx-text);
        background: var(--lx-ground);
        border: 1px solid #77828f;
        border-radius: 6px;
        padding: 5px 8px;
        min-width: 0;
      }
      .ticks {
        display: flex;
        flex-wrap: wrap;
        gap: 5px;
        max-height: 132px;
        overflow: auto;
      }
      .ticks button {
        padding: 2px 9px;
        border: 1px solid #5b6673;
        border-radius: 5px;
        font-size: 0.82rem;
        color: var(--lx-quiet);
      }
      .ticks button[aria-pressed="true"] {
        background: #26405f;
        border-color: #6d94c4;
        color: white;
      }
      .row {
        display: flex;
        align-items: center;
        gap: 10px;
      }
    `,
  ];

  /** Sent and not yet seen in the state. */
  private sent: SceneView | undefined;

  override render(): unknown {
    const programme = this.programme();
    if (programme === undefined) {
      return nothing;
    }
    const { preview } = programme;
    const [, most = 0] = programme.layouts[preview.layout] ?? [];
    return html`
      <div class="layouts" role="radiogroup" aria-label=${say(control.layouts)}>
        ${Object.entries(programme.layouts).map(([name, range]) =>
          this.renderLayout(programme, name, [range[0] ?? 1, range[1] ?? 1]),
        )}
      </div>
      ${most > LISTED_SLOTS ? this.renderTicks(programme, most) : this.renderSlots(preview)}
    `;
  }

  private renderLayout(programme: ProgrammeView, name: string, range: [number, number]): unknown {
    const chosen = programme.preview.layout === name;
    const slots = refill([], range, this.session.store.sites.map((seat) => seat.seat));
    const text = NAMES[name];
    return html`
      <button
        class="bare"
        role="radio"
        aria-checked=${chosen}
        data-layout=${name}
        @click=${() => {
          if (!chosen) {
            this.preview({
              ...programme.preview,
              layout: name,
              slots: refill(programme.preview.slots, range, this.candidates()),
            });
          }
        }}
      >
        <lx-scene bare .scene=${{ layout: name, slots, caption: null, strap: "", question: "", slate: null }}></lx-scene>
        ${text === undefined ? name : say(text)}
      </button>
    `;
  }

  private renderSlots(preview: SceneView): unknown {
    const { sites } = this.session.store;
    return html`
      <div class="slots">
        ${preview.slots.map(
          (chosen, index) => html`
            <label>
              ${say(control.slot, index + 1)}
              <select
                data-slot=${index}
                .value=${chosen}
                @change=${(event: Event) => {
                  const { value } = event.target as HTMLSelectElement;
                  this.preview({ ...preview, slots: assign(preview.slots, index, value) });
                }}
              >
                ${sites.map(
                  (seat) => html`
                    <option value=${seat.seat} ?selected=${seat.seat === chosen}>
                      ${named(seat)}${seat.devices.length === 0 ? " ·" : ""}
                    </option>
                  `,
                )}
              </select>
            </label>
          `,
        )}
      </div>
    `;
  }

  private renderTicks(programme: ProgrammeView, most: number): unknown {
    const { preview } = programme;
    const { sites } = this.session.store;
    return html`
      <div class="row">
        <span class="small quiet" aria-live="polite">${say(control.gridCount, preview.slots.length)}</span>
        <wa-button
          size="xs"
          appearance="outlined"
          @click=${() => {
            const here = sites.filter((seat) => seat.devices.length > 0).map((seat) => seat.seat);
            if (here.length > 0) {
              this.preview({ ...preview, slots: here.slice(0, most) });
            }
          }}
        >
          ${say(control.allPresent)}
        </wa-button>
      </div>
      <div class="ticks" role="group" aria-label=${say(control.sources)}>
        ${sites.map((seat) => {
          const shown = preview.slots.includes(seat.seat);
          return html`
            <button
              class="bare"
              aria-pressed=${shown}
              data-seat=${seat.seat}
              ?disabled=${shown && preview.slots.length === 1}
              @click=${() => {
                const order = sites.map((one) => one.seat);
                const slots = shown
                  ? preview.slots.filter((one) => one !== seat.seat)
                  : [...preview.slots, seat.seat].sort((a, b) => order.indexOf(a) - order.indexOf(b));
                this.preview({ ...preview, slots: slots.slice(0, most) });
              }}
            >
              ${named(seat)}
            </button>
          `;
        })}
      </div>
    `;
  }

  /** Who fills a slot first: those who are here. */
  private candidates(): string[] {
    const { sites } = this.session.store;
    const here = sites.filter((seat) => seat.devices.length > 0);
    const absent = sites.filter((seat) => seat.devices.length === 0);
    return [...here, ...absent].map((seat) => seat.seat);
  }

  /** With the preview that was sent last, so that a second change made at once builds on the
   * first instead of undoing it. */
  private programme(): ProgrammeView | undefined {
    const { programme } = this.session.store;
    if (programme === undefined || this.sent === undefined) {
      return programme;
    }
    if (sameScene(programme.preview, this.sent)) {
      this.sent = undefined;
      return programme;
    }
    return { ...programme, preview: this.sent };
  }

  private preview(scene: SceneView): void {
    this.sent = scene;
    this.requestUpdate();
    const settled = (): void => {
      if (this.sent === scene) {
        this.sent = undefined;
        this.requestUpdate();
      }
    };
    this.session.ask({ type: "set_preview", scene }, "done").then(
      () => setTimeout(settled, STATE_FOLLOWS_MS),
      (reason: unknown) => {
        settled();
        this.session.complaint.emit(asFault(reason));
      },
    );
  }
}
