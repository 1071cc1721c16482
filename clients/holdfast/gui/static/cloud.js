// Points and meshes in 3D: <point-cloud>, drawn when something changed and never in a loop. What the list beside it has
// ticked is fetched as float32 and drawn while it comes. Its graphics memory goes when the element does.

const VERTEX = `#version 300 es
uniform mat3 turn; uniform vec3 center; uniform vec3 scale; uniform vec2 shift; uniform float size;
in vec3 place; out vec3 seen; out float depth;
void main() {
  seen = turn * (place - center) * scale.y;
  float away = max(0.1, 1.0 - 0.25 * seen.z);
  gl_Position = vec4((seen.xy * scale.z + shift) * vec2(scale.x, 1.0), -0.2 * seen.z * away, away);
  gl_PointSize = size; depth = clamp(0.5 + 0.5 * seen.z, 0.0, 1.0);
}`;
const FRAGMENT = `#version 300 es
precision highp float;
uniform vec4 color; uniform bool mesh; uniform float size; in vec3 seen; in float depth; out vec4 shown;
void main() {
  float light = mix(0.45, 1.0, depth);
  if (mesh) light = 0.35 + 0.65 * abs(normalize(cross(dFdx(seen), dFdy(seen))).z);
  else if (size > 3.0 && length(gl_PointCoord - 0.5) > 0.5) discard;
  shown = vec4(color.rgb * light * color.a, color.a);
}`;
const LANES = 3; // fetches at once: a browser allows six to a host, and people click on
const MANY = 300000; // points of which the edges need no smoothing
const SMOOTH_MS = 40; // that a frame may take in motion
const TURNS = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
const say = (number) => number.toLocaleString("en");

