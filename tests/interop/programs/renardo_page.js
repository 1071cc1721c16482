// Runs Renardo's own page without a browser: the functions that load and write a session are taken out of the
// JavaScript that the wheel brings, as they stand there, and called. Their names are whatever the minifier made of
// them, so they are found by what they do; whatever else of the page they touch answers with nothing.
// Input: {bundle, base, urls} or {bundle, texts} or {bundle, sessions}; output: one answer for each.

const fs = require("fs");
const request = JSON.parse(fs.readFileSync(0, "utf8"));
const bundle = fs.readFileSync(request.bundle, "utf8");

/** The text from `start` to the brace that closes the first one behind it. */
function braced(start) {
  let depth = 0;
  for (let at = bundle.indexOf("){", start) + 1; at < bundle.length; at++) {
    if (bundle[at] === "{") depth++;
    if (bundle[at] === "}" && --depth === 0) return bundle.slice(start, at + 1);
  }
  throw new Error("the page's own function has no end");
}

function loaderText() {
  const fetches = /async function [\w$]+\(([\w$]+)\)\{try\{const [\w$]+=await fetch\(\1\.url\)/g;
  const texts = [...bundle.matchAll(fetches)].map(found => braced(found.index));
  const loaders = texts.filter(text => text.includes("// STARTUP_FILE: ".replaceAll("/", "\\/")));
  if (loaders.length !== 1) throw new Error(`${loaders.length} functions of the page load a session`);
  return loaders[0];
}

/** What the rest of the page is to these functions: anything, called or asked for, and it answers nothing. */
const nothing = new Proxy(function () {}, {
  get: (_, name) => (name === "then" || name === Symbol.toPrimitive ? undefined : () => undefined),
  set: () => true,
  apply: (_, __, given) => given[0],
});

/** The page's variables by name, as a scope for `with`. */
function page(own) {
  const variables = {...own};
  const scope = new Proxy({}, {
    has: (_, name) => typeof name === "string" && (name in own || !(name in globalThis)),
    get: (_, name) => (name === Symbol.unscopables ? undefined : name in variables ? variables[name] : nothing),
    set: (_, name, value) => { variables[name] = value; return true; },
  });
  return {variables, evaluated: text => new Function("scope", `with (scope) { return (${text}) }`)(scope)};
}

async function tabsOf(loader, url, fetched) {
  const failures = [];
  const console = {error: (...words) => failures.push(words.map(String).join(" ")), warn() {}, log() {}};
  const {variables, evaluated} = page({fetch: fetched, console});
  await evaluated(loader)({name: "session", url});
  const tabs = Object.values(variables).find(each => Array.isArray(each) && each[0]?.isStartupFile !== undefined);
  return failures.length || !tabs ? {failures} : {tabs: tabs.map(tab => [tab.name, tab.content])};
}

const given = content => async () => ({ok: true, json: async () => ({success: true, content})});

/** The file that the page's own TabManager writes of ["buffer name", "text", is startup] rows. */
function written(rows) {
  const exporter = page({}).evaluated(`{${braced(bundle.indexOf("exportSessionContent(){"))}}`);
  const buffers = rows.map(([name, text, isStartupFile], at) =>
    [at, {getMetadata: () => ({name, isStartupFile}), getContent: () => text}]);
  return exporter.exportSessionContent.call({_state: {buffers: new Map(buffers)}});
}

async function main() {
  if (request.sessions) return request.sessions.map(written);
  const loader = loaderText();
  if (request.texts) return Promise.all(request.texts.map(text => tabsOf(loader, "", given(text))));
  const real = path => fetch(new URL(path, request.base));
  return Promise.all(request.urls.map(url => tabsOf(loader, url, real)));
}

main().then(answers => process.stdout.write(JSON.stringify(answers)));
