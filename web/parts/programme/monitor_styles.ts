import { css } from "lit";

/** Both panes: a bar that says what this is by colour, word and shape, and a picture below. */
export const monitorStyles = css`
  :host {
    display: grid;
    grid-template: auto auto / minmax(0, 1fr);
    min-width: 0;
    border: 3px solid var(--tally);
    border-radius: var(--lx-radius);
    background: var(--bar);
    overflow: hidden;
  }
  .bar {
    display: flex;
    align-items: center;
    gap: 8px;
    height: 28px;
    padding: 0 8px;
    background: var(--bar);
    color: white;
    font-size: 0.88rem;
    white-space: nowrap;
  }
  .bar h2 {
    display: flex;
    align-items: center;
    gap: 7px;
    font-size: inherit;
  }
  .mark {
    padding: 0 8px;
    border-radius: 4px;
    background: white;
    color: #8a1220;
    font-weight: 700;
  }
  /* A full disc for what is on air, a hollow square for what comes next. */
  .lamp {
    width: 11px;
    height: 11px;
    border: 3px solid white;
  }
  .lamp.full {
    background: white;
    border-radius: 50%;
  }
  .bar .rest {
    display: flex;
    align-items: center;
    gap: 8px;
    min-width: 0;
    margin-left: auto;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .picture {
    position: relative;
    aspect-ratio: 16 / 9;
    background: #111b2c;
    overflow: hidden;
    container-type: inline-size;
  }
  .place {
    position: absolute;
    overflow: hidden;
    background: #253550;
  }
  .place lx-picture,
  .whole {
    position: absolute;
    inset: 0;
    height: 100%;
    width: 100%;
  }
  .name {
    position: absolute;
    top: 0;
    left: 0;
    max-width: 100%;
    padding: 0 6px;
    background: rgb(10 15 20 / 78%);
    color: white;
    font-size: 0.75rem;
    line-height: 1.6;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .frame {
    position: absolute;
    border: 1px solid rgb(255 255 255 / 35%);
    pointer-events: none;
  }
  .safe {
    position: absolute;
    inset: 5%;
    border: 1px dashed rgb(255 255 255 / 65%);
    pointer-events: none;
  }
  .safe.outer {
    inset: 3.5%;
    border-color: rgb(255 255 255 / 30%);
  }
  .slate {
    position: absolute;
    inset: 0;
    display: grid;
    place-content: center;
    gap: 2cqw;
    text-align: center;
    background: #253550;
    color: #fafbfc;
    font-size: 4.4cqw;
    font-weight: 650;
  }
  .slate small {
    font-size: 2.6cqw;
    font-weight: 400;
    color: #c1cede;
  }
  lx-caption-mirror {
    position: absolute;
    inset: auto 0 5.5cqw;
    padding-left: 3.75cqw;
    pointer-events: none;
  }
  .strap {
    position: absolute;
    left: 3.75cqw;
    top: 2.8cqw;
    padding: 0.6cqw 1.6cqw;
    background: #0e5c74;
    color: #fafbfc;
    font-size: 1.9cqw;
    font-weight: 650;
    pointer-events: none;
  }
  /* A phone gives it a second line where one is too short. */
  @media (max-width: 640px) {
    .bar {
      flex-wrap: wrap;
      height: auto;
      min-height: 28px;
      gap: 2px 8px;
    }
  }
`;
