// Puts the two buttons of a rating beside every answer of the conversation. Gradio's own are labelled
// in the browser's language only, and what lies within a message is read out as part of it.

const CHAT = "#guong-chat";
const ICONS = {
  good: "M7 10v11H3V10h4Zm2 0 4-8c1.700 0 3 1.200 3 3v4h4.500c1.300 0 2.200 1.200 1.900 2.400l-2 8c-.200.900-1 1.600-2 1.600H9V10Z",
  bad: "M17 14V3h4v11h-4Zm-2 0-4 8c-1.700 0-3-1.200-3-3v-4H3.500c-1.300 0-2.200-1.200-1.900-2.400l2-8C3.800 3.700 4.600 3 5.600 3H15v11Z",
};
let answers = []; // [reply, verdict or "" or null where it cannot be rated any more], as shown
let texts = {};

function button(verdict) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "guong-rate";
  made.dataset.verdict = verdict;
  made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[verdict]}"/></svg>`;
  made.onclick = () => {
    const reply = Number(made.parentElement.dataset.reply);
    trigger("submit", { reply, verdict });
  };
  return made;
}

function place(row, reply, verdict) {
  let group = row.querySelector(".guong-rating");
  if (!group) {
    group = document.createElement("span");
    group.className = "guong-rating";
    group.setAttribute("role", "group");
    group.append(button("good"), button("bad"));
    row.append(group);
  }
  if (group.dataset.reply !== String(reply)) group.dataset.reply = reply;
  if (group.getAttribute("aria-label") !== texts.group) group.setAttribute("aria-label", texts.group);
  for (const each of group.children) {
    const pressed = String(each.dataset.verdict === verdict);
    if (each.getAttribute("aria-pressed") !== pressed) each.setAttribute("aria-pressed", pressed);
    const label = texts[each.dataset.verdict];
    if (each.title === label) continue;
    each.title = label;
    each.setAttribute("aria-label", label);
  }
}

function decorate() {
  // Gradio names it in English, and no key scrolls it while there is nothing in it to press.
  const log = document.querySelector(`${CHAT} [role="log"]`);
  if (log && texts.log && log.getAttribute("aria-label") !== texts.log) {
    log.tabIndex = 0;
    log.setAttribute("aria-label", texts.log);
  }
  const rows = [...document.querySelectorAll(`${CHAT} .bot-row`)];
  rows.forEach((row, index) => {
    const [reply, verdict] = answers[index] ?? [0, null];
    if (reply && verdict !== null) place(row, reply, verdict);
    else row.querySelector(".guong-rating")?.remove();
  });
}

function update(value) {
  if (!value) return;
  const message = typeof value === "string" ? JSON.parse(value) : value;
  ({ answers, texts } = message);
  decorate();
}

// The chatbot draws anew whenever something is said; it is there before or after this script.
function observe() {
  const chat = document.querySelector(CHAT);
  if (!chat) return void setTimeout(observe, 200);
  new MutationObserver(decorate).observe(chat, { childList: true, subtree: true });
  decorate();
}

watch("value", () => update(props.value));
update(props.value);
observe();
