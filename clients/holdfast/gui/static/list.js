// The list: of all rows those around the view are there, as high as --row says. The daemon finds, sorts and counts.
const STEP = 50, HEIGHT = 40, RETRY_MS = 1000;
const [list, space, filters, session, counted] =
  ['rows', 'space', 'filters', 'session', 'count'].map((id) => document.getElementById(id));
const rows = () => [...list.querySelectorAll('.item')], top = (row) => row.getBoundingClientRect().top;
const wanted = () => Math.max(0, Math.floor(list.scrollTop / HEIGHT / STEP) - 1) * STEP;
let offset = 0, known = 0, stale = false, asked = new AbortController(), filling = false, chosen, typing;

// One reading at a time, however often it is asked for: no answer overtakes one to what was asked after it.
async function fill() {
  if (filling) return;
  filling = true;
  while (stale || wanted() !== offset) {
    const { signal } = asked, at = wanted(), counts = stale;
    stale = false;
    const found = await read(at, counts, signal);
    if (signal.aborted) continue;
    if (!found) { stale = true; setTimeout(fill, RETRY_MS); break; }
    put(found, at);
  }
  filling = false;
}

function read(at, counts, signal) {
  const query = new URLSearchParams(new FormData(filters));
  query.set('offset', at);
  if (counts) query.set('count', '1');
  const answer = fetch(`${document.body.dataset.prefix}/rows?${query}`, { signal });
  return answer.then((came) => came.ok && came.text()).catch(() => null);
}

function put(found, at) { // who has scrolled keeps what is in view in its place
  const places = new Map(list.scrollTop ? rows().map((row) => [row.id, top(row)]) : []);
  if (found) Idiomorph.morph(space, found, { morphStyle: 'innerHTML' });
  const shown = space.firstElementChild;
  offset = at;
  known = Number(shown.dataset.count || Math.max(known, offset + shown.childElementCount)); // a daemon may not count
  counted.textContent = `${known.toLocaleString()} ${known === 1 ? 'session' : 'sessions'}`;
  space.style.height = `${known * HEIGHT}px`;
  shown.style.top = `${offset * HEIGHT}px`;
  htmx.process(shown);
  const moved = rows().filter(({ id }) => places.has(id)).map((row) => top(row) - places.get(row.id));
  list.scrollTop += moved.sort((a, b) => a - b)[moved.length >> 1] ?? 0;
  mark();
}

function mark(id = session.querySelector('[data-session]')?.dataset.session ?? chosen) {
  chosen = id;
  rows().forEach((row) => row.setAttribute('aria-selected', row.id === `item-${id}`));
}

function reread() { stale = true; fill(); }

function restart() {
  asked.abort();
  asked = new AbortController();
  known = list.scrollTop = 0;
  reread();
}

function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], all = rows(), focused = all.indexOf(document.activeElement);
  if (!step || !all.length) return;
  event.preventDefault();
  const at = focused < 0 ? all.findIndex((row) => row.ariaSelected === 'true') : focused;
  const row = all[at < 0 ? 0 : at + step] ?? all[at];
  row.focus();
  row.click();
}

filters.addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(restart, 120); });
filters.addEventListener('submit', (event) => { event.preventDefault(); restart(); });
list.addEventListener('scroll', fill, { passive: true });
list.addEventListener('click', ({ target }) => target.closest('.item') && mark(target.closest('.item').id.slice(5)));
list.addEventListener('keydown', walk);
document.addEventListener('htmx:afterSwap', ({ detail }) => detail.target === session && mark());
document.addEventListener('reread', reread);
space.firstElementChild ? put('', 0) : restart(); // the page came with the first rows
