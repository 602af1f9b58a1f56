import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { LineHistory } from "../../client/line_history.js";
import type { Quality } from "../../client/quality.js";
import { say } from "../../text/language.js";
import { quality as texts } from "../../text/quality.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";
import "./bars.js";
import "./sparkline.js";

const EVERY_MS = 1000;

/** A connection: its grade, the cause in words, and the last minute as a small picture. Of one's
 * own, or with `site` of another's: then it opens by key or click and shows both directions. */
@customElement("lx-quality")
export class LxQuality extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      .row {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .text {
        min-width: 0;
        line-height: 1.35;
      }
      lx-sparkline {
        flex: 0 1 120px;
        height: 26px;
      }
      :host(.narrow) .row {
        flex-wrap: wrap;
      }
      :host(.narrow) .text {
        flex: 1;
      }
      :host(.narrow) lx-sparkline {
        flex: 1 0 100%;
      }
      summary {
        display: flex;
        align-items: center;
        gap: 8px;
        cursor: pointer;
        list-style: none;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      summary:focus-visible {
        outline: 2px solid var(--wa-color-focus, currentColor);
        outline-offset: 2px;
      }
      summary lx-sparkline {
        flex: 0 0 56px;
        height: 14px;
      }
      .more {
        padding: 4px 0 6px;
        line-height: 1.45;
      }
      .more lx-sparkline {
        width: 100%;
        height: 40px;
      }
    `,
  ];

  @property({ attribute: false }) quality: Quality | undefined;
  /** Whose connection it is; empty for one's own. */
  @property() site = "";
  @state() private open = false;
  private readonly history = new LineHistory();

  override connectedCallback(): void {
    super.connectedCallback();
    const timer = setInterval(() => {
      this.remember();
    }, EVERY_MS);
    this.until(() => {
      clearInterval(timer);
    });
  }

  /** What does not change comes no more; it still belongs to the minute. */
  private remember(): void {
    const { quality } = this;
    if (quality === undefined) {
      return;
    }
    this.history.add({
      at_ms: performance.now(),
      loss_percent: Math.max(quality.lossSending_percent, quality.lossReceiving_percent),
      rtt_ms: quality.rtt_ms,
      estimate_kbps: quality.carries_kbps,
    });
    this.requestUpdate();
  }

  override render(): unknown {
    return this.site === "" ? this.renderOwn() : this.renderSite();
  }

  private renderOwn(): unknown {
    const { quality } = this;
    const cause = quality?.cause ?? "measuring";
    return html`
      <div class="row" data-cause=${cause} data-grade=${quality?.grade ?? 0}>
        <lx-bars .grade=${quality?.grade ?? 0}></lx-bars>
        <div class="text">
          <p aria-live="polite">${say(texts.causes[cause])}</p>
          ${quality === undefined ? nothing : this.renderFigures(quality)}
        </div>
        ${quality === undefined ? nothing : this.renderPicture()}
      </div>
    `;
  }

  private renderFigures(quality: Quality): unknown {
    return html`<p class="small quiet number">
      ${say(
        texts.figures,
        quality.rtt_ms.toFixed(0),
        quality.lossSending_percent.toFixed(1),
        quality.lossReceiving_percent.toFixed(1),
      )}
    </p>`;
  }

  private renderPicture(): unknown {
    return html`<lx-sparkline .samples=${this.history.samples}></lx-sparkline>`;
  }

  private renderSite(): unknown {
    const { quality } = this;
    const cause = quality?.cause ?? "measuring";
    const grade = quality?.grade ?? 0;
    return html`
      <details
        data-cause=${cause}
        data-grade=${grade}
        @toggle=${(event: Event) => {
          this.open = (event.target as HTMLDetailsElement).open;
        }}
      >
        <summary>
          <span class="unseen">${this.site}: ${say(texts.siteCauses[cause])}</span>
          ${this.open ? nothing : this.renderPicture()}
          <span class="small number ${grade > 0 && grade < 4 ? "" : "quiet"}">${inShort(quality)}</span>
        </summary>
        ${this.open && quality !== undefined ? this.renderBoth(quality) : nothing}
      </details>
    `;
  }

  private renderBoth(quality: Quality): unknown {
    return html`
      <div class="more small">
        ${this.renderPicture()} ${this.renderFigures(quality)}
        <p class="quiet number">
          ${say(texts.up)} ${quality.sending_kbps.toFixed(0)} kb/s · ${say(texts.down)}
          ${quality.receiving_kbps.toFixed(0)} kb/s
        </p>
        ${quality.carries_kbps > 0
          ? html`<p class="quiet number">${say(texts.carries, quality.carries_kbps.toFixed(0))}</p>`
          : nothing}
      </div>
    `;
  }
}

/** The figures of a good line, else what is wrong. */
function inShort(quality: Quality | undefined): string {
  if (quality?.cause !== "good") {
    return say(texts.siteCauses[quality?.cause ?? "measuring"]);
  }
  const worst_percent = Math.max(quality.lossSending_percent, quality.lossReceiving_percent);
  const figures = [quality.rtt_ms.toFixed(0), worst_percent.toFixed(1), quality.sending_kbps.toFixed(0)] as const;
  return say(texts.brief, ...figures);
}
