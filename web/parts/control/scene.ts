import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import { places } from "../../client/layouts.js";
import type { SceneView } from "../../wire.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

/** A scene as a drawing: boxes with names where pictures will be. `bare` leaves names out. */
@customElement("lx-scene")
export class LxScene extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      .canvas {
        position: relative;
        aspect-ratio: 16 / 9;
        overflow: hidden;
        background: #0a0d11;
        container-type: inline-size;
      }
      .slot {
        position: absolute;
        display: flex;
        align-items: center;
        justify-content: center;
        padding: 2px;
        overflow: hidden;
        text-align: center;
        line-height: 1.2;
        background: #26405f;
        border: 1px solid #4b6d96;
        font-size: clamp(9px, 4cqw, 17px);
      }
      .slot.absent {
        background: #2a2f36;
        border-color: #4d5661;
        color: var(--lx-quiet);
      }
      .many .slot {
        font-size: clamp(8px, 2.4cqw, 12px);
      }
      .caption {
        position: absolute;
        left: 6%;
        bottom: 7%;
        max-width: 80%;
        padding: 0.3em 0.8em;
        background: #10243ce6;
        border-left: 3px solid #4f8ff7;
        font-size: clamp(9px, 3.6cqw, 15px);
        line-height: 1.25;
        overflow: hidden;
        white-space: nowrap;
        text-overflow: ellipsis;
      }
      .caption .strap {
        color: #7cc6d6;
        margin-right: 0.8em;
      }
      .caption small {
        display: block;
        color: #c4cedb;
        font-size: 0.8em;
      }
    `,
  ];

  @property({ attribute: false }) scene: SceneView | undefined;
  @property({ attribute: false }) names: ReadonlyMap<string, string> = new Map();
  @property({ attribute: false }) absent: ReadonlySet<string> = new Set();
  @property({ type: Boolean }) bare = false;

  override render(): unknown {
    const { scene } = this;
    if (scene === undefined) {
      return html`<div class="canvas"></div>`;
    }
    const found = places(scene.layout, scene.slots.length);
    return html`
      <div class="canvas ${scene.slots.length > 4 ? "many" : ""}">
        ${scene.slots.map((seat, index) => {
          const place = found[index];
          return place === undefined
            ? nothing
            : html`<div
                class="slot ${this.absent.has(seat) ? "absent" : ""}"
                style="left:${100 * place.x}%;top:${100 * place.y}%;width:${100 * place.width}%;height:${100 * place.height}%"
              >
                ${this.bare ? nothing : (this.names.get(seat) ?? seat)}
              </div>`;
        })}
        ${this.bare ? nothing : renderCaption(scene)}
      </div>
    `;
  }
}

function renderCaption(scene: SceneView): unknown {
  if (scene.caption === null && scene.strap === "") {
    return nothing;
  }
  return html`
    <div class="caption">
      ${scene.strap === "" ? nothing : html`<span class="strap">${scene.strap}</span>`}
      ${scene.caption?.title}<small>${scene.caption?.subtitle}</small>
    </div>
  `;
}
