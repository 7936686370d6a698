// The delivery log is refreshed except when it is paused, in a hidden tab, or while text is selected.

const pause = document.getElementById("pause");
let isPaused = false;

if (pause) {
  pause.hidden = false;
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
  });
}

function isSelecting(part) {
  const selection = getSelection();
  return selection && !selection.isCollapsed && part.contains(selection.anchorNode);
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (!("live" in part.dataset)) return;
  if (isPaused || document.hidden || isSelecting(part)) event.preventDefault();
});

// While the page is scrolled down, or the pointer moves over the rows, rows change their status but no row is added above,
// because it would move the row that is being read or clicked.
const ABOUT_TO_CLICK = 2500;
let pointedAt = -ABOUT_TO_CLICK;

document.body.addEventListener("pointermove", (event) => {
  if (event.target.closest("#results")) pointedAt = performance.now();
});

document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id !== "results") return;
  const isBusy = performance.now() - pointedAt < ABOUT_TO_CLICK;
  if (isBusy || event.target.getBoundingClientRect().top < 0) event.detail.parameters.hold = "1";
});
