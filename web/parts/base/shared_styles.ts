import { css } from "lit";

/** What every element of ours begins with. */
export const sharedStyles = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host {
    display: block;
    color: var(--lx-text);
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h2 {
    font-size: 0.95rem;
    font-weight: 600;
  }
  a {
    color: var(--lx-link);
  }
  .quiet {
    color: var(--lx-quiet);
  }
  .small {
    font-size: 0.85rem;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .panel {
    background: var(--lx-panel);
    border: 1px solid var(--lx-line);
    border-radius: var(--lx-radius);
  }
  .tag {
    display: inline-block;
    padding: 0 0.5em;
    border-radius: 4px;
    font-size: 0.78rem;
    font-weight: 600;
    line-height: 1.65;
    white-space: nowrap;
    background: var(--lx-raised);
    color: var(--lx-quiet);
  }
  .tag.air {
    background: var(--lx-air);
    color: white;
  }
  .tag.ready {
    background: #17452c;
    color: #b9f0cf;
  }
  .tag.warning {
    background: #4a3710;
    color: #ffdf9e;
  }
  /* A label that only screen readers need takes no room. */
  wa-slider::part(label),
  wa-input.labelled::part(label) {
    height: 0;
    margin: 0;
    min-height: 0;
  }
  wa-slider {
    margin-top: -6px;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  :where(button.bare) {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    padding: 0;
    text-align: inherit;
    cursor: pointer;
  }
  :focus-visible {
    outline: 2px solid var(--wa-color-focus);
    outline-offset: 2px;
  }
`;
