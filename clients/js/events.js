// The operations as they happen, each once, across restarts of the daemon.

import { Lost } from './channel.js';
import { consider, mayPass } from './caller.js';
import { Silent, now, pause } from './clock.js';
import { Conversation, newId } from './conversation.js';
import { NotFound, TooLate } from './errors.js';

/** @typedef {import('./messages.js').OperationRow} OperationRow */
/** @typedef {import('./messages.js').Requests['subscribe']} Wanted */

/** After so long a silence the daemon is asked whether something was missed. */
const SILENCE_MS = 5000;
const PAUSE_MS = 50;

/** Without end; nothing is read ahead of who iterates. Throws Unreachable or TooLate where the daemon stays away for
 * the timeout, NotFound where its log ends before `since`. Ends with `closed`. @param {string} path
 * @param {Wanted} wanted @param {number} timeoutMs @param {AbortSignal} closed
 * @returns {AsyncGenerator<OperationRow>} */
export async function* events(path, wanted, timeoutMs, closed) {
  let since = wanted.since ?? null;
  let awaySince = /** @type {number | null} */ (now());
  let wasThere = false;
  while (!closed.aborted) {
    /** @type {Conversation | null} */
    let line = null;
    const hangUp = () => line?.close();
    closed.addEventListener('abort', hangUp);
    try {
      line = await Conversation.open(path, now() + timeoutMs);
      const from = await subscribed(line, { ...wanted, since }, now() + timeoutMs);
      since = from;
      wasThere = true;
      awaySince = null;
      for await (const row of rows(line, from, isFiltered(wanted))) {
        since = row.number;
        yield row;
      }
    } catch (problem) {
      if (closed.aborted) return;
      if (!mayPass(problem)) throw problem;
      awaySince ??= now();
      const late = now() - awaySince >= timeoutMs;
      if (late || !wasThere) await consider(problem, path);
      if (late) throw new TooLate(`The daemon at ${path} has not answered for ${timeoutMs} ms`, { socket: path });
    } finally {
      closed.removeEventListener('abort', hangUp);
      hangUp();
    }
    await pause(PAUSE_MS);
  }
}

/** @param {Wanted} wanted */
const isFiltered = ({ since: _, ...filters }) => Object.values(filters).some((each) => (each ?? null) !== null);

/** The number after which events follow. @param {Conversation} line @param {Wanted} wanted @param {number} until */
async function subscribed(line, wanted, until) {
  const { number } = (await line.ask('subscribe', wanted, [], newId(), until)).reply;
  const since = wanted.since ?? number;
  if (number < since) {
    throw new NotFound(
      `The newest operation is ${number}, before ${since}: another store, or an older state of it. Read again`,
      { newest: number, since },
    );
  }
  return since;
}

/** Of one connection, each once. Throws Lost where one is missing. @param {Conversation} line @param {number} since
 * @param {boolean} filtered @returns {AsyncGenerator<OperationRow>} */
async function* rows(line, since, filtered) {
  let known = since;
  for (let asked = false; ;) {
    let answer;
    try {
      answer = await line.listen(now() + SILENCE_MS);
    } catch (problem) {
      if (!(problem instanceof Silent) || asked) throw problem;
      asked = true;
      const until = now() + SILENCE_MS;
      if (filtered) await line.tell('ping', {}, [], newId(), until);
      else await line.tell('operations', { since: known, limit: 1 }, [], newId(), until);
      continue;
    }
    asked = false;
    if (answer.problem) throw new Lost(answer.problem.message);
    const { row, rows: newer } = answer.reply;
    if (newer?.at(-1)?.number > known) throw new Lost('An event was missed');
    if (!row || row.number <= known) continue;
    if (!filtered && row.number > known + 1) throw new Lost('An event was missed');
    known = row.number;
    yield row;
  }
}
