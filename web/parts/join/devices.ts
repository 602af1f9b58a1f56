import "@awesome.me/webawesome/dist/components/select/select.js";
import "@awesome.me/webawesome/dist/components/option/option.js";
import { css, html } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import { listDevices, type DeviceList } from "../../client/capture.js";
import { keepChoices, loadChoices, type Choices } from "../../client/remembered.js";
import { join } from "../../text/join.js";
import { locale, say } from "../../text/language.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

const STANDARD = "standard";

/** Choice of camera, microphone and loudspeaker, remembered. Fires `lx-choices` with what
 * is chosen now. */
@customElement("lx-devices")
export class LxDevices extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 12px;
      }
    `,
  ];

  /** Changes whenever the list must be read again, such as after permission was given. */
  @property({ type: Number }) reading = 0;
  @state() private devices: DeviceList = { cameras: [], microphones: [], speakers: [] };
  @state() private choices: Choices = loadChoices();

  override connectedCallback(): void {
    super.connectedCallback();
    if ("mediaDevices" in navigator) {
      const read = (): void => {
        void this.read();
      };
      navigator.mediaDevices.addEventListener("devicechange", read);
      this.until(() => {
        navigator.mediaDevices.removeEventListener("devicechange", read);
      });
    }
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("reading")) {
      void this.read();
    }
  }

  override render(): unknown {
    return html`
      ${this.renderChoice("camera", say(join.camera), this.devices.cameras)}
      ${this.renderChoice("microphone", say(join.microphone), this.devices.microphones)}
      ${this.renderPreset()}
      ${this.devices.speakers.length > 0
        ? this.renderChoice("speaker", say(join.speaker), this.devices.speakers)
        : ""}
    `;
  }

  private renderChoice(
    name: "camera" | "microphone" | "speaker",
    label: string,
    devices: MediaDeviceInfo[],
  ): unknown {
    const chosen = devices.some((device) => device.deviceId === this.choices[name])
      ? this.choices[name]
      : STANDARD;
    // A list keeps the label it showed first, so other devices mean another list.
    const list = [locale(), ...devices.map((device) => device.deviceId)].join();
    const choice = html`
      <wa-select
        size="s"
        data-name=${name}
        label=${label}
        .value=${chosen}
        ?disabled=${devices.length === 0}
        @change=${(event: Event) => {
          const { value } = event.target as HTMLInputElement;
          this.choose({ [name]: value === STANDARD ? "" : value });
        }}
      >
        <wa-option value=${STANDARD}>
          ${say(devices.length === 0 ? join.none : join.standard)}
        </wa-option>
        ${devices
          .filter((device) => device.deviceId !== "default")
          .map(
            (device, index) => html`
              <wa-option value=${device.deviceId}>
                ${device.label === "" ? `${label} ${index + 1}` : device.label}
              </wa-option>
            `,
          )}
      </wa-select>
    `;
    return keyed(list, choice);
  }

  private renderPreset(): unknown {
    const choice = html`
      <wa-select
        size="s"
        data-name="preset"
        label=${say(join.preset)}
        .value=${this.choices.preset}
        @change=${(event: Event) => {
          this.choose({
            preset: (event.target as HTMLInputElement).value === "desk" ? "desk" : "laptop",
          });
        }}
      >
        <wa-option value="laptop">${say(join.presetLaptop)}</wa-option>
        <wa-option value="desk">${say(join.presetDesk)}</wa-option>
      </wa-select>
    `;
    return keyed(locale(), choice);
  }

  private choose(changed: Partial<Choices>): void {
    this.choices = keepChoices(changed);
    this.fire("lx-choices", this.choices);
  }

  private async read(): Promise<void> {
    this.devices = await listDevices();
  }
}
