import { css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

/** One silent picture; a text stands in its place until there is one. */
@customElement("lx-picture")
export class LxPicture extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        position: relative;
        background: black;
        overflow: hidden;
      }
      video {
        display: block;
        position: absolute;
        width: 100%;
        height: 100%;
        object-fit: cover;
      }
      span {
        position: absolute;
        inset: 0;
        display: grid;
        place-items: center;
        padding: 4px;
        font-size: 0.78rem;
        text-align: center;
        color: var(--lx-quiet);
        background: var(--lx-ground);
      }
    `,
  ];

  @property({ attribute: false }) stream: MediaStream | undefined;
  @property() text = "";
  @query("video") private readonly video!: HTMLVideoElement;
  @state() private isShown = false;

  override render(): unknown {
    return html`
      <video
        autoplay
        playsinline
        .muted=${true}
        aria-hidden="true"
        @resize=${() => {
          this.isShown = this.video.videoWidth > 0;
        }}
        @emptied=${() => {
          this.isShown = false;
        }}
      ></video>
      ${this.isShown ? nothing : html`<span>${this.text}</span>`}
    `;
  }

  override updated(changed: Map<string, unknown>): void {
    if (changed.has("stream") && this.video.srcObject !== (this.stream ?? null)) {
      this.video.srcObject = this.stream ?? null;
    }
  }
}
