import { css, html, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import type { Dragged, Point } from "../../client/drag.js";
import { sameScene } from "../../client/layouts.js";
import type { PictureSource } from "../../client/receiver.js";
import { ownDown } from "../../client/site_quality.js";
import { meant, sourcesOf, type Source } from "../../client/sources.js";
import { control } from "../../text/control.js";
import { say, titled } from "../../text/language.js";
import { programme as texts } from "../../text/programme.js";
import { slateName } from "../../text/slates.js";
import { sourceName } from "../../text/sources.js";
import { tiles } from "../../text/tiles.js";
import type { SceneView } from "../../wire.js";

import { sharedStyles } from "../base/shared_styles.js";
import "../tiles/picture.js";

import "./caption_mirror.js";
import { DeskElement } from "./desk_element.js";
import { monitorStyles } from "./monitor_styles.js";
import type { LxSlots } from "./slots.js";
import "./slots.js";

const PREVIEW = "programme/preview";
const WATCHER = "preview";

/** What the next take brings: the server's picture of the preview where there is one, else
 * drawn here from the sites' pictures. Slots are filled on it. */
@customElement("lx-preview-pane")
export class LxPreviewPane extends DeskElement {
  static override styles = [
    sharedStyles,
    monitorStyles,
    css`
      :host {
        --tally: var(--lx-ready);
        --bar: #17633a;
      }
      .swap {
        padding: 0 7px;
        border: 1px solid rgb(255 255 255 / 60%);
        border-radius: 5px;
        font-size: 0.78rem;
      }
      .swap[aria-pressed="true"] {
        background: white;
        color: #0c3f22;
      }
    `,
  ];

  /** The server's picture of the preview, and the sites' pictures to draw one from. */
  @property({ attribute: false }) source: PictureSource | undefined;
  /** Safe area drawn in. */
  @property({ type: Boolean }) overlay = false;
  @query("lx-slots") private readonly slots!: LxSlots | null;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.source !== undefined) {
      this.until(
        this.source.changed.on(() => {
          this.requestUpdate();
        }),
      );
    }
    // The server makes it only while somebody looks.
    document.addEventListener("visibilitychange", this.ask);
    this.ask();
    this.until(() => {
      document.removeEventListener("visibilitychange", this.ask);
      this.source?.watchPictures([], WATCHER);
    });
  }

  private readonly ask = (): void => {
    const pictures = document.hidden ? [] : [{ picture: PREVIEW, from: 0 }];
    this.source?.watchPictures(pictures, WATCHER);
  };

  /** A drag that began elsewhere on the page. */
  showDrop(point: Point | undefined): void {
    this.slots?.showDrop(point);
  }

  drop(what: Dragged, point: Point | undefined): void {
    this.slots?.drop(what, point);
  }

  override render(): unknown {
    const { preview, programme } = this.desk;
    const sources = sourcesOf(this.session.store);
    const [fewest, most] = this.desk.range;
    const stream = this.isPaused ? undefined : this.source?.pictures.get(PREVIEW);
    const same = preview !== undefined && programme !== undefined && sameScene(preview, programme.on_air);
    return html`
      <div class="bar">
        <h2><span class="lamp" aria-hidden="true"></span>${say(texts.preview)} · ${say(texts.next)}</h2>
        <button
          type="button"
          class="bare swap"
          id="swap"
          aria-pressed=${this.desk.swaps}
          title=${say(texts.swapHint)}
          @click=${() => { this.desk.setTransition({ swap: !this.desk.swaps }); }}
        >
          ⇄ ${say(texts.swap)}
        </button>
        ${fewest === most
          ? nothing
          : html`<button
              type="button"
              class="bare swap"
              id="all-present"
              @click=${() => { this.desk.fillWithPresent(); }}
            >
              ${say(texts.allPresent)}
            </button>`}
        <span class="rest small">${this.renderState(preview, same)}</span>
      </div>
      <div class="picture" data-drawn=${stream === undefined}>
        ${preview === undefined ? nothing : this.renderPicture(preview, stream, sources)}
        ${this.overlay ? html`<div class="safe outer"></div><div class="safe"></div>` : nothing}
        <lx-slots
          .session=${this.session}
          .desk=${this.desk}
          .sources=${sources}
        ></lx-slots>
      </div>
    `;
  }

  /** This page's own line has no room for it; then it is drawn from the tiles that come. */
  private get isPaused(): boolean {
    return ownDown(this.session.store)?.paused_tiles.includes(PREVIEW) === true;
  }

  private renderState(preview: SceneView | undefined, same: boolean): unknown {
    if (preview === undefined) {
      return nothing;
    }
    if (this.isPaused) {
      return html`<span class="mark" data-mark="narrow">${say(tiles.paused)}</span>`;
    }
    if (same) {
      return say(control.sameAsOnAir);
    }
    const { programme } = this.desk;
    if (preview.slate !== null) {
      return say(texts.slateInPreview, slateName(preview.slate.kind));
    }
    const ready = programme?.preview_ready === true;
    return html`${titled(this.desk.layoutName(preview.layout))}
      <span class="ready" data-ready=${ready}>${ready ? "✓" : "…"} ${say(ready ? texts.ready : texts.notReady)}</span>`;
  }

  private renderPicture(
    preview: SceneView,
    stream: MediaStream | undefined,
    sources: readonly Source[],
  ): unknown {
    if (stream !== undefined) {
      return html`<lx-picture class="whole" .stream=${stream}></lx-picture>`;
    }
    if (preview.slate !== null) {
      const { event } = this.session.store;
      const title = preview.slate.title !== "" || event === undefined ? preview.slate.title : titled(event);
      return html`<div class="slate">
        <span>${title}</span><small>${slateName(preview.slate.kind)}</small>
      </div>`;
    }
    return this.renderDrawn(preview, sources);
  }

  private renderDrawn(preview: SceneView, sources: readonly Source[]): unknown {
    const found = this.desk.places(preview);
    const known = this.desk.previewSources;
    return html`
      ${preview.slots.map((source, index) => {
        const place = found[index];
        return place === undefined
          ? nothing
          : html`<div
              class="place"
              style="left:${100 * place.x}%;top:${100 * place.y}%;width:${100 * place.width}%;height:${100 * place.height}%"
            >
              <lx-picture
                .stream=${this.source?.pictures.get(known?.[index] ?? meant(source, sources))}
                text=${sourceName(source, sources)}
              ></lx-picture>
            </div>`;
      })}
      ${preview.strap === "" ? nothing : html`<span class="strap">${preview.strap}</span>`}
      <lx-caption-mirror .caption=${preview.caption} .look=${this.desk.captionLook}></lx-caption-mirror>
    `;
  }
}
