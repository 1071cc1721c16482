// A client of holdfast: `connect()` and what it gives; the wire is protocol/PROTOCOL.md.

import { Client } from './client.js';
import { socketPath } from './endpoint.js';

export { Client } from './client.js';
export * from './errors.js';
export { Workspace } from './workspace.js';
/** @typedef {import('./messages.js').SessionRow} SessionRow */
/** @typedef {import('./messages.js').OperationRow} OperationRow */

/** A client of the daemon that serves this user, after a first hello. `socket`: its path, by default where the
 * environment says. Throws Unreachable at once where nobody listens, NotAllowed where the socket's directory is open to
 * others.
 * @param {import('./client.js').How & { socket?: string }} [options] */
export async function connect({ socket, ...options } = {}) {
  const client = new Client(socketPath(process.env, socket), options);
  try {
    await client.hello();
    return client;
  } catch (problem) {
    client.close();
    throw problem;
  }
}
