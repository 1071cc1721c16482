#version 300 es
precision highp float;
uniform vec4 color;
uniform bool mesh;
uniform float size;
in vec3 seen;
out vec4 shown;

void main() {
  float light = mix(0.45, 1.0, clamp(0.5 + 0.5 * seen.z, 0.0, 1.0));
  if (mesh) light = 0.35 + 0.65 * abs(normalize(cross(dFdx(seen), dFdy(seen))).z);
  else if (size > 3.0 && length(gl_PointCoord - 0.5) > 0.5) discard;
  shown = vec4(color.rgb * light * color.a, color.a);
}
