// See coded_picture.py: the same picture, drawn and read in a page; and sound with its gaps.
window.coded = (() => {
  const COLUMNS = 16, ROWS = 9, BLOCKS = COLUMNS * ROWS, NUMBER_BITS = 24, CHECK_BITS = 8;
  const DARK = 56, LIGHT = 200, HEAD = NUMBER_BITS + CHECK_BITS;

  function mixed(number, block) {
    let value = (Math.imul(number, 2654435761) + block * 40503 + 12345) >>> 0;
    value = (value ^ (value >>> 15)) >>> 0;
    value = Math.imul(value, 2246822519) >>> 0;
    return (value ^ (value >>> 13)) >>> 0;
  }
  function bitsOf(number) {
    const check = mixed(number, 1000);
    return Array.from({ length: BLOCKS }, (_, block) =>
      block < NUMBER_BITS ? (number >>> block) & 1
        : block < HEAD ? (check >>> (block - NUMBER_BITS)) & 1
        : mixed((number + block) >>> 4, block) & 1);
  }

  // A camera of its own: `track` shows one picture after the other.
  function camera(width, height, fps) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    const track = canvas.captureStream(0).getVideoTracks()[0];
    let number = 0;
    setInterval(() => {
      bitsOf(++number).forEach((bit, block) => {
        const shade = bit ? LIGHT : DARK;
        context.fillStyle = `rgb(${shade},${shade},${shade})`;
        const left = ((block % COLUMNS) * width) / COLUMNS;
        const top = (Math.floor(block / COLUMNS) * height) / ROWS;
        context.fillRect(left, top, Math.ceil(width / COLUMNS), Math.ceil(height / ROWS));
      });
      track.requestFrame();
    }, 1000 / fps);
    return track;
  }

  function tone(hertz) {
    const context = new AudioContext({ sampleRate: 48000 });
    const oscillator = new OscillatorNode(context, { frequency: hertz });
    const gain = new GainNode(context, { gain: 0.4 });
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    oscillator.connect(gain).connect(out);
    oscillator.start();
    return out.stream.getAudioTracks()[0];
  }

  // Where blocks lie within luma of another size: the middle half of each.
  function readBits(luma, width, height, stride) {
    const bits = [];
    for (let block = 0; block < BLOCKS; block++) {
      const row = Math.floor(block / COLUMNS), column = block % COLUMNS;
      const top = Math.floor(((row * 4 + 1) * height) / (ROWS * 4));
      const bottom = Math.floor(((row * 4 + 3) * height) / (ROWS * 4));
      const left = Math.floor(((column * 4 + 1) * width) / (COLUMNS * 4));
      const right = Math.floor(((column * 4 + 3) * width) / (COLUMNS * 4));
      let sum = 0;
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) sum += luma[y * stride + x];
      bits.push(sum / ((bottom - top) * (right - left)) > (DARK + LIGHT) / 2 ? 1 : 0);
    }
    return bits;
  }

  // Every decoded picture of a track: how many, which were corrupt, the longest gap.
  function watch(track) {
    const seen = { frames: 0, corrupt: [], longestGap_ms: 0, heights: {}, newest: 0, backwards: 0 };
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    let before = 0;
    (async () => {
      for (;;) {
        const { value: frame, done } = await reader.read();
        if (done) return;
        const now = performance.now();
        if (before) seen.longestGap_ms = Math.max(seen.longestGap_ms, now - before);
        before = now;
        const { codedWidth, codedHeight, displayWidth, displayHeight } = frame;
        const luma = new Uint8Array(frame.allocationSize());
        const [plane] = await frame.copyTo(luma);
        frame.close();
        const bits = readBits(luma.subarray(plane.offset), displayWidth, displayHeight, plane.stride);
        const number = bits.slice(0, NUMBER_BITS).reduce((sum, bit, at) => sum + bit * 2 ** at, 0);
        const told = bitsOf(number);
        const wrong = bits.filter((bit, at) => bit !== told[at]).length;
        seen.frames++;
        seen.heights[displayHeight] = (seen.heights[displayHeight] ?? 0) + 1;
        if (wrong) seen.corrupt.push([number, wrong, displayHeight]);
        else {
          if (number < seen.newest) seen.backwards++;
          seen.newest = number;
        }
      }
    })();
    return seen;
  }

  const LISTENER = `registerProcessor("gaps", class extends AudioWorkletProcessor {
    constructor() { super(); this.sum = 0; this.count = 0; this.quiet = 0; this.heard = false; }
    process([input]) {
      const samples = input[0];
      const length = samples ? samples.length : 128;
      for (let i = 0; i < length; i++) this.sum += samples ? samples[i] ** 2 : 0;
      this.count += length;
      if (this.count >= 480) {
        const loud = Math.sqrt(this.sum / this.count) > 0.04;
        if (loud) { if (this.quiet) this.port.postMessage(this.heard ? this.quiet : 0);
                    this.quiet = 0; this.heard = true; this.port.postMessage(-this.count / 48); }
        else this.quiet += (this.count / 48);
        this.sum = this.count = 0;
      }
      return true;
    }
  });`;

  // What is played of a steady tone: how long it is loud, and gaps (ms) below a tenth of it.
  async function listen(track) {
    const heard = { loud_ms: 0, gaps_ms: [] };
    const context = new AudioContext({ sampleRate: 48000 });
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([LISTENER],
      { type: "text/javascript" })));
    const node = new AudioWorkletNode(context, "gaps", { numberOfOutputs: 1 });
    node.port.onmessage = ({ data }) => {
      if (data < 0) heard.loud_ms -= data;
      else if (data > 0) heard.gaps_ms.push(data);
    };
    // Without an element Chromium pulls nothing from a remote track.
    const element = Object.assign(new Audio(), { muted: true, srcObject: new MediaStream([track]) });
    await element.play();
    context.createMediaStreamSource(new MediaStream([track])).connect(node);
    node.connect(new GainNode(context, { gain: 0 })).connect(context.destination);
    window.listening = { context, element, node };
    return heard;
  }
  return { camera, tone, watch, listen, bitsOf };
})();
