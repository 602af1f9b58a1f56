import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { common } from "../../text/common.js";
import { say } from "../../text/language.js";
import type { Fault } from "../../client/faults.js";

import { SessionElement } from "./element.js";
import { sharedStyles } from "./shared_styles.js";

interface Toast {
  readonly number: number;
  readonly text: string;
  readonly cure: string;
  readonly error: string;
}

const SHOWN_MS = 8000;
const MOST = 4;

/** The connection's state while it is not well, and errors that came on their own. */
@customElement("lx-toasts")
export class LxToasts extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        position: fixed;
        z-index: 50;
        top: 56px;
        left: 50%;
        transform: translateX(-50%);
        width: min(560px, calc(100vw - 24px));
        pointer-events: none;
      }
      .toast {
        display: flex;
        gap: 10px;
        align-items: flex-start;
        margin-bottom: 8px;
        padding: 10px 14px;
        border-radius: var(--lx-radius);
        background: #263040;
        border: 1px solid #47566c;
        box-shadow: 0 6px 20px rgb(0 0 0 / 50%);
        pointer-events: auto;
      }
      .toast.bad {
        background: #3a2a0c;
        border-color: #8a6820;
      }
      .body {
        flex: 1;
      }
      wa-icon {
        margin-top: 3px;
      }
    `,
  ];

  @state() private toasts: Toast[] = [];
  private count = 0;
  private wasLost = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.until(
      this.session.complaint.on((fault) => {
        this.addFault(fault);
      }),
    );
    this.until(
      this.session.connectionChanged.on(() => {
        this.follow();
      }),
    );
  }

  addFault(fault: Fault): void {
    this.add({ text: fault.text, cure: fault.cure, error: fault.id });
  }

  override render(): unknown {
    return html`
      <div role="status" aria-live="polite">${this.renderConnection()}</div>
      <div role="log" aria-live="assertive">
        ${repeat(
          this.toasts,
          (toast) => toast.number,
          (toast) => html`
            <div class="toast ${toast.error === "" ? "" : "bad"}" data-error=${toast.error || nothing}>
              <wa-icon name=${toast.error === "" ? "check" : "warning"}></wa-icon>
              <div class="body">
                <p><strong>${toast.text}</strong></p>
                ${toast.cure === "" ? nothing : html`<p>${toast.cure}</p>`}
              </div>
              <button class="bare" aria-label=${say(common.close)} @click=${() => { this.dismiss(toast.number); }}>
                <wa-icon name="xmark"></wa-icon>
              </button>
            </div>
          `,
        )}
      </div>
    `;
  }

  private renderConnection(): unknown {
    const { connection } = this.session;
    if (connection !== "connecting" && connection !== "reconnecting") {
      return nothing;
    }
    return html`
      <div class="toast ${connection === "reconnecting" ? "bad" : ""}" data-connection=${connection}>
        <wa-icon name="refresh"></wa-icon>
        <p class="body">
          ${say(connection === "connecting" ? common.connecting : common.reconnecting)}
        </p>
      </div>
    `;
  }

  private follow(): void {
    if (this.session.connection === "reconnecting") {
      this.wasLost = true;
    } else if (this.session.connection === "connected" && this.wasLost) {
      this.wasLost = false;
      this.add({ text: say(common.backAgain), cure: "", error: "" });
    }
  }

  private add(toast: Omit<Toast, "number">): void {
    this.count += 1;
    const number = this.count;
    const others = this.toasts.filter((shown) => shown.text !== toast.text);
    this.toasts = [...others, { ...toast, number }].slice(-MOST);
    setTimeout(() => {
      this.dismiss(number);
    }, SHOWN_MS);
  }

  private dismiss(number: number): void {
    this.toasts = this.toasts.filter((toast) => toast.number !== number);
  }
}
