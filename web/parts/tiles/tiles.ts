import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { PictureSource } from "../../client/receiver.js";
import { sourceKey } from "../../client/desk_keys.js";
import { follow, type Point } from "../../client/drag.js";
import { ownDown } from "../../client/site_quality.js";
import { leftOutDevices, neighbour, sitePictures, type SitePicture } from "../../client/tiles.js";
import { common } from "../../text/common.js";
import { both, named, say, type Text } from "../../text/language.js";
import { room } from "../../text/room.js";
import { tiles } from "../../text/tiles.js";

import { SessionElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";
import "../base/meter.js";
import "../quality/bars.js";

import "./picture.js";

const SETTLE_MS = 400;

/** A tile that is dragged. No point: the drag was given up. */
export interface TileDrag {
  readonly source: string;
  readonly point: Point | undefined;
}

type Tally = "air" | "preview" | "none";

interface TileLook {
  readonly key: string;
  readonly tally: Tally;
  readonly isCurrent: boolean;
  readonly seesLevels: boolean;
  /** This page's own line has no room for it. */
  readonly isPaused: boolean;
  /** The programme shows a slate for it, whatever is seen here. */
  readonly isFaulty: boolean;
}

const TALLIES: Readonly<Record<Tally, Text>> = {
  air: common.onAir,
  preview: tiles.inPreview,
  none: both("", ""),
};

/** Every site live, as small forwarded pictures, with tally, level and marks. Only what is in
 * view is asked for. Fires `lx-pick` with the name of the picture that was chosen, and
 * `lx-drag`, then `lx-drop` (`TileDrag`) while one is dragged. */
@customElement("lx-tiles")
export class LxTiles extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(var(--lx-tile-width, 132px), 1fr));
        gap: 6px;
      }
      li {
        position: relative;
      }
      lx-meter {
        position: absolute;
        inset: auto 2px 2px;
        --meter-height: 3px;
        pointer-events: none;
      }
      button {
        display: block;
        position: relative;
        cursor: grab;
        width: 100%;
        border: 3px solid var(--lx-line);
        border-radius: 6px;
        overflow: hidden;
        background: black;
      }
      button[data-tally="preview"] {
        border-color: var(--lx-ready);
      }
      button[data-tally="air"] {
        border-color: var(--lx-air);
      }
      lx-picture {
        width: 100%;
        aspect-ratio: 16 / 9;
      }
      .foot {
        display: flex;
        align-items: center;
        gap: 5px;
        position: absolute;
        inset: auto 0 0;
        padding: 0 6px 4px;
        min-height: 22px;
        background: rgb(10 14 19 / 76%);
        font-size: 0.78rem;
      }
      .name {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        text-align: start;
      }
      .tag {
        position: absolute;
        top: 4px;
        inset-inline-start: 4px;
      }
      .note {
        position: absolute;
        inset: auto 3px 26px;
        padding: 1px 4px;
        border-radius: 4px;
        background: #4a3710;
        color: #ffe7b8;
        font-size: 0.72rem;
        line-height: 1.3;
        text-align: center;
      }
      button[data-dragged="true"] {
        opacity: 0.5;
      }
      kbd {
        position: absolute;
        top: 4px;
        inset-inline-end: 4px;
        min-width: 1.5em;
        padding: 0 4px;
        border-radius: 4px;
        background: rgb(10 15 20 / 72%);
        font: inherit;
        font-size: 0.72rem;
        text-align: center;
      }
      .off {
        color: var(--lx-air-soft);
      }
    `,
  ];

  @property({ attribute: false }) source: PictureSource | undefined;
  /** The tile that takes part in the order of Tab. */
  @property({ attribute: false }) current = "";
  @state() private dragged = "";
  private readonly inView = new Set<string>();
  private observer: IntersectionObserver | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    const update = (): void => {
      this.requestUpdate();
    };
    if (this.source !== undefined) {
      this.until(this.source.changed.on(update));
    }
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const name = (entry.target as HTMLElement).dataset.picture ?? "";
        if (entry.isIntersecting) {
          this.inView.add(name);
        } else {
          this.inView.delete(name);
        }
      }
      this.askSoon();
    });
    // A tab in the background decodes nothing.
    document.addEventListener("visibilitychange", this.askSoon);
    this.until(() => {
      document.removeEventListener("visibilitychange", this.askSoon);
      this.observer?.disconnect();
      this.observer = undefined;
      clearTimeout(this.timer);
      this.timer = undefined;
      this.inView.clear();
      this.source?.watchPictures([]);
    });
  }

  override render(): unknown {
    const { programme, sites, you } = this.session.store;
    const all = sitePictures(sites);
    const paused = new Set(ownDown(this.session.store)?.paused_tiles);
    const leftOut = leftOutDevices(this.session.store.conditions);
    const onAir = new Set(programme?.sources_on_air);
    const preview = new Set(programme?.sources_in_preview);
    const seesLevels = you?.rights.includes("see_levels") === true;
    const current = all.some((one) => one.picture === this.current)
      ? this.current
      : all[0]?.picture;
    return html`
      <ul aria-label=${say(tiles.title)} title=${say(tiles.hint)} @keydown=${this.pressed}>
        ${repeat(
          all,
          (one) => one.picture,
          (one, index) =>
            this.renderTile(one, {
              key: sourceKey(index),
              seesLevels,
              isPaused: paused.has(one.picture),
              isFaulty: leftOut.has(one.from),
              tally: onAir.has(one.picture) ? "air" : preview.has(one.picture) ? "preview" : "none",
              isCurrent: one.picture === current,
            }),
        )}
      </ul>
    `;
  }

  override updated(): void {
    for (const tile of this.tiles()) {
      this.observer?.observe(tile);
    }
    this.askSoon();
  }

  private renderTile(one: SitePicture, as: TileLook): unknown {
    const tally = say(TALLIES[as.tally]);
    return html`
      <li>
        <button
          type="button"
          class="bare"
          data-picture=${one.picture}
          data-tally=${as.tally}
          data-live=${one.live}
          data-dragged=${one.picture === this.dragged}
          tabindex=${as.isCurrent ? 0 : -1}
          title=${figures(one)}
          @pointerdown=${(event: PointerEvent) => {
            this.drag(event, one);
          }}
          @focus=${() => {
            this.current = one.picture;
          }}
          @click=${() => {
            this.fire("lx-pick", one.picture);
          }}
        >
          <lx-picture
            .stream=${one.live ? this.source?.pictures.get(one.picture) : undefined}
            text=${say(explain(one))}
          ></lx-picture>
          ${tally === ""
            ? nothing
            : html`<span class="tag ${as.tally === "air" ? "air" : "ready"}">${tally}</span>`}
          ${one.live ? renderNote(as) : nothing}
          ${as.key === "" ? nothing : html`<kbd aria-hidden="true">${as.key}</kbd>`}
          ${renderFoot(one)}
          <span class="unseen">${say(tiles.pick)}</span>
        </button>
        ${as.seesLevels ? renderLevel(one) : nothing}
      </li>
    `;
  }

  private drag(press: PointerEvent, { picture: source, seat }: SitePicture): void {
    follow(press, {
      label: named(seat),
      began: () => {
        this.dragged = source;
      },
      moved: (point) => {
        this.fire("lx-drag", { source, point } satisfies TileDrag);
      },
      ended: (point) => {
        this.dragged = "";
        this.fire("lx-drop", { source, point } satisfies TileDrag);
      },
    });
  }

  private tiles(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>("button[data-picture]")];
  }

  /** A moment later for all changes until then; levels change all the time, so the moment is
   * never put off. */
  private readonly askSoon = (): void => {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const wanted = document.hidden
        ? []
        : sitePictures(this.session.store.sites).filter(
            (one) => one.live && this.inView.has(one.picture),
          );
      this.source?.watchPictures(wanted.map(({ picture, from }) => ({ picture, from })));
    }, SETTLE_MS);
  };

  private pressed(event: KeyboardEvent): void {
    const all = this.tiles();
    const index = all.findIndex((tile) => tile.dataset.picture === this.current);
    const top = all[0]?.offsetTop;
    const columns = all.filter((tile) => tile.offsetTop === top).length;
    const next = neighbour(Math.max(index, 0), all.length, columns, event.key);
    if (next !== index && all[next] !== undefined) {
      event.preventDefault();
      all[next].focus();
    }
  }
}

/** What is on air matters more than what is seen here. */
function renderNote({ isFaulty, isPaused }: TileLook): unknown {
  if (isFaulty) {
    return html`<span class="note faulty">${say(tiles.faulty)}</span>`;
  }
  return isPaused ? html`<span class="note paused">${say(tiles.paused)}</span>` : nothing;
}

function renderLevel({ seat, device }: SitePicture): unknown {
  return device?.kind === "main"
    ? html`<lx-meter .db=${seat.level_db} label=${say(room.level, named(seat))}></lx-meter>`
    : nothing;
}

function renderFoot({ seat, device }: SitePicture): unknown {
  const further = device === undefined || device.kind === "main" ? "" : ` · ${device.kind}`;
  const grade = device?.quality ?? 0;
  return html`
    <span class="foot">
      <span class="name">${named(seat)}${further}</span>
      ${device?.has_audio === true && device.audio_muted
        ? html`<wa-icon class="off" name="microphone-off" label=${say(room.muted)}></wa-icon>`
        : nothing}
      ${grade > 0 ? html`<lx-bars .grade=${grade}></lx-bars>` : nothing}
    </span>
  `;
}

/** For the pointer that rests on a tile. */
function figures({ seat, device }: SitePicture): string {
  if (device === undefined) {
    return `${named(seat)} · ${say(room.absent)}`;
  }
  return `${named(seat)} · ${device.rtt_ms.toFixed(0)} ms · ${device.loss_percent.toFixed(1)}% · ${device.bitrate_kbps.toFixed(0)} kb/s`;
}

function explain(one: SitePicture): Text {
  if (one.device === undefined) {
    return room.absent;
  }
  if (!one.device.has_video) {
    return tiles.noCamera;
  }
  if (one.device.video_muted) {
    return room.pictureOff;
  }
  return one.live ? tiles.waiting : room.reconnecting;
}
