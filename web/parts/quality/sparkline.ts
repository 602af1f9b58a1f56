import { css, html, svg } from "lit";
import { customElement, property } from "lit/decorators.js";

import { curve, worst, type Point, type Sample } from "../../client/line_history.js";
import { say } from "../../text/language.js";
import { quality as texts } from "../../text/quality.js";

import { LxElement } from "../base/element.js";

const SIZE = { width: 120, height: 26 };
/** A round trip of so much fills the height, and so much loss; more shrinks the rest. */
const RTT_TOP_MS = 300;
const LOSS_TOP_PERCENT = 10;

/** The last minute: loss as bars, the round trip and what the line carries as curves. */
@customElement("lx-sparkline")
export class LxSparkline extends LxElement {
  static override styles = css`
    :host {
      display: inline-block;
      line-height: 0;
    }
    svg {
      width: 100%;
      height: 100%;
      border-bottom: 1px solid var(--lx-line);
      overflow: visible;
    }
    .loss {
      stroke: var(--lx-air-soft);
      stroke-width: 2;
    }
    line,
    polyline {
      vector-effect: non-scaling-stroke;
    }
    polyline {
      fill: none;
      stroke-width: 1.4;
    }
    .rtt {
      stroke: var(--lx-text);
    }
    .estimate {
      stroke: var(--lx-ready-soft);
      stroke-dasharray: 3 2;
    }
  `;

  @property({ attribute: false }) samples: readonly Sample[] = [];

  override render(): unknown {
    const { samples } = this;
    const now_ms = samples.at(-1)?.at_ms ?? 0;
    const points = (value: (sample: Sample) => number, top: number): Point[] =>
      curve(samples, value, top, SIZE, now_ms);
    const most = worst(samples);
    const label = say(texts.lastMinute, most.loss_percent.toFixed(1), most.rtt_ms.toFixed(0));
    const known = samples.filter((sample) => sample.estimate_kbps > 0);
    return html`
      <svg
        viewBox="0 0 ${SIZE.width} ${SIZE.height}"
        preserveAspectRatio="none"
        role="img" aria-label=${label}
      >
        <title>${label}</title>
        ${points((sample) => sample.loss_percent, LOSS_TOP_PERCENT).map((at) =>
          at.y < SIZE.height
            ? svg`<line class="loss" x1=${at.x} x2=${at.x} y1=${SIZE.height} y2=${at.y}></line>`
            : "",
        )}
        ${line("rtt", points((sample) => sample.rtt_ms, RTT_TOP_MS))}
        ${line("estimate", curve(known, (sample) => sample.estimate_kbps, 1, SIZE, now_ms))}
      </svg>
    `;
  }
}

function line(name: string, points: readonly Point[]): unknown {
  return svg`<polyline class=${name} points=${points.map(({ x, y }) => `${x},${y}`).join(" ")}></polyline>`;
}
