import "@awesome.me/webawesome/dist/components/slider/slider.js";
import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";

import { room } from "../../text/room.js";
import { say, type Text } from "../../text/language.js";

import { LxElement } from "../base/element.js";
import type { IconName } from "../base/icon_names.js";
import { sharedStyles } from "../base/shared_styles.js";

/** What a person does in a call. Fires `lx-mute`, `lx-camera`, `lx-volume`, `lx-settings`,
 * `lx-full-screen`, `lx-leave`. */
@customElement("lx-call-bar")
export class LxCallBar extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      .bar {
        display: flex;
        align-items: center;
        justify-content: center;
        gap: 10px;
        min-height: 64px;
        padding: 8px 16px;
        background: var(--lx-panel);
        border-top: 1px solid var(--lx-line);
      }
      .volume {
        display: flex;
        align-items: center;
        gap: 8px;
        width: 170px;
      }
      wa-slider {
        flex: 1;
      }
      .start {
        flex: 1;
        min-width: 0;
      }
      .end {
        flex: 1;
        display: flex;
        justify-content: flex-end;
        gap: 10px;
      }
      .short {
        display: none;
      }
      kbd {
        font: inherit;
        font-size: 0.75em;
        opacity: 0.8;
        margin-left: 0.4em;
      }
      @media (max-width: 860px) {
        .start,
        .volume {
          display: none;
        }
        .end {
          flex: none;
        }
        .short {
        display: none;
      }
      kbd {
          display: none;
        }
      }
      @media (max-width: 560px) {
        .bar {
          gap: 6px;
          padding: 8px;
        }
        .end {
          gap: 6px;
        }
        .wide,
        .long {
          display: none;
        }
        .short {
          display: inline;
        }
        wa-button {
          --wa-form-control-padding-inline: 10px;
        }
      }
    `,
  ];

  @property({ type: Boolean }) audioMuted = false;
  @property({ type: Boolean }) videoMuted = false;
  @property({ type: Boolean }) publishes = true;
  @property({ type: Number }) volume = 1;

  override render(): unknown {
    return html`
      <div class="bar" role="toolbar">
        <div class="start"><slot name="start"></slot></div>
        ${this.publishes ? this.renderOwn() : ""}
        <div class="volume">
          <wa-icon name="speaker"></wa-icon>
          <wa-slider
            size="s"
            min="0"
            max="1"
            step="0.05"
            .value=${this.volume}
            @input=${(event: Event) => {
              this.fire("lx-volume", (event.target as HTMLInputElement & { value: number }).value);
            }}
          >
            <span slot="label" class="unseen">${say(room.volume)}</span>
          </wa-slider>
        </div>
        <div class="end">
          ${this.renderButton("lx-full-screen", "fullscreen", room.fullScreen, "F", "wide")}
          ${this.renderButton("lx-settings", "settings", room.settings, "")}
          <wa-button id="leave" variant="danger" @click=${() => { this.fire("lx-leave"); }}>
            <wa-icon slot="start" name="leave"></wa-icon>
            <span class="leave">${say(room.leave)}</span>
          </wa-button>
        </div>
      </div>
    `;
  }

  private renderOwn(): unknown {
    return html`
      <wa-button
        id="mute"
        appearance=${this.audioMuted ? "accent" : "outlined"}
        variant=${this.audioMuted ? "danger" : "neutral"}
        title=${say(room.key, "M")}
        @click=${() => { this.fire("lx-mute"); }}
      >
        <wa-icon slot="start" name=${this.audioMuted ? "microphone-off" : "microphone"}></wa-icon>
        <span class="long">${say(this.audioMuted ? room.unmute : room.mute)}</span>
        <span class="short">${say(room.muteShort)}</span><kbd>M</kbd>
      </wa-button>
      <wa-button
        id="camera"
        appearance=${this.videoMuted ? "accent" : "outlined"}
        variant=${this.videoMuted ? "danger" : "neutral"}
        title=${say(room.key, "V")}
        @click=${() => { this.fire("lx-camera"); }}
      >
        <wa-icon slot="start" name=${this.videoMuted ? "camera-off" : "camera"}></wa-icon>
        <span class="long">${say(this.videoMuted ? room.cameraOn : room.cameraOff)}</span>
        <span class="short">${say(room.cameraShort)}</span><kbd>V</kbd>
      </wa-button>
    `;
  }

  private renderButton(
    event: string,
    icon: IconName,
    text: Text,
    key: string,
    look = "",
  ): unknown {
    return html`
      <wa-button
        class=${look}
        appearance="outlined"
        title=${key === "" ? say(text) : `${say(text)} · ${say(room.key, key)}`}
        @click=${() => { this.fire(event); }}
      >
        <wa-icon name=${icon} label=${say(text)}></wa-icon>
      </wa-button>
    `;
  }
}
