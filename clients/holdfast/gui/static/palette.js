// Commands are whatever on the page has data-command; data-key is its key. So what a view can do is said once, on its
// own buttons, and is in the palette and on the sheet of keys by itself.
const one = (selector, root = document) => root.querySelector(selector);
const [ask, palette, keys, toasts] = ["#ask", "#palette", "#keys", "#toasts"].map(each => one(each));
const typed = one("input", palette), options = () => [...palette.querySelectorAll("[role=option]")];
const commands = () => [...document.querySelectorAll("[data-command]:not(:disabled)")];
const copy = template => one(template).content.firstElementChild.cloneNode(true);

const go = element => element.matches("input, select") ? element.focus() : element.click();

export function say(text, template = "#word") {
  const toast = copy(template);
  one("p", toast).textContent = text;
  return toasts.appendChild(toast);
}

function line({ command, key = "" }) {
  const made = copy("#line");
  made.prepend(command);
  one("kbd", made).textContent = key;
  return made;
}

function offer() {
  const words = typed.value.toLowerCase().split(/\s+/);
  const found = commands().filter(each => words.every(word => each.dataset.command.toLowerCase().includes(word)));
  one("#palette-commands").replaceChildren(...found.map((element, number) => {
    const option = line(element.dataset);
    return Object.assign(option, { id: `palette-${number}`, role: "option", onclick: () => go(element) });
  }));
  choose(0);
}

function choose(place) {
  options().forEach((each, number) => each.setAttribute("aria-selected", number === place));
  typed.setAttribute("aria-activedescendant", options()[place]?.id ?? "");
  options()[place]?.scrollIntoView({ block: "nearest" });
}

palette.addEventListener("beforetoggle", ({ newState }) => {
  if (newState !== "open") return;
  typed.value = "";
  one("#palette-sessions").replaceChildren();
  offer();
});
keys.addEventListener("beforetoggle", () => {
  one(".keys", keys).replaceChildren(...commands().filter(each => each.dataset.key).map(each => line(each.dataset)));
});
typed.addEventListener("input", offer);
typed.addEventListener("keydown", event => {
  const all = options(), at = all.findIndex(each => each.ariaSelected === "true");
  const step = { ArrowDown: 1, ArrowUp: -1, Enter: 0 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  step ? choose((at + step + all.length) % all.length) : all[at]?.click();
});
palette.addEventListener("click", event => event.target.closest("[role=option]") && palette.close(), true);

document.addEventListener("keydown", event => {
  const control = event.ctrlKey || event.metaKey, key = control ? `Ctrl ${event.key.toUpperCase()}` : event.key;
  if (event.altKey || event.defaultPrevented) return;
  if (!control && event.target.closest?.("input, textarea, select, dialog, [contenteditable]")) return;
  const menu = key === "Escape" && one("details.more[open] > summary");
  const command = menu || commands().find(each => each.dataset.key === key);
  if (command) event.preventDefault(), go(command);
});
document.addEventListener("click", ({ target }) => {
  const menu = one("details.more[open]");
  if (menu?.contains(document.activeElement)) menu.firstElementChild.focus(); // where a dialog gives it back
  if (menu) menu.open = menu.firstElementChild.contains(target);
  const { copy: text, dismiss } = target.closest("[data-copy], [data-dismiss]")?.dataset ?? {};
  if (text) navigator.clipboard.writeText(text).then(() => say("Copied"), () => say(`Cannot copy: ${text}`));
  if (dismiss !== undefined) target.closest(".toast").remove();
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target === ask && !ask.open) ask.showModal();
  if (palette.open && detail.target.id !== "palette-sessions") offer();
  if (detail.target.id === "palette-sessions" && !one("[aria-selected=true]", palette)) choose(0);
});
document.addEventListener("htmx:load", ({ detail }) => one("[data-start]", detail.elt)?.click());
document.addEventListener("done", () => ask.close()); // says the server
