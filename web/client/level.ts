/** How loud a microphone is, for the eye: measured in the browser, sent nowhere. */

export const SILENCE_DB = -100;

/** Level of samples in dB below full scale. */
export function level_db(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) {
    sum += sample * sample;
  }
  const power = samples.length === 0 ? 0 : sum / samples.length;
  return power <= 1e-10 ? SILENCE_DB : Math.max(SILENCE_DB, 10 * Math.log10(power));
}

/** Where a meter of -60 to 0 dB stands, from 0 to 1. */
export function meterPosition(db: number): number {
  return Math.min(1, Math.max(0, (db + 60) / 60));
}

export class LevelProbe {
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private readonly samples: Float32Array<ArrayBuffer>;
  private source: MediaStreamAudioSourceNode | undefined;

  constructor() {
    this.analyser.fftSize = 2048;
    this.samples = new Float32Array(this.analyser.fftSize);
  }

  listen(track: MediaStreamTrack | undefined): void {
    this.source?.disconnect();
    this.source = undefined;
    if (track !== undefined) {
      this.source = this.context.createMediaStreamSource(new MediaStream([track]));
      this.source.connect(this.analyser);
    }
  }

  /** Level of the last 43 ms in dB, or undefined while the browser holds audio back. */
  read_db(): number | undefined {
    if (this.context.state !== "running" || this.source === undefined) {
      void this.context.resume();
      return undefined;
    }
    this.analyser.getFloatTimeDomainData(this.samples);
    return level_db(this.samples);
  }

  /** The highest sample of what `read_db` measured last, in dB. */
  peak_db(): number {
    let peak = 0;
    for (const sample of this.samples) {
      peak = Math.max(peak, Math.abs(sample));
    }
    return peak <= 1e-5 ? SILENCE_DB : 20 * Math.log10(peak);
  }

  close(): void {
    this.source?.disconnect();
    void this.context.close();
  }
}
