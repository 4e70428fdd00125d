// Talking: the microphone's button, push-to-talk, and the browser's own recogniser.

const LONGEST_FRAMES = (60 * LISTEN_RATE) / FRAME;
// Where no socket comes through, one click begins to record and the next one sends it all.
let recording = null;

const microphone = new Microphone(
  (frame) => {
    if (recording) keep(frame);
    else if (connected()) socket.send(frame.buffer);
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

async function openMicrophone() {
  if (microphone.open) return;
  try {
    await microphone.start();
    if (connected()) {
      send({ type: "microphone", open: true });
      enter(player.speaking ? state : "listening");
    } else {
      if (player.speaking) halt();
      recording = [];
      enter("hearing");
    }
  } catch (error) {
    microphone.stop();
    problem(PROBLEMS[error.name] ?? "microphone.failed");
  }
  showMicrophone();
}

function keep(frame) {
  recording.push(frame);
  if (recording.length >= LONGEST_FRAMES) closeMicrophone();
}

function sendRecording(frames) {
  const sound = new Int16Array(frames.length * FRAME);
  frames.forEach((frame, k) => sound.set(frame, k * FRAME));
  const bytes = new Uint8Array(sound.buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  trigger("submit", { sound: btoa(text), reply: begin() });
}

function closeMicrophone() {
  const recorded = recording;
  recording = null;
  held = false; // the button goes with the microphone, and its release is never heard
  microphone.stop();
  recogniser?.rest();
  recogniser = null;
  send({ type: "microphone", open: false });
  if (state === "listening" || state === "hearing") enter("idle");
  showMicrophone();
  if (recorded?.length) sendRecording(recorded);
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
