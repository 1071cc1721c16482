// Content on its way: small in one frame of the message, large as chunks that the daemon lacks; and back, checked.

import { createBLAKE3 } from 'hash-wasm';
import { key } from './conversation.js';
import { Damaged } from './errors.js';
import { chunk } from './messages.js';

/** @typedef {import('./client.js').Client} Client */
/** @typedef {Uint8Array | string} Content text is UTF-8 */
/** @typedef {{ frame: number, chunked: boolean, offset: number, size_bytes: number }} Place */

/** What a message carries itself. */
const INLINE_BYTES = 1024 * 1024;
/** What one `put` carries: little enough that a small request beside it does not wait. */
const PUT_BYTES = 2 * 1024 * 1024;
const MISSING_BYTES = 16 * 1024 * 1024;
const hash = await createBLAKE3();

/** @param {Content} content */
export const bytesOf = (content) => (typeof content === 'string' ? new TextEncoder().encode(content) : content);

/** BLAKE3. @param {Uint8Array} content */
export const hashOf = (content) => hash.init().update(content).digest('binary');

/** One frame with each content, or the hashes of its chunks, which the daemon then has, and where in it each lies.
 * @param {Client} client @param {Uint8Array[]} contents */
export async function pack(client, contents) {
  let room = INLINE_BYTES;
  let offset = 0;
  const pieces = [];
  const places = [];
  for (const content of contents) {
    const chunked = content.length > room;
    const piece = chunked ? await upload(client, content) : content;
    if (!chunked) room -= piece.length;
    places.push({ frame: 0, chunked, offset, size_bytes: piece.length });
    pieces.push(piece);
    offset += piece.length;
  }
  return { frames: [Buffer.concat(pieces)], places };
}

/** The hashes of the chunks of the content, in order; the daemon has them all. @param {Client} client
 * @param {Uint8Array} content */
async function upload(client, content) {
  const names = [];
  const { limits } = await client.hello();
  const count = Math.max(1, Math.floor(Math.min(PUT_BYTES, limits.message_bytes ?? PUT_BYTES) / chunk.average));
  for (let start = 0; start < content.length; start += MISSING_BYTES) {
    const chunks = cut(content.subarray(start, start + MISSING_BYTES), chunk.average);
    const hashes = chunks.map(hashOf);
    names.push(...hashes);
    const { payload } = await client.ask('missing', {}, [Buffer.concat(hashes)]);
    const missing = new Set(cut(payload[0] ?? new Uint8Array(), chunk.hash).map(key));
    const named = new Map(hashes.map((hash, n) => [key(hash), /** @type {Uint8Array} */ (chunks[n])]));
    const wanted = [...named].filter(([name]) => missing.has(name)).map(([, each]) => each);
    for (let n = 0; n < wanted.length; n += count) await client.ask('put', {}, wanted.slice(n, n + count));
  }
  return Buffer.concat(names);
}

/** @param {Uint8Array} content @param {number} size */
function cut(content, size) {
  return Array.from({ length: Math.ceil(content.length / size) }, (_, n) => content.subarray(n * size, (n + 1) * size));
}

/** The bytes that come in windows: `ask` gives the one at an offset, with the size of the whole. Throws Damaged where
 * they end early. @param {(offset: number) => Promise<{ window: Uint8Array, size: number }>} ask */
export async function* windows(ask) {
  for (let offset = 0; ;) {
    const { window, size } = await ask(offset);
    if (window.length) yield window;
    offset += window.length;
    if (offset >= size) return;
    if (!window.length) throw new Damaged(`The content ends after ${offset} of ${size} bytes`);
  }
}

/** The same bytes; throws Damaged at the end where they are not what the hash says: use nothing of them before.
 * @param {AsyncIterable<Uint8Array> | Iterable<Uint8Array>} pieces @param {Uint8Array} expected @param {string} what */
export async function* verified(pieces, expected, what) {
  const hashed = await createBLAKE3();
  for await (const piece of pieces) {
    hashed.update(piece);
    yield piece;
  }
  if (hashed.digest() !== key(expected)) throw new Damaged(`${what} is not what its hash says`);
}

/** @param {AsyncIterable<Uint8Array>} pieces */
export async function joined(pieces) {
  const all = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
