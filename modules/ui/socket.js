// The socket of the stage: media in, halts and the microphone out. It comes back by itself, and goes
// on where it broke. The wire protocol is described in messages.py.

const HEADER_BYTES = 14;
const PATIENCE_MS = 2000; // without a socket by then, media comes over Gradio's queue
const RETRY_MS = [250, 500, 1000, 2000, 4000];
let linked = false;
let missing = 0;

function connected() {
  return socket?.readyState === WebSocket.OPEN;
}

function send(message) {
  if (connected()) socket.send(JSON.stringify(message));
}

// A line that was there and is gone: the page says so when it does not come back at once. Where no
// socket ever comes through, all goes another way, and there is nothing to say.
function link(there) {
  clearTimeout(missing);
  if (there) {
    linked = true;
    $("guong-stage").classList.remove("offline");
  } else if (linked) missing = setTimeout(() => $("guong-stage").classList.add("offline"), 1500);
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
    link(false);
    const wait = RETRY_MS[Math.min(attempts++, RETRY_MS.length - 1)];
    setTimeout(connect, wait);
  };
}

function hear(message, slow) {
  if (message.type === "ready") {
    clearTimeout(slow);
    attempts = 0;
    if (microphone.open && !recording) send({ type: "microphone", open: true });
    link(true);
  } else if (message.type === "caption") {
    if (message.reply === reply) captions.add(message.clause, message.words);
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
  } else if (message.type === "partial") {
    if (state === "hearing") captions.hears(message.firm, message.light);
  } else if (message.type === "utterance") {
    const said = captions.heard();
    trigger("submit", { utterance: message.id, reply: begin() });
    captions.hears(said, "");
  } else if (message.type === "refused") {
    problem(message.code);
  }
}
