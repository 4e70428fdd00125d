// The microphone: 16 kHz signed 16-bit frames of 512 samples (32 ms), as Silero VAD takes them.
//
// The browser cancels the echo of the avatar's own voice. Where it cannot record at 16 kHz
// (Firefox), the worklet averages samples down to that rate.

const LISTEN_RATE = 16000;
const FRAME = 512;

const WORKLET = `
registerProcessor("guong-capture", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.frame = new Int16Array(${FRAME});
    this.filled = 0;
    this.step = sampleRate / ${LISTEN_RATE};
    this.sum = 0;
    this.count = 0;
    this.due = this.step;
  }
  process(inputs) {
    const sound = inputs[0][0];
    if (!sound) return true;
    for (const sample of sound) {
      this.sum += sample;
      this.count += 1;
      if (--this.due > 0) continue;
      this.due += this.step;
      const value = Math.max(-1, Math.min(1, this.sum / this.count));
      this.sum = this.count = 0;
      this.frame[this.filled++] = value * 32767;
      if (this.filled === ${FRAME}) {
        this.port.postMessage(this.frame.slice());
        this.filled = 0;
      }
    }
    return true;
  }
});`;

class Microphone {
  // onframe(Int16Array), onlevel(0..1)
  constructor(onframe, onlevel) {
    this.onframe = onframe;
    this.onlevel = onlevel;
    this.stream = null;
    this.context = null;
  }

  get open() {
    return this.stream !== null;
  }

  // Rejects with the browser's DOMException: NotAllowedError, NotFoundError, NotReadableError.
  async start() {
    if (!navigator.mediaDevices) throw new DOMException("insecure", "SecurityError");
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        channelCount: 1,
      },
    });
    try {
      await this.connect(new AudioContext({ sampleRate: LISTEN_RATE }));
    } catch (error) {
      if (error.name !== "NotSupportedError") throw error;
      await this.connect(new AudioContext());
    }
  }

  async connect(context) {
    this.context?.close();
    this.context = context;
    const source = context.createMediaStreamSource(this.stream);
    const url = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
    await context.audioWorklet.addModule(url);
    URL.revokeObjectURL(url);
    const capture = new AudioWorkletNode(context, "guong-capture", { numberOfOutputs: 0 });
    capture.port.onmessage = (event) => this.take(event.data);
    source.connect(capture);
  }

  take(frame) {
    let sum = 0;
    for (const value of frame) sum += value * value;
    const db = 10 * Math.log10(sum / frame.length / 32768 ** 2 + 1e-9);
    this.onlevel(Math.max(0, Math.min(1, (db + 60) / 50)));
    this.onframe(frame);
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    this.stream = this.context = null;
    this.onlevel(0);
  }
}

// The browser's own recogniser, where it has one. The browser's maker hears what is said, so the
// page asks first. It cannot cancel echo: it rests while the avatar speaks.
class BrowserRecogniser {
  static get available() {
    return "SpeechRecognition" in window || "webkitSpeechRecognition" in window;
  }

  constructor(onsaid, onerror) {
    const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
    this.wanted = false;
    this.recognition = new Recognition();
    this.recognition.lang = "vi-VN";
    this.recognition.continuous = true;
    this.recognition.onresult = (event) => {
      const result = event.results[event.results.length - 1];
      if (result.isFinal && result[0].transcript.trim()) onsaid(result[0].transcript.trim());
    };
    this.recognition.onerror = (event) => {
      if (event.error === "no-speech" || event.error === "aborted") return;
      this.wanted = false;
      onerror(event.error);
    };
    this.recognition.onend = () => this.wanted && this.resume();
  }

  start() {
    this.wanted = true;
    this.resume();
  }

  resume() {
    try {
      this.recognition.start();
    } catch (error) {
      if (error.name !== "InvalidStateError") throw error; // it is running already
    }
  }

  rest() {
    this.wanted = false;
    this.recognition.abort();
  }
}
