import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { common } from "../../text/common.js";
import { locale, say, setLocale } from "../../text/language.js";

import { LxElement } from "./element.js";
import { timeOfDay } from "./figures.js";
import { sharedStyles } from "./shared_styles.js";

/** The bar at the top: what this is, the time, the language. Slots: default and `end`. */
@customElement("lx-header")
export class LxHeader extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      header {
        display: flex;
        align-items: center;
        gap: var(--lx-gap);
        min-height: 48px;
        padding: 4px 16px;
        background: var(--lx-panel);
        border-bottom: 1px solid var(--lx-line);
      }
      .mark {
        flex: none;
        width: 26px;
        height: 26px;
      }
      .names {
        min-width: 0;
        line-height: 1.3;
      }
      h1,
      .under {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      h1 {
        font-size: 1rem;
        font-weight: 600;
      }
      .under {
        font-size: 0.8rem;
      }
      .middle {
        display: flex;
        flex: 1;
        align-items: center;
        gap: var(--lx-gap);
        min-width: 0;
      }
      .end {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      time {
        font-size: 1rem;
      }
      @media (max-width: 560px) {
        header {
          padding: 4px 10px;
          gap: 8px;
        }
        time,
        .language {
          display: none;
        }
        .names {
          flex: 1 1 0;
        }
        .middle {
          flex: none;
          white-space: nowrap;
        }
        .end {
          gap: 0;
        }
        :host([wraps]) header {
          flex-wrap: wrap;
        }
        :host([wraps]) .middle {
          flex: 1 1 100%;
          flex-wrap: wrap;
          order: 3;
        }
      }
    `,
  ];

  @property() heading = "";
  @property() under = "";
  /** On a phone what stands in the middle gets lines of its own. */
  @property({ type: Boolean, reflect: true }) wraps = false;
  @state() private now = new Date();

  override connectedCallback(): void {
    super.connectedCallback();
    const timer = setInterval(() => {
      this.now = new Date();
    }, 1000);
    this.until(() => {
      clearInterval(timer);
    });
  }

  override render(): unknown {
    return html`
      <header>
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
          <circle cx="8" cy="16" r="5.5" fill="#4f8ff7" />
          <circle cx="24" cy="16" r="5.5" fill="#e5484d" />
          <path d="M13.5 16h5" stroke="#e9ecf0" stroke-width="2.5" stroke-linecap="round" />
        </svg>
        <div class="names">
          <h1>${this.heading === "" ? say(common.product) : this.heading}</h1>
          ${this.under === "" ? nothing : html`<p class="under quiet">${this.under}</p>`}
        </div>
        <div class="middle"><slot></slot></div>
        <div class="end">
          <slot name="end"></slot>
          <time class="number" aria-label=${say(common.clock)}>${timeOfDay(this.now)}</time>
          <wa-button
            size="s"
            appearance="plain"
            lang=${locale() === "en" ? "zh-CN" : "en"}
            @click=${this.switchLanguage}
          >
            <wa-icon slot="start" name="language" label=${say(common.languageLabel)}></wa-icon>
            <span class="language">${say(common.language)}</span>
          </wa-button>
        </div>
      </header>
    `;
  }

  private switchLanguage(): void {
    setLocale(locale() === "en" ? "zh-CN" : "en");
  }
}
