// msgpack by the rules of PROTOCOL.md, and the fields of messages by the tables made from messages.json.
// The only place that knows the encoding.

import { Decoder, Encoder, ExtensionCodec } from '@msgpack/msgpack';
import { BadField, BadMessage } from './errors.js';
import { rows, verbs } from './messages.js';

/** @typedef {import('./messages.js').Form} Form */
/** @typedef {import('./messages.js').Fields} Fields */

const NO_EXTENSIONS = new (class extends ExtensionCodec {
  /** @returns {never} */
  decode() {
    throw new BadMessage('An extension type is not of this protocol');
  }
})();
const SMALL = 2 ** 32;

/** The msgpack bytes of a plain value; what is undefined is left out. Throws BadField for what msgpack cannot hold.
 * @param {unknown} value */
export function encode(value) {
  return new Encoder({ useBigInt64: true, ignoreUndefined: true }).encode(wired(value));
}

/** The plain value that the bytes hold; integers of 64 bits are BigInt. Throws BadMessage. @param {Uint8Array} raw */
export function decode(raw) {
  const bounds = { maxArrayLength: raw.length, maxMapLength: raw.length };
  try {
    return new Decoder({ useBigInt64: true, extensionCodec: NO_EXTENSIONS, ...bounds }).decode(plainBytes(raw));
  } catch (problem) {
    throw new BadMessage(`Not readable msgpack: ${problem instanceof Error ? problem.message : problem}`);
  }
}

/** Not a Buffer, of which all bytes in the message would be Buffers too. @param {Uint8Array} raw */
const plainBytes = (raw) => new Uint8Array(raw.buffer, raw.byteOffset, raw.length);

/** A reply or noun of the tables: checked, with its defaults, times as BigInt and other integers as numbers. Unknown
 * fields are passed on. Throws BadMessage. @param {string} kind @param {unknown} value @returns {any} */
export function toRow(kind, value) {
  try {
    return checked(kind, value, kind, true);
  } catch (problem) {
    if (problem instanceof BadField) throw new BadMessage(`Not an answer of this protocol: ${problem.message}`);
    throw problem;
  }
}

/** A request's body, checked as the daemon will. Throws BadField for a field that is missing, unknown or of another
 * type. @template {import('./messages.js').Verb} V @param {V} verb @param {import('./messages.js').Requests[V]} body */
export function toBody(verb, body) {
  const { fields } = verbs[verb];
  const unknown = Object.keys(body).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) throw new BadField(`${verb} has no field ${unknown}`, { field: unknown });
  return filled(fields, body, verb, false);
}

/** @param {Form} form @param {any} value @param {string} where @param {boolean} whole @returns {any} */
function checked(form, value, where, whole) {
  const fitting = (Array.isArray(form) ? form : [form]).find((each) => fits(each, value));
  if (fitting === undefined) throw new BadField(`${where}: expected ${JSON.stringify(form)}`, { field: where });
  if (typeof fitting !== 'string') return inside(fitting, value, where, whole);
  if (fitting === 'time') return BigInt(value);
  const row = rows[fitting];
  if (row) return filled(row, value, where, whole);
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** @param {any} form @param {any} value @param {string} where @param {boolean} whole @returns {any} */
function inside(form, value, where, whole) {
  const entries = Object.entries(value).map(([name, each]) => {
    return [name, checked(form.array ?? form.map, each, where + (form.array ? `[${name}]` : `.${name}`), whole)];
  });
  return form.array ? entries.map(([, each]) => each) : Object.fromEntries(entries);
}

/** @param {Fields} fields @param {any} value @param {string} where @param {boolean} whole with its defaults */
function filled(fields, value, where, whole) {
  const made = /** @type {Record<string, unknown>} */ ({ ...value });
  for (const [name, { type, absent }] of Object.entries(fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given !== undefined) made[name] = checked(type, given, `${where}.${name}`, whole);
    else if (absent === undefined) throw new BadField(`${where}.${name} is missing`, { field: `${where}.${name}` });
    else if (whole) made[name] = fresh(absent);
    else delete made[name];
  }
  return made;
}

/** @param {any} absent */
function fresh(absent) {
  return absent?.$bytes === undefined ? structuredClone(absent) : new Uint8Array(Buffer.from(absent.$bytes, 'hex'));
}

/** @param {any} form @param {unknown} value */
function fits(form, value) {
  const integer = Number.isInteger(value) || typeof value === 'bigint';
  switch (form) {
    case 'int':
    case 'time': return integer;
    case 'natural': return integer && /** @type {number | bigint} */ (value) >= 0;
    case 'text': return typeof value === 'string';
    case 'bytes': return value instanceof Uint8Array;
    case 'bool': return typeof value === 'boolean';
    case 'nil': return value === null;
    default: return form.array ? Array.isArray(value) : isMap(value);
  }
}

/** @param {unknown} value */
function isMap(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** What the encoder writes as the protocol wants it: integers in their shortest form, no floats, whole text only.
 * @param {any} value @returns {any} */
function wired(value) {
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) throw new BadField('Half a surrogate pair is no text');
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new BadField(`${value} is no whole number`);
  if (typeof value === 'number') return -SMALL / 2 < value && value < SMALL ? value : BigInt(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? wired(Number(value)) : value;
  if (Array.isArray(value)) return value.map(wired);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [wired(name), wired(each)]));
}
