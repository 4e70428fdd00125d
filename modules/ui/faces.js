// The face while it does not speak: a loop for each state, each cross-faded into the next.
//
// Two videos take turns: the next loop is shown only when its first picture is there, so that the
// face never turns black. Before the first loop has come there is a still picture, and before that a
// sketch. Who wants less motion sees the first picture of each loop, and it stands still.

const CALM = matchMedia("(prefers-reduced-motion: reduce)");

class Faces {
  // onready() is called when the first picture of a loop can be seen.
  constructor(videos, poster, onready) {
    this.videos = videos; // the first one is shown, the other waits
    this.poster = poster;
    this.onready = onready;
    this.face = null; // {idle, listening, thinking, poster}: addresses
    this.state = "idle";
    this.covered = false; // by the talking video
    // Another face has come: its still covers the old one's loop until its own is there.
    poster.addEventListener("load", () => {
      for (const video of this.videos)
        if (!this.mine(video)) video.classList.remove("shown");
    });
    for (const video of videos) {
      video.addEventListener("loadeddata", () => this.show(video));
      video.addEventListener("seeked", () => this.show(video));
      video.addEventListener("error", () => this.fail(video));
    }
    CALM.addEventListener("change", () => this.move(this.videos[0]));
  }

  wear(face) {
    if (JSON.stringify(face) === JSON.stringify(this.face)) return;
    this.face = face;
    if (this.poster.getAttribute("src") !== face.poster) this.poster.src = face.poster;
    this.turn(this.state);
  }

  turn(state) {
    this.state = state;
    const loop = this.face?.[state] ?? this.face?.idle;
    const [shown, waiting] = this.videos;
    if (!loop) return;
    if (shown.getAttribute("src") === loop && shown.classList.contains("shown")) {
      waiting.wanted = null; // back to what is shown before the next one came
      this.move(shown);
      return;
    }
    waiting.wanted = loop;
    if (waiting.getAttribute("src") !== loop) waiting.src = loop;
    else if (waiting.currentTime > 0) waiting.currentTime = 0; // every loop begins in one pose
    else if (waiting.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) this.show(waiting);
  }

  mine(video) {
    return Object.values(this.face).includes(video.getAttribute("src"));
  }

  show(video) {
    if (!video.wanted || video.getAttribute("src") !== video.wanted) return;
    video.wanted = null;
    this.move(video);
    const [old] = this.videos;
    this.videos = [video, old];
    video.classList.add("shown");
    if (old !== video) {
      old.classList.remove("shown");
      setTimeout(() => old === this.videos[1] && old.pause(), 400);
    }
    this.onready();
  }

  fail(video) {
    if (!video.wanted) return;
    // Only this loop is missing: the idle one does for every state; without it the still stays.
    if (video.wanted !== this.face.idle) this.turn("idle");
    else setTimeout(() => video.wanted && video.load(), 3000);
  }

  move(video) {
    if (CALM.matches || this.covered) video.pause();
    else video.play().catch(() => {}); // a browser that saves power shows the first picture
  }

  // While the talking video covers them the loops need not be drawn.
  rest(covered) {
    this.covered = covered;
    this.move(this.videos[0]);
  }
}
