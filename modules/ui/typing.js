// Typing: what is in the message box is submitted by the stage, which counts replies.

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
  const opening = event.target.closest?.("#guong-chat .example");
  if (opening) {
    fill(opening.innerText.trim());
    submitTyped();
    document.querySelector(BOX).focus({ preventScroll: true });
  }
});
