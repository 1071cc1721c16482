// The operations as they happen, each once, across restarts of the daemon.

import { Channel, Lost } from './channel.js';
import { consider, mayPass } from './caller.js';
import { Silent, now, pause } from './clock.js';
import { Conversation, newId } from './conversation.js';
import { TooLate } from './errors.js';
import { Following } from './following.js';

/** @typedef {import('./messages.js').OperationRow} OperationRow */
/** @typedef {import('./following.js').Wanted} Wanted */

/** After so many beats that did not come, the daemon is asked whether it is still there. */
const BEATS_MISSED = 5;
const BEAT_MS = 1000;
const PAUSE_MS = 50;

/** Without end; nothing is read ahead of who iterates. Throws Unreachable or TooLate where the daemon stays away for
 * the timeout, NotFound where its log ends before `since`, the signal's reason. Ends with `closed`.
 * @param {string} path @param {Wanted} wanted @param {number} timeoutMs @param {AbortSignal} closed
 * @param {AbortSignal} [signal] @returns {AsyncGenerator<OperationRow>} */
export async function* events(path, wanted, timeoutMs, closed, signal) {
  const following = new Following(wanted);
  let awaySince = /** @type {number | null} */ (now());
  let wasThere = false;
  while (!closed.aborted) {
    signal?.throwIfAborted();
    /** @type {Conversation | null} */
    let line = null;
    const hangUp = () => line?.close();
    for (const end of [closed, signal]) end?.addEventListener('abort', hangUp);
    try {
      const until = now() + timeoutMs;
      line = new Conversation(new Channel(path));
      const { store } = await line.greet(until);
      wasThere = true;
      following.subscribed((await line.ask('subscribe', following.request(store), [], newId(), until)).reply.number);
      awaySince = null;
      yield* rows(line, following);
    } catch (problem) {
      if (closed.aborted) return;
      signal?.throwIfAborted();
      if (!mayPass(problem)) throw problem;
      awaySince ??= now();
      const late = now() - awaySince >= timeoutMs;
      if (late || !wasThere) await consider(problem, path);
      if (late) throw new TooLate(`The daemon at ${path} has not answered for ${timeoutMs} ms`, { socket: path });
    } finally {
      for (const end of [closed, signal]) end?.removeEventListener('abort', hangUp);
      hangUp();
    }
    await pause(PAUSE_MS);
  }
}

/** Of one connection, each once. Throws Lost where one is missing, Silent where the daemon does not answer.
 * @param {Conversation} line @param {Following} following @returns {AsyncGenerator<OperationRow>} */
async function* rows(line, following) {
  const silence = BEATS_MISSED * (line.welcome.limits.beat_ms ?? BEAT_MS);
  for (let asked = false; ;) {
    let answer;
    try {
      answer = await line.listen(now() + silence);
    } catch (problem) {
      if (!(problem instanceof Silent) || asked) throw problem;
      asked = true;
      await line.tell(...following.question(), [], newId(), now() + silence);
      continue;
    }
    asked = false;
    if (answer.problem) throw new Lost(answer.problem.message);
    yield* following.rows(answer.kind, answer.reply);
  }
}
