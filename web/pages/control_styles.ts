import { css } from "lit";

export const controlStyles = css`
  .page {
    display: grid;
    grid-template-rows: auto auto minmax(0, 1fr);
    height: 100dvh;
  }
  main {
    display: grid;
    grid-template-columns: 264px minmax(0, 1fr) 300px;
    gap: var(--lx-gap);
    min-height: 0;
    padding: var(--lx-gap);
  }
  .rundown {
    min-height: 0;
    padding: 12px;
    display: grid;
  }
  .middle {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr);
    gap: var(--lx-gap);
    min-height: 0;
  }
  .work {
    display: grid;
    align-content: start;
    gap: var(--lx-gap);
    min-height: 0;
    overflow: auto;
  }
  .monitors {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: var(--lx-gap);
  }
  .monitor {
    display: grid;
    grid-template-rows: auto auto;
    border-radius: var(--lx-radius);
    overflow: hidden;
    border: 2px solid;
  }
  .monitor.programme {
    border-color: var(--lx-air);
  }
  .monitor.preview {
    border-color: var(--lx-ready);
  }
  .monitor h2 {
    display: flex;
    justify-content: space-between;
    align-items: center;
    gap: 8px;
    height: 32px;
    padding: 0 10px;
    font-size: 0.9rem;
    color: white;
  }
  .monitor.programme h2 {
    background: var(--lx-air);
  }
  .monitor.preview h2 {
    background: #1d7a45;
  }
  .monitor lx-programme {
    aspect-ratio: 16 / 9;
  }
  .compose {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 150px;
    gap: var(--lx-gap);
    padding: 10px 12px;
  }
  .take {
    display: grid;
    align-content: start;
    gap: 4px;
    text-align: center;
  }
  .captions {
    padding: 10px 12px;
  }
  .sites {
    overflow: auto;
    min-height: 0;
    padding-bottom: 8px;
  }
  .volume {
    display: flex;
    align-items: center;
    gap: 6px;
    width: 190px;
    padding-right: 8px;
    color: white;
  }
  #sound {
    display: flex;
    gap: 6px;
    align-items: center;
    padding: 2px 10px;
    border: 1px solid rgb(255 255 255 / 0.6);
    border-radius: 5px;
    white-space: nowrap;
  }
  .volume wa-slider {
    flex: 1;
    --track-size: 4px;
  }
  .status {
    display: flex;
    align-items: center;
    gap: 12px;
    margin-left: auto;
  }
  .over {
    display: grid;
    gap: 16px;
    justify-items: start;
    width: min(560px, 100%);
    margin: 12vh auto 0;
    padding: 16px;
  }
  #links-dialog lx-link-list {
    margin-top: 12px;
  }
  #sound-dialog {
    --width: min(1180px, 96vw);
  }
  #links-dialog {
    --width: min(920px, 94vw);
    --link-width: 400px;
  }
  @media (max-width: 1100px) {
    .page {
      height: auto;
    }
    main {
      grid-template-columns: minmax(0, 1fr);
    }
    .middle {
      order: -1;
    }
  }
`;
