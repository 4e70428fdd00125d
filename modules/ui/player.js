// Plays one reply at a time: two fragmented MP4 files, one per track, through MediaSource.
//
// An idle loop runs under the talking video. The talking video is shown while it plays and hidden
// when it ends, halts, or runs dry, so nobody ever looks at a frozen open mouth.

const MIME_TYPES = ['video/mp4; codecs="avc1.42C01F"', 'audio/mp4; codecs="mp4a.40.2"'];
// On an iPhone there is only the managed one, which wants remote playback to be off.
const Source = window.MediaSource ?? window.ManagedMediaSource;
const DRY_MS = 120; // a stall longer than this shows the idle loop until sound goes on

function joined(parts) {
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// The buffers of one reply. Each reply has a MediaSource of its own, so nothing of an old one can
// be left in a buffer.
class Feed {
  constructor(video) {
    this.video = video;
    this.queues = [[], []];
    this.buffers = [];
    this.complete = false;
    this.dead = false;
    this.source = new Source();
    this.source.addEventListener("sourceopen", () => this.open(), { once: true });
    this.url = URL.createObjectURL(this.source);
    video.disableRemotePlayback = true;
    video.src = this.url;
  }

  open() {
    URL.revokeObjectURL(this.url);
    if (this.dead) return;
    this.buffers = MIME_TYPES.map((type) => this.source.addSourceBuffer(type));
    for (const buffer of this.buffers) buffer.onupdateend = () => this.pump();
    this.pump();
  }

  push(track, bytes) {
    if (this.dead) return;
    this.queues[track].push(bytes);
    this.pump();
  }

  end() {
    this.complete = true;
    this.pump();
  }

  kill() {
    this.dead = true;
    this.queues = [[], []];
  }

  pump() {
    if (this.dead || !this.buffers.length || this.source.readyState !== "open") return;
    this.buffers.forEach((buffer, track) => {
      const queue = this.queues[track];
      if (!buffer.updating && queue.length) buffer.appendBuffer(joined(queue.splice(0)));
    });
    const settled = this.buffers.every((b, k) => !b.updating && !this.queues[k].length);
    if (this.complete && settled) this.source.endOfStream();
    if (this.buffers.every((b) => !b.updating && b.buffered.length)) this.onready?.();
  }
}

// `on` holds playing(), shown(talking), ended(), blocked() (sound waits for a click) and
// unsupported().
class Player {
  constructor(video, on) {
    this.video = video;
    this.on = on;
    this.feed = null;
    this.dry = 0;
    video.addEventListener("playing", () => {
      if (!this.feed) return;
      clearTimeout(this.dry);
      this.show(true);
      on.playing();
    });
    video.addEventListener("waiting", () => {
      clearTimeout(this.dry);
      this.dry = setTimeout(() => this.show(false), DRY_MS);
    });
    video.addEventListener("ended", () => this.finish());
  }

  begin() {
    this.halt();
    if (!Source) return this.on.unsupported();
    this.feed = new Feed(this.video);
    const feed = this.feed;
    feed.onready = () => {
      feed.onready = null;
      this.play();
    };
    // Asking within the user's own click or key press is what unlocks sound.
    this.play();
  }

  play() {
    const feed = this.feed;
    this.video.play().catch((error) => {
      if (feed === this.feed && error.name === "NotAllowedError") this.on.blocked();
    });
  }

  push(track, bytes) {
    this.feed?.push(track, bytes);
  }

  end() {
    this.feed?.end();
  }

  halt() {
    if (!this.feed) return;
    this.feed.kill();
    this.feed = null;
    this.video.pause();
    this.finish();
  }

  finish() {
    clearTimeout(this.dry);
    this.show(false);
    this.feed = null;
    this.on.ended();
  }

  show(talking) {
    if (talking === this.speaking) return;
    this.video.classList.toggle("shown", talking);
    this.on.shown(talking);
  }

  get speaking() {
    return this.video.classList.contains("shown");
  }
}
