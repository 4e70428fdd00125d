// The points of a portrait, drawn over it: each can be dragged by mouse or finger, or chosen and moved
// with the arrow keys. What was moved goes to Python, which keeps it or sends the old points back.

const NS = "http://www.w3.org/2000/svg";
const SIZE = 512;
const SETTLE_MS = 450; // after the last arrow key
const LINES = [
  ["left_eye_outer", "left_eye_top", "left_eye_inner", "left_eye_bottom", "left_eye_outer"],
  ["right_eye_inner", "right_eye_top", "right_eye_outer", "right_eye_bottom", "right_eye_inner"],
  ["left_brow_outer", "left_brow_middle", "left_brow_inner"],
  ["right_brow_inner", "right_brow_middle", "right_brow_outer"],
  ["mouth_left", "upper_lip_outer", "mouth_right", "lower_lip_outer", "mouth_left"],
  ["mouth_left", "upper_lip_inner", "mouth_right"],
  ["mouth_left", "lower_lip_inner", "mouth_right"],
  ["jaw_left", "chin", "jaw_right"],
];
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const box = element.querySelector(".guong-points");
const svg = box.querySelector("svg");
let shown = null; // {id, image, points, labels, title, hint}
let settling = 0;
let edits = 0; // what comes back from Python for an older edit is out of date

const make = (name, attributes, parent) => {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
};

// What is shown is the face and a little around it: a point must not hide what it marks.
function frame(points) {
  const xs = Object.values(points).map((p) => p[0]);
  const ys = Object.values(points).map((p) => p[1]);
  const middle = [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
  const half = Math.min(
    SIZE / 2,
    0.62 * Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)),
  );
  const corner = middle.map((m) => Math.max(0, Math.min(SIZE - 2 * half, m - half)));
  return [...corner, 2 * half, 2 * half];
}

function show(value) {
  const next = typeof value === "string" ? JSON.parse(value || "{}") : (value ?? {});
  if (next.id && next.id === shown?.id && "edit" in next && next.edit !== edits) return;
  shown = next.id ? next : null;
  box.hidden = !shown;
  if (!shown) return svg.replaceChildren();
  const held = document.activeElement?.dataset?.point;
  box.querySelector(".guong-points-hint").textContent = shown.hint;
  svg.setAttribute("aria-label", shown.title);
  svg.setAttribute("viewBox", frame(shown.points).join(" "));
  svg.replaceChildren();
  make("image", { href: shown.image, width: SIZE, height: SIZE }, svg);
  for (const line of LINES) make("polyline", { "data-line": line.join(" ") }, svg);
  for (const name of Object.keys(shown.points)) point(name);
  place();
  if (held) svg.querySelector(`[data-point="${held}"]`)?.focus({ preventScroll: true });
}

function point(name) {
  const knob = make("g", { "data-point": name, tabindex: 0, role: "button" }, svg);
  make("circle", { class: "guong-reach", r: 9 }, knob);
  make("circle", { class: "guong-knob", r: 2.6 }, knob);
  make("title", {}, knob).textContent = shown.labels[name];
  knob.addEventListener("pointerdown", (event) => grab(knob, name, event));
  knob.addEventListener("keydown", (event) => step(name, event));
}

function place() {
  for (const knob of svg.querySelectorAll("[data-point]")) {
    const [x, y] = shown.points[knob.dataset.point];
    knob.setAttribute("transform", `translate(${x} ${y})`);
    const where = `${Math.round(x)}, ${Math.round(y)}`;
    knob.setAttribute("aria-label", `${shown.labels[knob.dataset.point]}: ${where}`);
  }
  for (const line of svg.querySelectorAll("[data-line]")) {
    const names = line.dataset.line.split(" ");
    line.setAttribute("points", names.map((n) => shown.points[n].join(",")).join(" "));
  }
}

const inside = (value) => Math.round(100 * Math.max(0, Math.min(SIZE, value))) / 100;

function move(name, x, y) {
  shown.points[name] = [inside(x), inside(y)];
  edits += 1;
  place();
}

function grab(knob, name, event) {
  event.preventDefault();
  knob.focus({ preventScroll: true });
  knob.setPointerCapture(event.pointerId);
  const toFace = svg.getScreenCTM().inverse();
  const at = (e) => new DOMPoint(e.clientX, e.clientY).matrixTransform(toFace);
  const [x, y] = shown.points[name];
  const from = at(event);
  const drag = (e) => move(name, x + at(e).x - from.x, y + at(e).y - from.y);
  const drop = () => {
    knob.removeEventListener("pointermove", drag);
    if (shown.points[name][0] !== x || shown.points[name][1] !== y) send();
  };
  knob.addEventListener("pointermove", drag);
  for (const end of ["pointerup", "pointercancel"]) knob.addEventListener(end, drop, { once: true });
}

function step(name, event) {
  const way = STEPS[event.key];
  if (!way) return;
  event.preventDefault();
  const far = event.shiftKey ? 5 : 0.5;
  const [x, y] = shown.points[name];
  move(name, x + far * way[0], y + far * way[1]);
  clearTimeout(settling);
  settling = setTimeout(send, SETTLE_MS);
}

function send() {
  clearTimeout(settling);
  if (shown) trigger("submit", { id: shown.id, points: shown.points, edit: edits });
}

watch("value", () => show(props.value));
show(props.value);
