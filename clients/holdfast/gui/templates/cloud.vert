#version 300 es
uniform vec3 low, high; // what is seen lies between
uniform vec4 turn; // cosine and sine of the turn and of the tilt
uniform vec2 view; // how high it is against its width, and how near one looks
uniform vec2 shift;
uniform float size;
layout(location = 0) in vec3 place;
out vec3 seen;

void main() {
  mat3 turned = mat3(turn.x, turn.y * turn.w, -turn.y * turn.z, 0, turn.z, turn.w, turn.y, -turn.x * turn.w, turn.x * turn.z);
  float whole = max(distance(low, high) / 2.0, 1e-9);
  seen = turned * (place - (low + high) / 2.0) * 1.15 * min(1.0, 1.0 / view.x) / whole;
  float away = max(0.1, 1.0 - 0.25 * seen.z);
  gl_Position = vec4((seen.xy * view.y + shift) * vec2(view.x, 1.0), -0.2 * seen.z * away, away);
  gl_PointSize = size;
}
