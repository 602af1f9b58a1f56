/** Pictures of sites without a server: moving squares. */

import type { PictureSource } from "../client/receiver.js";
import type { SessionLike } from "../client/session.js";
import { Signal } from "../client/signal.js";
import { sitePictures } from "../client/tiles.js";

/** For the pictures that are asked for; with a session all of its sites, at once. */
export class PretendedPictures implements PictureSource {
  readonly changed = new Signal();
  pictures: ReadonlyMap<string, MediaStream> = new Map();

  constructor(session?: SessionLike) {
    session?.connectionChanged.on(() => {
      this.watchPictures(sitePictures(session.store.sites).filter((one) => one.live));
    });
  }

  watchPictures(pictures: Parameters<PictureSource["watchPictures"]>[0]): void {
    this.pictures = new Map(
      pictures.map(({ picture, from }) => [
        picture,
        this.pictures.get(picture) ?? square(from),
      ]),
    );
    this.changed.emit();
  }
}

function square(hue: number): MediaStream {
  const canvas = document.createElement("canvas");
  canvas.width = 160;
  canvas.height = 90;
  const pen = canvas.getContext("2d");
  let step = 0;
  setInterval(() => {
    step += 1;
    if (pen !== null) {
      pen.fillStyle = `hsl(${hue * 47} 30% 25%)`;
      pen.fillRect(0, 0, 160, 90);
      pen.fillStyle = "white";
      pen.fillRect((step * 4) % 150, 40, 10, 10);
    }
  }, 200);
  return canvas.captureStream(5);
}
