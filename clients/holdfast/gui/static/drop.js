// Files dropped onto the page, or chosen, go to the server as one body: a line of JSON that lists them, then their
// bytes. A folder is one document. XMLHttpRequest, because fetch does not say how far an upload is.
import { say } from "./palette.js";

const drop = document.querySelector("#drop"), chooser = document.querySelector("#choose-files");

function upload(name, suffix, files) {
  const header = { name, suffix, files: files.map(([path, file]) => ({ path, size_bytes: file.size })) };
  const request = new XMLHttpRequest(), toast = say(`Importing ${name}`), bar = document.createElement("progress");
  toast.classList.add("lasting");
  toast.querySelector(".said").append(bar);
  bar.setAttribute("aria-label", `Importing ${name}`);
  toast.querySelector(".close").ariaLabel = "Cancel";
  toast.querySelector(".close").addEventListener("click", () => request.abort());
  request.upload.onprogress = event => { bar.max = event.total; bar.value = event.loaded; };
  request.onload = () => {
    toast.insertAdjacentHTML("afterend", request.getResponseHeader("X-Toast") ? request.responseText : "");
    if (toast.nextElementSibling) htmx.process(toast.nextElementSibling);
    toast.remove();
  };
  request.onerror = () => { toast.remove(); say(`${name} could not be sent`); };
  request.open("POST", chooser.dataset.import);
  request.send(new Blob([JSON.stringify(header) + "\n", ...files.map(([, file]) => file)]));
}

const split = name => { const dot = name.lastIndexOf("."); return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""]; };
const single = file => upload(...split(file.name), [["", file]]);

async function walk(entry, path) {
  if (entry.isFile) return [[path + entry.name, await new Promise((done, failed) => entry.file(done, failed))]];
  const reader = entry.createReader(), found = [];
  for (let some; (some = await new Promise((done, failed) => reader.readEntries(done, failed))).length;) found.push(...some);
  return (await Promise.all(found.map(each => walk(each, `${path}${entry.name}/`)))).flat();
}

async function take(entry) {
  if (entry.isFile) return single((await walk(entry, ""))[0][1]);
  const files = await walk(entry, "");
  upload(entry.name, "", files.map(([path, file]) => [path.slice(entry.name.length + 1), file]));
}

const holds = event => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragenter", event => { if (holds(event)) drop.hidden = false; });
document.addEventListener("dragover", event => { if (holds(event)) event.preventDefault(); });
document.addEventListener("dragleave", event => { if (!event.relatedTarget) drop.hidden = true; });
document.addEventListener("drop", event => {
  if (!holds(event)) return;
  event.preventDefault();
  drop.hidden = true;
  for (const item of [...event.dataTransfer.items].filter(each => each.kind === "file")) {
    const entry = item.webkitGetAsEntry();
    if (!entry) single(item.getAsFile());
    else take(entry).catch(problem => say(`${entry.name}: ${problem.message}`));
  }
});
document.querySelector("#choose").addEventListener("click", () => chooser.click());
chooser.addEventListener("change", () => { [...chooser.files].forEach(single); chooser.value = ""; });
