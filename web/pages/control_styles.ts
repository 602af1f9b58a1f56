import { css } from "lit";

export const controlStyles = css`
  .page {
    display: grid;
    grid-template: auto auto minmax(0, 1fr) / minmax(0, 1fr);
    height: 100dvh;
  }
  main {
    display: grid;
    grid-template:
      "rundown monitors" auto
      "rundown work" minmax(0, 1fr)
      "tiles tiles" auto / 212px minmax(0, 1fr);
    gap: 8px;
    min-height: 0;
    padding: 8px;
  }
  /* In one line where there is room: each line costs a row of what is directed. */
  .warnings {
    display: flex;
    flex-wrap: wrap;
  }
  .warnings > lx-conditions,
  .warnings[data-echo="true"] > * {
    flex: 1 1 auto;
  }
  .rundown {
    grid-area: rundown;
    min-height: 0;
    padding: 8px;
    display: grid;
  }
  .monitors {
    grid-area: monitors;
    display: grid;
    grid-template-columns: minmax(0, 1fr) 138px minmax(0, 1fr);
    gap: 8px;
    align-items: start;
  }
  .work {
    grid-area: work;
    display: grid;
    grid-template-columns: minmax(0, 45fr) minmax(0, 55fr);
    gap: 8px;
    min-height: 0;
  }
  .work lx-layout-chooser {
    --lx-layout-width: 60px;
    padding: 6px;
    overflow: auto;
  }
  .tiles {
    grid-area: tiles;
    min-height: 0;
    max-height: 34dvh;
    overflow: auto;
  }
  .tiles lx-tiles {
    --lx-tile-width: 126px;
  }
  .volume {
    display: flex;
    align-items: center;
    gap: 6px;
    width: 250px;
    color: white;
  }
  .tool {
    display: flex;
    gap: 6px;
    align-items: center;
    padding: 0 8px;
    border: 1px solid rgb(255 255 255 / 0.6);
    border-radius: 5px;
    white-space: nowrap;
  }
  .tool[aria-pressed="true"] {
    background: white;
    color: #7a1420;
  }
  .volume wa-slider {
    flex: 1;
    --track-size: 4px;
  }
  .status {
    display: flex;
    align-items: center;
    gap: 8px;
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
  #sound-dialog {
    --width: min(1180px, 96vw);
  }
  /* Much room: larger layouts and tiles. */
  @media (min-width: 1700px) {
    main {
      grid-template-columns: 280px minmax(0, 1fr);
    }
    .monitors {
      grid-template-columns: minmax(0, 1fr) 160px minmax(0, 1fr);
    }
    .work lx-layout-chooser {
      --lx-layout-width: 92px;
    }
    .work lx-caption-editor {
      --lx-people-height: 150px;
    }
    .tiles lx-tiles {
      --lx-tile-width: 180px;
    }
  }
  @media (max-width: 1100px) {
    .page {
      height: auto;
    }
    main {
      grid-template: "monitors" auto "tiles" auto "work" auto "rundown" auto / minmax(0, 1fr);
    }
    .monitors {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    }
    .monitors lx-transition-bar {
      grid-column: 1 / -1;
      order: 3;
    }
    .work {
      grid-template-columns: minmax(0, 1fr);
    }
    .tiles {
      max-height: none;
    }
  }
  @media (max-width: 760px) {
    .status {
      flex-wrap: wrap;
      margin: 0;
      gap: 4px 8px;
    }
  }
  @media (max-width: 640px) {
    .monitors {
      grid-template-columns: minmax(0, 1fr);
    }
    .monitors lx-programme-pane {
      order: -1;
    }
    .volume {
      width: 176px;
    }
    /* Under the thumb, wherever one has scrolled to. */
    .monitors lx-transition-bar {
      position: fixed;
      inset: auto 0 0;
      z-index: 5;
      padding: 6px 8px;
      background: var(--lx-panel);
      border-top: 1px solid var(--lx-line);
    }
    main {
      padding-bottom: 170px;
    }
  }
`;
