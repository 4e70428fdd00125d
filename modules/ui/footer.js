// The last turn's times: folded away or open, as the visitor left them, from one turn to the next.

const FOOTER = document.querySelector("#guong-footer");

function fold() {
  const turn = FOOTER.querySelector(".guong-turn");
  if (turn) turn.open = stored.get(localStorage, "guong.times") === "open";
}

if (FOOTER) {
  new MutationObserver(fold).observe(FOOTER, { childList: true, subtree: true });
  FOOTER.addEventListener(
    "toggle",
    (event) => {
      if (!event.target.matches(".guong-turn")) return;
      stored.set(localStorage, "guong.times", event.target.open ? "open" : "folded");
    },
    { capture: true },
  );
}
