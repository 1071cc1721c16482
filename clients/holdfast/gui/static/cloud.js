// Points and meshes in 3D: <point-cloud>, drawn when something changed and never in a loop. What the list beside it has
// ticked is fetched as float32 and drawn while it comes. Its graphics memory goes when the element does.
const MANY = 100000; // points in a picture that moves; and of more, the edges need no smoothing
const REST_MS = 160; // without motion until all of it is drawn
const MOVES = { // turns, tilts, zooms
  ArrowLeft: [-0.1], ArrowRight: [0.1], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1],
  '+': [0, 0, 1.2], '=': [0, 0, 1.2], '-': [0, 0, 1 / 1.2], Home: [],
};
const HOME = { yaw: 0.6, pitch: 0.4, zoom: 1, shift: [0, 0] };
const say = (number) => Math.round(number).toLocaleString('en');
const sum = (numbers) => numbers.reduce((all, each) => all + each, 0);

class PointCloud extends HTMLElement {
  connectedCallback() {
    const boxes = [...this.querySelectorAll('input[data-places]')], canvas = this.canvas = this.querySelector('canvas');
    this.gl = canvas.getContext('webgl2', { antialias: sum(boxes.map((box) => Number(box.dataset.count))) < MANY });
    if (!this.gl) return this.tell('This browser draws no 3D (WebGL 2).');
    Object.assign(this, HOME, { things: new Map(), loaded: Promise.resolve(), stopped: new AbortController() });
    Object.assign(this, { low: Array(3).fill(Infinity), high: Array(3).fill(-Infinity) });
    this.build();
    this.addEventListener('change', ({ target }) => { this.want(target); this.draw(); });
    this.querySelector('.cloud-every')?.addEventListener('click', ({ target }) => {
      target.remove();
      this.dataset.every = 1;
      this.replaceWith(this.cloneNode(true));
    });
    for (const kind of ['pointermove', 'wheel', 'keydown']) canvas.addEventListener(kind, (event) => this[kind](event));
    new ResizeObserver(() => this.draw()).observe(canvas);
    boxes.forEach((box) => this.want(box));
  }
  disconnectedCallback() {
    this.stopped?.abort();
    this.gl?.getExtension('WEBGL_lose_context')?.loseContext();
  }
  build() {
    const gl = this.gl, program = gl.createProgram();
    this.querySelectorAll('template').forEach((template) => {
      const shader = gl.createShader(gl[template.dataset.shader]);
      gl.shaderSource(shader, template.content.textContent);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    });
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.enableVertexAttribArray(0);
    gl.enable(gl.DEPTH_TEST);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.set = (kind, name, ...values) => gl[`uniform${kind}`](gl.getUniformLocation(program, name), ...values);
  }
  pointermove({ movementX, movementY, shiftKey, buttons, pointerId }) {
    if (!buttons) return;
    this.canvas.setPointerCapture(pointerId);
    const [x, y] = [movementX, movementY].map((each) => each / this.canvas.clientHeight);
    if (buttons === 1 && !shiftKey) return this.move(4 * x, 4 * y);
    this.shift = [this.shift[0] + 2 * x, this.shift[1] - 2 * y];
    this.move();
  }
  wheel(event) { // until it is clicked, the page scrolls
    if (document.activeElement !== this.canvas) return;
    event.preventDefault();
    this.move(0, 0, Math.exp(-event.deltaY / 500));
  }
  keydown(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !MOVES[event.key]) return;
    event.preventDefault();
    if (event.key === 'Home') Object.assign(this, HOME);
    this.move(...MOVES[event.key]);
  }
  move(yaw = 0, pitch = 0, zoom = 1) { // coarser while a hand moves it or more comes; whole again when it rests
    this.yaw += yaw;
    this.pitch = Math.max(-1.57, Math.min(1.57, this.pitch + pitch));
    this.zoom = Math.max(0.05, Math.min(200, this.zoom * zoom));
    clearTimeout(this.moving);
    this.moving = setTimeout(() => { this.moving = 0; this.draw(); }, REST_MS);
    this.draw();
  }
  want(box) { // one behind the other: a browser allows six fetches at once, and people click on
    if (!box.checked || this.things.has(box)) return;
    const { places, count, corners, triangles, color } = box.dataset, every = triangles ? 1 : this.dataset.every;
    const thing = { color: color.split(',').map(Number), mesh: Boolean(triangles), buffers: [], points: 0 };
    this.things.set(box, thing);
    this.loaded = this.loaded.then(async () => {
      await this.fetch(thing, 'points', Math.ceil(count / every), `${places}&every=${every}`);
      if (triangles) await this.fetch(thing, 'triangles', Number(triangles), corners);
    }).catch(({ message }) => { this.problem = message; this.draw(); });
  }
  async fetch(thing, what, rows, address) { // of twelve bytes
    const answer = await fetch(address, { signal: this.stopped.signal });
    if (!answer.ok) throw new Error(await answer.text());
    const gl = this.gl, target = what === 'points' ? gl.ARRAY_BUFFER : gl.ELEMENT_ARRAY_BUFFER;
    const bytes = new Uint8Array(rows * 12), reader = answer.body.getReader(), buffer = gl.createBuffer();
    thing.buffers.push(buffer);
    gl.bindBuffer(target, buffer);
    gl.bufferData(target, bytes.length, gl.STATIC_DRAW);
    for (let end = 0, whole = 0, piece; !(piece = await reader.read()).done;) {
      const some = piece.value.subarray(0, bytes.length - end), from = whole;
      bytes.set(some, end);
      end += some.length;
      whole = end - end % 12;
      gl.bindBuffer(target, buffer);
      gl.bufferSubData(target, from, bytes, from, whole - from);
      if (what === 'points') this.widen(new Float32Array(bytes.buffer, from, (whole - from) / 4));
      thing[what] = whole / 12;
      this.move();
    }
  }
  widen(numbers) {
    for (let at = 0; at < numbers.length; at += 1) {
      const axis = at % 3, value = numbers[at];
      if (value < this.low[axis] && value > -Infinity) this.low[axis] = value;
      if (value > this.high[axis] && value < Infinity) this.high[axis] = value;
    }
  }
  draw() { this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.paint(); }); }
  paint() {
    const { gl, canvas } = this, ratio = Math.min(2, devicePixelRatio);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((each) => Math.round(each * ratio));
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const shown = [...this.things].filter(([box, { points }]) => box.checked && points).map(([, thing]) => thing);
    const points = sum(shown.map((thing) => thing.mesh ? 0 : thing.points)), { every } = this.dataset;
    gl.viewport(0, 0, width, height);
    gl.depthMask(true);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.look(height / width, ratio * (points > 400000 ? 1.2 : points > 20000 ? 2 : 4));
    shown.sort((one, other) => other.color[3] - one.color[3]); // what one sees through comes last
    shown.forEach((thing) => this.put(thing, this.moving ? Math.ceil(points / MANY) : 1));
    if (this.moving) return;
    const triangles = sum(shown.map((thing) => thing.triangles ?? 0)), some = every > 1 ? `, 1 of ${every}` : '';
    const sizes = shown.length && `${this.high.map((high, axis) => say(high - this.low[axis])).join(' × ')} Å`;
    const told = [points && `${say(points)} points${some}`, triangles && `${say(triangles)} triangles`, sizes];
    this.tell([...told, this.problem].filter(Boolean).join(' · '));
  }
  look(aspect, size) {
    this.set('3fv', 'low', this.low);
    this.set('3fv', 'high', this.high);
    this.set('4f', 'turn', Math.cos(this.yaw), Math.sin(this.yaw), Math.cos(this.pitch), Math.sin(this.pitch));
    this.set('2f', 'view', aspect, this.zoom);
    this.set('2fv', 'shift', this.shift);
    this.set('1f', 'size', size);
  }
  put({ color, mesh, buffers: [places, corners], points, triangles }, step) {
    const gl = this.gl, through = color[3] < 1;
    gl.depthMask(!through);
    gl[through ? 'enable' : 'disable'](gl.BLEND);
    gl.bindBuffer(gl.ARRAY_BUFFER, places);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, mesh ? 12 : 12 * step, 0);
    this.set('4fv', 'color', color);
    this.set('1i', 'mesh', mesh);
    if (!mesh) return gl.drawArrays(gl.POINTS, 0, Math.floor(points / step));
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, corners ?? null);
    if (triangles) gl.drawElements(gl.TRIANGLES, 3 * triangles, gl.UNSIGNED_INT, 0);
  }
  tell(text) { this.querySelector('.cloud-state').textContent = text; }
}
customElements.get('point-cloud') || customElements.define('point-cloud', PointCloud);
