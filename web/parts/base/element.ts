/** What every element of ours is: a Lit element that follows the language of the page. */

import { LitElement, type CSSResultGroup } from "lit";
import { property } from "lit/decorators.js";

import { locale, onLocaleChange } from "../../text/language.js";
import type { SessionLike } from "../../client/session.js";
import "./icons.js";
import { sharedStyles } from "./shared_styles.js";

export class LxElement extends LitElement {
  static override styles: CSSResultGroup = sharedStyles;
  private readonly endings: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.until(
      onLocaleChange(() => {
        this.requestUpdate();
      }),
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.endings.splice(0)) {
      end();
    }
  }

  /** Calls `end` when the element leaves the page. */
  protected until(end: () => void): void {
    this.endings.push(end);
  }

  protected fire(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** An element that shows the state of a session and follows it. */
export class SessionElement extends LxElement {
  @property({ attribute: false }) session!: SessionLike;

  override connectedCallback(): void {
    super.connectedCallback();
    const update = (): void => {
      this.requestUpdate();
    };
    this.until(this.session.store.changed.on(update));
    this.until(this.session.connectionChanged.on(update));
  }
}

/** Once a page: its language for screen readers and for Web Awesome. */
export function applyLocale(): void {
  document.documentElement.lang = locale();
}
