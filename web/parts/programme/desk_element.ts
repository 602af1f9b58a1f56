import { property } from "lit/decorators.js";

import type { Desk } from "../../client/desk.js";

import { SessionElement } from "../base/element.js";

/** An element that shows what the desk does and follows it. */
export class DeskElement extends SessionElement {
  @property({ attribute: false }) desk!: Desk;

  override connectedCallback(): void {
    super.connectedCallback();
    this.until(
      this.desk.changed.on(() => {
        this.requestUpdate();
      }),
    );
  }
}
