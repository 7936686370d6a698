// The live part is not polled in a hidden tab. Screen readers announce a change of its state.

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
