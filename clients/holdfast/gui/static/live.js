// What the daemon says: read again what is in view. Nothing else comes this way.
const state = document.getElementById('state'), prefix = document.body.dataset.prefix;
let wait = 200;

function say(text) { state.textContent = text; state.hidden = !text; document.body.classList.toggle('away', Boolean(text)); }

function heard({ what, sessions }) {
  if (what === 'away') return say('The daemon is away; what you see is how it was');
  if (what === 'back') say('');
  document.dispatchEvent(new CustomEvent('reread'));
  const shown = document.querySelector('#session [data-session]');
  if (shown && (!sessions.length || sessions.includes(shown.dataset.session) || sessions.includes(''))) reshow(shown.dataset.reads);
  const page = document.querySelector('#session [data-reads]:not([data-session])');
  if (page) reshow(page.dataset.reads);
}

function reshow(address) {
  if (document.querySelector('#session :is(input, textarea):focus') || document.querySelector('dialog[open]')) return;
  const place = document.getElementById('session').scrollTop;
  htmx.ajax('GET', address, { target: '#session', swap: 'innerHTML' }).then(() => { document.getElementById('session').scrollTop = place; });
}

function listen() {
  const socket = new WebSocket(`ws://${location.host}${prefix}/live`);
  socket.onopen = () => { if (wait > 200) heard({ what: 'back', sessions: [] }); wait = 200; };
  socket.onmessage = ({ data }) => heard(JSON.parse(data));
  socket.onclose = () => { say('holdfast gui has ended; run it again'); wait = Math.min(5000, wait * 2); setTimeout(listen, wait); };
}
listen();
