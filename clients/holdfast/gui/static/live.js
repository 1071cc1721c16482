// What the daemon says: read again what is in view. Nothing else comes this way. What was read again is put into what
// is there, so that whatever a person opened, ticked, typed or scrolled stays.
const state = document.getElementById('state'), session = document.getElementById('session');
const view = () => session.querySelector('[data-reads]')?.dataset;
const CAME = { checked: 'defaultChecked', selected: 'defaultSelected', value: 'defaultValue' };
const RETRY_MS = 1000;
const say = (text) => { state.textContent = text; };

Idiomorph.defaults.ignoreActiveValue = true;
Object.assign(Idiomorph.defaults.callbacks, {
  beforeNodeMorphed: (old) => old.localName !== 'point-cloud',
  beforeAttributeUpdated: (name, element) =>
    name !== 'open' && (!(CAME[name] in element) || element[name] === element[CAME[name]]),
});

function heard({ what, sessions = [] }) {
  if (what === 'away') return say('The daemon is away; what you see is how it was');
  if (what === 'back') say('');
  document.dispatchEvent(new CustomEvent('reread'));
  const { session: id, reads } = view() ?? {}, headers = { 'X-Again': '1' };
  if (reads && !(id && sessions.length && !sessions.includes(id) && !sessions.includes('')))
    htmx.ajax('GET', reads, { target: session, swap: 'morph:innerHTML', headers });
}

document.addEventListener('htmx:beforeSwap', ({ detail }) => { // somebody went on meanwhile; or the daemon went
  if (!detail.requestConfig.headers['X-Again']) return;
  detail.shouldSwap = detail.xhr.status < 500 && detail.pathInfo.requestPath === view()?.reads;
});

function listen() {
  const socket = new WebSocket(`ws://${location.host}${document.body.dataset.prefix}/live`);
  socket.onopen = () => state.textContent && heard({ what: 'back' });
  socket.onmessage = ({ data }) => heard(JSON.parse(data));
  socket.onclose = () => {
    say('holdfast gui has ended; run it again');
    setTimeout(listen, RETRY_MS);
  };
}
listen();
