// Files dropped onto the page, or chosen, go to the server as one body: a line of JSON that lists them, then their
// bytes. A folder is one document. XMLHttpRequest, because fetch does not say how far an upload is.
import { say } from "./palette.js";

const REPLACING = { swapStyle: "outerHTML" };
const drop = document.querySelector("#drop"), chooser = document.querySelector("#choose-files");

function upload(name, suffix, files) {
  const header = { name, suffix, files: files.map(([path, file]) => ({ path, size_bytes: file.size })) };
  const request = new XMLHttpRequest(), toast = say(`Importing ${name}`, "#importing");
  toast.querySelector("button").onclick = () => request.abort();
  request.upload.onprogress = ({ loaded, total }) => { toast.querySelector("progress").value = loaded / total; };
  request.onload = () => htmx.swap(toast, request.responseText, REPLACING, { eventInfo: { target: toast } });
  request.onerror = () => { toast.remove(); say(`${name} could not be sent`); };
  request.open("POST", chooser.dataset.import);
  request.send(new Blob([JSON.stringify(header) + "\n", ...files.map(([, file]) => file)]));
}

function single(file) {
  const [, name, suffix = ""] = file.name.match(/^(.+?)(\.[^.]*)?$/);
  upload(name, suffix, [["", file]]);
}

async function walk(entry, path) { // every file of it, with its path
  if (entry.isFile) return [[path + entry.name, await new Promise((done, failed) => entry.file(done, failed))]];
  const reader = entry.createReader(), found = [];
  const read = () => new Promise((done, failed) => reader.readEntries(done, failed));
  for (let some; (some = await read()).length;) found.push(...some);
  return (await Promise.all(found.map(each => walk(each, `${path}${entry.name}/`)))).flat();
}

async function take(item) {
  const entry = item.webkitGetAsEntry(), file = item.getAsFile();
  if (!entry?.isDirectory) return single(file);
  const files = await walk(entry, "").catch(problem => say(`${entry.name}: ${problem.message}`) && []);
  if (files.length) upload(entry.name, "", files.map(([path, each]) => [path.slice(entry.name.length + 1), each]));
}

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) document.addEventListener(kind, event => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  drop.hidden = kind === "drop" || (kind === "dragleave" && !event.relatedTarget);
  if (kind === "drop") [...event.dataTransfer.items].filter(item => item.kind === "file").forEach(take);
});
chooser.addEventListener("change", () => { [...chooser.files].forEach(single); chooser.value = ""; });
