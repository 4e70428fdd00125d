// Whoever is down in the settings keeps sight of the face while it does something: it moves into a
// corner. Its place stays empty, so that nothing jumps.

new IntersectionObserver(
  ([place]) => $("guong-stage").classList.toggle("away", place.intersectionRatio < 0.25),
  { threshold: [0, 0.25, 0.5] },
).observe($("guong-room"));
