import "@awesome.me/webawesome/dist/components/input/input.js";
import { html } from "lit";
import { customElement, state } from "lit/decorators.js";

import { named, say, type Text } from "../../text/language.js";
import { programme as texts } from "../../text/programme.js";
import type { GraphicsView } from "../../wire.js";

import { sharedStyles } from "../base/shared_styles.js";

import { DeskElement } from "./desk_element.js";
import { formStyles } from "./form_styles.js";

const MOST_QUESTION = 120;
const MOST_STRAP = 80;
const SWITCHES: readonly (readonly ["event_title" | "clock" | "bug", Text])[] = [
  ["event_title", texts.eventTitle],
  ["clock", texts.clock],
  ["bug", texts.bug],
];
const THEMES: Readonly<Record<string, Text>> = texts.themes;

/** What stands in the picture beside a lower third: title, clock, bug, logo, theme; call-in and
 * question straps. */
@customElement("lx-graphics-panel")
export class LxGraphicsPanel extends DeskElement {
  static override styles = [sharedStyles, formStyles];

  @state() private strap: string | undefined;
  @state() private question = "";

  override render(): unknown {
    const { programme } = this.desk;
    const { graphics } = this.desk;
    return html`
      <div class="row" role="group" aria-label=${say(texts.tabs.graphics)}>
        ${SWITCHES.map(
          ([name, label]) => html`<button
            type="button"
            class="bare toggle"
            data-graphic=${name}
            aria-pressed=${graphics?.[name] === true}
            @click=${() => { this.desk.setGraphics({ [name]: graphics?.[name] !== true }); }}
          >
            ${say(label)}
          </button>`,
        )}
        ${this.renderTheme(graphics)} ${this.renderLogo(graphics)}
      </div>
      ${this.renderQuestion(programme?.on_air.question ?? "")} ${this.renderStrap()}
    `;
  }

  private renderTheme(graphics: GraphicsView | undefined): unknown {
    const chosen = graphics?.theme ?? "";
    const offered = this.desk.looks.themes;
    const names = chosen === "" || offered.includes(chosen) ? offered : [...offered, chosen];
    return html`
      <label class="field">
        ${say(texts.theme)}
        <select
          id="theme"
          @change=${(event: Event) => {
            this.desk.setGraphics({ theme: (event.target as HTMLSelectElement).value });
          }}
        >
          ${names.map((name) => {
            const text = THEMES[name];
            return html`<option value=${name} ?selected=${name === chosen}>
              ${text === undefined ? name : say(text)}
            </option>`;
          })}
        </select>
      </label>
    `;
  }

  private renderQuestion(onAir: string): unknown {
    return html`
      <div class="row">
        ${field("question", say(texts.questionPlaceholder), MOST_QUESTION, this.question, (value) => {
          this.question = value;
        })}
        <wa-button
          id="question-show"
          size="xs"
          variant="danger"
          ?disabled=${this.question.trim() === "" || this.question === onAir}
          @click=${() => { this.desk.question(this.question); }}
        >
          ${say(texts.show)}
        </wa-button>
        <wa-button
          id="question-clear"
          size="xs"
          appearance="outlined"
          ?disabled=${onAir === ""}
          @click=${() => { this.desk.question(""); }}
        >
          ${say(texts.hide)}
        </wa-button>
      </div>
    `;
  }

  private renderStrap(): unknown {
    const { preview, programme } = this.desk;
    const onAir = programme?.on_air.strap ?? "";
    const shown = this.strap ?? preview?.strap ?? "";
    return html`
      <div class="row">
        ${field("strap", `${say(texts.strap)} — ${say(texts.strapPlaceholder)}`, MOST_STRAP, shown, (value) => {
          this.strap = value;
        })}
        <wa-button
          id="strap-show"
          size="xs"
          variant="danger"
          ?disabled=${shown.trim() === "" || shown === onAir}
          @click=${() => { this.desk.strap(shown); }}
        >
          ${say(texts.show)}
        </wa-button>
        <wa-button
          id="strap-clear"
          size="xs"
          appearance="outlined"
          ?disabled=${onAir === ""}
          @click=${() => { this.desk.strap(""); }}
        >
          ${say(texts.hide)}
        </wa-button>
        <wa-button
          id="strap-set"
          size="xs"
          appearance="outlined"
          ?disabled=${shown === this.desk.preview?.strap}
          @click=${() => { this.desk.words({ strap: shown }); }}
        >
          ${say(texts.withTake)}
        </wa-button>
        ${this.renderCallIn()}
      </div>
    `;
  }

  /** Whom the source `call_in` means: rundowns name it instead of a site. */
  private renderCallIn(): unknown {
    const { sites } = this.session.store;
    const chosen = this.desk.programme?.call_in ?? "";
    return html`
      <label class="field">
        ${say(texts.callIn)}
        <select
          id="call-in"
          @change=${(event: Event) => {
            const { value } = event.target as HTMLSelectElement;
            if (value !== "") {
              this.desk.setCallIn(value);
            }
          }}
        >
          <option value="" ?selected=${chosen === ""}>${say(texts.callInNone)}</option>
          ${sites.map(
            (seat) => html`<option value=${seat.seat} ?selected=${seat.seat === chosen}>${named(seat)}</option>`,
          )}
        </select>
      </label>
    `;
  }

  private renderLogo(graphics: GraphicsView | undefined): unknown {
    const chosen = graphics?.logo ?? "";
    const offered = this.desk.looks.logos;
    const names = chosen === "" || offered.includes(chosen) ? offered : [...offered, chosen];
    return html`
      <label class="field">
        ${say(texts.logo)}
        <select
          id="logo"
          @change=${(event: Event) => {
            this.desk.setGraphics({ logo: (event.target as HTMLSelectElement).value });
          }}
        >
          <option value="" ?selected=${chosen === ""}>${say(texts.logoNone)}</option>
          ${names.map((name) => html`<option value=${name} ?selected=${name === chosen}>${name}</option>`)}
        </select>
      </label>
    `;
  }
}

function field(
  name: string,
  label: string,
  most: number,
  value: string,
  changed: (value: string) => void,
): unknown {
  return html`
    <wa-input
      class="labelled wide"
      size="xs"
      maxlength=${most}
      data-name=${name}
      placeholder=${label}
      .value=${value}
      @input=${(event: Event) => { changed((event.target as HTMLInputElement).value); }}
    >
      <span slot="label" class="unseen">${label}</span>
    </wa-input>
  `;
}
