// What a page shows and plays of a programme, each with the time (ms of performance.now) at which it does.
window.lipSync = (() => {
  const COLLECT = `registerProcessor("collect", class extends AudioWorkletProcessor {
    process([input]) {
      const samples = input[0];
      if (samples) this.port.postMessage({ frame: currentFrame, samples: samples.slice() });
      return true;
    }
  });`;

  // The mean shade of a place (fractions of the picture) in every picture that is presented.
  function shades(video, { left, top, width, height }, until) {
    const context = new OffscreenCanvas(8, 8).getContext("2d", { willReadFrequently: true });
    const found = [];
    return new Promise((done) => {
      const take = (now, { expectedDisplayTime }) => {
        const { videoWidth, videoHeight } = video;
        context.drawImage(video, left * videoWidth, top * videoHeight, width * videoWidth,
          height * videoHeight, 0, 0, 8, 8);
        const { data } = context.getImageData(0, 0, 8, 8);
        let sum = 0;
        for (let at = 1; at < data.length; at += 4) sum += data[at];
        found.push([expectedDisplayTime, sum / 64]);
        if (now < until) video.requestVideoFrameCallback(take);
        else done(found);
      };
      video.requestVideoFrameCallback(take);
    });
  }

  // The sound, and when what frame 0 of the context's clock would be is heard.
  async function sound(video, until) {
    const context = new AudioContext({ sampleRate: 48000, latencyHint: "interactive" });
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([COLLECT],
      { type: "text/javascript" })));
    const node = new AudioWorkletNode(context, "collect", { numberOfInputs: 1, numberOfOutputs: 1 });
    const blocks = [];
    node.port.onmessage = ({ data }) => blocks.push(data);
    context.createMediaStreamSource(new MediaStream(video.srcObject.getAudioTracks())).connect(node);
    node.connect(new GainNode(context, { gain: 0 })).connect(context.destination);
    await context.resume();
    const begins = [];
    while (performance.now() < until) {
      await new Promise((done) => setTimeout(done, 100));
      const { contextTime, performanceTime } = context.getOutputTimestamp();
      if (contextTime > 0) begins.push(performanceTime - contextTime * 1000);
    }
    await context.close();
    const first = blocks[0].frame;
    const last = blocks.at(-1);
    const samples = new Int16Array(last.frame + last.samples.length - first);
    for (const block of blocks)
      block.samples.forEach((value, at) => {
        samples[block.frame - first + at] = Math.max(-1, Math.min(1, value)) * 32767;
      });
    begins.sort((a, b) => a - b);
    const bytes = new Uint8Array(samples.buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768)
      text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return { first, begin_ms: begins[begins.length >> 1],
             spread_ms: begins.at(-1) - begins[0], samples: btoa(text) };
  }

  return async (video, place, seconds) => {
    const until = performance.now() + seconds * 1000;
    const [pictures, heard] = await Promise.all(
      [shades(video, place, until), sound(video, until)]);
    return { pictures, ...heard };
  };
})();
