import { css, html } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { InputCheck, type Verdict } from "../../client/input_check.js";
import { LevelProbe, SILENCE_DB } from "../../client/level.js";
import { join } from "../../text/join.js";
import { say } from "../../text/language.js";
import { sound } from "../../text/sound.js";

import { LxElement } from "../base/element.js";
import "../base/meter.js";
import { sharedStyles } from "../base/shared_styles.js";

const HEARD_DB = -50;
const TEXTS = {
  silent: join.levelQuiet,
  low: sound.inputLow,
  good: sound.inputGood,
  clipping: sound.inputClipping,
} as const;

/** Shows that the microphone works, while somebody speaks. */
@customElement("lx-microphone-check")
export class LxMicrophoneCheck extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      .row {
        display: grid;
        gap: 4px;
      }
      lx-meter {
        --meter-height: 10px;
      }
    `,
  ];

  @property({ attribute: false }) track: MediaStreamTrack | null | undefined;
  @state() private db = SILENCE_DB;
  @state() private heard = false;
  @state() private verdict: Verdict = "silent";
  private check = new InputCheck();
  private probe: LevelProbe | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    const timer = setInterval(() => {
      this.read();
    }, 60);
    this.until(() => {
      clearInterval(timer);
      this.probe?.close();
      this.probe = undefined;
    });
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("track")) {
      this.heard = false;
      this.check = new InputCheck();
      this.verdict = "silent";
      this.db = SILENCE_DB;
      this.probe ??= new LevelProbe();
      this.probe.listen(this.track ?? undefined);
    }
  }

  override render(): unknown {
    return html`
      <div class="row" data-heard=${this.heard} data-input=${this.verdict}>
        <lx-meter .db=${this.db} label=${say(join.level)}></lx-meter>
        <p class="small quiet" aria-live="polite">
          ${this.track ? say(TEXTS[this.verdict]) : say(join.levelNone)}
        </p>
      </div>
    `;
  }

  private read(): void {
    const db = this.probe?.read_db();
    if (db === undefined) {
      return;
    }
    // Up at once, down slowly: the eye follows that more easily.
    this.db = Math.max(db, this.db - 2);
    this.heard ||= db > HEARD_DB;
    this.check.add(db, this.probe?.peak_db() ?? db);
    this.verdict = this.check.verdict;
  }
}
