// The first meeting. A native dialog: it holds the keyboard's focus, Escape closes it, and what lies
// under it rests. Cards and pairs are radio buttons, so that arrows choose and a screen reader counts.

const dialog = element.querySelector("dialog");
const MET = "guong.met";
const AUTOMATIC = "auto";
let known = null; // {personas, texts, chosen} as Python sends it
let pair = AUTOMATIC;

// Storage is blocked in some embedded pages: there one meets anew each time.
function met(set) {
  try {
    if (set) localStorage.setItem(MET, "1");
    return localStorage.getItem(MET) !== null;
  } catch {
    return false;
  }
}

function made(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

// A radio button that looks like whatever `body` holds.
function choice(group, value, checked, className, body) {
  const label = made("label", className);
  const input = made("input", "");
  Object.assign(input, { type: "radio", name: group, value, checked });
  label.append(input, ...body);
  return label;
}

function card(who) {
  const face = made("img", "");
  Object.assign(face, { src: who.poster, alt: "", width: 512, height: 512 });
  const about = made("span", "guong-about", who.about);
  const manner = made("span", "guong-manner", who.manner);
  const body = [face, made("b", "", who.name), about, manner];
  return choice("guong-who", who.id, who.id === known.chosen, "guong-card", body);
}

function showPairs() {
  const who = chosen();
  const offers = [{ value: AUTOMATIC, term: who.automatic, note: "" }, ...who.pairs];
  if (!offers.some((offer) => offer.value === pair)) pair = AUTOMATIC;
  element.querySelector(".guong-pairs").replaceChildren(
    ...offers.map((offer) => {
      const body = [made("b", "", offer.term)];
      body[0].lang = offer.value === AUTOMATIC ? "" : "vi";
      if (offer.note) body.push(made("small", "", offer.note));
      const automatic = offer.value === AUTOMATIC ? " automatic" : "";
      return choice("guong-pair", offer.value, offer.value === pair, "guong-pair" + automatic, body);
    }),
  );
  element.querySelector(".guong-meet").textContent = who.meet;
}

function chosen() {
  const id = element.querySelector("[name='guong-who']:checked")?.value;
  return known.personas.find((who) => who.id === id) ?? known.personas[0];
}

function show() {
  for (const part of element.querySelectorAll("[data-text]"))
    part.textContent = known.texts[part.dataset.text] ?? part.dataset.text;
  const who = dialog.open ? chosen().id : known.chosen;
  known.chosen = known.personas.some((each) => each.id === who) ? who : known.personas[0].id;
  element.querySelector(".guong-cards").replaceChildren(...known.personas.map(card));
  showPairs();
}

function open() {
  if (!known || dialog.open) return;
  show();
  dialog.showModal();
  element.querySelector("[name='guong-who']:checked").focus();
}

function close() {
  met(true);
  dialog.close();
}

element.addEventListener("change", (event) => {
  if (event.target.name === "guong-who") showPairs();
  else if (event.target.name === "guong-pair") pair = event.target.value;
});
element.querySelector(".guong-skip").onclick = close;
dialog.addEventListener("cancel", () => met(true)); // Escape
element.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  close();
  known.chosen = chosen().id;
  window.guong.greet({ avatar: known.chosen, pair });
});

function update(value) {
  if (!value) return;
  const first = known === null;
  known = typeof value === "string" ? JSON.parse(value) : value;
  show();
  if (first && !met(false)) open();
}
watch("value", () => update(props.value));
update(props.value);
window.guongWelcome = open;
