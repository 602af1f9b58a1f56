import { css } from "lit";

export const viewStyles = css`
  :host {
    display: grid;
    gap: 14px;
    align-content: start;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
  }
  .head h2 {
    font-size: 1.2rem;
  }
  h3 {
    font-size: 0.95rem;
    margin-bottom: 6px;
  }
  .player {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 260px;
    gap: var(--lx-gap);
  }
  video {
    display: block;
    width: 100%;
    aspect-ratio: 16 / 9;
    max-height: 62vh;
    background: black;
    border-radius: var(--lx-radius);
  }
  .chapters {
    position: relative;
    overflow: auto;
    max-height: 62vh;
    padding-top: 8px;
  }
  .chapters h3,
  .chapters .none {
    padding: 0 12px;
  }
  .chapters button {
    display: grid;
    grid-template-columns: 7ch minmax(0, 1fr);
    gap: 8px;
    width: 100%;
    padding: 5px 12px;
    line-height: 1.35;
  }
  .chapters button:hover {
    background: var(--lx-raised);
  }
  .chapters button[aria-current="true"] {
    background: #21344d;
  }
  .table {
    overflow-x: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.9rem;
  }
  th,
  td {
    padding: 6px 12px;
    text-align: left;
    font-weight: 400;
    vertical-align: middle;
    white-space: nowrap;
    border-bottom: 1px solid var(--lx-line);
  }
  thead th {
    color: var(--lx-quiet);
    font-size: 0.82rem;
  }
  tbody tr:last-child > * {
    border-bottom: 0;
  }
  tbody tr[aria-current="true"] {
    background: #1b2a3d;
  }
  .right {
    text-align: right;
  }
  .actions {
    display: flex;
    gap: 6px;
    justify-content: flex-end;
  }
  .hash {
    font-size: 0.85rem;
  }
  @media (max-width: 900px) {
    .player {
      grid-template-columns: minmax(0, 1fr);
    }
  }
`;
