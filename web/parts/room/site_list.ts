import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { siteQuality } from "../../client/site_quality.js";
import { presentDevice } from "../../client/tiles.js";
import { common } from "../../text/common.js";
import { named, say, type Text } from "../../text/language.js";
import { room } from "../../text/room.js";
import type { DeviceView, SeatView } from "../../wire.js";

import { SessionElement } from "../base/element.js";
import type { IconName } from "../base/icon_names.js";
import "../base/meter.js";
import { sharedStyles } from "../base/shared_styles.js";
import "../quality/bars.js";
import "../quality/quality.js";

const STATES: Readonly<Record<string, Text>> = {
  joined: room.joined,
  connecting: room.connectingState,
  connected: room.connected,
  reconnecting: room.reconnecting,
};

/** Halls and sites with their state. `detailed` adds figures for the director. */
@customElement("lx-site-list")
export class LxSiteList extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      h2 {
        padding: 8px 12px 4px;
        font-size: 0.8rem;
        font-weight: 600;
        color: var(--lx-quiet);
      }
      li {
        display: grid;
        grid-template-columns: 10px minmax(0, 1fr) auto auto;
        align-items: center;
        gap: 2px 8px;
        min-height: 36px;
        padding: 4px 12px;
      }
      li.own {
        background: var(--lx-raised);
      }
      .dot {
        width: 9px;
        height: 9px;
        border-radius: 50%;
        border: 2px solid var(--lx-quiet);
      }
      .dot[data-connection="connected"] {
        background: var(--lx-ready-soft);
        border-color: var(--lx-ready-soft);
      }
      .dot[data-connection="joined"],
      .dot[data-connection="connecting"],
      .dot[data-connection="reconnecting"] {
        background: var(--lx-warning);
        border-color: var(--lx-warning);
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      li[data-connection="absent"] .name {
        color: var(--lx-quiet);
      }
      .marks {
        display: flex;
        align-items: center;
        gap: 5px;
        color: var(--lx-quiet);
        font-size: 0.95rem;
      }
      .marks .off {
        color: var(--lx-air-soft);
      }
      .under {
        grid-column: 2 / -1;
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 8px;
        align-items: center;
      }
    `,
  ];

  @property({ type: Boolean }) detailed = false;

  override render(): unknown {
    const { sites } = this.session.store;
    return html`
      ${this.renderGroup(say(common.halls), sites.filter((seat) => seat.kind === "hall"))}
      ${this.renderGroup(say(common.remotes), sites.filter((seat) => seat.kind !== "hall"))}
    `;
  }

  private renderGroup(label: string, seats: SeatView[]): unknown {
    if (seats.length === 0) {
      return nothing;
    }
    const here = seats.filter((seat) => presentDevice(seat) !== undefined).length;
    return html`
      <section aria-label=${label}>
        <h2>${label} <span class="number">${here}/${seats.length}</span></h2>
        <ul>
          ${repeat(
            seats,
            (seat) => seat.seat,
            (seat) => this.renderSeat(seat),
          )}
        </ul>
      </section>
    `;
  }

  private renderSeat(seat: SeatView): unknown {
    const device = presentDevice(seat);
    const connection = device?.connection ?? "absent";
    const text = say(STATES[connection] ?? room.absent);
    const own = seat.seat === this.session.store.you?.seat;
    return html`
      <li
        class=${own ? "own" : ""}
        data-seat=${seat.seat}
        data-connection=${connection}
        data-on-air=${seat.on_air}
      >
        <span class="dot" data-connection=${connection} role="img" aria-label=${text} title=${text}></span>
        <span class="name" title=${named(seat)}>${named(seat)}</span>
        <span class="marks">${device === undefined ? nothing : renderMarks(device)}</span>
        ${seat.on_air ? html`<span class="tag air">${say(common.onAir)}</span>` : html`<span></span>`}
        ${this.renderUnder(seat, device)}
      </li>
    `;
  }

  private get seesLevels(): boolean {
    return this.session.store.you?.rights.includes("see_levels") === true;
  }

  private renderUnder(seat: SeatView, device: DeviceView | undefined): unknown {
    if (device === undefined || !this.seesLevels) {
      return nothing;
    }
    return html`
      <div class="under">
        <lx-meter .db=${seat.level_db} label=${say(room.level, named(seat))}></lx-meter>
        ${this.detailed
          ? html`<lx-quality site=${named(seat)} .quality=${siteQuality(device)}></lx-quality>`
          : nothing}
      </div>
    `;
  }
}

function renderMarks(device: DeviceView): unknown {
  return html`
    ${device.has_audio
      ? device.audio_muted
        ? mark("microphone-off", room.muted)
        : nothing
      : mark("microphone-off", room.noMicrophone)}
    ${device.has_video
      ? device.video_muted
        ? mark("camera-off", room.pictureOff)
        : nothing
      : mark("camera-off", room.noCamera)}
    ${device.quality > 0 ? html`<lx-bars .grade=${device.quality}></lx-bars>` : nothing}
  `;
}

function mark(icon: IconName, text: Text): unknown {
  return html`<wa-icon class="off" name=${icon} label=${say(text)} title=${say(text)}></wa-icon>`;
}
