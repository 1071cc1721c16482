// Points and meshes in 3D: <point-cloud>, drawn when something changed and never in a loop. What the list beside it has
// ticked is fetched as float32 and drawn while it comes. Its graphics memory goes when the element does.
const VERTEX = `#version 300 es
uniform mat3 turn; uniform vec3 center, scale; uniform vec2 shift; uniform float size; in vec3 place; out vec3 seen;
void main() {
  seen = turn * (place - center) * scale.y;
  float away = max(0.1, 1.0 - 0.25 * seen.z);
  gl_Position = vec4((seen.xy * scale.z + shift) * vec2(scale.x, 1.0), -0.2 * seen.z * away, away); gl_PointSize = size;
}`, FRAGMENT = `#version 300 es
precision highp float; uniform vec4 color; uniform bool mesh; uniform float size; in vec3 seen; out vec4 shown;
void main() {
  float light = mix(0.45, 1.0, clamp(0.5 + 0.5 * seen.z, 0.0, 1.0));
  if (mesh) light = 0.35 + 0.65 * abs(normalize(cross(dFdx(seen), dFdy(seen))).z);
  else if (size > 3.0 && length(gl_PointCoord - 0.5) > 0.5) discard;
  shown = vec4(color.rgb * light * color.a, color.a);
}`;
const LANES = 3; // fetches at once: a browser allows six to a host, and people click on
const MANY = 300000; // points of which the edges need no smoothing
const SMOOTH_MS = 40; // that a frame may take in motion
const TURNS = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
const say = (number) => number.toLocaleString('en'), within = (low, value, high) => Math.max(low, Math.min(high, value));

