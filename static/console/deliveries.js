// The delivery log is refreshed except when it is paused, in a hidden tab, while text is selected, or a row is ticked.

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
  if (isPaused || document.hidden || isSelecting(part) || part.querySelector(".pick :checked")) event.preventDefault();
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

// The box above ticks or clears all rows of the page.
function offerAll() {
  const all = document.getElementById("pick-all");
  if (all) all.hidden = false;
}

offerAll();
document.body.addEventListener("htmx:afterSwap", offerAll);
document.body.addEventListener("change", (event) => {
  if (event.target.id !== "pick-all") return;
  for (const box of document.querySelectorAll("td.pick input")) box.checked = event.target.checked;
});
