// The stage: player, socket and microphone of one session. Runs as `js_on_load` of a gr.HTML, which
// gives `element`, `props`, `trigger` and `watch`. The wire protocol is described in messages.py.

const HEADER_BYTES = 14;
const PATIENCE_MS = 2000; // without a socket by then, media comes over Gradio's queue
const RETRY_MS = [250, 500, 1000, 2000, 4000];

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

function resting() {
  return microphone.open ? "listening" : "idle";
}

// --- playing -------------------------------------------------------------------------------------

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
  if (received) player.end();
  else enter(resting());
}

// --- the socket ----------------------------------------------------------------------------------

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function connect() {
  if (!session || socket) return;
  const url = new URL("gradio_api/guong/socket", document.baseURI);
  const sign = new URLSearchParams(location.search).get("__sign");
  if (sign) url.searchParams.set("__sign", sign); // private Spaces pass it on
  url.protocol = url.protocol.replace("http", "ws");
  const mine = (socket = new WebSocket(url));
  mine.binaryType = "arraybuffer";
  const slow = setTimeout(() => mine.close(), PATIENCE_MS);
  mine.onopen = () => send({ type: "hello", token: session.token, reply, have: received });
  mine.onmessage = (event) =>
    typeof event.data === "string" ? hear(JSON.parse(event.data), slow) : take(event.data);
  mine.onclose = (event) => {
    clearTimeout(slow);
    if (socket === mine) socket = null;
    // 4401: the token is unknown, the page must load anew; 4409: another tab took the session.
    if (event.code === 4401 || event.code === 4409) return enter("lost");
    const wait = RETRY_MS[Math.min(attempts++, RETRY_MS.length - 1)];
    setTimeout(connect, wait);
  };
}

function hear(message, slow) {
  if (message.type === "ready") {
    clearTimeout(slow);
    attempts = 0;
    if (microphone.open) send({ type: "microphone", open: true });
  } else if (message.type === "end") {
    finish(message.reply);
  } else if (message.type === "halted") {
    if (message.reply === reply) {
      player.halt();
      enter(resting());
    }
  } else if (message.type === "speech") {
    if (state === "speaking" || state === "thinking") halt();
    enter("hearing");
  } else if (message.type === "utterance") {
    trigger("submit", { utterance: message.id, reply: begin() });
  } else if (message.type === "refused") {
    problem(message.code);
  }
}

// --- the microphone ------------------------------------------------------------------------------

const microphone = new Microphone(
  (frame) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(frame.buffer);
  },
  (level) => $("guong-stage").style.setProperty("--level", level.toFixed(3)),
);
let recogniser = null;

const PROBLEMS = {
  NotAllowedError: "microphone.denied",
  SecurityError: "microphone.insecure",
  NotFoundError: "microphone.none",
  NotReadableError: "microphone.busy",
};

function problem(code) {
  seen.errors.push(code);
  const line = $("guong-problem");
  line.textContent = text(code);
  line.hidden = false;
  setTimeout(() => (line.hidden = true), 8000);
}

async function openMicrophone() {
  if (microphone.open) return;
  try {
    await microphone.start();
    send({ type: "microphone", open: true });
    enter(player.speaking ? state : "listening");
  } catch (error) {
    microphone.stop();
    problem(PROBLEMS[error.name] ?? "microphone.failed");
  }
  showMicrophone();
}

function closeMicrophone() {
  microphone.stop();
  recogniser?.rest();
  recogniser = null;
  send({ type: "microphone", open: false });
  if (state === "listening" || state === "hearing") enter("idle");
  showMicrophone();
}

function useBrowserRecogniser() {
  recogniser = new BrowserRecogniser(
    (said) => {
      recogniser.rest();
      recogniser.paused = true;
      trigger("submit", { text: said, reply: begin() });
    },
    () => {
      problem("microphone.browser_failed");
      closeMicrophone();
    },
  );
  recogniser.start();
  enter("listening");
  showMicrophone();
}

function showMicrophone() {
  const open = microphone.open || recogniser !== null;
  $("guong-microphone").setAttribute("aria-pressed", open);
  $("guong-hold").hidden = !microphone.open || !session?.push_to_talk;
}

$("guong-microphone").onclick = () => {
  if (microphone.open || recogniser) closeMicrophone();
  else if (session?.recogniser) openMicrophone();
  else trigger("input", { want: "recogniser", browser: BrowserRecogniser.available });
};

