// The list: only the windows in view are there. Rows are as high as --row says; the daemon finds, sorts and counts.
const WINDOW = 100, HEIGHT = 40;
const list = document.getElementById('rows'), space = document.getElementById('space');
const filters = document.getElementById('filters'), prefix = document.body.dataset.prefix;
const windows = new Map(); // number → element
const counted = document.getElementById('count');
let known = 0, version = 0, busy = false, again = false, chosen = location.pathname.match(/\/session\/(\w+)/)?.[1] ?? '';

const first = () => Math.floor(list.scrollTop / HEIGHT / WINDOW);
const last = () => Math.floor((list.scrollTop + list.clientHeight) / HEIGHT / WINDOW);

function grow(rows, more, count) { // a daemon of before does not count: then the list grows as it is read
  if (count !== null) known = Number(count);
  else if (!more || known < rows) known = more ? rows + WINDOW : rows;
  space.style.height = `${known * HEIGHT}px`;
  if (count !== null) counted.textContent = `${known.toLocaleString()} ${known === 1 ? 'session' : 'sessions'}`;
}

async function read(number, counts = false) {
  const asked = new URLSearchParams(new FormData(filters));
  asked.set('offset', number * WINDOW); asked.set('chosen', chosen);
  if (counts) asked.set('count', '1');
  const now = version, answer = await fetch(`${prefix}/rows?${asked}`).catch(() => null);
  if (!answer?.ok || now !== version) return;
  const text = await answer.text();
  if (now !== version) return;
  const fresh = document.createElement('div');
  fresh.className = 'window'; fresh.style.top = `${number * WINDOW * HEIGHT}px`; fresh.innerHTML = text;
  const focused = document.activeElement?.dataset?.id;
  windows.get(number)?.remove(); windows.set(number, fresh); space.append(fresh);
  if (focused) document.getElementById(`item-${focused}`)?.focus({ preventScroll: true });
  grow(number * WINDOW + fresh.childElementCount, answer.headers.get('X-More') === '1', answer.headers.get('X-Count'));
}

function look() {
  for (const [number, element] of windows) if (number < first() - 1 || number > last() + 1) { element.remove(); windows.delete(number); }
  for (let number = first(); number <= last(); number++) if (!windows.has(number) && number * WINDOW <= known) { windows.set(number, document.createElement('div')); read(number); }
}

function inView() { return [...list.querySelectorAll('.item')].find((row) => row.getBoundingClientRect().bottom > list.getBoundingClientRect().top); }

// One after the other, however often it is asked for; who has scrolled keeps what is in view in its place.
async function reread() {
  if (busy) { again = true; return; }
  busy = true;
  const kept = list.scrollTop > 0 ? inView() : null, at = kept?.getBoundingClientRect().top;
  const numbers = windows.size ? [...windows.keys()] : [0];
  await Promise.all(numbers.map((number, index) => read(number, !index)));
  const moved = kept && document.getElementById(kept.id);
  if (moved) list.scrollTop += moved.getBoundingClientRect().top - at;
  busy = false;
  if (again) { again = false; reread(); }
}

function restart() { version++; windows.clear(); space.replaceChildren(); known = 0; list.scrollTop = 0; read(0, true); }

function choose(row, focus = true) {
  document.getElementById(`item-${chosen}`)?.setAttribute('aria-selected', 'false');
  chosen = row.dataset.id; row.setAttribute('aria-selected', 'true');
  if (focus) row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
  htmx.ajax('GET', row.href, { target: '#session', swap: 'innerHTML' }).then(() => history.pushState({}, '', row.href));
  document.body.classList.add('chosen');
}

let typing;
filters.addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(restart, 120); });
filters.addEventListener('submit', (event) => { event.preventDefault(); restart(); });
list.addEventListener('scroll', look, { passive: true });
list.addEventListener('click', (event) => {
  const row = event.target.closest('.item');
  if (!row || event.ctrlKey || event.metaKey || event.button) return;
  event.preventDefault(); choose(row);
});
list.addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key];
  const rows = [...list.querySelectorAll('.item')].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
  const at = rows.findIndex((row) => row.dataset.id === chosen);
  if (event.key === 'Home') { list.scrollTop = 0; }
  else if (event.key === 'End') { list.scrollTop = list.scrollHeight; }
  else if (step) { const row = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))]; if (row) choose(row); }
  else return;
  event.preventDefault();
});
addEventListener('resize', look);
addEventListener('popstate', () => location.reload());
document.addEventListener('reread', reread);
if (chosen) document.body.classList.add('chosen');
const ready = space.querySelector('.window'); // what the page came with
if (ready) { windows.set(0, ready); grow(ready.childElementCount, ready.dataset.more === '1', /^\d+$/.test(ready.dataset.count) ? ready.dataset.count : null); } else restart();
