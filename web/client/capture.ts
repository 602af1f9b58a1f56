/** Camera and microphone: opening them, and saying plainly what is missing. */

import { faults } from "../text/faults.js";
import { say } from "../text/language.js";

import type { PictureSource } from "./encodings.js";
import { Fault } from "./faults.js";
import type { Choices, SoundPreset } from "./remembered.js";

export interface PictureSize {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

const HALL: PictureSize = { width: 1280, height: 720, fps: 25 };
const SITE: PictureSize = { width: 640, height: 360, fps: 15 };

/** Halls send 720p, sites 360p; `?width=&height=&fps=` in the address wins. */
export function pictureSize(seatKind: string, query: URLSearchParams): PictureSize {
  const usual = seatKind === "hall" ? HALL : SITE;
  const asked = (name: string, fallback: number): number => {
    const value = Number(query.get(name));
    return Number.isInteger(value) && value > 0 ? value : fallback;
  };
  return {
    width: asked("width", usual.width),
    height: asked("height", usual.height),
    fps: asked("fps", usual.fps),
  };
}

/** A laptop's own loudspeaker comes back into its microphone; a hall's mixing desk sends a
 * clean feed, which every processing only harms. */
export function soundConstraints(preset: SoundPreset, device: string): MediaTrackConstraints {
  const processed = preset === "laptop";
  return {
    echoCancellation: processed,
    noiseSuppression: processed,
    autoGainControl: processed,
    channelCount: { ideal: processed ? 1 : 2 },
    sampleRate: { ideal: 48_000 },
    ...(device === "" ? {} : { deviceId: { ideal: device } }),
  };
}

export function pictureConstraints(size: PictureSize, device: string): MediaTrackConstraints {
  return {
    width: { ideal: size.width },
    height: { ideal: size.height },
    frameRate: { ideal: size.fps, max: size.fps },
    ...(device === "" ? {} : { deviceId: { ideal: device } }),
  };
}

export interface Captured {
  readonly audio: MediaStreamTrack | undefined;
  readonly video: MediaStreamTrack | undefined;
  /** What is missing although it was wanted; the rest works. */
  readonly faults: Fault[];
}

type Kind = "audio" | "video";

/** Opens what is wanted. A missing camera does not cost the microphone, nor the reverse. */
export async function openDevices(
  choices: Choices,
  size: PictureSize,
  source?: PictureSource,
): Promise<Captured> {
  const content = { preset: choices.preset, source };
  if (!mediaAllowed()) {
    return {
      audio: undefined,
      video: undefined,
      faults: [new Fault("client.insecure", say(faults.insecure), say(faults.insecureCure))],
    };
  }
  const audio = choices.wantsAudio ? soundConstraints(choices.preset, choices.microphone) : false;
  const video = choices.wantsVideo ? pictureConstraints(size, choices.camera) : false;
  if (audio === false && video === false) {
    return { audio: undefined, video: undefined, faults: [] };
  }
  try {
    // Together first: the browser then asks the person once.
    const stream = await navigator.mediaDevices.getUserMedia({ audio, video });
    return split(stream, [], content);
  } catch (reason: unknown) {
    if (audio === false || video === false) {
      const kind: Kind = audio === false ? "video" : "audio";
      return { audio: undefined, video: undefined, faults: [captureFault(kind, reason)] };
    }
  }
  return openApart(audio, video, content);
}

async function openApart(
  audio: MediaTrackConstraints,
  video: MediaTrackConstraints,
  content: Content,
): Promise<Captured> {
  const tracks = new MediaStream();
  const found: Fault[] = [];
  for (const [kind, constraints] of [
    ["audio", { audio }],
    ["video", { video }],
  ] as const) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      stream.getTracks().forEach((track) => {
        tracks.addTrack(track);
      });
    } catch (reason: unknown) {
      found.push(captureFault(kind, reason));
    }
  }
  return split(tracks, merged(found), content);
}

/** One track of a kind, for opening a camera again or changing a device; throws a `Fault`. */
export async function openTrack(
  kind: Kind,
  choices: Choices,
  size: PictureSize,
  source?: PictureSource,
): Promise<MediaStreamTrack> {
  if (!mediaAllowed()) {
    throw new Fault("client.insecure", say(faults.insecure), say(faults.insecureCure));
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia(
      kind === "audio"
        ? { audio: soundConstraints(choices.preset, choices.microphone) }
        : { video: pictureConstraints(size, choices.camera) },
    );
    const track = stream.getTracks()[0];
    if (track !== undefined) {
      return hinted(track, { preset: choices.preset, source });
    }
  } catch (reason: unknown) {
    throw captureFault(kind, reason);
  }
  throw captureFault(kind, undefined);
}

function mediaAllowed(): boolean {
  return window.isSecureContext && "mediaDevices" in navigator;
}

interface Content {
  readonly preset: SoundPreset;
  readonly source: PictureSource | undefined;
}

/** What the encoder shall spare when the line is narrow: of slides the frames, not the letters. */
function hinted(track: MediaStreamTrack, content: Content): MediaStreamTrack {
  if (track.kind === "video") {
    track.contentHint = content.source === "slides" ? "detail" : "motion";
  } else {
    track.contentHint = content.preset === "desk" ? "music" : "speech";
  }
  return track;
}

function split(stream: MediaStream, found: Fault[], content: Content): Captured {
  stream.getTracks().forEach((track) => hinted(track, content));
  return { audio: stream.getAudioTracks()[0], video: stream.getVideoTracks()[0], faults: found };
}

/** Both refused or both absent is one thing to say, not two. */
function merged(found: Fault[]): Fault[] {
  const ids = found.map((fault) => fault.id);
  if (ids.length === 2 && ids.every((id) => id === "client.denied")) {
    return found.slice(0, 1);
  }
  if (ids.includes("client.no_camera") && ids.includes("client.no_microphone")) {
    return [new Fault("client.no_device", say(faults.noDevice), say(faults.noDeviceCure))];
  }
  return found;
}

export function captureFault(kind: Kind, reason: unknown): Fault {
  const name = reason instanceof DOMException ? reason.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") {
    return new Fault("client.denied", say(faults.denied), say(faults.deniedCure));
  }
  const busy = name === "NotReadableError" || name === "AbortError";
  if (kind === "video") {
    return busy
      ? new Fault("client.camera_busy", say(faults.cameraBusy), say(faults.cameraBusyCure))
      : new Fault("client.no_camera", say(faults.noCamera), say(faults.noCameraCure));
  }
  return busy
    ? new Fault("client.microphone_busy", say(faults.microphoneBusy), say(faults.microphoneBusyCure))
    : new Fault("client.no_microphone", say(faults.noMicrophone), say(faults.noMicrophoneCure));
}

export interface DeviceList {
  readonly cameras: MediaDeviceInfo[];
  readonly microphones: MediaDeviceInfo[];
  readonly speakers: MediaDeviceInfo[];
}

export async function listDevices(): Promise<DeviceList> {
  const all = mediaAllowed() ? await navigator.mediaDevices.enumerateDevices() : [];
  // Before permission is given devices have no id and cannot be chosen.
  const of = (kind: MediaDeviceKind): MediaDeviceInfo[] =>
    all.filter((device) => device.kind === kind && device.deviceId !== "");
  return {
    cameras: of("videoinput"),
    microphones: of("audioinput"),
    speakers: of("audiooutput"),
  };
}
