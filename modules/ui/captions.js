// Captions: the clause that is being said, at most two lines of it, the current word lit.
//
// Times are those of the talking video. The words of a clause are set once; where they take more than
// two lines, the next two come when the voice gets there.

const LINES = 2;
const LINGER_MS = 700; // how long a clause stays after its last word, unless the next one begins

class Captions {
  constructor(box, video) {
    this.box = box;
    this.line = box.querySelector(".guong-line");
    this.video = video;
    this.on = true;
    this.clauses = []; // [{id, words: [[text, start_ms, end_ms]...], start, end}], by time
    this.shown = null;
    this.lit = null;
    this.timer = 0;
    this.hearing = false; // whether it shows what the user says
  }

  // What the user is saying, while nobody else speaks: what stands, and what may still change.
  hears(firm, light) {
    this.set(null);
    this.hearing = this.on && Boolean(firm || light);
    if (!this.hearing) return;
    this.put(firm.split(" "), "said");
    this.put(light.split(" "), "");
    this.box.classList.add("shown");
    const over = this.line.offsetHeight - LINES * this.line.lastElementChild.offsetHeight;
    if (over > 1) this.line.style.transform = `translateY(${-over}px)`;
  }

  // What was heard stays until the answer begins.
  heard() {
    return this.hearing ? this.line.textContent.trim() : "";
  }

  unheard() {
    if (this.hearing) this.set(null);
  }

  put(words, kind) {
    for (const text of words.filter(Boolean)) {
      const word = document.createElement("span");
      word.textContent = text;
      word.className = kind;
      this.line.append(word, " ");
    }
  }

  clear() {
    this.clauses = [];
    this.set(null);
  }

  // The words of a clause may come in several parts, and twice after a dropped socket.
  add(id, words) {
    let clause = this.clauses.find((each) => each.id === id);
    if (!clause) this.clauses.push((clause = { id, words: [] }));
    const known = new Set(clause.words.map(([, start]) => start));
    const more = words.filter(([, start]) => !known.has(start));
    if (!more.length) return;
    clause.words = [...clause.words, ...more].sort((a, b) => a[1] - b[1]);
    clause.start = clause.words[0][1];
    clause.end = clause.words.at(-1)[2];
    this.clauses.sort((a, b) => a.start - b.start);
    if (clause === this.shown) {
      this.set(clause);
      this.light(this.video.currentTime * 1000);
    }
  }

  follow(speaking) {
    cancelAnimationFrame(this.timer);
    this.timer = 0;
    if (speaking) this.tick();
    else this.set(null);
  }

  tick() {
    this.timer = requestAnimationFrame(() => this.tick());
    const now = this.video.currentTime * 1000;
    const clause = this.on ? this.at(now) : null;
    if (clause !== this.shown) this.set(clause);
    if (clause) this.light(now);
  }

  at(now) {
    const begun = this.clauses.filter((clause) => clause.start <= now + 80).at(-1);
    return begun && now < begun.end + LINGER_MS ? begun : null;
  }

  set(clause) {
    this.shown = clause;
    this.lit = null;
    this.hearing = false;
    this.line.style.transform = "";
    this.line.replaceChildren();
    this.box.classList.toggle("shown", clause !== null);
    if (!clause) return;
    this.put(
      clause.words.map(([text]) => text),
      "",
    );
  }

  light(now) {
    const begun = this.shown.words.findLastIndex(([, start]) => start <= now + 40);
    const index = Math.max(0, begun);
    const word = this.line.children[index];
    if (word === this.lit) return;
    this.lit = word;
    [...this.line.children].forEach((each, k) => {
      each.className = k < index ? "said" : k === index ? "now" : "";
    });
    const height = word.offsetHeight * LINES;
    const page = Math.floor((word.offsetTop + 1) / height);
    this.line.style.transform = page ? `translateY(${-page * height}px)` : "";
  }
}
