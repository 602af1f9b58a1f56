import { describe, expect, it } from "vitest";

import { leftOutDevices, neighbour, presentDevice, sitePictures } from "../client/tiles.js";
import type { DeviceView, SeatView } from "../wire.js";

function device(changed: Partial<DeviceView> = {}): DeviceView {
  return {
    id: 7,
    kind: "main",
    connection: "connected",
    has_audio: true,
    has_video: true,
    audio_muted: false,
    video_muted: false,
    quality: 5,
    up: null,
    down: null,
    rtt_ms: 0,
    loss_percent: 0,
    bitrate_kbps: 0,
    ...changed,
  };
}

function seat(...devices: DeviceView[]): SeatView {
  return {
    type: "seat",
    seat: "hunan",
    name: "湖南",
    name_en: "Hunan",
    kind: "hall",
    hall: "",
    order: 1,
    speaker: "",
    speaker_title: "",
    devices,
    on_air: false,
    in_preview: false,
    level_db: -100,
  };
}

describe("pictures of sites", () => {
  it("name the main camera by its seat and tell who sends it", () => {
    expect(sitePictures([seat(device())])).toMatchObject([
      { picture: "hunan", from: 7, live: true },
    ]);
  });

  it("have a tile for every further camera, and one for a seat that is empty", () => {
    const cameras = seat(device(), device({ id: 8, kind: "camera2" }));
    expect(sitePictures([cameras]).map((one) => one.picture)).toEqual([
      "hunan",
      "hunan/camera2/camera",
    ]);
    const slides = seat(device(), device({ id: 9, kind: "slides" }));
    expect(sitePictures([slides])[1]?.picture).toBe("hunan/slides/slides");
    expect(sitePictures([seat()])).toMatchObject([{ picture: "hunan", from: 0, live: false }]);
  });

  it.each([{ video_muted: true }, { has_video: false }, { connection: "joined" }])(
    "are not live with %o",
    (changed) => {
      expect(sitePictures([seat(device(changed))])[0]?.live).toBe(false);
    },
  );
});

describe("devices whose pictures are left out", () => {
  const condition = (id: string, values: Record<string, string>) => ({
    type: "condition" as const,
    id,
    subject: "1025",
    values,
  });

  it("are those of conditions that leave a source out", () => {
    const told = [
      condition("picture.decoder_hung", { device: "7" }),
      condition("picture.source_left_out", { device: "8" }),
      condition("picture.late", { device: "9" }),
    ];
    expect([...leftOutDevices(told)]).toEqual([7, 8]);
  });

  it("are none where nobody knows whose it is", () => {
    expect(leftOutDevices([condition("picture.decoder_hung", {})]).has(0)).toBe(false);
  });
});

describe("arrow keys in a grid of 3 columns and 7 tiles", () => {
  it.each([
    [0, "ArrowRight", 1],
    [0, "ArrowLeft", 0],
    [1, "ArrowDown", 4],
    [5, "ArrowDown", 5],
    [4, "ArrowUp", 1],
    [4, "Home", 0],
    [0, "End", 6],
    [2, "x", 2],
  ])("%i, %s", (from, pressed, to) => {
    expect(neighbour(from, 7, 3, pressed)).toBe(to);
  });
});

describe("who is present", () => {
  it("is the page, else an encoder, and no player", () => {
    const page = device();
    const encoder = device({ kind: "encoder", id: 8 });
    const player = device({ kind: "player", id: 9 });
    expect(presentDevice(seat(player, encoder, page))).toBe(page);
    expect(presentDevice(seat(player, encoder))).toBe(encoder);
    expect(presentDevice(seat(player))).toBeUndefined();
    expect(presentDevice(seat())).toBeUndefined();
  });
});