class PointCloud extends HTMLElement {
  connectedCallback() { queueMicrotask(() => !this.isConnected || this.gl || this.begin()); } // only put elsewhere, or replaced at once
  begin() {
    const boxes = [...this.querySelectorAll('input[data-key]')], canvas = this.canvas = this.querySelector('canvas');
    this.gl = canvas.getContext('webgl2', { antialias: boxes.reduce((all, box) => all + Number(box.dataset.count), 0) < MANY });
    if (!this.gl) return this.tell('This browser draws no 3D (WebGL 2).');
    Object.assign(this, { things: new Map(), lanes: Array(LANES).fill(Promise.resolve()), stopped: new AbortController(), cost: 0.0005 });
    this.build();
    this.home();
    const on = (kind, act, target = canvas) => target?.addEventListener(kind, act, { signal: this.stopped.signal });
    on('change', (event) => { this.want(event.target); this.draw(); }, this);
    on('click', (event) => { event.target.remove(); this.dataset.every = 1; this.replaceWith(this.cloneNode(true)); }, this.querySelector('.cloud-every'));
    on('pointerdown', (event) => canvas.setPointerCapture(event.pointerId));
    on('pointermove', (event) => event.buttons && this.drag(event));
    on('wheel', (event) => { // until it is clicked, the page scrolls
      if (document.activeElement === canvas) { event.preventDefault(); this.move(0, 0, Math.exp(-event.deltaY / 500)); }
    });
    on('keydown', (event) => this.key(event));
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(canvas);
    boxes.forEach((box) => this.want(box));
  }
  connectedMoveCallback() {}
  disconnectedCallback() { queueMicrotask(() => this.isConnected || !this.gl || this.end()); }
  end() {
    this.stopped.abort();
    this.sizes.disconnect();
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
  build() {
    const gl = this.gl, program = gl.createProgram(), names = ['turn', 'center', 'scale', 'shift', 'size', 'color', 'mesh'];
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, 'place');
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.enableVertexAttribArray(0);
    gl.enable(gl.DEPTH_TEST);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.at = Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)]));
  }
  home() {
    Object.assign(this, { yaw: 0.6, pitch: 0.4, zoom: 1, shift: [0, 0], low: Array(3).fill(Infinity), high: Array(3).fill(-Infinity) });
    this.things.forEach((thing, box) => box.checked && this.widen(thing));
  }
  widen({ low, high }) { [0, 1, 2].forEach((axis) => { this.low[axis] = Math.min(this.low[axis], low[axis]); this.high[axis] = Math.max(this.high[axis], high[axis]); }); }
  drag(event) {
    const [x, y] = [event.movementX, event.movementY].map((each) => each / this.canvas.clientHeight), pans = event.shiftKey || event.buttons > 1;
    if (pans) this.shift = [this.shift[0] + 2 * x, this.shift[1] - 2 * y];
    this.move(pans ? 0 : 4 * x, pans ? 0 : 4 * y);
  }
  key(event) {
    const turn = TURNS[event.key], zoom = { '+': 1.2, '=': 1.2, '-': 1 / 1.2 }[event.key];
    if (event.ctrlKey || event.altKey || event.metaKey || !(turn || zoom || event.key === 'Home')) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Home') this.home();
    this.move(...(turn || [0, 0]), zoom);
  }
  move(yaw = 0, pitch = 0, zoom = 1) { // coarser while a hand moves it or more comes; whole again when it rests
    Object.assign(this, { yaw: this.yaw + yaw, pitch: within(-1.57, this.pitch + pitch, 1.57), zoom: within(0.05, this.zoom * zoom, 200), moving: true });
    clearTimeout(this.rest);
    this.rest = setTimeout(() => { this.moving = false; this.draw(); }, 160);
    this.draw();
  }
  want(box) {
    if (!box.checked || this.things.has(box)) return;
    const { key, array, dtype, count, triangles, index, color, opacity } = box.dataset, gl = this.gl;
    const every = triangles ? 1 : Number(this.dataset.every), lane = this.things.size % LANES;
    const thing = { mesh: Number(triangles || 0), points: 0, corners: 0, low: Array(3).fill(Infinity), high: Array(3).fill(-Infinity) };
    thing.color = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255).concat(Number(opacity));
    this.things.set(box, thing);
    this.lanes[lane] = this.lanes[lane].then(async () => {
      thing.buffer = gl.createBuffer();
      await this.load(gl.ARRAY_BUFFER, thing.buffer, Math.ceil(count / every), { key, array, dtype, every }, (bytes, from, to) => {
        this.measure(thing, new Float32Array(bytes.buffer, 0, to), from);
        thing.points = to / 3;
      });
      thing.order = gl.createBuffer();
      if (triangles) await this.load(gl.ELEMENT_ARRAY_BUFFER, thing.order, thing.mesh, { key, array: 'triangles', dtype: index, index: 1 }, (bytes, from, to) => { thing.corners = to; });
    }).catch((problem) => { this.problem = problem.message; this.stopped.signal.aborted || this.draw(); });
  }
  async load(target, buffer, rows, query, came) {
    const answer = await fetch(`${this.dataset.blob}?${new URLSearchParams(query)}`, { signal: this.stopped.signal });
    if (!answer.ok) throw new Error(await answer.text());
    const bytes = new Uint8Array(rows * 12), reader = answer.body.getReader();
    this.gl.bindBuffer(target, buffer);
    this.gl.bufferData(target, bytes.length, this.gl.STATIC_DRAW);
    for (let end = 0, whole = 0, piece; !(piece = await reader.read()).done;) {
      const some = piece.value.subarray(0, bytes.length - end), from = whole;
      bytes.set(some, end);
      end += some.length;
      whole = end - end % 12;
      this.gl.bindBuffer(target, buffer);
      this.gl.bufferSubData(target, from, bytes, from, whole - from);
      came(bytes, from / 4, whole / 4);
      this.move();
    }
  }
  measure(thing, numbers, from) {
    const { low, high } = thing;
    for (let at = from; at < numbers.length; at += 1) {
      const axis = at % 3, value = numbers[at];
      if (value < low[axis] && value > -Infinity) low[axis] = value;
      if (value > high[axis] && value < Infinity) high[axis] = value;
    }
    this.widen(thing);
  }
  draw() { this.frame = this.frame || requestAnimationFrame((now) => { this.frame = 0; this.paint(now); }); }
  paint(now) {
    const gl = this.gl, canvas = this.canvas, ratio = Math.min(2, devicePixelRatio);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((each) => Math.round(each * ratio));
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const shown = [...this.things].filter(([box, thing]) => box.checked && thing.points).map(([, thing]) => thing);
    const sum = (count) => shown.reduce((all, thing) => all + count(thing), 0);
    const points = sum((thing) => thing.mesh ? 0 : thing.points), triangles = sum((thing) => thing.corners / 3);
    if (this.moving && this.last) this.cost = (now - this.last[0]) / Math.max(1, this.last[1]); // milliseconds a point
    const step = this.moving ? within(1, Math.ceil(points * this.cost / SMOOTH_MS), 20) : 1;
    this.last = this.moving && points > MANY / 10 && [now, points / step];
    gl.viewport(0, 0, width, height);
    gl.depthMask(true);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.look(height / width, ratio * (points > 400000 ? 1.2 : points > 20000 ? 2 : 4));
    gl.disable(gl.BLEND);
    shown.filter((thing) => thing.color[3] >= 1).forEach((thing) => this.put(thing, step));
    gl.enable(gl.BLEND);
    gl.depthMask(false);
    shown.filter((thing) => thing.color[3] < 1).forEach((thing) => this.put(thing, step));
    this.dataset.drawn = points + triangles;
    const sizes = this.high.map((high, axis) => say(Math.round(high - this.low[axis]))).join(' × '), every = this.dataset.every;
    const told = [points && `${say(points)} points${every > 1 ? `, 1 of ${every}` : ''}`, triangles && `${say(triangles)} triangles`, shown.length && `${sizes} Å`, this.problem];
    if (!this.moving) this.tell(told.filter(Boolean).join(' · '));
  }
  look(aspect, size) {
    const gl = this.gl, sizes = this.high.map((high, axis) => high - this.low[axis]), half = Math.hypot(...sizes) / 2;
    const [a, b, c, d] = [Math.cos(this.yaw), Math.sin(this.yaw), Math.cos(this.pitch), Math.sin(this.pitch)];
    gl.uniformMatrix3fv(this.at.turn, false, [a, b * d, -b * c, 0, c, d, b, -a * d, a * c]);
    gl.uniform3fv(this.at.center, sizes.map((each, axis) => Number.isFinite(each) ? this.low[axis] + each / 2 : 0));
    gl.uniform3f(this.at.scale, aspect, 1.15 * Math.min(1, 1 / aspect) / (Number.isFinite(half) && half > 0 ? half : 1), this.zoom);
    gl.uniform2fv(this.at.shift, this.shift);
    gl.uniform1f(this.at.size, size);
  }
  put(thing, step) {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, thing.buffer);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, thing.mesh ? 12 : 12 * step, 0);
    gl.uniform4fv(this.at.color, thing.color);
    gl.uniform1i(this.at.mesh, thing.mesh ? 1 : 0);
    if (!thing.mesh) return gl.drawArrays(gl.POINTS, 0, Math.floor(thing.points / step));
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, thing.order);
    if (thing.corners) gl.drawElements(gl.TRIANGLES, thing.corners, gl.UNSIGNED_INT, 0);
  }
  tell(text) {
    const state = this.querySelector('.cloud-state');
    if (state.textContent !== text) state.textContent = text;
  }
}
customElements.get('point-cloud') || customElements.define('point-cloud', PointCloud);
