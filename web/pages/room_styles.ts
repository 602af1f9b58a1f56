import { css } from "lit";

export const roomStyles = css`
  .page {
    display: grid;
    grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
    height: 100dvh;
  }
  lx-echo-warning {
    position: fixed;
    inset: 56px 0 auto;
    z-index: 10;
  }
  .page[data-tally="air"]::after,
  .page[data-tally="next"]::after {
    content: "";
    position: fixed;
    inset: 0;
    z-index: 20;
    border: 4px solid var(--lx-air);
    pointer-events: none;
  }
  .page[data-tally="next"]::after {
    border: 4px dashed var(--lx-ready);
  }
  /* A big screen: all of it is the programme, also for who stands far away. */
  .page.screen aside,
  .page.screen footer {
    display: none;
  }
  .page.screen main {
    grid-template-columns: minmax(0, 1fr);
    padding: 0;
  }
  .page.screen lx-programme {
    border: 0;
    border-radius: 0;
  }
  main {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 300px;
    gap: var(--lx-gap);
    min-height: 0;
    padding: var(--lx-gap);
  }
  lx-programme {
    border-radius: var(--lx-radius);
    border: 1px solid var(--lx-line);
    min-height: 0;
  }
  aside {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr);
    gap: var(--lx-gap);
    min-height: 0;
  }
  .sites {
    overflow: auto;
    padding-bottom: 8px;
  }
  .narrow {
    display: none;
  }
  .hint {
    margin-top: 6px;
    padding: 6px 10px;
    border-radius: 6px;
    background: #4a3710;
    color: #ffe7b8;
  }
  .air {
    margin: 0 auto;
  }
  .over {
    display: grid;
    gap: 16px;
    justify-items: start;
    width: min(560px, 100%);
    margin: 12vh auto 0;
    padding: 16px;
  }
  .over h2 {
    font-size: 1.4rem;
  }
  wa-dialog p + p {
    margin-top: 0.5em;
  }
  @media (max-width: 860px) {
    main {
      grid-template-columns: minmax(0, 1fr);
      grid-template-rows: auto minmax(0, 1fr);
      padding: 8px;
      gap: 8px;
    }
    lx-programme {
      aspect-ratio: 16 / 9;
    }
    aside {
      gap: 8px;
    }
    .own {
      display: grid;
      grid-template-columns: 128px minmax(0, 1fr);
      gap: 4px 12px;
      align-items: center;
    }
    .own lx-preview {
      font-size: 0.75rem;
    }
    .own .hint {
      grid-column: 1 / -1;
      margin: 0;
    }
    .narrow {
      display: block;
    }
  }
`;
