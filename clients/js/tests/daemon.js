// A real daemon as a child process, with a home of its own below the temporary directory.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '../index.js';
import { socketPath } from '../endpoint.js';

const PROGRAM = process.env.HOLDFASTD ?? fileURLToPath(new URL('../../../.venv/bin/holdfastd', import.meta.url));
const START_MS = 30_000;

/** The first true value of `what`; throws where none comes in time. @template T @param {() => T | Promise<T>} what */
export async function until(what, milliseconds = START_MS) {
  const end = performance.now() + milliseconds;
  for (;;) {
    const found = await what();
    if (found) return found;
    if (performance.now() > end) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

export class Daemon {
  #root = mkdtempSync(join(tmpdir(), 'h'));
  /** @type {import('node:child_process').ChildProcess | null} */
  #process = null;

  /** @param {string} home its name below the temporary folder */
  constructor(home = 'd') {
    const outside = join(this.#root, 'user');
    mkdirSync(outside, { mode: 0o700 });
    this.environment = {
      PATH: process.env.PATH, HOME: outside, XDG_RUNTIME_DIR: outside, HOLDFAST_HOME: join(this.#root, home),
    };
    this.socket = socketPath(this.environment);
  }

  /** Returns once it answers. */
  async start() {
    this.#process = spawn(PROGRAM, { env: this.environment, stdio: 'ignore' });
    await until(() => connect({ socket: this.socket }).then((client) => (client.close(), true), () => false));
    return this;
  }

  /** @param {NodeJS.Signals} signal */
  async stop(signal = 'SIGTERM') {
    if (this.#process === null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
    this.#process = null;
  }

  /** @param {NodeJS.Signals} signal */
  send(signal) {
    this.#process?.kill(signal);
  }

  /** Nothing of it is left. */
  async gone() {
    await this.stop('SIGKILL');
    rmSync(this.#root, { recursive: true });
  }
}
