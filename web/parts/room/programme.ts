import { css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { room } from "../../text/room.js";
import { say } from "../../text/language.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

type Playing = "waiting" | "playing" | "blocked";

/** The programme as it arrives. When the browser holds sound back, the picture plays without
 * it and a large button starts it. `data-state`: waiting, playing, blocked. */
@customElement("lx-programme")
export class LxProgramme extends LxElement {
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
        width: 100%;
        height: 100%;
        object-fit: contain;
      }
      .over {
        position: absolute;
        inset: 0;
        display: flex;
        flex-direction: column;
        gap: 10px;
        align-items: center;
        justify-content: center;
        text-align: center;
        padding: 16px;
        color: var(--lx-quiet);
      }
      .note {
        position: absolute;
        inset: 10px 10px auto;
        width: fit-content;
        max-width: calc(100% - 20px);
        margin: 0 auto;
        padding: 5px 14px;
        border-radius: 6px;
        background: #4a3710;
        color: #ffe7b8;
        line-height: 1.35;
        text-align: center;
      }
      .over.ask {
        background: rgb(0 0 0 / 55%);
        color: white;
      }
    `,
  ];

  @property({ attribute: false }) stream: MediaStream | undefined;
  @property({ type: Number }) volume = 1;
  @property() speaker = "";
  @property({ type: Boolean }) silent = false;
  /** Why the picture stands still, over it; empty: it does not. */
  @property() note = "";
  @property({ attribute: "data-state", reflect: true }) playing: Playing = "waiting";
  @query("video") private readonly video!: HTMLVideoElement;
  @state() private hasPicture = false;

  override render(): unknown {
    return html`
      <video
        autoplay
        playsinline
        aria-label=${say(room.programme)}
        @playing=${() => {
          this.playing = this.video.muted && !this.silent ? "blocked" : "playing";
        }}
        @resize=${() => {
          this.hasPicture = this.video.videoWidth > 0;
        }}
      ></video>
      ${this.hasPicture || this.note !== ""
        ? nothing
        : html`<div class="over" role="status">${say(room.waitingPicture)}</div>`}
      <div role="status">${this.note === "" ? nothing : html`<p class="note">${this.note}</p>`}</div>
      ${this.playing === "blocked" ? this.renderStart() : nothing}
    `;
  }

  override updated(changed: Map<string, unknown>): void {
    if (changed.has("stream") && this.video.srcObject !== (this.stream ?? null)) {
      this.video.srcObject = this.stream ?? null;
      void this.play();
    }
    this.video.volume = this.volume;
    if (changed.has("silent")) {
      this.video.muted = this.silent;
    }
    if (changed.has("speaker") && "setSinkId" in this.video) {
      this.video.setSinkId(this.speaker).catch((reason: unknown) => {
        // A remembered loudspeaker that is gone: the default one plays.
        console.warn("loudspeaker not available", reason);
      });
    }
  }

  private renderStart(): unknown {
    return html`
      <div class="over ask">
        <wa-button id="start-sound" variant="brand" size="l" @click=${this.startSound}>
          <wa-icon slot="start" name="speaker"></wa-icon>${say(room.startSound)}
        </wa-button>
        <p>${say(room.startSoundWhy)}</p>
      </div>
    `;
  }

  private async play(): Promise<void> {
    if (this.stream === undefined) {
      return;
    }
    try {
      this.video.muted = this.silent;
      await this.video.play();
    } catch (reason: unknown) {
      if (reason instanceof DOMException && reason.name === "NotAllowedError") {
        this.video.muted = true;
        this.playing = "blocked";
        await this.video.play().catch((again: unknown) => {
          console.warn("picture held back as well", again);
        });
      }
      // AbortError: another stream took the place of this one, whose play() comes next.
    }
  }

  private startSound(): void {
    this.video.muted = false;
    this.playing = "playing";
    void this.play();
  }
}
