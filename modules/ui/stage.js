// The stage of one session: what it shows, and which reply it is at. Runs as `js_on_load` of a gr.HTML,
// which gives `element`, `props`, `trigger` and `watch`; socket.js, talking.js, typing.js and page.js
// follow in the same scope.

const $ = (name) => element.querySelector("." + name);
const stored = {
  // Storage is blocked in some embedded pages: then nothing outlives the tab, and all else works.
  get: (store, key) => {
    try {
      return store.getItem(key);
    } catch {
      return null;
    }
  },
  set: (store, key, value) => {
    try {
      store.setItem(key, value);
    } catch {
      /* see above */
    }
  },
};

let session = null; // {token, texts, language, last_reply, ...} as Python sends it
let reply = 0; // the page counts replies, so that a halt can overtake its own turn
let received = 0; // chunks of this reply, to resume after a dropped socket
let socket = null;
let attempts = 0;
let state = "idle";
const seen = { chunks: 0, stale: 0, states: [], errors: [] }; // what tests look at

function text(code) {
  return session?.texts?.[code] ?? code;
}

function enter(next) {
  if (next === state) return;
  state = next;
  $("guong-stage").dataset.state = next;
  $("guong-state").textContent = text("stage." + next);
  $("guong-lost").hidden = next !== "lost";
  if (!["hearing", "thinking", "speaking"].includes(next)) captions.unheard();
  seen.states.push([performance.now(), next]);
  // A quick answer needs no thinking face: its loop is fetched only for a longer thought.
  clearTimeout(turning);
  turning = setTimeout(() => faces.turn(LOOPS[next] ?? "idle"), next === "thinking" ? 350 : 0);
}

function problem(code) {
  seen.errors.push(code);
  const line = $("guong-problem");
  line.textContent = text(code);
  line.hidden = false;
  setTimeout(() => (line.hidden = true), 8000);
}

function resting() {
  return microphone.open ? "listening" : "idle";
}

const LOOPS = { listening: "listening", hearing: "listening", thinking: "thinking" };
let turning = 0;
const faces = new Faces([...element.querySelectorAll(".guong-idle")], $("guong-poster"), () => {
  $("guong-stage").dataset.face = "ready";
});
$("guong-poster").onload = () => {
  $("guong-poster").hidden = false;
  if ($("guong-stage").dataset.face === "loading") $("guong-stage").dataset.face = "still";
};

const captions = new Captions($("guong-captions"), $("guong-talk"));

const player = new Player($("guong-talk"), {
  playing: () => {
    $("guong-unlock").hidden = true;
    enter("speaking");
    send({ type: "playing", reply });
  },
  shown: (talking) => {
    captions.follow(talking);
    faces.rest(talking);
  },
  ended: () => {
    captions.clear();
    enter(state === "thinking" ? state : resting());
    send({ type: "played", reply });
    if (recogniser?.wanted === false && recogniser.paused) recogniser.start();
  },
  blocked: () => ($("guong-unlock").hidden = false),
  unsupported: () => problem("stage.unsupported"),
});

function begin() {
  player.begin();
  captions.clear();
  reply += 1;
  received = 0;
  enter("thinking");
  return reply;
}

// Stops what plays and what is being made, here and on the server, and nothing that comes later.
function halt() {
  player.halt();
  send({ type: "halt", upto: reply });
  reply += 1;
  received = 0;
  enter(resting());
}

function take(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== reply) {
    seen.stale += 1;
    return;
  }
  received += 1;
  seen.chunks += 1;
  player.push(view.getUint8(12), new Uint8Array(buffer, HEADER_BYTES));
}

function finish(id) {
  if (id !== reply) return;
  if (received && player.feed) player.end();
  else enter(resting());
}

$("guong-stop").onclick = () => halt();
$("guong-unlock").onclick = () => player.play();
$("guong-reload").onclick = () => location.reload();

function showCaptions(on) {
  captions.on = on;
  $("guong-caption-switch").setAttribute("aria-pressed", on);
  stored.set(localStorage, "guong.captions", on ? "on" : "off");
}
showCaptions(stored.get(localStorage, "guong.captions") !== "off");
$("guong-caption-switch").onclick = () => showCaptions(!captions.on);

const volume = $("guong-volume");
volume.value = stored.get(localStorage, "guong.volume") ?? 1;
$("guong-talk").volume = volume.value;
volume.oninput = () => {
  $("guong-talk").volume = volume.value;
  stored.set(localStorage, "guong.volume", volume.value);
};
