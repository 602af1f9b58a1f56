import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import { archive } from "../../text/archive.js";
import { say, type Text } from "../../text/language.js";
import type { SessionSummary } from "../../wire.js";

import { LxElement } from "../base/element.js";
import { dateTime, duration, fileSize } from "../base/figures.js";
import { sharedStyles } from "../base/shared_styles.js";

const STATES: Readonly<Record<string, Text>> = archive.states;
const LOOKS: Readonly<Record<string, string>> = {
  verified: "ready",
  failed: "air",
  recording: "warning",
  finalising: "warning",
  unfinished: "warning",
};

export function stateTag(state: string): unknown {
  return html`<span class="tag ${LOOKS[state] ?? ""}" data-state=${state}>
    ${say(STATES[state] ?? archive.unknownState)}
  </span>`;
}

/** All recordings, newest first. Fires `lx-choose` with the name. */
@customElement("lx-session-list")
export class LxSessionList extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      button {
        display: grid;
        gap: 2px;
        width: 100%;
        padding: 10px 14px;
        border-bottom: 1px solid var(--lx-line);
      }
      button:hover {
        background: var(--lx-raised);
      }
      button[aria-current="true"] {
        background: #21344d;
      }
      .first {
        display: flex;
        justify-content: space-between;
        align-items: center;
        gap: 8px;
      }
      .empty {
        padding: 16px;
      }
    `,
  ];

  @property({ attribute: false }) sessions: readonly SessionSummary[] = [];
  @property() chosen = "";

  override render(): unknown {
    if (this.sessions.length === 0) {
      return html`<div class="empty">
        <p>${say(archive.empty)}</p>
        <p class="quiet">${say(archive.emptyHint)}</p>
      </div>`;
    }
    return html`
      <ul>
        ${this.sessions.map(
          (session) => html`
            <li>
              <button
                class="bare"
                data-session=${session.name}
                aria-current=${session.name === this.chosen ? "true" : nothing}
                @click=${() => { this.fire("lx-choose", session.name); }}
              >
                <span class="first">
                  <strong>${dateTime(session.started)}</strong>${stateTag(session.state)}
                </span>
                <span>${session.title === "" ? session.name : session.title}</span>
                <span class="small quiet number">
                  ${say(
                    archive.figures,
                    duration(session.duration_ms),
                    session.files,
                    fileSize(session.size_bytes),
                  )}
                </span>
              </button>
            </li>
          `,
        )}
      </ul>
    `;
  }
}