// Push-to-talk: by the button under the face, or by the space bar wherever it does not type.
let held = false;

function hold(down, event) {
  event.preventDefault();
  if (down === held) return;
  held = down;
  if (down && (state === "speaking" || state === "thinking")) halt();
  send({ type: "talk", held });
  enter(held ? "hearing" : "listening");
}

function pushToTalk(on) {
  if (session) session.push_to_talk = on;
  if (state === "hearing") enter(resting());
  showMicrophone();
}

$("guong-hold").onpointerdown = (event) => {
  $("guong-hold").setPointerCapture(event.pointerId); // the release counts wherever it happens
  hold(true, event);
};
$("guong-hold").onpointerup = $("guong-hold").onpointercancel = (event) => hold(false, event);
const space = (down) => (event) => {
  if (event.code !== "Space" || $("guong-hold").hidden) return;
  if (event.target.closest?.("input, textarea, button, select, [role='tab']")) return;
  hold(down, event);
};
document.addEventListener("keydown", space(true));
document.addEventListener("keyup", space(false));
$("guong-stop").onclick = () => halt();
$("guong-unlock").onclick = () => player.play();

const volume = $("guong-volume");
volume.value = stored.get(localStorage, "guong.volume") ?? 1;
$("guong-talk").volume = volume.value;
volume.oninput = () => {
  $("guong-talk").volume = volume.value;
  stored.set(localStorage, "guong.volume", volume.value);
};

// --- the message box -----------------------------------------------------------------------------

const BOX = "#guong-message textarea";

function fill(text) {
  const box = document.querySelector(BOX);
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true })); // Gradio keeps a copy
}

// Emptied at the key press, so that the next words can be typed at once; text that is refused comes
// back. A key press within an input method (Telex, VNI) only ends the word.
function submitTyped() {
  const typed = document.querySelector(BOX).value;
  if (!session || !typed) return;
  fill("");
  trigger("submit", { text: typed, reply: begin() });
}

document.addEventListener(
  "keydown",
  (event) => {
    if (!event.target.matches?.(BOX)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    submitTyped();
  },
  { capture: true },
);
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#guong-send")) submitTyped();
});

// --- what Python sends ---------------------------------------------------------------------------

function update(value) {
  if (!value) return;
  const message = typeof value === "string" ? JSON.parse(value) : value;
  if (message.session) {
    const changed = session?.token !== message.session.token;
    session = { ...session, ...message.session };
    stored.set(sessionStorage, "guong.session", session.token);
    if (session.key) stored.set(localStorage, "guong.key", session.key);
    if (changed) {
      reply = session.last_reply;
      socket?.close();
      socket = null;
      connect();
    }
    relabel();
  }
  if (message.idle) {
    const idle = $("guong-idle");
    if (idle.getAttribute("src") !== message.idle) idle.src = message.idle;
  }
  if (message.chunks && message.reply === reply)
    for (const chunk of message.chunks)
      take(Uint8Array.from(atob(chunk), (c) => c.charCodeAt(0)).buffer);
  if (message.end) finish(message.end);
  if (message.refused && !document.querySelector(BOX).value) fill(message.refused);
  if (message.do === "microphone") openMicrophone();
  if (message.do === "browser") useBrowserRecogniser();
  if (message.do === "halt") halt();
}

function relabel() {
  for (const part of element.querySelectorAll("[data-text]"))
    part.textContent = text(part.dataset.text);
  for (const part of element.querySelectorAll("[data-title]")) {
    part.title = text(part.dataset.title);
    part.setAttribute("aria-label", part.title);
  }
  $("guong-state").textContent = text("stage." + state);
  showMicrophone();
}

watch("value", () => update(props.value));
update(props.value);

window.guong = {
  begin,
  halt,
  pushToTalk,
  seen,
  player,
  microphone,
  connect,
  get reply() {
    return reply;
  },
  get state() {
    return state;
  },
  get socket() {
    return socket;
  },
  get session() {
    return session;
  },
  // What the page brings along when it loads: [session token, user key, language].
  arrival: () => [
    stored.get(sessionStorage, "guong.session") ?? "",
    stored.get(localStorage, "guong.key") ?? "",
    stored.get(localStorage, "guong.language") ?? navigator.language ?? "",
  ],
};
