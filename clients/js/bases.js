// What a client's saves start from: of each session the revision that it last saw (PROTOCOL.md, "What a save starts
// from").

/** @typedef {import('./messages.js').SessionRow} SessionRow */
/** @typedef {{ session: string, name: string, expect: number }} Base */

export class Bases {
  /** @type {Map<string, { id: string, name: string }>} */
  #named = new Map();
  /** @type {Map<string, number>} */
  #revisions = new Map();

  /** What a save under this name starts from, if anything is known. @param {string} app @param {string | null} folder
   * @param {string} name @returns {Base | null} */
  of(app, folder, name) {
    const known = this.#named.get(said(app, folder, name));
    return known ? { session: known.id, name: known.name, expect: this.#revisions.get(known.id) ?? 0 } : null;
  }

  /** This client has what is the head of the session now. @param {SessionRow} session @param {string} [asked] the name
   * that it said, which after a fork stands for the fork */
  seen(session, asked = session.name) {
    this.#revisions.set(session.id, session.revision);
    for (const name of [session.name, asked]) {
      for (const folder of [session.folder, null]) {
        this.#named.set(said(session.app, folder, name), { id: session.id, name: session.name });
      }
    }
  }

  /** The same after a save, where its document is the head. @param {import('./messages.js').Saved} saved
   * @param {string} [asked] */
  saved(saved, asked) {
    const known = ['saved', 'unchanged', 'forked'].includes(saved.outcome);
    if (known && saved.snapshot === saved.session.head) this.seen(saved.session, asked);
  }
}

/** @param {string} app @param {string | null} folder @param {string} name */
const said = (app, folder, name) => JSON.stringify([app, folder, name]);
