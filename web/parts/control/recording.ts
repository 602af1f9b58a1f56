import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { control } from "../../text/control.js";
import { say, type Text } from "../../text/language.js";
import type { RecordingView } from "../../wire.js";

import { SessionElement } from "../base/element.js";
import { duration, fileSize } from "../base/figures.js";
import { sharedStyles } from "../base/shared_styles.js";

const STATES: Readonly<Record<string, Text>> = control.recordingStates;

/** Recording: state, time, size, and how long the disk lasts. */
@customElement("lx-recording")
export class LxRecording extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      .row {
        display: flex;
        align-items: center;
        gap: 10px;
        white-space: nowrap;
      }
      @media (max-width: 560px) {
        .row {
          flex-wrap: wrap;
        }
      }
      .figures {
        line-height: 1.25;
      }
      .time {
        font-size: 1.05rem;
        font-weight: 600;
      }
      .lamp {
        color: #5c6773;
        font-size: 1.3rem;
      }
      [data-state="recording"] .lamp {
        color: #ff5a6b;
      }
      [data-state="failed"] .text {
        color: var(--lx-air-soft);
      }
      [data-state="verified"] .text {
        color: var(--lx-ready-soft);
      }
    `,
  ];

  @state() private asks = false;

  /** As the key R does: starts at once, asks before it stops. */
  press(): void {
    if (this.session.store.recording?.state === "recording") {
      this.asks = true;
    } else {
      this.session.tell({ type: "start_recording" }, "recording_started");
    }
  }

  override render(): unknown {
    const { recording } = this.session.store;
    if (recording === undefined) {
      return nothing;
    }
    const running = recording.state === "recording";
    return html`
      <div class="row" data-state=${recording.state}>
        <wa-icon class="lamp" name="record"></wa-icon>
        <div class="figures" title=${recording.text}>
          <p class="text" role="status">
            ${say(STATES[recording.state] ?? control.recording)}
            ${running ? html`<span class="time number">${duration(recording.duration_ms)}</span>` : nothing}
          </p>
          <p class="small quiet number">${this.figures(recording)}</p>
        </div>
        <wa-button
          id="record"
          size="s"
          variant=${running ? "neutral" : "danger"}
          appearance=${running ? "outlined" : "accent"}
          ?disabled=${recording.state === "finalising"}
          @click=${this.press}
        >
          <wa-icon slot="start" name=${running ? "stop" : "record"}></wa-icon>
          ${say(running ? control.stopRecording : control.startRecording)} (R)
        </wa-button>
      </div>
      <wa-dialog
        id="stop-dialog"
        label=${say(control.stopTitle)}
        .open=${this.asks}
        @wa-after-hide=${() => { this.asks = false; }}
      >
        <p>${say(control.stopText)}</p>
        <wa-button slot="footer" appearance="outlined" autofocus @click=${() => { this.asks = false; }}>
          ${say(control.keepRecording)}
        </wa-button>
        <wa-button
          id="stop-now"
          slot="footer"
          variant="danger"
          @click=${() => {
            this.asks = false;
            this.session.tell({ type: "stop_recording" });
          }}
        >
          ${say(control.stopRecording)}
        </wa-button>
      </wa-dialog>
    `;
  }

  private figures(recording: RecordingView): string {
    const parts: string[] = [];
    if (recording.files > 0) {
      parts.push(
        say(control.recordingFigures, recording.files, fileSize(recording.size_bytes)),
      );
    }
    // 0 stands for not measured yet; a disk that is full is a condition of its own.
    if (recording.hours_left > 0) {
      const hours = recording.hours_left;
      parts.push(say(control.hoursLeft, hours >= 1000 ? "999+" : hours.toFixed(1)));
    }
    return parts.join(" · ");
  }
}
