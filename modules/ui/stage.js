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

let session = null; // {token, texts, microphone, last_reply} as Python sends it
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
  seen.states.push([performance.now(), next]);
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

const player = new Player($("guong-talk"), {
  playing: () => {
    $("guong-unlock").hidden = true;
    enter("speaking");
    send({ type: "playing", reply });
  },
  ended: () => {
    enter(state === "thinking" ? state : resting());
    send({ type: "played", reply });
    if (recogniser?.wanted === false && recogniser.paused) recogniser.start();
  },
  blocked: () => ($("guong-unlock").hidden = false),
  unsupported: () => problem("stage.unsupported"),
});

function begin() {
  player.begin();
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

const volume = $("guong-volume");
volume.value = stored.get(localStorage, "guong.volume") ?? 1;
$("guong-talk").volume = volume.value;
volume.oninput = () => {
  $("guong-talk").volume = volume.value;
  stored.set(localStorage, "guong.volume", volume.value);
};
