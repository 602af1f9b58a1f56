import "../parts/base/page_start.js";
import "@awesome.me/webawesome/dist/components/switch/switch.js";
import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { makers } from "../client/makers.js";
import { openDevices, pictureSize, type Captured } from "../client/capture.js";
import { Fault } from "../client/faults.js";
import { keepChoices, loadChoices, takeToken, type Choices } from "../client/remembered.js";
import { asFault } from "../client/session.js";
import { LxElement } from "../parts/base/element.js";
import "../parts/base/fault.js";
import "../parts/base/header.js";
import { forPage } from "../parts/base/keys.js";
import { sharedStyles } from "../parts/base/shared_styles.js";
import "../parts/join/devices.js";
import "../parts/join/microphone_check.js";
import "../parts/join/preview.js";
import { common } from "../text/common.js";
import { faults } from "../text/faults.js";
import { join } from "../text/join.js";
import { named, say, titled } from "../text/language.js";
import type { EventView, SeatView, Whoami } from "../wire.js";

const NOTHING: Captured = { audio: undefined, video: undefined, faults: [] };

@customElement("lx-join-page")
export class LxJoinPage extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      main {
        width: min(960px, 100%);
        margin: 0 auto;
        padding: 24px 16px 40px;
        display: grid;
        gap: 16px;
      }
      .who {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 4px 12px;
      }
      .who h2 {
        font-size: 1.5rem;
      }
      .columns {
        display: grid;
        grid-template-columns: 1.25fr 1fr;
        gap: 20px;
        align-items: start;
      }
      .picture,
      .choices {
        display: grid;
        gap: 12px;
      }
      .choices {
        padding: 16px;
      }
      .switches {
        display: grid;
        gap: 8px;
      }
      .enter {
        display: grid;
        gap: 6px;
        justify-items: stretch;
      }
      .enter p {
        text-align: center;
      }
      @media (max-width: 760px) {
        main {
          padding: 12px;
        }
        .columns {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  @state() private me: Whoami | undefined;
  @state() private event: EventView | undefined;
  @state() private seat: SeatView | undefined;
  @state() private fault: Fault | undefined;
  @state() private captured: Captured = NOTHING;
  @state() private asking = false;
  @state() private reading = 0;
  @state() private choices = loadChoices();

  /** Counts choices: one made while the browser opens devices is carried out next. */
  private wish = 0;
  private readonly token = takeToken();

  override connectedCallback(): void {
    super.connectedCallback();
    const pressed = (event: KeyboardEvent): void => {
      const ready = this.seat !== undefined && event.key === "Enter";
      if (ready && forPage(event, this.renderRoot, "activating")) {
        this.enter();
      }
    };
    document.addEventListener("keydown", pressed);
    this.until(() => {
      document.removeEventListener("keydown", pressed);
      this.closeDevices();
    });
    void this.begin();
  }

  override render(): unknown {
    return html`
      <lx-header
        heading=${this.event === undefined ? say(common.product) : titled(this.event)}
        under=${say(join.title)}
      ></lx-header>
      <main data-state=${this.seat === undefined ? "waiting" : this.asking ? "asking" : "ready"}>
        ${this.fault === undefined ? nothing : this.renderFault(this.fault)}
        ${this.seat === undefined || this.me === undefined ? nothing : this.renderReady(this.me)}
        ${this.seat === undefined && this.fault === undefined
          ? html`<p class="quiet" role="status">${say(common.loading)}</p>`
          : nothing}
      </main>
    `;
  }

  private renderFault(fault: Fault): unknown {
    return html`
      <lx-fault .fault=${fault}>
        <wa-button size="s" appearance="outlined" @click=${() => void this.begin()}>
          ${say(common.retry)}
        </wa-button>
      </lx-fault>
    `;
  }

  private renderReady(me: Whoami): unknown {
    const taken = (this.seat?.devices ?? []).some((device) => device.kind === "main");
    const role = say(common.roles[me.role]);
    return html`
      <div class="who">
        <h2 data-seat=${me.seat}>${named(me)}</h2>
        ${role === named(me) ? nothing : html`<span class="quiet">${role}</span>`}
        ${taken
          ? html`<span class="tag warning" role="status">${say(join.alreadyThere)}</span>`
          : nothing}
      </div>
      ${this.captured.faults.map(
        (fault) => html`
          <lx-fault .fault=${fault}>
            <wa-button size="s" appearance="outlined" @click=${() => void this.look()}>
              <wa-icon slot="start" name="refresh"></wa-icon>${say(join.lookAgain)}
            </wa-button>
          </lx-fault>
        `,
      )}
      <div class="columns">
        <div class="picture">
          <lx-preview
            .track=${this.choices.wantsVideo ? this.captured.video : null}
          ></lx-preview>
          <lx-microphone-check
            .track=${this.choices.wantsAudio ? this.captured.audio : null}
          ></lx-microphone-check>
          ${this.asking ? html`<p role="status">${say(join.asking)}</p>` : nothing}
        </div>
        <div class="choices panel">
          <div class="switches">
            ${this.renderSwitch("wantsVideo", say(join.cameraOn))}
            ${this.renderSwitch("wantsAudio", say(join.microphoneOn))}
          </div>
          <lx-devices
            .reading=${this.reading}
            @lx-choices=${(event: CustomEvent<Choices>) => {
              this.choices = event.detail;
              void this.look();
            }}
          ></lx-devices>
          <div class="enter">
            <wa-button id="join" variant="brand" size="l" @click=${this.enter}>
              ${say(this.enterText())}
            </wa-button>
            <p class="small quiet">${say(join.hint)}</p>
          </div>
        </div>
      </div>
    `;
  }

  private renderSwitch(name: "wantsVideo" | "wantsAudio", label: string): unknown {
    return html`
      <wa-switch
        size="s"
        data-name=${name}
        .checked=${this.choices[name]}
        @change=${(event: Event) => {
          this.choices = keepChoices({ [name]: (event.target as HTMLInputElement).checked });
          void this.look();
        }}
      >
        ${label}
      </wa-switch>
    `;
  }

  private enterText(): typeof join.enter {
    const noPicture = this.captured.video === undefined && this.choices.wantsVideo;
    const noSound = this.captured.audio === undefined && this.choices.wantsAudio;
    if (this.asking || !noPicture) {
      return join.enter;
    }
    return noSound ? join.enterWatching : join.enterSoundOnly;
  }

  private async begin(): Promise<void> {
    this.fault = undefined;
    if (this.token === "") {
      this.fault = new Fault("client.no_token", say(faults.noToken), say(faults.noTokenCure));
      return;
    }
    const api = makers.api(this.token);
    try {
      this.me = await api.me();
      if (this.me.page !== "/room" && this.me.page !== "/join") {
        location.replace(this.me.page);
        return;
      }
      const { state } = await api.state();
      this.event = state.event as EventView | undefined;
      this.seat = state[`seat/${this.me.seat}`] as SeatView | undefined;
    } catch (reason: unknown) {
      this.fault = asFault(reason);
      return;
    }
    document.title = `${named(this.me)} – ${say(common.product)}`;
    if (this.me.rights.includes("publish")) {
      await this.look();
    } else {
      this.enter();
    }
  }

  private async look(): Promise<void> {
    this.wish += 1;
    if (this.asking) {
      return;
    }
    this.asking = true;
    const size = pictureSize(this.seat?.kind ?? "remote", new URLSearchParams(location.search));
    for (let granted = 0; granted < this.wish; ) {
      granted = this.wish;
      this.closeDevices();
      this.captured = await openDevices(this.choices, size);
    }
    this.asking = false;
    this.reading += 1;
  }

  private closeDevices(): void {
    this.captured.audio?.stop();
    this.captured.video?.stop();
    this.captured = NOTHING;
  }

  private enter(): void {
    this.closeDevices();
    location.assign(`/room${location.search}`);
  }
}
