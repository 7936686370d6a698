// Shared by every page: the theme switch, copy buttons and lists that submit themselves. Pages work without it.

const THEME_COOKIE = "maac_sim_theme";

function currentTheme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

function toggleTheme() {
  const theme = currentTheme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=31536000; samesite=lax`;
}

// The clipboard's own interface is missing on plain http, but for localhost.
async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "sr" });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// <button data-copy="text"> or <button data-copy-from="#id">; data-copied is shown for a moment afterwards.
async function copy(button) {
  const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  await write(source ? (source.value ?? source.textContent) : button.dataset.copy);
  const label = button.querySelector("[data-label]") || button;
  const before = label.textContent;
  if (!button.dataset.copied || label.dataset.busy) return;
  label.dataset.busy = "1";
  label.textContent = button.dataset.copied;
  setTimeout(() => { label.textContent = before; delete label.dataset.busy; }, 1500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-toggle], [data-copy], [data-copy-from]");
  if (!button) return;
  if ("themeToggle" in button.dataset) toggleTheme();
  else copy(button);
});

document.addEventListener("change", (event) => {
  if ("submitOnChange" in event.target.dataset) event.target.form.requestSubmit();
});

// A polled part that is redirected to the login page must not be replaced by it: redirect the whole page.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!new URL(event.detail.xhr.responseURL || location.href).pathname.endsWith("/login/")) return;
  event.preventDefault();
  location.reload();
});

// <details data-remember="name"> stays as it was left on the last visit.
for (const part of document.querySelectorAll("details[data-remember]")) {
  const name = `maac-sim-${part.dataset.remember}`;
  if (localStorage.getItem(name) === "open") part.open = true;
  part.addEventListener("toggle", () => localStorage.setItem(name, part.open ? "open" : "closed"));
}

// Dialogs: Ctrl+K or ⌘K finds anything, ? lists the keys. A link with data-open-dialog leads to a page without scripts.
function open(name) {
  const dialog = document.getElementById(name);
  if (dialog && !dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) { event.preventDefault(); open(opener.dataset.openDialog); }
  if (event.target.matches("dialog")) event.target.close();
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, textarea, select, [contenteditable]");
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); open("find"); }
  if (event.key === "?" && !isTyping) open("keys");
  const finder = event.target.closest("#find");
  if (finder && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const stops = [finder.querySelector("input"), ...finder.querySelectorAll("#find-hits a")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
    event.preventDefault();
  }
});

// Enter in the search field opens the first result.
document.addEventListener("submit", (event) => {
  const first = event.target.matches("#find form") && document.querySelector("#find-hits a");
  if (first) { event.preventDefault(); first.click(); }
});
