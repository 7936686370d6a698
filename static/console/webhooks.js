// API > Webhook: add rows for headers, and copy the share secret without showing it.

function addHeader(button) {
  const rows = document.querySelector("[data-header-rows]");
  const row = rows.lastElementChild.cloneNode(true);
  for (const input of row.querySelectorAll("input")) input.value = "";
  rows.append(row);
  row.querySelector("input").focus();
  button.hidden = rows.children.length >= Number(button.dataset.limit);
}

function prepareRows() {
  const button = document.querySelector("[data-add-header]");
  if (!button) return;
  button.hidden = document.querySelector("[data-header-rows]").children.length >= Number(button.dataset.limit);
  button.addEventListener("click", () => addHeader(button));
}

async function fetchSecret(form) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } });
  const part = new DOMParser().parseFromString(await answer.text(), "text/html");
  return part.querySelector("[data-secret]")?.textContent;
}

async function copySecret(button) {
  const secret = await fetchSecret(button.form);
  if (!secret) return button.form.requestSubmit();
  await navigator.clipboard.writeText(secret);
  const label = button.querySelector("[data-label]");
  const before = label.textContent;
  label.textContent = button.dataset.copied;
  setTimeout(() => { label.textContent = before; }, 1500);
}

function offerCopy(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy-secret]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy-secret]");
  if (button) copySecret(button);
});
document.addEventListener("htmx:afterSettle", (event) => {
  offerCopy(event.target);
  // Keep the keyboard focus on the button after the secret is hidden.
  if (document.activeElement === document.body) document.querySelector("#secret button")?.focus({ preventScroll: true });
});
prepareRows();
offerCopy(document);
