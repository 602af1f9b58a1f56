import { html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import type { ApiLike } from "../../client/api.js";
import type { Fault } from "../../client/faults.js";
import { asFault } from "../../client/session.js";
import { archive } from "../../text/archive.js";
import { common } from "../../text/common.js";
import { say, type Text } from "../../text/language.js";
import type { SessionDetail, SessionFile } from "../../wire.js";

import { LxElement } from "../base/element.js";
import "../base/fault.js";
import { dateTime, duration, fileSize } from "../base/figures.js";
import { sharedStyles } from "../base/shared_styles.js";
import { stateTag } from "./session_list.js";
import { viewStyles } from "./session_view_styles.js";

const MANIFEST = "manifest";
const KINDS: Readonly<Record<string, Text>> = archive.kinds;

export function fileName(file: SessionFile): string {
  if (file.role === "programme") {
    return say(archive.programme);
  }
  return file.title === "" ? file.path : file.title;
}

/** One recording: the programme with its chapters, every track, each file to download. */
@customElement("lx-session-view")
export class LxSessionView extends LxElement {
  static override styles = [sharedStyles, viewStyles];

  @property({ attribute: false }) api!: ApiLike;
  @property({ attribute: false }) detail!: SessionDetail;
  @state() private playing: SessionFile | undefined;
  @state() private address = "";
  @state() private position_ms = 0;
  @state() private cannotPlay = false;
  @state() private fault: Fault | undefined;
  @state() private copied = "";
  @query("video") private readonly video!: HTMLVideoElement | null;

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("detail")) {
      const before = changed.get("detail") as SessionDetail | undefined;
      if (before?.summary.name !== this.detail.summary.name) {
        this.playing = undefined;
        this.address = "";
        const programme = this.detail.files.find((file) => file.role === "programme");
        if (programme !== undefined && this.ready) {
          void this.play(programme, false);
        }
      }
    }
  }

  override render(): unknown {
    const { summary } = this.detail;
    return html`
      <div class="head">
        <h2>${summary.title === "" ? summary.name : summary.title}</h2>
        ${stateTag(summary.state)}
        <span class="quiet number">${dateTime(summary.started)} · ${duration(summary.duration_ms)}</span>
      </div>
      ${summary.text === "" || summary.state === "verified"
        ? nothing
        : html`<p class="quiet">${summary.text}</p>`}
      ${this.fault === undefined ? nothing : html`<lx-fault .fault=${this.fault}></lx-fault>`}
      ${this.ready ? this.renderPlayer() : html`<p role="status">${say(archive.notReady)}</p>`}
      ${this.detail.files.length === 0 ? nothing : this.renderFiles()}
    `;
  }

  private get ready(): boolean {
    return this.detail.summary.playable;
  }

  private renderPlayer(): unknown {
    const name = this.playing === undefined ? "" : fileName(this.playing);
    return html`
      <div class="player">
        <div class="picture">
          <video
            controls
            playsinline
            preload="metadata"
            src=${this.address || nothing}
            aria-label=${say(archive.playing, name)}
            @timeupdate=${() => {
              this.position_ms = (this.video?.currentTime ?? 0) * 1000;
            }}
            @error=${() => { this.cannotPlay = this.address !== ""; }}
          ></video>
          <p class="small quiet" role="status">
            ${this.cannotPlay ? say(archive.cannotPlay) : say(archive.playing, name)}
          </p>
        </div>
        <nav class="chapters panel" aria-label=${say(archive.chapters)}>
          <h3>${say(archive.chapters)}</h3>
          ${this.renderChapters()}
        </nav>
      </div>
    `;
  }

  private renderChapters(): unknown {
    const { chapters } = this.detail;
    if (chapters.length === 0) {
      return html`<p class="quiet small none">${say(archive.noChapters)}</p>`;
    }
    const programme = this.playing?.role === "programme";
    return html`
      <ol>
        ${chapters.map((chapter, index) => {
          const next = chapters[index + 1]?.at_ms ?? Infinity;
          const now = programme && this.position_ms >= chapter.at_ms && this.position_ms < next;
          return html`
            <li>
              <button
                class="bare"
                data-at=${chapter.at_ms}
                aria-current=${now ? "true" : nothing}
                @click=${() => void this.jump(chapter.at_ms)}
              >
                <span class="number quiet">${duration(chapter.at_ms)}</span>${chapter.title}
              </button>
            </li>
          `;
        })}
      </ol>
    `;
  }

  private renderFiles(): unknown {
    return html`
      <section>
        <h3>${say(archive.files)} <span class="quiet number">${this.detail.files.length}</span></h3>
        <div class="table panel">
          <table>
            <thead>
              <tr>
                <th scope="col">${say(archive.file)}</th>
                <th scope="col">${say(archive.track)}</th>
                <th scope="col" class="right">${say(archive.offset)}</th>
                <th scope="col" class="right">${say(archive.length)}</th>
                <th scope="col" class="right">${say(archive.size)}</th>
                <th scope="col">SHA-256</th>
                <th scope="col"><span class="unseen">${say(archive.download)}</span></th>
              </tr>
            </thead>
            <tbody>
              ${this.detail.files.map((file) => this.renderFile(file))}
            </tbody>
          </table>
        </div>
        <p class="unseen" role="status" aria-live="polite">
          ${this.copied === "" ? "" : say(common.copied)}
        </p>
      </section>
    `;
  }

  private renderFile(file: SessionFile): unknown {
    const name = fileName(file);
    const kind = file.role === MANIFEST ? archive.manifest : KINDS[file.kind];
    return html`
      <tr data-path=${file.path} aria-current=${file === this.playing ? "true" : nothing}>
        <th scope="row">${name}<div class="small quiet">${file.path}</div></th>
        <td>${kind === undefined ? file.kind : say(kind)}</td>
        <td class="right number">${duration(file.offset_ms)}</td>
        <td class="right number">${duration(file.duration_ms)}</td>
        <td class="right number">${fileSize(file.size_bytes)}</td>
        <td>
          ${file.sha256 === ""
            ? "–"
            : html`<button
                class="bare hash number"
                title=${file.sha256}
                @click=${() => void this.copyHash(file)}
              >
                <span class="unseen">${say(common.copy)}</span>${file.sha256.slice(0, 12)}…
                <wa-icon name=${this.copied === file.path ? "check" : "copy"}></wa-icon>
              </button>`}
        </td>
        <td><div class="actions">
          <wa-button
            size="xs"
            appearance="outlined"
            ?hidden=${file.role === MANIFEST}
            ?disabled=${!this.ready}
            @click=${() => void this.play(file, true)}
          >
            <wa-icon slot="start" name="play"></wa-icon>${say(archive.play)}
            <span class="unseen">${name}</span>
          </wa-button>
          <wa-button
            size="xs"
            appearance="outlined"
            data-action="download"
            ?disabled=${!this.ready}
            @click=${() => void this.download(file)}
          >
            <wa-icon slot="start" name="download"></wa-icon>${say(archive.download)}
            <span class="unseen">${name}</span>
          </wa-button>
        </div></td>
      </tr>
    `;
  }

  private async play(file: SessionFile, start: boolean): Promise<void> {
    const address = await this.addressOf(file);
    if (address === undefined) {
      return;
    }
    this.cannotPlay = false;
    this.position_ms = 0;
    this.playing = file;
    this.address = address;
    await this.updateComplete;
    if (start) {
      this.video?.scrollIntoView({ block: "nearest" });
      await this.startVideo();
    }
  }

  private async jump(at_ms: number): Promise<void> {
    const programme = this.detail.files.find((file) => file.role === "programme");
    if (programme !== undefined && this.playing !== programme) {
      await this.play(programme, false);
    }
    if (this.video !== null) {
      this.video.currentTime = at_ms / 1000;
      await this.startVideo();
    }
  }

  private async startVideo(): Promise<void> {
    try {
      await this.video?.play();
    } catch (reason: unknown) {
      // Another file was chosen meanwhile, or it cannot be played, which `error` tells.
      console.warn("not playing", reason);
    }
  }

  private async download(file: SessionFile): Promise<void> {
    const address = await this.addressOf(file);
    if (address !== undefined) {
      const link = document.createElement("a");
      link.href = `${address}&download=1`;
      link.download = "";
      link.click();
    }
  }

  private async addressOf(file: SessionFile): Promise<string | undefined> {
    try {
      this.fault = undefined;
      return (await this.api.fileAddress(this.detail.summary.name, file.path)).url;
    } catch (reason: unknown) {
      this.fault = asFault(reason);
      return undefined;
    }
  }

  private async copyHash(file: SessionFile): Promise<void> {
    await navigator.clipboard.writeText(file.sha256);
    this.copied = file.path;
  }
}
