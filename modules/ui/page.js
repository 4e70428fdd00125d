// What Python sends to the stage, and what the page and tests may call.

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
  if (message.face) wear(message.face);
  if (message.chunks && message.reply === reply)
    for (const chunk of message.chunks)
      take(Uint8Array.from(atob(chunk), (c) => c.charCodeAt(0)).buffer);
  if (message.captions && message.reply === reply)
    for (const [clause, words] of message.captions) captions.add(clause, words);
  if (message.end) finish(message.end);
  if (message.refused && !document.querySelector(BOX).value) fill(message.refused);
  if (message.do === "microphone") openMicrophone();
  if (message.do === "browser") useBrowserRecogniser();
  if (message.do === "halt") halt();
}

function wear(face) {
  faces.wear(face);
  $("guong-poster").alt = face.name;
}

function relabel() {
  for (const part of element.querySelectorAll("[data-text]"))
    part.textContent = text(part.dataset.text);
  for (const part of element.querySelectorAll("[data-title]")) {
    part.title = text(part.dataset.title);
    part.setAttribute("aria-label", part.title);
  }
  $("guong-state").textContent = text("stage." + state);
  inOurLanguage(document.body);
  showMicrophone();
}

watch("value", () => update(props.value));
update(props.value);

// Called within a click, so that the browser lets the greeting sound.
function greet(choice) {
  trigger("submit", { greet: choice, reply: begin() });
}

// The same for a sentence that shows how the chosen voice sounds.
function sample() {
  trigger("submit", { sample: true, reply: begin() });
}

window.guong = {
  greet,
  faces,
  sample,
  halt,
  pushToTalk,
  seen,
  player,
  microphone,
  get reply() {
    return reply;
  },
  get state() {
    return state;
  },
  get socket() {
    return socket;
  },
  get linked() {
    return linked;
  },
  get session() {
    return session;
  },
};
