import { css, html } from "lit";
import { customElement, state } from "lit/decorators.js";

import { counts, places, refill } from "../../client/layouts.js";
import { neighbour } from "../../client/tiles.js";
import { say, titled } from "../../text/language.js";
import { programme as texts } from "../../text/programme.js";

import { sharedStyles } from "../base/shared_styles.js";

import { DeskElement } from "./desk_element.js";
import { layoutPicture } from "./layout_picture.js";

/** The layouts as pictures, each with the slots it would have now. Arrow keys move, Enter or
 * Space chooses, a digit chooses the layout of that place at once. */
@customElement("lx-layout-chooser")
export class LxLayoutChooser extends DeskElement {
  static override styles = [
    sharedStyles,
    css`
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(var(--lx-layout-width, 70px), 1fr));
        gap: 4px;
      }
      button {
        display: block;
        width: 100%;
        padding: 3px 3px 1px;
        border: 2px solid transparent;
        border-radius: 6px;
        background: var(--lx-raised);
        text-align: center;
      }
      button[aria-checked="true"] {
        border-color: var(--lx-ready-soft);
        background: #1c3327;
      }
      button[data-on-air="true"] {
        box-shadow: inset 0 -3px 0 var(--lx-air);
      }
      svg {
        display: block;
        width: 100%;
        border-radius: 3px;
      }
      .ground {
        fill: #0a0d11;
      }
      .slot {
        fill: #33557f;
        stroke: #6d94c4;
        stroke-width: 2;
      }
      .slot.first {
        fill: #4a76ad;
      }
      .foot {
        display: flex;
        justify-content: space-between;
        gap: 3px;
        font-size: 0.72rem;
        line-height: 1.5;
      }
      .name {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        white-space: nowrap;
        text-overflow: ellipsis;
        text-align: left;
      }
      .count {
        color: var(--lx-quiet);
      }
    `,
  ];

  /** The layout that takes part in the order of Tab. */
  @state() private current = "";

  override focus(): void {
    this.buttons().find((one) => one.tabIndex === 0)?.focus();
  }

  override render(): unknown {
    const { programme, preview } = this.desk;
    const names = Object.keys(programme?.layouts ?? {});
    const chosen = preview?.slate === null ? preview.layout : "";
    const current = names.includes(this.current) ? this.current : (preview?.layout ?? names[0]);
    return html`
      <ul role="radiogroup" aria-label=${say(texts.layouts)} @keydown=${this.pressed}>
        ${names.map((name) => this.renderLayout(name, { chosen, current }))}
      </ul>
    `;
  }

  private renderLayout(name: string, as: { chosen: string; current: string | undefined }): unknown {
    const { programme, preview } = this.desk;
    const [fewest, most] = counts(programme?.layouts, name);
    const sites = this.session.store.sites.map((seat) => seat.seat);
    const kept = as.chosen === name ? (preview?.slots ?? []) : [];
    const count = kept.length > 0 ? kept.length : refill([], [fewest, most], sites).length;
    const range = say(texts.slotRange, fewest, most);
    const both = this.desk.layoutName(name);
    const shown = titled(both);
    return html`
      <li role="none">
        <button
          type="button"
          class="bare"
          role="radio"
          aria-checked=${as.chosen === name}
          aria-label="${shown}, ${range}"
          title="${both.title} · ${both.title_en} · ${range}"
          data-layout=${name}
          data-on-air=${programme?.on_air.slate === null && programme.on_air.layout === name}
          tabindex=${as.current === name ? 0 : -1}
          @focus=${() => {
            this.current = name;
          }}
          @click=${() => {
            this.desk.setLayout(name);
          }}
        >
          ${layoutPicture(places(this.desk.looks, name, Math.max(count, 1)))}
          <span class="foot">
            <span class="name">${shown}</span>
            <span class="count number">${fewest === most ? most : `${count}/${most}`}</span>
          </span>
        </button>
      </li>
    `;
  }

  private buttons(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>("button[data-layout]")];
  }

  private pressed(event: KeyboardEvent): void {
    const all = this.buttons();
    const digit = /^[1-9]$/.test(event.key) ? all[Number(event.key) - 1] : undefined;
    if (digit !== undefined) {
      event.preventDefault();
      digit.focus();
      digit.click();
      return;
    }
    const index = all.findIndex((one) => one === (event.target as HTMLElement));
    const top = all[0]?.offsetTop;
    const columns = all.filter((one) => one.offsetTop === top).length;
    const next = neighbour(Math.max(index, 0), all.length, columns, event.key);
    if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") {
      event.preventDefault();
      all[next]?.focus();
    }
  }
}
