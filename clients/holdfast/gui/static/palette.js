// Commands are whatever on the page has data-command; data-key is its key. So what a view can do is said once, on its
// own buttons, and is in the palette and on the sheet of keys by itself.
const one = (selector, root = document) => root.querySelector(selector);
const [ask, palette, keys, toasts] = ["#ask", "#palette", "#keys", "#toasts"].map(each => one(each));
const typed = one("input", palette), list = one("#palette-list"), shown = one("#palette-commands");
const commands = () => [...document.querySelectorAll("[data-command]")].filter(each => !each.disabled && !each.closest("dialog"));
const go = element => element.matches("input") ? (element.focus(), element.select()) : element.click();

export function say(text) {
  const toast = one("#word").content.firstElementChild.cloneNode(true);
  one("p", toast).textContent = text;
  return toasts.appendChild(toast);
}

function offer() {
  const words = typed.value.toLowerCase().split(/\s+/);
  const found = commands().filter(each => words.every(word => each.dataset.command.toLowerCase().includes(word)));
  shown.replaceChildren(...found.map((command, number) => {
    const option = document.createElement("div");
    Object.assign(option, { id: `palette-${number}`, textContent: command.dataset.command, onclick: () => go(command) });
    option.setAttribute("role", "option");
    if (command.dataset.key) option.append(Object.assign(document.createElement("kbd"), { textContent: command.dataset.key }));
    return option;
  }));
  choose(0);
}

function choose(place) {
  const options = [...list.querySelectorAll("[role=option]")];
  options.forEach((each, number) => each.setAttribute("aria-selected", number === place));
  typed.setAttribute("aria-activedescendant", options[place]?.id ?? "");
  options[place]?.scrollIntoView({ block: "nearest" });
}

function openPalette() {
  if (palette.open) return palette.close();
  for (const other of [ask, keys]) if (other.open) other.close();
  typed.value = "";
  one("#palette-sessions").replaceChildren();
  palette.showModal();
  offer();
}

function openKeys() {
  const rows = [["Ctrl K", "All commands, and any session by its name"], ["?", "This sheet"], ["↑ ↓ Enter", "Walk the list, open a session"],
    ...commands().filter(each => each.dataset.key).map(each => [each.dataset.key, each.dataset.command])];
  one("dl", keys).replaceChildren(...rows.flatMap(([key, what]) => {
    const term = document.createElement("dt"), said = document.createElement("dd");
    term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    said.textContent = what;
    return [term, said];
  }));
  keys.showModal();
}

typed.addEventListener("input", offer);
typed.addEventListener("keydown", event => {
  const options = [...list.querySelectorAll("[role=option]")], at = options.findIndex(each => each.ariaSelected === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose((at + step + options.length) % options.length);
  else if (event.key === "Enter") options[at]?.click();
  else return;
  event.preventDefault();
});
list.addEventListener("click", event => event.target.closest("[role=option]") && palette.close(), true);

document.addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return event.preventDefault(), openPalette();
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest?.("input, textarea, select, dialog, [contenteditable]")) return;
  const command = event.key === "?" ? null : commands().find(each => each.dataset.key === event.key);
  if (command === undefined) return;
  event.preventDefault();
  command ? go(command) : openKeys();
});

document.addEventListener("click", event => {
  for (const menu of document.querySelectorAll("details.more[open]")) menu.open = event.target.closest("details.more summary")?.parentElement === menu;
  const button = event.target.closest("[data-copy], [data-dismiss], [data-close], [data-opens]");
  if (!button) return;
  const { copy, dismiss, close, opens } = button.dataset;
  if (copy !== undefined) navigator.clipboard.writeText(copy).then(() => say("Copied"), () => say(`Cannot copy: ${copy}`));
  if (dismiss !== undefined) button.closest(".toast").remove();
  if (close !== undefined) button.closest("dialog")?.close();
  if (opens !== undefined) opens === "palette" ? openPalette() : openKeys();
});
toasts.addEventListener("animationend", event => event.target.matches(".toast") && event.target.remove());
for (const dialog of [ask, palette, keys]) dialog.addEventListener("click", event => event.target === dialog && dialog.close());

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.xhr.getResponseHeader("X-Toast") || detail.xhr.status < 400) return;
  detail.shouldSwap = true;
  if (!detail.requestConfig.elt.closest("#ask")) return;
  detail.target = one(".problem", ask);
  detail.swapOverride = "innerHTML";
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target === ask && !ask.open) ask.showModal();
  if (detail.target.id === "session") document.body.classList.add("chosen");
  if (detail.target.id === "palette-sessions" && !shown.firstChild) choose(0);
});
document.addEventListener("htmx:load", ({ detail }) => one("[data-start]", detail.elt)?.click());
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { elt } = detail.requestConfig;
  if (detail.successful && elt.closest("#ask form")) ask.close();
});
document.addEventListener("htmx:responseError", ({ detail }) => detail.xhr.getResponseHeader("X-Toast") || say(`The page was refused: ${detail.xhr.status}`));
// On a narrow page one pane is seen: what has an address of its own, and the list again with Escape.
if (one("#session [data-reads]")) document.body.classList.add("chosen");
one("#back").addEventListener("click", () => document.body.classList.remove("chosen"));
