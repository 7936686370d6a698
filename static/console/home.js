// The live part rests while nobody looks, and says aloud only what is new.

const live = () => document.querySelector("[data-live]");
const spoken = document.querySelector("#spoken");
let said = live().dataset.spoken;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target === live()) event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) live().dispatchEvent(new Event("refresh"));
});

document.addEventListener("htmx:afterSwap", () => {
  const now = live()?.dataset.spoken;
  if (!now || now === said) return;
  said = now;
  spoken.textContent = now;
});
