import { css } from "lit";

/** Panels of the desk: rows of fields and buttons, one below another. */
export const formStyles = css`
  :host {
    display: grid;
    gap: 8px;
    align-content: start;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 8px;
  }
  .row > .wide {
    flex: 1 1 200px;
    min-width: 0;
  }
  label.field {
    display: flex;
    align-items: center;
    gap: 6px;
    font-size: 0.82rem;
    color: var(--lx-quiet);
  }
  select {
    font: inherit;
    font-size: 0.86rem;
    color: var(--lx-text);
    background: var(--lx-ground);
    border: 1px solid #77828f;
    border-radius: 5px;
    padding: 3px 6px;
    min-width: 0;
  }
  .toggle {
    padding: 2px 10px;
    border: 1px solid #5b6673;
    border-radius: 5px;
    font-size: 0.84rem;
    line-height: 1.6;
  }
  .toggle::before {
    content: "○ ";
  }
  .toggle[aria-pressed="true"]::before {
    content: "● ";
  }
  .toggle[aria-pressed="true"] {
    background: #26405f;
    border-color: #6d94c4;
    color: white;
  }
`;
