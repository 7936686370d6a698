// The live part rests while nobody looks. Its state is said aloud when it turns for the better or the worse.

const live = () => document.querySelector("[data-live]");
const spoken = document.querySelector("#spoken");
let tone = live().dataset.tone;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target === live()) event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) live().dispatchEvent(new Event("refresh"));
});

document.addEventListener("htmx:afterSwap", () => {
  const now = live()?.dataset;
  if (!now || now.tone === tone) return;
  tone = now.tone;
  spoken.textContent = now.spoken;
});
