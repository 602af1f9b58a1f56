import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { closestAcross, elementAt, dropped, follow, type Dragged, type Point } from "../../client/drag.js";
import type { Place } from "../../client/layouts.js";
import type { Source, SourceGroup } from "../../client/sources.js";
import { say } from "../../text/language.js";
import { programme as texts } from "../../text/programme.js";
import { sourceGroups, sourceName } from "../../text/sources.js";

import { sharedStyles } from "../base/shared_styles.js";

import { DeskElement } from "./desk_element.js";

const REMOVE = "-";
/** Up to this many slots are read out by name. */
const SPOKEN = 4;
const GROUPS: readonly SourceGroup[] = ["follow", "seat", "device"];

interface SlotLook {
  readonly place: Place;
  readonly chosen: boolean;
  /** Its name stands at the bottom, as another slot covers the top. */
  readonly low: boolean;
}

/** What can be done with the slots of the preview, laid over its picture: choose one, choose its
 * source from a list, drag one onto another, or out of the picture. */
@customElement("lx-slots")
export class LxSlots extends DeskElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        position: absolute;
        inset: 0;
      }
      .slot {
        position: absolute;
        display: grid;
        align-items: start;
        border: 1px solid rgb(255 255 255 / 35%);
        min-width: 0;
        container-type: inline-size;
      }
      .slot.low {
        align-items: end;
      }
      .slot[data-chosen="true"] {
        border: 3px solid #7ee2a8;
      }
      .slot[data-over="true"] {
        border: 3px dashed #ffd36b;
        background: rgb(255 211 107 / 22%);
      }
      .choose {
        position: absolute;
        inset: 0;
        cursor: grab;
        touch-action: manipulation;
      }
      .choose:focus-visible {
        outline-offset: -3px;
      }
      .bar {
        position: relative;
        display: flex;
        align-items: stretch;
        min-width: 0;
        max-width: 100%;
        justify-self: start;
        pointer-events: none;
        font-size: 0.78rem;
        line-height: 1.5;
      }
      .number {
        flex: none;
        min-width: 1.5em;
        padding: 0 3px;
        text-align: center;
        font-weight: 700;
        background: #0d2418;
        color: #b9f0cf;
      }
      .slot[data-chosen="true"] .number {
        background: #7ee2a8;
        color: #062313;
      }
      select {
        flex: 1;
        min-width: 0;
        pointer-events: auto;
        font: inherit;
        color: white;
        background: rgb(10 15 20 / 78%);
        border: 0;
        border-radius: 0;
        padding: 0 2px;
        text-overflow: ellipsis;
      }
      option,
      optgroup {
        background: var(--lx-panel);
      }
      @container (max-width: 74px) {
        .number {
          min-width: 1.2em;
          padding: 0 1px;
        }
        select {
          appearance: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) sources: readonly Source[] = [];
  /** A source that is dragged from elsewhere stands over this slot. */
  @state() private over: number | undefined;

  override render(): unknown {
    const { preview, slot } = this.desk;
    if (preview?.slate !== null) {
      return nothing;
    }
    const found = this.desk.places(preview);
    return html`
      <p class="unseen" role="status">${this.spoken(preview.slots)}</p>
      ${preview.slots.map((source, index) => {
      const place = found[index];
      return place === undefined
        ? nothing
        : this.renderSlot(source, index, {
            place,
            chosen: slot === index,
            low: found.some((other, above) => above > index && covers(other, place)),
          });
      })}
    `;
  }

  /** For who does not see it: what is in preview after each change. */
  private spoken(slots: readonly string[]): string {
    return slots.length > SPOKEN
      ? say(texts.slotCount, slots.length)
      : slots
          .map((source, index) => say(texts.slotHolds, index + 1, sourceName(source, this.sources)))
          .join(", ");
  }

  /** The slot under a point of the page. */
  slotAt(point: Point): number | undefined {
    const found = closestAcross(elementAt(point), "[data-slot]");
    const number = found?.getRootNode() === this.renderRoot ? found.getAttribute("data-slot") : null;
    return number === null ? undefined : Number(number);
  }

  /** Shows where a drag would drop; undefined: nowhere. */
  showDrop(point: Point | undefined): void {
    this.over = point === undefined ? undefined : this.slotAt(point);
  }

  /** Carries out the drop of a drag. */
  drop(what: Dragged, point: Point | undefined): void {
    this.over = undefined;
    if (point === undefined) {
      return;
    }
    const box = this.getBoundingClientRect();
    const inside =
      point.x >= box.left && point.x <= box.right && point.y >= box.top && point.y <= box.bottom;
    const drop = dropped(what, this.slotAt(point), inside);
    switch (drop.kind) {
      case "assign":
        this.desk.assign(drop.slot, drop.source);
        break;
      case "exchange":
        this.desk.exchange(drop.slot, drop.other);
        break;
      case "remove":
        this.desk.remove(drop.slot);
        break;
      case "nothing":
        break;
    }
  }

  private renderSlot(source: string, index: number, as: SlotLook): unknown {
    const { place, chosen, low } = as;
    const name = sourceName(source, this.sources);
    return html`
      <div
        class="slot ${low ? "low" : ""}"
        data-slot=${index}
        data-source=${source}
        data-chosen=${chosen}
        data-over=${this.over === index}
        style="left:${100 * place.x}%;top:${100 * place.y}%;width:${100 * place.width}%;height:${100 * place.height}%"
      >
        <button
          type="button"
          class="bare choose"
          aria-pressed=${chosen}
          aria-label=${say(texts.slotHolds, index + 1, name)}
          title="${say(texts.slotHolds, index + 1, name)}"
          @click=${() => {
            const [fewest, most] = this.desk.range;
            this.desk.choose(chosen && fewest !== most ? undefined : index);
          }}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key === "Delete") {
              event.preventDefault();
              this.desk.remove(index);
            }
          }}
          @pointerdown=${(event: PointerEvent) => {
            this.dragSlot(event, index, name);
          }}
        ></button>
        <span class="bar">
          <span class="number" aria-hidden="true">${index + 1}</span>
          ${this.renderSelect(source, index)}
        </span>
      </div>
    `;
  }

  private renderSelect(chosen: string, index: number): unknown {
    const { sources, desk } = this;
    const mayGo = (desk.preview?.slots.length ?? 0) > desk.range[0];
    const known = sources.some((one) => one.source === chosen);
    return html`
      <select
        aria-label=${say(texts.slotSource, index + 1)}
        .value=${chosen}
        @change=${(event: Event) => {
          const { value } = event.target as HTMLSelectElement;
          if (value === REMOVE) {
            desk.remove(index);
          } else {
            desk.assign(index, value);
          }
        }}
      >
        ${known ? nothing : html`<option value=${chosen} selected>${chosen}</option>`}
        ${GROUPS.map((group) => this.renderGroup(group, chosen))}
        ${mayGo ? html`<option value=${REMOVE}>— ${say(texts.slotRemove)} —</option>` : nothing}
      </select>
    `;
  }

  private renderGroup(group: SourceGroup, chosen: string): unknown {
    const { sources } = this;
    const found = sources.filter((one) => one.group === group);
    return found.length === 0
      ? nothing
      : html`<optgroup label=${say(sourceGroups[group])}>
          ${found.map(
            ({ source, here }) => html`<option value=${source} ?selected=${source === chosen}>
              ${sourceName(source, sources)}${here ? "" : ` (${say(texts.notHere)})`}
            </option>`,
          )}
        </optgroup>`;
  }

  private dragSlot(press: PointerEvent, slot: number, label: string): void {
    follow(press, {
      label,
      began: () => {
        this.desk.choose(slot);
      },
      moved: (point) => {
        this.showDrop(point);
      },
      ended: (point) => {
        this.drop({ slot }, point);
      },
    });
  }
}

function covers(above: Place, place: Place): boolean {
  const x = place.x + place.width / 8;
  const y = place.y + 0.18 * place.height;
  return x >= above.x && x <= above.x + above.width && y >= above.y && y <= above.y + above.height;
}
