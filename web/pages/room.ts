import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import "../parts/base/page_start.js";
import { html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { Call } from "../client/call.js";
import { pictureSize } from "../client/capture.js";
import { exposeForTests } from "../client/hook.js";
import { makers } from "../client/makers.js";
import { keepChoices, loadChoices, ResumeSecret, takeToken } from "../client/remembered.js";
import type { Quality } from "../client/quality.js";
import { followSize } from "../client/shown_size.js";
import { ownDown, withLine } from "../client/site_quality.js";
import { LxElement } from "../parts/base/element.js";
import "../parts/base/fault.js";
import "../parts/base/header.js";
import { forPage } from "../parts/base/keys.js";
import { sharedStyles } from "../parts/base/shared_styles.js";
import "../parts/base/toasts.js";
import "../parts/join/devices.js";
import "../parts/join/preview.js";
import "../parts/room/call_bar.js";
import type { LxProgramme } from "../parts/room/programme.js";
import { tallyOf } from "../parts/room/own_tally.js";
import "../parts/room/programme.js";
import "../parts/quality/quality.js";
import "../parts/room/site_list.js";
import "../parts/sound/echo.js";
import { common } from "../text/common.js";
import { named, say, titled } from "../text/language.js";
import { quality } from "../text/quality.js";
import { room } from "../text/room.js";
import type { LineView, SeatView } from "../wire.js";

import { roomStyles } from "./room_styles.js";

@customElement("lx-room-page")
export class LxRoomPage extends LxElement {
  static override styles = [sharedStyles, roomStyles];

  private readonly token = takeToken();
  private readonly resume = new ResumeSecret();
  private readonly session = makers.session({
    token: this.token,
    device: new URLSearchParams(location.search).get("device") ?? "main",
    resume: this.resume,
  });
  @state() private call: Call | undefined;
  @state() private left = false;
  @state() private asksLeave = false;
  @state() private showsSettings = false;
  @state() private volume = loadChoices().volume;
  @state() private speaker = loadChoices().speaker;
  private beginning = false;
  @query("lx-programme") private readonly programme!: LxProgramme | null;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.token === "") {
      location.replace(`/join${location.search}`);
      return;
    }
    const update = (): void => {
      this.requestUpdate();
    };
    this.until(this.session.store.changed.on(update));
    this.until(
      this.session.connectionChanged.on(() => {
        update();
        void this.beginCall();
      }),
    );
    exposeForTests(this.session);
    const pressed = (event: KeyboardEvent): void => {
      this.pressed(event);
    };
    document.addEventListener("keydown", pressed);
    this.until(() => {
      document.removeEventListener("keydown", pressed);
      this.call?.dispose();
    });
    void this.beginCall();
  }

  override render(): unknown {
    const { store, connection, fault } = this.session;
    const own = store.you === undefined ? undefined : store.seat(store.you.seat);
    if (this.left) {
      return this.renderOver(html`<h2>${say(room.left)}</h2>
        <p>${say(room.leftText)}</p>`);
    }
    if (fault !== undefined && (connection === "refused" || connection === "gone")) {
      return this.renderOver(html`<lx-fault .fault=${fault}></lx-fault>`);
    }
    return this.renderCall(own);
  }

  private renderCall(own: SeatView | undefined): unknown {
    const { event } = this.session.store;
    const tally = tallyOf(own);
    return html`
      <lx-toasts .session=${this.session}></lx-toasts>
      <lx-echo-warning .session=${this.session}></lx-echo-warning>
      <div
        class="page ${this.isScreen ? "screen" : ""}"
        data-state=${this.call?.seating.phase ?? "waiting"}
        data-on-air=${tally === "air"}
        data-tally=${tally}
      >
        <lx-header
          heading=${event === undefined ? "" : titled(event)}
          under=${own === undefined ? "" : named(own)}
        >
          <lx-own-tally class="air" data-tally=${tally}></lx-own-tally>
        </lx-header>
        <main>
          <lx-programme
            .stream=${this.call?.receiver.stream}
            .volume=${this.volume}
            speaker=${this.speaker}
            note=${this.down?.picture === "paused" ? say(quality.causes.picture_paused) : ""}
          ></lx-programme>
          <aside>
            ${this.renderOwn()}
            <div class="sites panel" role="region" tabindex="0" aria-label=${say(room.sites)}>
              <lx-site-list .session=${this.session}></lx-site-list>
            </div>
          </aside>
        </main>
        <footer>${this.renderBar()}</footer>
      </div>
      ${this.renderTaken()} ${this.renderLeave()} ${this.renderSettings()}
    `;
  }

  private renderOwn(): unknown {
    const { call } = this;
    if (call === undefined || !this.publishes) {
      return nothing;
    }
    return html`
      <div class="own" data-publish=${call.publisher.state}>
        <lx-preview .track=${call.track("video")} label=${say(room.ownPicture)}></lx-preview>
        <lx-quality class="narrow" .quality=${this.quality}></lx-quality>
        ${call.silentMicrophone
          ? html`<p class="hint small" role="status">${say(room.silentMic)}</p>`
          : nothing}
      </div>
    `;
  }

  private renderBar(): unknown {
    return html`
      <lx-call-bar
        .publishes=${this.publishes}
        .audioMuted=${!this.sends("audio")}
        .videoMuted=${!this.sends("video")}
        .volume=${this.volume}
        @lx-mute=${() => { this.toggle("audio"); }}
        @lx-camera=${() => { this.toggle("video"); }}
        @lx-volume=${(event: CustomEvent<number>) => {
          this.volume = keepChoices({ volume: event.detail }).volume;
        }}
        @lx-full-screen=${this.fullScreen}
        @lx-settings=${() => { this.showsSettings = true; }}
        @lx-leave=${() => { this.asksLeave = true; }}
      >
        <lx-quality slot="start" .quality=${this.quality}></lx-quality>
      </lx-call-bar>
    `;
  }

  private renderTaken(): unknown {
    const { phase, fault } = this.call?.seating ?? { phase: "waiting", fault: undefined };
    const taken = phase === "taken";
    return html`
      <wa-dialog
        id="taken"
        label=${say(taken ? room.takenTitle : common.fault)}
        .open=${this.call?.seating.undecided === true}
        @wa-hide=${(event: Event) => {
          // It is for the person to decide; Escape decides nothing.
          if (this.call?.seating.undecided === true && !this.left) {
            event.preventDefault();
          }
        }}
      >
        <p>${fault?.text}</p>
        <p>${fault?.cure}</p>
        <wa-button slot="footer" appearance="outlined" @click=${() => void this.leave()}>
          ${say(taken ? room.leaveIt : room.leave)}
        </wa-button>
        <wa-button
          id="take-over"
          slot="footer"
          variant="brand"
          @click=${() => void this.call?.seating.join(taken)}
        >
          ${say(taken ? room.takeOver : common.retry)}
        </wa-button>
      </wa-dialog>
    `;
  }

  private renderLeave(): unknown {
    const onAir = this.session.store.seat(this.session.store.you?.seat ?? "")?.on_air === true;
    return html`
      <wa-dialog
        id="leave-dialog"
        label=${say(room.leaveTitle)}
        .open=${this.asksLeave}
        @wa-after-hide=${() => { this.asksLeave = false; }}
      >
        ${onAir ? html`<p><strong>${say(room.leaveOnAir)}</strong></p>` : nothing}
        <p>${say(room.leaveText)}</p>
        <wa-button slot="footer" appearance="outlined" autofocus @click=${() => { this.asksLeave = false; }}>
          ${say(room.stay)}
        </wa-button>
        <wa-button id="leave-now" slot="footer" variant="danger" @click=${() => void this.leave()}>
          ${say(room.leave)}
        </wa-button>
      </wa-dialog>
    `;
  }

  private renderSettings(): unknown {
    return html`
      <wa-dialog
        label=${say(room.settings)}
        .open=${this.showsSettings}
        @wa-after-hide=${(event: Event) => {
          // The lists inside send the same event when they close.
          if (event.target === event.currentTarget) { this.showsSettings = false; }
        }}
      >
        ${this.showsSettings
          ? html`<lx-devices
              .reading=${1}
              @lx-choices=${() => {
                this.speaker = loadChoices().speaker;
                void this.call?.useChoices();
              }}
            ></lx-devices>`
          : nothing}
      </wa-dialog>
    `;
  }

  private renderOver(content: unknown): unknown {
    return html`
      <lx-header></lx-header>
      <div class="over" data-state="over">
        ${content}
        <wa-button href="/join${location.search}" variant="brand">${say(room.joinAgain)}</wa-button>
      </div>
    `;
  }

  private get down(): LineView | null {
    return ownDown(this.session.store);
  }

  private get quality(): Quality | undefined {
    const measured = this.call?.quality;
    return measured === undefined ? undefined : withLine(measured, this.down);
  }

  /** A hall's big screen: the programme and the tally, nothing that is pressed. */
  private get isScreen(): boolean {
    const { you } = this.session.store;
    return you?.device_kind === "screen" || you?.role === "screen";
  }

  private get publishes(): boolean {
    return this.session.store.you?.rights.includes("publish") === true;
  }

  private sends(kind: "audio" | "video"): boolean {
    return this.call?.muted[kind] === false && this.call.track(kind) !== undefined;
  }

  private async beginCall(): Promise<void> {
    const { store, connection } = this.session;
    if (connection !== "connected" || store.you === undefined || this.beginning) {
      return;
    }
    this.beginning = true;
    const seat = store.seat(store.you.seat);
    const size = pictureSize(seat?.kind ?? "remote", new URLSearchParams(location.search));
    const call = await Call.begin({
      session: this.session,
      size,
      source: store.you.device_kind === "slides" ? "slides" : "camera",
      publishes: this.publishes,
      keepResume: (secret) => {
        this.resume.set(secret);
      },
    });
    this.until(
      call.changed.on(() => {
        this.requestUpdate();
      }),
    );
    exposeForTests(this.session, {
      publisher: call.publisher,
      receiver: call.receiver,
      quality: () => this.quality,
    });
    this.call = call;
    // A hall's page stands for its big screen, however small its window is.
    if (seat?.kind === "remote" && this.programme !== null) {
      this.until(
        followSize(this.programme, (layer) => {
          call.receiver.prefer(layer);
        }),
      );
    }
  }

  private toggle(kind: "audio" | "video"): void {
    void this.call?.toggle(kind);
  }

  private async leave(): Promise<void> {
    this.left = true;
    await this.call?.leave();
  }

  private fullScreen(): void {
    if (document.fullscreenElement === null) {
      void this.programme?.requestFullscreen();
    } else {
      void document.exitFullscreen();
    }
  }

  private pressed(event: KeyboardEvent): void {
    if (this.left || !forPage(event, this.renderRoot, "letters")) {
      return;
    }
    switch (event.key.toLowerCase()) {
      case "m":
        this.toggle("audio");
        break;
      case "v":
        this.toggle("video");
        break;
      case "f":
        this.fullScreen();
        break;
    }
  }
}
