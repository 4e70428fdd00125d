// Finds faults of a layout by geometry: returns [{kind, what, by}], empty where all is well.
//
// Looked at are interactive elements and the lines of text blocks, as far as they can be seen: cut to
// the boxes of ancestors that scroll. What lies in another layer (a dialog, a menu, a toast) may cover.

({ phone, main }) => {
  const INTERACTIVE = "button, a[href], input, textarea, select, summary, [role=tab], [role=button]";
  const LAYERS = "dialog[open], .toast-wrap, #guong-saving.open, #guong-recogniser, #guong-why, .options";
  const PICTURE = ".guong-picture"; // words on the picture are meant to lie on it
  const faults = [];
  const seen = new Set();
  const width = document.documentElement.clientWidth;
  const height = window.innerHeight;
  const modal = document.querySelector("dialog[open]");

  function name(node) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const id = element.closest("[id]")?.id ?? "";
    const own = element.tagName.toLowerCase() + [...element.classList].slice(0, 2).map((c) => "." + c).join("");
    const words = (node.textContent || element.title || element.placeholder || element.getAttribute("aria-label") || "").trim();
    return `${id ? "#" + id + " " : ""}${own} “${words.replace(/\s+/g, " ").slice(0, 40)}”`;
  }
  function fault(kind, what, by = "") {
    const entry = { kind, what: name(what), by };
    const key = JSON.stringify(entry);
    if (!seen.has(key)) faults.push(entry);
    seen.add(key);
  }
  const layer = (element) => element.closest(LAYERS);
  const hiddenAway = (box) => box.width <= 2 || box.height <= 2; // for screen readers only

  function visible(element) {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    if (modal && !modal.contains(element)) return false;
    for (let each = element; each; each = each.parentElement) {
      if (each.inert) return false;
      const style = getComputedStyle(each);
      if (style.clipPath.startsWith("inset(50%") || style.clip === "rect(0px, 0px, 0px, 0px)") return false;
    }
    return true;
  }

  // The box that is left of another within its ancestors, and by which of them it was cut for good:
  // what scrolls can be brought into view, what is hidden is lost.
  function clipped(box, element) {
    let { left, right, top, bottom } = box;
    let lost = null;
    let scrolls = false;
    for (let each = element; each && each !== document.documentElement; each = each.parentElement) {
      const style = getComputedStyle(each);
      const frame = each.getBoundingClientRect();
      for (const axis of ["x", "y"]) {
        const how = axis === "x" ? style.overflowX : style.overflowY;
        if (how === "visible" || each === document.body) continue;
        const [low, high] = axis === "x" ? [frame.left, frame.right] : [frame.top, frame.bottom];
        const over = axis === "x" ? Math.max(low - left, right - high) : Math.max(low - top, bottom - high);
        // Within a line's height of the edge lies no ink.
        const slack = axis === "x" ? 2 : 2 + (bottom - top) * 0.12;
        if (!scrolls && (how === "hidden" || how === "clip") && over > slack) lost ??= each;
        if (axis === "x") [left, right] = [Math.max(left, low), Math.min(right, high)];
        else [top, bottom] = [Math.max(top, low), Math.min(bottom, high)];
        if (how === "auto" || how === "scroll") scrolls = true;
      }
      if (style.position === "fixed") break;
    }
    return { left, right, top, bottom, lost, scrolls };
  }

  const items = [];
  function take(node, element, box, kind) {
    if (hiddenAway(box)) return;
    const seenBox = clipped(box, kind === "text" ? element : element.parentElement);
    if (seenBox.lost) fault("cut", node, name(seenBox.lost));
    if (seenBox.right - seenBox.left < 2 || seenBox.bottom - seenBox.top < 2) return; // scrolled away
    if (!seenBox.scrolls && (seenBox.left < -1 || seenBox.right > width + 1)) fault("outside", node);
    items.push({ node, element, kind, layer: layer(element), picture: element.closest(PICTURE), ...seenBox });
  }

  for (const element of document.querySelectorAll(INTERACTIVE)) {
    if (!visible(element) || element.disabled) continue;
    let box = element.getBoundingClientRect();
    const label = element.matches("input") ? element.closest("label") : null;
    if (label) box = label.getBoundingClientRect(); // it is pressed there
    if (hiddenAway(box)) continue;
    take(element, label ?? element, box, "control");
    const inline = element.matches("a") && getComputedStyle(element).display === "inline";
    if (!inline && !element.matches("[type=range]")) {
      const least = phone && main.some((each) => element.matches(each)) ? 44 : 24;
      if (box.width < least - 0.5 || box.height < least - 0.5)
        fault("small", element, `${Math.round(box.width)}x${Math.round(box.height)} < ${least}`);
    }
    if (element.matches("textarea, input:not([type])") && !element.value && element.placeholder) {
      const over = Math.max(element.scrollWidth - element.clientWidth, element.scrollHeight - element.clientHeight);
      if (over > 2) fault("cut", element, "placeholder");
    }
  }

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (!node.textContent.trim() || !element || element.closest("script, style, noscript, svg, option")) continue;
    if (!visible(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) take(node, element, box, "text");
  }

  // What scrolls within a box that hides a part of it never shows its last lines.
  for (const element of document.querySelectorAll("*")) {
    const how = getComputedStyle(element).overflowY;
    if (!/auto|scroll/.test(how) || element.scrollHeight <= element.clientHeight + 2 || !visible(element)) continue;
    const box = element.getBoundingClientRect();
    const seenBox = clipped(box, element.parentElement);
    if (seenBox.lost && !hiddenAway(box)) fault("cut", element, "a box that scrolls, by " + name(seenBox.lost));
  }

  if (document.scrollingElement.scrollWidth > width + 1)
    faults.push({ kind: "scroll", what: `page ${document.scrollingElement.scrollWidth} > ${width}`, by: "" });

  // A block's own label lies in its corner, on the area where files are dropped.
  const labels = (a, b) => a.element.closest("label.float")?.closest(".block")?.contains(b.element);
  const related = (a, b) => labels(a, b) || labels(b, a) || a.element === b.element || a.element.contains(b.element) || b.element.contains(a.element);
  for (let i = 0; i < items.length; i++) {
    for (let k = i + 1; k < items.length; k++) {
      const [a, b] = [items[i], items[k]];
      if (a.layer !== b.layer || (a.picture && b.picture && a.kind === "text" && b.kind === "text")) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      // Letters fill the middle of their line: two lines may share a little of their height.
      const inkA = a.kind === "text" ? (a.bottom - a.top) * 0.15 : 0;
      const inkB = b.kind === "text" ? (b.bottom - b.top) * 0.15 : 0;
      const down = Math.min(a.bottom - inkA, b.bottom - inkB) - Math.max(a.top + inkA, b.top + inkB);
      if (across > 2 && down > 2 && !related(a, b)) fault("overlap", a.node, name(b.node));
    }
  }

  for (const { element, node, kind, left, right, top, bottom } of items) {
    if (kind !== "control") continue;
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    if (x < 0 || y < 0 || x >= width || y >= height) continue;
    const hit = document.elementFromPoint(x, y);
    if (!hit || element.contains(hit) || hit.contains(element) || layer(hit) !== layer(element)) continue;
    fault("covered", node, name(hit));
  }
  return faults;
}
