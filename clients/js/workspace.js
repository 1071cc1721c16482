// The live state of a running application, safe as it changes: part by part, durable when answered.

import { bytesOf, joined, verified, windows } from './content.js';

/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./content.js').Content} Content */
/** @typedef {import('./messages.js').WorkspaceState} WorkspaceState */

export class Workspace {
  #client;
  #letGo;
  /** @type {Promise<unknown>} */
  #back = Promise.resolve();

  /** @param {Client} client @param {WorkspaceState} state */
  constructor(client, state) {
    this.#client = client;
    this.#letGo = client.whenLost(() => this.#comeBack());
    this.row = state.workspace;
    this.parts = state.parts;
    /** What the last answer said that its user should know. */
    this.warnings = state.warnings;
  }

  /** By which it is found again. */
  get id() {
    return this.row.id;
  }

  /** The part (key or unique name) has this content from now on; durable when this returns, with the `hash` that
   * `patch` wants. Throws NotFound (it has ended), Ambiguous, CannotHold (a new part), Damaged, TooLarge, NoSpace.
   * @param {string} part @param {Content} content */
  async put(part, content) {
    const { reply } = await this.#client.send([bytesOf(content)], ([place]) => [
      'workspace-put',
      { id: this.id, source: { part, .../** @type {import('./content.js').Place} */ (place) } },
    ]);
    return this.#changed(reply);
  }

  /** Of the content whose hash is `of`, the bytes from `start` up to `end` are replaced. Throws Exists where the
   * content is another by now, NotFound, Ambiguous, BadField, CannotHold, Damaged, TooLarge, NoSpace.
   * @param {string} part @param {Uint8Array} of @param {number} start @param {number} end
   * @param {Content} piece */
  async patch(part, of, start, end, piece) {
    const body = { id: this.id, source: { part, frame: 0 }, of, start, end };
    return this.#changed((await this.#client.ask('workspace-put', body, [bytesOf(piece)])).reply);
  }

  /** The bytes of a part, which are what the daemon's hash says. Throws NotFound, Ambiguous, Damaged, TooLarge.
   * @param {string} part */
  async get(part) {
    /** @type {Uint8Array} */
    let hash = new Uint8Array();
    const pieces = windows(async (offset) => {
      const { reply, payload } = await this.#client.ask('workspace-cat', { id: this.id, part, offset });
      hash = reply.hash;
      return { window: payload[0] ?? new Uint8Array(), size: reply.size_bytes };
    });
    const whole = await joined(pieces);
    return joined(verified([whole], hash, `Part ${part} of workspace ${this.id}`));
  }

  /** The part goes. Throws NotFound (the workspace has ended), Ambiguous. @param {string} part */
  async remove(part) {
    this.#take((await this.#client.ask('workspace-remove', { id: this.id, part })).reply);
  }

  /** What it has becomes the head of its session, or of the new session `name`; look at `outcome`. It goes on there.
   * Throws Exists (the name), NotFound, NotAllowed (a template), BadName, CannotHold, Damaged, TooLarge, NoSpace.
   * @param {Omit<import('./messages.js').Requests['workspace-save'], 'id' | 'end'>} [options] */
  async save(options = {}) {
    const saved = (await this.#client.ask('workspace-save', { id: this.id, ...options })).reply;
    if (saved.outcome !== 'suspect') this.#take((await this.#client.ask('workspace-open', { id: this.id })).reply);
    return saved;
  }

  /** Nobody holds it from now on: without unsaved changes it ends, else it is kept. Throws NotFound. */
  async leave() {
    this.#letGo();
    await this.#back;
    return (await this.#client.ask('workspace-leave', { id: this.id })).reply;
  }

  /** Its unsaved changes are wanted no more; `undo` brings them back. Throws NotFound, and CannotHold, Damaged,
   * TooLarge where that cannot be. */
  async discard() {
    await this.#back;
    const { reply } = await this.#client.ask('workspace-discard', { id: this.id });
    this.#letGo();
    return reply;
  }

  /** A daemon that was started again, or took us for gone, hears that we still hold it: others would be offered it. */
  #comeBack() {
    this.#back = this.#client.ask('workspace-open', { id: this.id }).catch(() => {}); // the next change says why not
  }

  /** @param {import('./messages.js').WorkspacePart} answer */
  #changed({ part, hash, warnings }) {
    const known = this.parts.findIndex(({ key }) => key === part.key);
    this.parts.splice(known < 0 ? this.parts.length : known, 1, part);
    this.warnings = warnings;
    return { part, hash };
  }

  /** @param {WorkspaceState} state */
  #take(state) {
    ({ workspace: this.row, parts: this.parts, warnings: this.warnings } = state);
  }
}
