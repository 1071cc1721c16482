// Where the daemon listens: PROTOCOL.md, "Which path", "Short path" and "Who may".

import { lstatSync, statSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { createBLAKE2s } from 'hash-wasm';
import { NotAllowed, Unreachable } from './errors.js';

const SOCKET_PATH_BYTES = 107;
const BASE_BYTES = 60;
/** Where the shared stores of a machine listen: root's folder. */
const SHARED_SOCKETS = '/run/holdfast';
const digest = await createBLAKE2s(8 * 8);

/** The path of the daemon's socket; `socket` is the user's choice. @param {NodeJS.ProcessEnv} environment
 * @param {string} [socket] */
export function socketPath(environment, socket) {
  const wished = socket || environment.HOLDFAST_SOCKET;
  if (wished) return resolve(wished);
  const system = runtimeDirectory(environment);
  return fitting(join(folderOf(environment, system), 'holdfast.sock'), system);
}

/** Throws NotAllowed unless the directory is ours and closed to everybody else, or root's for shared stores.
 * @param {string} socket */
export function checkTrusted(socket) {
  const folder = dirname(socket);
  let state;
  try {
    state = lstatSync(folder);
  } catch {
    throw nobodyAt(socket);
  }
  if (folder === SHARED_SOCKETS && state.isDirectory() && state.uid === 0 && !(state.mode & 0o022)) return;
  if (!state.isDirectory() || state.uid !== process.getuid?.() || state.mode & 0o077) {
    throw new NotAllowed(`${folder} must be your own directory with mode 0700`, { path: folder });
  }
}

/** @param {string} socket */
export function nobodyAt(socket) {
  return new Unreachable(`No daemon listens at ${socket}; start one with: holdfastd`, { socket });
}

/** @param {NodeJS.ProcessEnv} environment @param {string | null} system */
function folderOf(environment, system) {
  if (environment.HOLDFAST_HOME) return join(resolve(environment.HOLDFAST_HOME), 'run');
  return system ? join(system, 'holdfast') : join(stateDirectory(environment), 'run');
}

/** @param {NodeJS.ProcessEnv} environment */
function runtimeDirectory(environment) {
  const named = environment.XDG_RUNTIME_DIR ?? '';
  if (isAbsolute(named)) return named;
  const usual = `/run/user/${process.getuid?.()}`;
  return isDirectory(usual) ? usual : null;
}

/** @param {NodeJS.ProcessEnv} environment */
function stateDirectory(environment) {
  const home = environment.HOME || homedir();
  if (platform() === 'darwin') return join(home, 'Library/Application Support/holdfast');
  return join(environment.XDG_STATE_HOME || join(home, '.local/state'), 'holdfast');
}

/** @param {string} path @param {string | null} system */
function fitting(path, system) {
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES) return path;
  const base = system && isDirectory(system) && Buffer.byteLength(system) <= BASE_BYTES ? system : '/tmp';
  return join(base, `holdfast-${process.getuid?.()}-${digest.init().update(path).digest()}`, 's');
}

/** @param {string} path */
function isDirectory(path) {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
