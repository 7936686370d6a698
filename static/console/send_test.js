// The choice of an event type acts at once, so its button goes away. On a phone the result stands below what can be seen:
// go there when a test was sent.

document.querySelector("[data-without-script]").hidden = true;

const result = document.getElementById("test-result");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== result) return;
  if (result.getBoundingClientRect().top > window.innerHeight * 0.6) result.scrollIntoView();
});
