// Words of Gradio's own parts (Record, Clear, Use via API ...), said in the page's language.
//
// Gradio follows the browser's language where it has a translation at all; this page has a language of
// its own. `session.words` maps Gradio's English to what is shown, as Python's catalogue has it.

const NAMES = ["aria-label", "title", "alt", "placeholder"];
const OURS = ".guong-stage, .guong-welcome, #guong-chat .message, textarea, script, style";
const english = new WeakMap(); // node -> what Gradio wrote there: {text} or {attribute: word}

// The ends of a slider, and how many seconds something takes.
function decimal(word) {
  const commas = session.language === "vi" && /^-?\d+\.\d+s?$/.test(word ?? "");
  return commas ? word.replace(".", ",") : undefined;
}

function said(node, key, now, write) {
  const kept = english.get(node) ?? {};
  // What stands there is Gradio's, unless it is what we put in its place.
  if (now !== kept["shown " + key]) kept[key] = now;
  const word = kept[key]?.trim();
  const shown = session.words[word] ?? decimal(word);
  if (!shown) return;
  kept["shown " + key] = kept[key].replace(word, shown);
  english.set(node, kept);
  if (kept["shown " + key] !== now) write(kept["shown " + key]);
}

// Buttons that Gradio puts into a "list" without items, under English names: their words are enough.
function plain(root) {
  for (const list of root.querySelectorAll("#guong-chat .examples")) list.removeAttribute("role");
  for (const button of root.querySelectorAll("#guong-chat .example"))
    button.removeAttribute("aria-label");
  // A toast's head calls itself a button and holds another one; it only folds what is short anyway.
  for (const head of document.querySelectorAll(".toast-header[role]")) {
    head.removeAttribute("role");
    head.removeAttribute("tabindex");
  }
}

function inOurLanguage(root) {
  if (!session?.words) return;
  if (root.nodeType === Node.TEXT_NODE) {
    if (root.data.trim() && !root.parentElement?.closest(OURS))
      said(root, "text", root.data, (word) => (root.data = word));
    return;
  }
  if (root.nodeType !== Node.ELEMENT_NODE || root.closest(OURS)) return;
  for (const part of [root, ...root.querySelectorAll("[aria-label],[title],[alt],[placeholder]")])
    for (const name of NAMES)
      if (part.hasAttribute(name))
        said(part, name, part.getAttribute(name), (word) => part.setAttribute(name, word));
  plain(root.parentElement ?? root);
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) inOurLanguage(texts.currentNode);
}

new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes)
    if (type === "childList") addedNodes.forEach(inOurLanguage);
    else inOurLanguage(target);
}).observe(document.body, {
  childList: true,
  subtree: true,
  characterData: true,
  attributes: true,
  attributeFilter: NAMES,
});
