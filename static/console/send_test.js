// A change of the event type is applied at once, so its button is hidden. On a phone, scroll to the result after a test,
// because it is below the visible part.

document.querySelector("[data-without-script]").hidden = true;

const result = document.getElementById("test-result");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== result) return;
  if (result.getBoundingClientRect().top > window.innerHeight * 0.6) result.scrollIntoView();
});
