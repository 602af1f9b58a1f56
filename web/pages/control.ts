import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import "@awesome.me/webawesome/dist/components/slider/slider.js";
import "../parts/base/page_start.js";
import { html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { Desk } from "../client/desk.js";
import { ruleOf, sourceIndex, type DeskAction } from "../client/desk_keys.js";
import { exposeForTests } from "../client/hook.js";
import { followLooks } from "../client/looks.js";
import { makers } from "../client/makers.js";
import { Receiver } from "../client/receiver.js";
import { keepChoices, loadChoices, ResumeSecret, takeToken } from "../client/remembered.js";
import { Seating } from "../client/seating.js";
import { Talkback } from "../client/talkback.js";
import { sitePictures } from "../client/tiles.js";
import { LxElement } from "../parts/base/element.js";
import "../parts/base/fault.js";
import { duration } from "../parts/base/figures.js";
import "../parts/base/header.js";
import { forPage, leaveAfterPointer } from "../parts/base/keys.js";
import { sharedStyles } from "../parts/base/shared_styles.js";
import "../parts/base/toasts.js";
import "../parts/control/conditions.js";
import "../parts/control/links.js";
import "../parts/control/phase.js";
import type { LxRecording } from "../parts/control/recording.js";
import "../parts/control/recording.js";
import type { LxRundown } from "../parts/control/rundown.js";
import "../parts/control/rundown.js";
import type { LxCaptionEditor } from "../parts/programme/caption_editor.js";
import "../parts/programme/caption_editor.js";
import type { LxClipPanel } from "../parts/programme/clip_panel.js";
import "../parts/programme/clip_panel.js";
import "../parts/programme/graphics_panel.js";
import "../parts/programme/key_help.js";
import type { LxLayoutChooser } from "../parts/programme/layout_chooser.js";
import "../parts/programme/layout_chooser.js";
import type { LxPreviewPane } from "../parts/programme/preview_pane.js";
import "../parts/programme/preview_pane.js";
import "../parts/programme/programme_pane.js";
import type { LxSlatePanel } from "../parts/programme/slate_panel.js";
import "../parts/programme/slate_panel.js";
import "../parts/programme/tabs.js";
import "../parts/programme/transition_bar.js";
import "../parts/sound/echo.js";
import "../parts/sound/panel.js";
import "../parts/room/site_list.js";
import type { TileDrag } from "../parts/tiles/tiles.js";
import "../parts/tiles/tiles.js";
import { common } from "../text/common.js";
import { control } from "../text/control.js";
import { say, titled } from "../text/language.js";
import { programme as texts } from "../text/programme.js";
import { room } from "../text/room.js";
import { sound } from "../text/sound.js";

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
  private readonly desk = new Desk(this.session);
  @state() private mixing = false;
  @state() private volume = loadChoices().volume;
  @state() private now_ms = 0;
  @state() private tab = "caption";
  @state() private overlay = false;
  @state() private helps = false;
  @query("lx-rundown") private readonly rundown!: LxRundown | null;
  @query("lx-recording") private readonly recording!: LxRecording | null;
  @query("lx-preview-pane") private readonly preview!: LxPreviewPane | null;
  @query("lx-layout-chooser") private readonly layouts!: LxLayoutChooser | null;
  @query("lx-caption-editor") private readonly captions!: LxCaptionEditor | null;
  @query("lx-clip-panel") private readonly clips!: LxClipPanel | null;
  @query("lx-slate-panel") private readonly slates!: LxSlatePanel | null;
  private readonly acts: Readonly<Record<DeskAction, (event: KeyboardEvent) => void>> = {
    cut: () => { this.desk.cut(); },
    auto: () => { this.desk.auto(); },
    source: (event) => { this.pickBy(event); },
    previousSlot: () => { this.desk.chooseNext(-1); },
    nextSlot: () => { this.desk.chooseNext(1); },
    noSlot: () => { this.desk.choose(undefined); },
    exchange: () => { this.desk.exchange(0, 1); },
    layouts: () => { this.layouts?.focus(); },
    caption: () => { this.captions?.toggle(); },
    slate: () => { this.toggleSlate(); },
    clip: () => { this.clips?.toggle(); },
    freeze: () => { this.desk.freeze(); },
    panic: () => { this.desk.panic(); },
    back: () => { this.desk.backToLastGood(); },
    next: () => { this.rundown?.goNext(); },
    record: () => { this.recording?.press(); },
    faster: () => { this.desk.stepDissolve(-1); },
    slower: () => { this.desk.stepDissolve(1); },
    overlay: () => { this.overlay = !this.overlay; },
    help: () => { this.helps = true; },
  };

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
    this.until(followLooks(this.session, makers.api(this.token), this.desk));
    const timer = setInterval(() => {
      this.now_ms = this.session.store.sessionTime_ms;
    }, 500);
    const pressed = (event: KeyboardEvent): void => {
      this.pressed(event);
    };
    document.addEventListener("keydown", pressed);
    this.until(leaveAfterPointer());
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
          wraps
          heading=${store.event === undefined ? say(common.product) : titled(store.event)}
          under=${say(control.title)}
        >
          ${this.renderStatus()}
        </lx-header>
        <div class="warnings" data-echo=${store.conditions.some((one) => one.id === "sound.echo")}>
          <lx-conditions .session=${this.session}></lx-conditions>
          <lx-echo-warning .session=${this.session}></lx-echo-warning>
        </div>
        <main>
          <section class="rundown panel" aria-label=${say(control.rundown)}>
            <lx-rundown .session=${this.session} .desk=${this.desk}></lx-rundown>
          </section>
          ${this.renderMonitors()}
          <section class="work" aria-label=${say(control.compose)}>
            <lx-layout-chooser
              class="panel"
              .session=${this.session}
              .desk=${this.desk}
            ></lx-layout-chooser>
            ${this.renderPanels()}
          </section>
          <section
            class="tiles"
            aria-label=${say(control.sites)}
            @lx-pick=${(event: CustomEvent<string>) => { this.desk.pick(event.detail); }}
            @lx-drag=${(event: CustomEvent<TileDrag>) => { this.preview?.showDrop(event.detail.point); }}
            @lx-drop=${({ detail }: CustomEvent<TileDrag>) => {
              this.preview?.drop({ source: detail.source }, detail.point);
            }}
          >
            <lx-tiles .session=${this.session} .source=${this.receiver}></lx-tiles>
          </section>
        </main>
      </div>
      ${this.renderTaken()} ${this.renderSound()}
      <lx-key-help ?open=${this.helps} @lx-close=${() => { this.helps = false; }}></lx-key-help>
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
          ? html`<lx-links .session=${this.session}></lx-links>`
          : nothing}
        <wa-button
          id="keys"
          size="s"
          appearance="plain"
          title=${say(texts.keysTitle)}
          @click=${() => { this.helps = true; }}
        >
          <span aria-hidden="true">?</span><span class="unseen">${say(texts.keysTitle)}</span>
        </wa-button>
        <wa-button size="s" appearance="plain" href="/archive">${say(control.archive)}</wa-button>
      </div>
    `;
  }

  /** As people know it: what comes next at the left, what is on air at the right. */
  private renderMonitors(): unknown {
    return html`
      <div class="monitors">
        <lx-preview-pane
          .session=${this.session}
          .desk=${this.desk}
          .source=${this.receiver}
          ?overlay=${this.overlay}
          aria-label=${say(control.preview)}
          role="region"
        ></lx-preview-pane>
        <lx-transition-bar
          role="group"
          aria-label=${say(texts.transitions)}
          .session=${this.session}
          .desk=${this.desk}
          @lx-slate=${this.toggleSlate}
        ></lx-transition-bar>
        <lx-programme-pane
          .session=${this.session}
          .desk=${this.desk}
          .stream=${this.receiver.stream}
          .volume=${this.listens ? 0 : this.volume}
          ?overlay=${this.overlay}
          aria-label=${say(control.programme)}
          role="region"
        >
          ${this.renderVolume()}
        </lx-programme-pane>
      </div>
    `;
  }

  private renderVolume(): unknown {
    return html`
      <span class="volume" slot="tools">
        <button
          type="button"
          class="bare tool"
          id="overlay"
          aria-pressed=${this.overlay}
          title=${say(texts.overlay)}
          @click=${() => { this.overlay = !this.overlay; }}
        >
          <wa-icon name="eye" label=${say(texts.overlay)}></wa-icon>
        </button>
        <button type="button" class="bare tool" id="sound" @click=${() => { this.mixing = true; }}>
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
    `;
  }

  private renderPanels(): unknown {
    const { tabs } = texts;
    const shown = ["caption", "graphics", "slates", "clips", "sites"] as const;
    return html`
      <lx-tabs
        class="panel"
        label=${say(texts.work)}
        shown=${this.tab}
        .tabs=${shown.map((id) => ({ id, label: say(tabs[id]) }))}
        @lx-tab=${(event: CustomEvent<string>) => { this.tab = event.detail; }}
      >
        <lx-caption-editor slot="caption" .session=${this.session} .desk=${this.desk}></lx-caption-editor>
        <lx-graphics-panel slot="graphics" .session=${this.session} .desk=${this.desk}></lx-graphics-panel>
        <lx-slate-panel slot="slates" .session=${this.session} .desk=${this.desk}></lx-slate-panel>
        <lx-clip-panel slot="clips" .session=${this.session} .desk=${this.desk}></lx-clip-panel>
        <lx-site-list slot="sites" detailed .session=${this.session}></lx-site-list>
      </lx-tabs>
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

  private pickBy(event: KeyboardEvent): void {
    const picture = sitePictures(this.session.store.sites)[sourceIndex(event) ?? -1];
    if (picture !== undefined) {
      this.desk.pick(picture.picture);
    }
  }

  private toggleSlate(): void {
    const slate = this.slates?.slate;
    if (slate !== undefined) {
      this.desk.slate(slate);
    }
  }

  private pressed(event: KeyboardEvent): void {
    const rule = ruleOf(event);
    if (rule !== undefined && forPage(event, this.renderRoot, rule.use)) {
      event.preventDefault();
      this.acts[rule.action](event);
    }
  }
}
