import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import "@awesome.me/webawesome/dist/components/slider/slider.js";
import "../parts/base/page_start.js";
import { html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { exposeForTests } from "../client/hook.js";
import { makers } from "../client/makers.js";
import { sameScene } from "../client/layouts.js";
import { Receiver } from "../client/receiver.js";
import { keepChoices, loadChoices, ResumeSecret, takeToken } from "../client/remembered.js";
import { Seating } from "../client/seating.js";
import { asFault } from "../client/session.js";
import { Talkback } from "../client/talkback.js";
import { LxElement } from "../parts/base/element.js";
import "../parts/base/fault.js";
import { duration } from "../parts/base/figures.js";
import "../parts/base/header.js";
import { forPage } from "../parts/base/keys.js";
import { sharedStyles } from "../parts/base/shared_styles.js";
import "../parts/base/toasts.js";
import "../parts/control/captions.js";
import "../parts/control/composer.js";
import "../parts/control/conditions.js";
import "../parts/control/phase.js";
import type { LxRecording } from "../parts/control/recording.js";
import "../parts/control/recording.js";
import type { LxRundown } from "../parts/control/rundown.js";
import "../parts/control/rundown.js";
import "../parts/control/scene.js";
import "../parts/room/programme.js";
import "../parts/sound/echo.js";
import "../parts/sound/panel.js";
import "../parts/room/site_list.js";
import "../parts/start/link_list.js";
import { common } from "../text/common.js";
import { control } from "../text/control.js";
import { named, say, titled } from "../text/language.js";
import { room } from "../text/room.js";
import { sound } from "../text/sound.js";
import type { LinkView } from "../wire.js";

import { controlStyles } from "./control_styles.js";

@customElement("lx-control-page")
export class LxControlPage extends LxElement {
  static override styles = [sharedStyles, controlStyles];

  private readonly token = takeToken();
  private readonly resume = new ResumeSecret();
  private readonly session = makers.session({
    token: this.token,
    device: "main",
    resume: this.resume,
  });
  private readonly receiver = new Receiver(this.session, { sound: "monitor" });
  private readonly seating = new Seating({
    session: this.session,
    receiver: this.receiver,
    keepResume: (secret) => {
      this.resume.set(secret);
    },
  });
  private readonly talkback = new Talkback(this.session);
  @state() private mixing = false;
  @state() private volume = loadChoices().volume;
  @state() private links: LinkView[] | undefined;
  @state() private now_ms = 0;
  @query("lx-rundown") private readonly rundown!: LxRundown | null;
  @query("lx-recording") private readonly recording!: LxRecording | null;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.token === "") {
      location.replace("/join");
      return;
    }
    const update = (): void => {
      this.requestUpdate();
    };
    for (const source of [this.session.connectionChanged, this.seating.changed, this.receiver.changed]) {
      this.until(source.on(update));
    }
    this.until(this.session.store.changed.on(update));
    const timer = setInterval(() => {
      this.now_ms = this.session.store.sessionTime_ms;
    }, 500);
    const pressed = (event: KeyboardEvent): void => {
      this.pressed(event);
    };
    document.addEventListener("keydown", pressed);
    this.until(() => {
      clearInterval(timer);
      document.removeEventListener("keydown", pressed);
      this.talkback.dispose();
      this.seating.dispose();
    });
    exposeForTests(this.session, { receiver: this.receiver });
    this.seating.begin();
  }

  override render(): unknown {
    const { store, connection, fault } = this.session;
    if (fault !== undefined && (connection === "refused" || connection === "gone")) {
      return html`<lx-header></lx-header>
        <div class="over" data-state="over"><lx-fault .fault=${fault}></lx-fault></div>`;
    }
    return html`
      <lx-toasts .session=${this.session}></lx-toasts>
      <div class="page" data-state=${this.seating.phase} data-connection=${connection}>
        <lx-header
          heading=${store.event === undefined ? say(common.product) : titled(store.event)}
          under=${say(control.title)}
        >
          ${this.renderStatus()}
        </lx-header>
        <div>
          <lx-conditions .session=${this.session}></lx-conditions>
          <lx-echo-warning .session=${this.session}></lx-echo-warning>
        </div>
        <main>
          <section class="rundown panel" aria-label=${say(control.rundown)}>
            <lx-rundown .session=${this.session}></lx-rundown>
          </section>
          <div class="middle">
            ${this.renderMonitors()}
            <div class="work">
            <section class="compose panel" aria-label=${say(control.compose)}>
              <lx-composer .session=${this.session}></lx-composer>
              ${this.renderTake()}
            </section>
            <section class="captions panel" aria-label=${say(control.captions)}>
              <lx-captions .session=${this.session}></lx-captions>
            </section>
            </div>
          </div>
          <section class="sites panel" tabindex="0" aria-label=${say(control.sites)}>
            <lx-site-list detailed .session=${this.session}></lx-site-list>
          </section>
        </main>
      </div>
      ${this.renderTaken()} ${this.renderLinks()} ${this.renderSound()}
    `;
  }

  private renderStatus(): unknown {
    const { you } = this.session.store;
    return html`
      <lx-phase .session=${this.session}></lx-phase>
      <span class="number quiet" title=${say(control.sessionTime)}>${duration(this.now_ms)}</span>
      <div class="status">
        <lx-recording .session=${this.session}></lx-recording>
        ${you?.rights.includes("see_links") === true
          ? html`<wa-button id="links" size="s" appearance="outlined" @click=${() => void this.loadLinks()}>
              <wa-icon slot="start" name="link"></wa-icon>${say(control.links)}
            </wa-button>`
          : nothing}
        <wa-button size="s" appearance="plain" href="/archive">${say(control.archive)}</wa-button>
      </div>
    `;
  }

  private renderMonitors(): unknown {
    const { programme, sites } = this.session.store;
    const names = new Map(sites.map((seat) => [seat.seat, named(seat)]));
    const absent = new Set(
      sites.filter((seat) => seat.devices.length === 0).map((seat) => seat.seat),
    );
    return html`
      <div class="monitors">
        <section class="monitor programme" aria-label=${say(control.programme)}>
          <h2>
            ${say(control.programme)}
            <span class="volume">
              <button type="button" class="bare" id="sound" @click=${() => { this.mixing = true; }}>
                <wa-icon name="speaker"></wa-icon> ${say(sound.title)}
              </button>
              <wa-slider
                size="s"
                min="0"
                max="1"
                step="0.05"
                .value=${this.volume}
                @input=${(event: Event) => {
                  const { value } = event.target as HTMLInputElement & { value: number };
                  this.volume = keepChoices({ volume: value }).volume;
                }}
              >
                <span slot="label" class="unseen">${say(control.sound)}</span>
              </wa-slider>
            </span>
          </h2>
          <lx-programme .stream=${this.receiver.stream} .volume=${this.listens ? 0 : this.volume}></lx-programme>
        </section>
        <section class="monitor preview" aria-label=${say(control.preview)}>
          <h2>${say(control.preview)}</h2>
          <lx-scene .scene=${programme?.preview} .names=${names} .absent=${absent}></lx-scene>
        </section>
      </div>
    `;
  }

  private renderTake(): unknown {
    const { programme } = this.session.store;
    const same = programme === undefined || sameScene(programme.preview, programme.on_air);
    return html`
      <div class="take">
        <wa-button id="take" variant="danger" size="l" ?disabled=${programme === undefined} @click=${this.take}>
          ${say(control.take)}
        </wa-button>
        <p class="small quiet">${same && programme !== undefined ? say(control.sameAsOnAir) : say(control.takeHint)}</p>
      </div>
    `;
  }

  /** While a site is listened to, this desk's return is heard in place of the programme. */
  private get listens(): boolean {
    const { sound: all, you } = this.session.store;
    return all?.listening[you?.seat ?? ""] !== undefined;
  }

  private renderSound(): unknown {
    return html`
      <audio
        autoplay
        .srcObject=${this.receiver.listening ?? null}
        .volume=${this.volume}
        .muted=${!this.listens}
      ></audio>
      <wa-dialog
        id="sound-dialog"
        label=${say(sound.title)}
        .open=${this.mixing}
        @wa-after-hide=${() => { this.mixing = false; }}
      >
        ${this.mixing
          ? html`<lx-sound-panel .session=${this.session} .talkback=${this.talkback}></lx-sound-panel>`
          : nothing}
      </wa-dialog>
    `;
  }

  private renderTaken(): unknown {
    const { seating } = this;
    return html`
      <wa-dialog
        id="taken"
        label=${say(seating.phase === "taken" ? room.takenTitle : common.fault)}
        .open=${seating.undecided}
      >
        <p>${seating.fault?.text}</p>
        <p>${seating.fault?.cure}</p>
        <wa-button
          id="take-over"
          slot="footer"
          variant="brand"
          @click=${() => void seating.join(seating.phase === "taken")}
        >
          ${say(seating.phase === "taken" ? room.takeOver : common.retry)}
        </wa-button>
      </wa-dialog>
    `;
  }

  private renderLinks(): unknown {
    return html`
      <wa-dialog
        id="links-dialog"
        label=${say(control.links)}
        .open=${this.links !== undefined}
        @wa-after-hide=${() => { this.links = undefined; }}
      >
        <p class="quiet">${say(control.linksHint)}</p>
        <lx-link-list
          .links=${this.links ?? []}
          .revocable=${this.session.store.you?.rights.includes("revoke_links") === true}
          @lx-revoke=${(event: CustomEvent<string>) => void this.revoke(event.detail)}
        ></lx-link-list>
      </wa-dialog>
    `;
  }

  private async loadLinks(): Promise<void> {
    try {
      this.links = (await this.session.ask({ type: "list_links" }, "links")).links;
    } catch (reason: unknown) {
      this.session.complaint.emit(asFault(reason));
    }
  }

  private async revoke(link: string): Promise<void> {
    try {
      await this.session.ask({ type: "revoke_link", link }, "done");
      await this.loadLinks();
    } catch (reason: unknown) {
      this.session.complaint.emit(asFault(reason));
    }
  }

  private take(): void {
    this.session.tell({ type: "take", transition: "cut" }, "taken");
  }

  private pressed(event: KeyboardEvent): void {
    switch (event.key.toLowerCase()) {
      case "n":
        if (forPage(event, this.renderRoot, "letters")) {
          this.rundown?.goNext();
        }
        break;
      case "r":
        if (forPage(event, this.renderRoot, "letters")) {
          this.recording?.press();
        }
        break;
      case "enter":
      case " ":
        if (forPage(event, this.renderRoot, "activating")) {
          event.preventDefault();
          this.take();
        }
        break;
    }
  }
}
