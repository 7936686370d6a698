// A button for each group of probes selects all of them, or none if all are selected. On a phone, scroll to the
// explanation when it arrives, because it is below the visible part.

for (const group of document.querySelectorAll("[data-probes]")) {
  const button = group.querySelector("[data-all]");
  const boxes = [...group.querySelectorAll("[name=run]")];
  button.hidden = false;
  button.addEventListener("click", () => {
    const checked = !boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = checked;
  });
}

document.addEventListener("htmx:afterSwap", (event) => {
  const card = event.detail.target.closest(".found");
  if (card && card.getBoundingClientRect().top > window.innerHeight * 0.6) card.scrollIntoView();
});
