// What a caller may say for a session: a Ref, or the text `APP/NAME@SNAPSHOT:PART`.

import { BadName } from './errors.js';

/** @typedef {import('./messages.js').Ref} Ref */

const REFERENCE = /^(?:([^/@:]+)\/)?((?!\/)[^@:]+)(?:@(\{[^}]*\}|pin:[^:]+|[^@:{]+))?(?::(.+))?$/s;

/** @param {Ref | string} said @returns {Ref} */
export function reference(said) {
  if (typeof said !== 'string') return said;
  const found = REFERENCE.exec(said);
  if (!found) throw new BadName(`${JSON.stringify(said)} is not a reference (APP/NAME@SNAPSHOT:PART)`);
  const [, app, name, snapshot, part] = found;
  return { app: app ?? null, name: name ?? '', snapshot: snapshot ?? 'latest', part: part ?? null };
}