class PointCloud extends HTMLElement {
  connectedCallback() {
    this.canvas = this.querySelector("canvas");
    const boxes = [...this.querySelectorAll("input[data-key]")], count = boxes.reduce((all, box) => all + Number(box.dataset.count), 0);
    this.gl = this.canvas.getContext("webgl2", { antialias: count < MANY });
    this.things = new Map(); // box to what is drawn of it
    this.cost = 0.0005; // milliseconds a point, until frames have told
    this.lanes = Array(LANES).fill(Promise.resolve());
    this.stopped = new AbortController();
    if (!this.gl) return this.tell("This browser draws no 3D (WebGL 2).");
    this.build();
    this.home();
    const on = (target, kind, act) => target?.addEventListener(kind, act, { signal: this.stopped.signal });
    on(this, "change", (event) => (this.want(event.target), this.draw()));
    on(this.querySelector(".cloud-every"), "click", (event) => this.again(event.target));
    on(this.canvas, "pointerdown", (event) => this.canvas.setPointerCapture(event.pointerId));
    on(this.canvas, "pointermove", (event) => event.buttons && this.drag(event));
    on(this.canvas, "wheel", (event) => this.wheel(event));
    on(this.canvas, "keydown", (event) => this.key(event));
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.canvas);
    boxes.forEach((box) => this.want(box));
  }

  disconnectedCallback() {
    this.stopped.abort();
    this.sizes?.disconnect();
    this.gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }

  again(button) { // the same with every point
    button.remove();
    this.dataset.every = 1;
    this.replaceWith(this.cloneNode(true));
  }

  build() {
    const gl = this.gl, program = gl.createProgram(), names = ["turn", "center", "scale", "shift", "size", "color", "mesh"];
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "place");
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.enableVertexAttribArray(0);
    gl.enable(gl.DEPTH_TEST);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.at = Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)]));
  }

  home() {
    Object.assign(this, { yaw: 0.6, pitch: 0.4, zoom: 1, shift: [0, 0] });
    Object.assign(this, { low: Array(3).fill(Infinity), high: Array(3).fill(-Infinity) });
    this.things.forEach((thing, box) => box.checked && this.widen(thing));
  }

  widen({ low, high }) {
    this.low = this.low.map((each, axis) => Math.min(each, low[axis]));
    this.high = this.high.map((each, axis) => Math.max(each, high[axis]));
  }

  drag(event) {
    const x = event.movementX / this.canvas.clientHeight, y = event.movementY / this.canvas.clientHeight;
    if (event.shiftKey || event.buttons > 1) this.shift = [this.shift[0] + 2 * x, this.shift[1] - 2 * y];
    else this.rotate(4 * x, 4 * y);
    this.move();
  }

  wheel(event) {
    if (document.activeElement !== this.canvas) return; // until it is clicked, the page scrolls
    event.preventDefault();
    this.zoom = Math.max(0.05, Math.min(200, this.zoom * Math.exp(-event.deltaY / 500)));
    this.move();
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (TURNS[event.key]) this.rotate(...TURNS[event.key]);
    else if ("+=-".includes(event.key)) this.zoom *= event.key === "-" ? 1 / 1.2 : 1.2;
    else if (event.key === "Home") this.home();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.move();
  }

  rotate(yaw, pitch) {
    this.yaw += yaw;
    this.pitch = Math.max(-1.57, Math.min(1.57, this.pitch + pitch));
  }

  move() { // coarser while a hand moves it or more comes, and frames are late; whole again when it rests
    clearTimeout(this.rest);
    this.rest = setTimeout(() => ((this.moving = false), this.draw()), 160);
    this.moving = true;
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
      if (!triangles) return;
      thing.order = gl.createBuffer();
      const corners = { key, array: "triangles", dtype: index, index: 1 };
      await this.load(gl.ELEMENT_ARRAY_BUFFER, thing.order, thing.mesh, corners, (bytes, from, to) => (thing.corners = to));
    }).catch((problem) => this.stopped.signal.aborted || this.tell(`${key}: ${problem.message}`));
  }

  async load(target, buffer, rows, query, came) {
    const answer = await fetch(`${this.dataset.blob}?${new URLSearchParams(query)}`, { signal: this.stopped.signal });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    const bytes = new Uint8Array(rows * 12), reader = answer.body.getReader();
    this.gl.bindBuffer(target, buffer);
    this.gl.bufferData(target, bytes.length, this.gl.STATIC_DRAW);
    for (let end = 0, whole = 0, piece; !(piece = await reader.read()).done; ) {
      const some = piece.value.subarray(0, bytes.length - end), from = whole;
      bytes.set(some, end);
      end += some.length;
      whole = end - (end % 12);
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

  draw() {
    this.frame = this.frame || requestAnimationFrame((now) => ((this.frame = 0), this.paint(now)));
  }

  paint(now) {
    const gl = this.gl, canvas = this.canvas, ratio = Math.min(2, devicePixelRatio);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((each) => Math.round(each * ratio));
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const shown = [...this.things].filter(([box, thing]) => box.checked && thing.points).map(([, thing]) => thing);
    const sum = (count) => shown.reduce((all, thing) => all + count(thing), 0);
    const points = sum((thing) => (thing.mesh ? 0 : thing.points)), triangles = sum((thing) => thing.corners / 3);
    if (this.moving && this.last) this.cost = (now - this.last[0]) / Math.max(1, this.last[1]);
    this.step = this.moving ? Math.max(1, Math.min(20, Math.ceil((points * this.cost) / SMOOTH_MS))) : 1;
    this.last = this.moving && points > MANY / 10 && [now, points / this.step];
    gl.viewport(0, 0, width, height);
    gl.depthMask(true);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.look(height / width, ratio * (points > 400000 ? 1.2 : points > 20000 ? 2 : 4));
    gl.disable(gl.BLEND);
    shown.filter((thing) => thing.color[3] >= 1).forEach((thing) => this.put(thing));
    gl.enable(gl.BLEND);
    gl.depthMask(false);
    shown.filter((thing) => thing.color[3] < 1).forEach((thing) => this.put(thing));
    const sizes = this.high.map((high, axis) => say(Math.round(high - this.low[axis]))).join(" × ");
    const told = [points && `${say(points)} points${this.dataset.every > 1 ? `, 1 of ${this.dataset.every}` : ""}`];
    this.dataset.drawn = points + triangles;
    if (!this.moving) this.tell([...told, triangles && `${say(triangles)} triangles`, shown.length && `${sizes} Å`].filter(Boolean).join(" · "));
  }

  look(aspect, size) {
    const gl = this.gl, sizes = this.high.map((high, axis) => high - this.low[axis]), half = Math.hypot(...sizes) / 2;
    const [a, b, c, d] = [Math.cos(this.yaw), Math.sin(this.yaw), Math.cos(this.pitch), Math.sin(this.pitch)];
    gl.uniformMatrix3fv(this.at.turn, false, [a, b * d, -b * c, 0, c, d, b, -a * d, a * c]);
    gl.uniform3fv(this.at.center, sizes.map((each, axis) => (Number.isFinite(each) ? this.low[axis] + each / 2 : 0)));
    gl.uniform3f(this.at.scale, aspect, 1.15 / (Number.isFinite(half) && half > 0 ? half : 1), this.zoom);
    gl.uniform2fv(this.at.shift, this.shift);
    gl.uniform1f(this.at.size, size);
  }

  put(thing) {
    const gl = this.gl, step = thing.mesh ? 1 : this.step;
    gl.bindBuffer(gl.ARRAY_BUFFER, thing.buffer);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 12 * step, 0);
    gl.uniform4fv(this.at.color, thing.color);
    gl.uniform1i(this.at.mesh, thing.mesh ? 1 : 0);
    if (!thing.mesh) return gl.drawArrays(gl.POINTS, 0, Math.floor(thing.points / step));
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, thing.order || null);
    if (thing.corners) gl.drawElements(gl.TRIANGLES, thing.corners, gl.UNSIGNED_INT, 0);
  }

  tell(text) {
    const state = this.querySelector(".cloud-state");
    if (state.textContent !== text) state.textContent = text;
  }
}

customElements.get("point-cloud") || customElements.define("point-cloud", PointCloud);
