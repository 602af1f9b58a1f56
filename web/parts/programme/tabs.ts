import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

export interface Tab {
  readonly id: string;
  readonly label: string;
}

/** Panels of which one is seen; each stands in the slot of its id. Fires `lx-tab`. */
@customElement("lx-tabs")
export class LxTabs extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
        min-height: 0;
      }
      [role="tablist"] {
        display: flex;
        gap: 2px;
        padding: 0 6px;
        border-bottom: 1px solid var(--lx-line);
        overflow-x: auto;
      }
      [role="tab"] {
        padding: 4px 12px 3px;
        border-bottom: 3px solid transparent;
        font-size: 0.86rem;
        color: var(--lx-quiet);
        white-space: nowrap;
      }
      [role="tab"][aria-selected="true"] {
        border-color: var(--lx-link);
        color: var(--lx-text);
        font-weight: 600;
      }
      [role="tab"]:focus-visible {
        outline-offset: -2px;
      }
      [role="tabpanel"] {
        min-height: 0;
        padding: 8px;
        overflow: auto;
      }
    `,
  ];

  @property({ attribute: false }) tabs: readonly Tab[] = [];
  @property() shown = "";
  @property() label = "";

  override render(): unknown {
    return html`
      <div role="tablist" aria-label=${this.label} @keydown=${this.pressed}>
        ${this.tabs.map(
          ({ id, label }) => html`<button
            type="button"
            class="bare"
            role="tab"
            id="tab-${id}"
            aria-controls="panel-${id}"
            aria-selected=${id === this.shown}
            tabindex=${id === this.shown ? 0 : -1}
            @click=${() => { this.fire("lx-tab", id); }}
          >
            ${label}
          </button>`,
        )}
      </div>
      ${this.tabs.map(
        ({ id }) => html`<div
          role="tabpanel"
          id="panel-${id}"
          aria-labelledby="tab-${id}"
          tabindex="0"
          ?hidden=${id !== this.shown}
        >
          <slot name=${id}></slot>
        </div>`,
      )}
    `;
  }

  private pressed(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const at = this.tabs.findIndex(({ id }) => id === this.shown);
    const next = this.tabs[(at + (step ?? 0) + this.tabs.length) % this.tabs.length];
    if (step !== undefined && next !== undefined) {
      event.preventDefault();
      this.fire("lx-tab", next.id);
      this.renderRoot.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
    }
  }
}
