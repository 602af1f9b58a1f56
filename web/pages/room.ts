import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import "../parts/base/page_start.js";
import { html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { Call } from "../client/call.js";
import { pictureSize } from "../client/capture.js";
import { exposeForTests } from "../client/hook.js";
import { makers } from "../client/makers.js";
import { keepChoices, loadChoices, resumeSecret, takeToken } from "../client/remembered.js";
import { LxElement } from "../parts/base/element.js";
import "../parts/base/fault.js";
import "../parts/base/header.js";
import { sharedStyles } from "../parts/base/shared_styles.js";
import "../parts/base/toasts.js";
import "../parts/join/devices.js";
import "../parts/join/preview.js";
import "../parts/room/call_bar.js";
import type { LxProgramme } from "../parts/room/programme.js";
import "../parts/room/programme.js";
import "../parts/room/quality.js";
import "../parts/room/site_list.js";
import { common } from "../text/common.js";
import { named, say, titled } from "../text/language.js";
import { room } from "../text/room.js";

import { roomStyles } from "./room_styles.js";

@customElement("lx-room-page")
export class LxRoomPage extends LxElement {
  static override styles = [sharedStyles, roomStyles];

  private readonly token = takeToken();
  private readonly session = makers.session({
    token: this.token,
    device: new URLSearchParams(location.search).get("device") ?? "main",
    resume: resumeSecret,
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
    const onAir = own?.on_air === true;
    return html`
      <lx-toasts .session=${this.session}></lx-toasts>
      <div class="page ${onAir ? "on-air" : ""}" data-state=${this.call?.seating.phase ?? "waiting"} data-on-air=${onAir}>
        <lx-header
          heading=${store.event === undefined ? say(common.product) : titled(store.event)}
          under=${own === undefined ? "" : named(own)}
        >
          <div class="air" role="status" aria-live="assertive">
            ${onAir
              ? html`<span class="mark">${say(common.onAir)}</span>
                  <span class="unseen">${say(room.onAirNow)}</span>`
              : html`<span class="tag">${say(room.standby)}</span>`}
          </div>
        </lx-header>
        <main>
          <lx-programme
            .stream=${this.call?.receiver.stream}
            .volume=${this.volume}
            speaker=${this.speaker}
          ></lx-programme>
          <aside>
            ${this.renderOwn()}
            <div class="sites panel">
              <lx-site-list .session=${this.session}></lx-site-list>
            </div>
          </aside>
        </main>
        ${this.renderBar()}
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
        ${call.silentMicrophone
          ? html`<p class="hint small" role="status">${say(room.silentMic)}</p>`
          : nothing}
      </div>
    `;
  }

  private renderBar(): unknown {
    const { call } = this;
    return html`
      <lx-call-bar
        .publishes=${this.publishes}
        .audioMuted=${call?.muted.audio === true || call?.track("audio") === undefined}
        .videoMuted=${call?.muted.video === true || call?.track("video") === undefined}
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
        <lx-quality slot="start" .quality=${call?.quality}></lx-quality>
      </lx-call-bar>
    `;
  }

  private renderTaken(): unknown {
    const seating = this.call?.seating;
    const open = seating?.phase === "taken" || seating?.phase === "failed";
    return html`
      <wa-dialog
        id="taken"
        label=${say(seating?.phase === "taken" ? room.takenTitle : common.fault)}
        .open=${open}
        @wa-hide=${(event: Event) => {
          if (this.call?.seating.phase === "taken") { event.preventDefault(); }
        }}
      >
        <p>${seating?.fault?.text}</p>
        <p>${seating?.fault?.cure}</p>
        <wa-button slot="footer" appearance="outlined" @click=${() => void this.leave()}>
          ${say(room.leaveIt)}
        </wa-button>
        <wa-button
          id="take-over"
          slot="footer"
          variant="brand"
          @click=${() => void seating?.join(seating.phase === "taken")}
        >
          ${say(seating?.phase === "taken" ? room.takeOver : common.retry)}
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

  private get publishes(): boolean {
    return this.session.store.you?.rights.includes("publish") === true;
  }

  private async beginCall(): Promise<void> {
    const { store, connection } = this.session;
    if (connection !== "connected" || store.you === undefined || this.beginning) {
      return;
    }
    this.beginning = true;
    const seat = store.seat(store.you.seat);
    const size = pictureSize(seat?.kind ?? "remote", new URLSearchParams(location.search));
    const call = await Call.begin(this.session, size, this.publishes);
    this.until(
      call.changed.on(() => {
        this.requestUpdate();
      }),
    );
    exposeForTests(this.session, call);
    this.call = call;
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
    const from = event.composedPath()[0] as HTMLElement | undefined;
    const typing = from?.matches("input, textarea, [role=combobox], [role=slider]") === true;
    const modified = event.ctrlKey || event.altKey || event.metaKey || event.repeat;
    if (typing || modified || this.left) {
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
