import { css, html, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import { join } from "../../text/join.js";
import { say } from "../../text/language.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

/** One's own picture, mirrored as in a mirror. */
@customElement("lx-preview")
export class LxPreview extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      .frame {
        position: relative;
        aspect-ratio: 16 / 9;
        border-radius: var(--lx-radius);
        overflow: hidden;
        background: #05070a;
        border: 1px solid var(--lx-line);
      }
      video {
        width: 100%;
        height: 100%;
        object-fit: cover;
        transform: scaleX(-1);
      }
      .instead {
        position: absolute;
        inset: 0;
        display: flex;
        flex-direction: column;
        gap: 6px;
        align-items: center;
        justify-content: center;
        padding: 4px;
        color: var(--lx-quiet);
        font-size: 0.9em;
        text-align: center;
      }
      wa-icon {
        font-size: 1.8em;
      }
    `,
  ];

  @property({ attribute: false }) track: MediaStreamTrack | null | undefined;
  @property() label = "";
  @query("video") private readonly video!: HTMLVideoElement | null;

  override render(): unknown {
    const shown = this.track !== null && this.track !== undefined;
    return html`
      <div class="frame" data-state=${shown ? "shown" : "off"}>
        <video
          autoplay
          playsinline
          muted
          .muted=${true}
          ?hidden=${!shown}
          aria-label=${this.label || say(join.preview)}
        ></video>
        ${shown
          ? nothing
          : html`<div class="instead">
              <wa-icon name="camera-off"></wa-icon>
              ${say(this.track === null ? join.cameraOffNow : join.noPicture)}
            </div>`}
      </div>
    `;
  }

  override updated(): void {
    const shown = (this.video?.srcObject as MediaStream | null)?.getVideoTracks()[0];
    if (this.video !== null && shown !== (this.track ?? undefined)) {
      this.video.srcObject =
        this.track === null || this.track === undefined ? null : new MediaStream([this.track]);
    }
  }
}
