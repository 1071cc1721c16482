// Files dropped onto the page, or chosen, go to the server as one body: a line of JSON that lists them, then their
// bytes; several together, without a name. XMLHttpRequest, because fetch does not say how far an upload is.
import { say } from "./palette.js";

const drop = document.querySelector("#drop"), chooser = document.querySelector("#choose-files");

function upload(name, suffix, files) {
  const header = { name, suffix, files: files.map(([path, file]) => ({ path, size_bytes: file.size })) };
  const post = new XMLHttpRequest(), toast = say(`Importing ${name || `${files.length} files`}`, "#importing");
  toast.querySelector("button").onclick = () => post.abort();
  post.upload.onprogress = ({ loaded, total }) => { toast.querySelector("progress").value = loaded / total; };
  post.onload = () => htmx.swap(toast, post.responseText, { swapStyle: "outerHTML" }, { eventInfo: { target: toast } });
  post.onerror = () => { toast.remove(); say(`${name || "It"} could not be sent`); };
  post.open("POST", chooser.dataset.import);
  post.send(new Blob([JSON.stringify(header) + "\n", ...files.map(([, file]) => file)]));
}

function send(files) {
  const [, name, suffix = ""] = files[0]?.name.match(/^(.+?)(\.[^.]*)?$/) ?? [];
  if (files.length > 1) upload("", "", files.map(file => [file.name, file]));
  else if (name) upload(name, suffix, [["", files[0]]]);
}

async function walk(entry, path) { // every file of it, with its path
  if (entry.isFile) return [[path + entry.name, await new Promise((done, failed) => entry.file(done, failed))]];
  const reader = entry.createReader(), found = [];
  const read = () => new Promise((done, failed) => reader.readEntries(done, failed));
  for (let some; (some = await read()).length;) found.push(...some);
  return (await Promise.all(found.map(each => walk(each, `${path}${entry.name}/`)))).flat();
}

async function take(entry) {
  const files = await walk(entry, "").catch(problem => say(`${entry.name}: ${problem.message}`) && []);
  if (files.length) upload(entry.name, "", files.map(([path, each]) => [path.slice(entry.name.length + 1), each]));
}

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) document.addEventListener(kind, event => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  drop.hidden = kind === "drop" || (kind === "dragleave" && !event.relatedTarget);
  const items = [...event.dataTransfer.items].filter(item => kind === "drop" && item.kind === "file");
  items.map(item => item.webkitGetAsEntry()).filter(entry => entry?.isDirectory).forEach(take);
  send(items.filter(item => !item.webkitGetAsEntry()?.isDirectory).map(item => item.getAsFile()));
});
chooser.addEventListener("change", () => { send([...chooser.files]); chooser.value = ""; });
