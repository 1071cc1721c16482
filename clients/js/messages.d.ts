// Made from protocol/messages.json by `npm run types`; not to be edited.

export type Form = string | Form[] | { array: Form } | { map: Form };
export type Fields = Record<string, { type: Form; absent?: any }>;

export declare const protocol: number;
export declare const chunk: { minimum: number; average: number; maximum: number; hash: number };
export declare const limits: Record<'header_bytes' | 'answer_header_bytes' | 'frame_bytes' | 'frames_count' | 'message_bytes' | 'depth_levels' | 'name_bytes' | 'note_bytes' | 'window_bytes' | 'rows_count' | 'files_count' | 'outbound_bytes' | 'format_bytes' | 'beat_ms' | 'requests_in_flight' | 'request_bytes_in_flight' | 'subscriptions_count' | 'connections_count' | 'changes_count', number>;
export declare const verbs: Record<Verb, { reply: string; changes: boolean; fields: Fields }>;
export declare const told: Record<string, string>;
export declare const rows: Record<string, Fields>;

/** What a person names: `APP/NAME@SNAPSHOT:PART`. `app` and `folder` may be None where the name is unique. `snapshot`: `latest`, `-1` (one before the head), an id's prefix of four digits or more, `good`, `pin:LABEL`, or `{2 hours ago}`. `part`: key or unique name. `id` names the session by its id and then stands for app, name and folder. */
export interface Ref {
  name?: string;
  app?: string | null;
  folder?: string | null;
  snapshot?: string;
  part?: string | null;
  id?: string | null;
}

/** One session. `modified` is the time of its newest operation; `path` is relative to the folder. */
export interface SessionRow {
  id: string;
  app: string;
  folder: string;
  name: string;
  format: string;
  revision: number;
  head: string | null;
  created: bigint;
  modified: bigint;
  size_bytes: number;
  path: Uint8Array;
  suspect: boolean;
  diverged: boolean;
  deleted: boolean;
  archived: boolean;
  template: boolean;
  tags: Array<string>;
  forked_from: string | null;
}

/** One immutable document. `suspect` is the reason why it looks like damage, or None. Some of its parents may have been pruned. `pins` are the labels that people gave it. */
export interface SnapshotRow {
  snapshot: string;
  parents: Array<string>;
  time: bigint;
  cause: string;
  author: string;
  message: string;
  size_bytes: number;
  suspect: string | null;
  pins: Array<string>;
}

/** A snapshot as retention sees it. `keep` false: it goes, for the one reason in `reasons`; otherwise those are all the reasons why it stays. `name` is empty where a workspace was never saved, or the session was purged. */
export interface PruneRow {
  session: string;
  app: string;
  folder: string;
  name: string;
  snapshot: string;
  time: bigint;
  cause: string;
  size_bytes: number;
  keep: boolean;
  reasons: Array<string>;
}

/** A snapshot that cannot be read as long as something is damaged: of its document the file `path` (empty: the one that there is), from byte `offset` on. Its other files can be. `head`: it is its session's. `name` is empty where the session was never saved, or purged. */
export interface ConcernRow {
  session: string;
  app: string;
  folder: string;
  name: string;
  snapshot: string;
  head: boolean;
  path: Uint8Array;
  offset: number;
}

/** Something in the store that is not as it was written. `what`: chunk, pack, page (of the catalog), log (of the catalog), document, snapshot, session, operations, workspace, file (a visible one), index (of searching, which is made anew). `path` is the file that it is in; `chunk` the hash of a chunk, in `pack` at byte `offset` where it is in one. `repaired`: it was, and is no more. `concerns`: the first of what cannot be read because of it. */
export interface DamageRow {
  what: string;
  sentence: string;
  path: Uint8Array | null;
  chunk: string | null;
  pack: number | null;
  offset: number | null;
  repaired: boolean;
  concerns_count: number;
  concerns: Array<ConcernRow>;
}

/** A workspace that no snapshot has whole: since when, and how long that is. */
export interface UnsavedRow {
  workspace: string;
  app: string;
  name: string;
  since: bigint;
  age_ms: number;
}

/** One file of a document. `path` is empty for a document of one file; `hash` is BLAKE3 (32 bytes). */
export interface FileRow {
  path: Uint8Array;
  size_bytes: number;
  hash: Uint8Array;
}

/** Another form of an application's documents: the short name `to` ask for it by, and what it is, for people. */
export interface FormRow {
  to: string;
  about: string;
}

/** An array that lies in a part's content, uncompressed: `size_bytes` from `offset` on. `dtype` is NumPy's short word with the byte order (`<f4`); `shape` is in C order or, with `fortran`, in Fortran order; `unit` is as people write it (`Å`), empty where there is none. `cat` of `PART/NAME` gives just its bytes. */
export interface ArrayRow {
  name: string;
  dtype: string;
  shape: Array<number>;
  unit: string;
  offset: number;
  size_bytes: number;
  fortran: boolean;
}

/** One part, without its content. `facts` are the format's own. */
export interface PartRow {
  key: string;
  name: string;
  kind: string;
  size_bytes: number;
  facts: Record<string, string | number | boolean | null>;
  arrays: Array<ArrayRow>;
}

/** The live state of one application instance. `session` and `revision`: what it began from, or was saved as last; where `revision` is 0 there is no such session yet, and it will have that id. `left`: since when nobody holds it. `unsaved`: since when it has what neither the session nor an autosave has, nil where they have all. `autosave`: the newest snapshot that the daemon made of it. `behind`: the session has moved on since. `unanswered`: since when its application, which is asked for its state, has not given it. */
export interface WorkspaceRow {
  id: string;
  app: string;
  folder: string;
  name: string;
  format: string;
  session: string;
  revision: number;
  author: string;
  created: bigint;
  changed: bigint;
  left: bigint | null;
  saved: boolean;
  unsaved: bigint | null;
  autosave: string | null;
  behind: boolean;
  parts_count: number;
  unanswered: bigint | null;
}

/** A file or URL that a document points to. `key`: the part that does; `role` is the format's own word; `reference` is as the document has it. `state`: there, moved (`found` is a file of its name nearby), missing, remote (a URL, which is never opened), or unknown (relative to a project, and the session lies in none). `path` is what the application would open here, empty where that cannot be told. */
export interface ResourceRow {
  key: string;
  role: string;
  reference: string;
  state: string;
  path: Uint8Array;
  found: Uint8Array;
}

/** A file that may be the one that a reference meant. `reference`: how the document would point to it, empty where it cannot. `why`: content (the history knows the file, and this one has its very bytes), size (it has its name and size) or name; `common_count`: how many names at the end of both paths are the same, the file's own among them. */
export interface CandidateRow {
  path: Uint8Array;
  reference: string;
  why: string;
  common_count: number;
  size_bytes: number;
}

/** A reference that leads nowhere here, or that is changed. `key`, `role`, `reference`, `state` and `path` are as check-resources has them, of the first part that has it. `new`: what it becomes; nil where it stays. `candidates`: files that were found, the likeliest first, eight at most. */
export interface RelinkRow {
  key: string;
  role: string;
  reference: string;
  state: string;
  path: Uint8Array;
  new: string | null;
  candidates: Array<CandidateRow>;
}

/** A place where the searched words stand. `where`: name, tags or note of the session, or a part, whose key and name are `part` and `part_name`; `snapshot` is the head, or with `history` an older one. `snippet` is the text around the first of them, on one line; `matches` are the positions in it, in characters, at which a match begins and ends, in pairs. */
export interface FoundRow {
  session: SessionRow;
  snapshot: string;
  where: string;
  part: string | null;
  part_name: string;
  snippet: string;
  matches: Array<number>;
}

/** What became of one part. `what`: added, removed, changed, renamed or moved; `line` is for people; `text` is a unified diff where both contents are text, without its trailing newline. */
export interface ChangeRow {
  what: string;
  key: string;
  name: string;
  kind: string;
  line: string;
  text: string;
}

/** One numbered row of the log. `snapshot` and `previous` are the head after and before, where it moved; `undone_by` is the number of the row that reversed this one. A row about a folder has no `session`: `folder` is its label, `note` the reason. Rows that were written by one `batch`, or by its undo, have the same `batch`: the number of the first of them. */
export interface OperationRow {
  number: number;
  time: bigint;
  type: string;
  session: string | null;
  app: string | null;
  folder: string | null;
  name: string | null;
  cause: string | null;
  author: string;
  undoable: boolean;
  revision: number | null;
  snapshot: string | null;
  previous: string | null;
  undone_by: number | null;
  note: string;
  batch: number | null;
}

/** One folder. `path` is absolute; `app` is None for the daemon's own sessions folder; `layout` is the format's name for how its application keeps sessions there. `watching`: events, polling, or empty where it is not watched now; `watch_note` says why it is polled, for people. `held` is the reason why nothing is deleted for the moment, or None; `missing_count` are then the sessions whose file is not there. `scanned` is when the last full scan ended, None before the first; `scanning` says that one is under way. `problems` are for people. */
export interface FolderRow {
  label: string;
  path: Uint8Array;
  app: string | null;
  layout: string;
  watching: string;
  watch_note: string;
  sessions_count: number;
  missing_count: number;
  held: string | null;
  scanned: bigint | null;
  scanning: boolean;
  problems: Array<string>;
}

/** A folder in which an application keeps sessions, and how `folder-add` would take it. `label` is the one under which it is adopted already, or None. */
export interface SuggestionRow {
  path: Uint8Array;
  app: string;
  layout: string;
  sessions_count: number;
  label: string | null;
}

/** Where the bytes of one file of a document come from: payload frame number `frame` (0 is the first), from `offset` on, `size_bytes` of it or (nil) all to its end. So small files can share a frame. `chunked` false: these bytes are the content. True: they are the content's BLAKE3 chunk hashes, 32 bytes each, in order, all of which the daemon has (`missing`, `put`). `hash`: BLAKE3 of the whole content, 32 bytes; where it is another, the request is refused (damaged) and nothing changed. */
export interface FileSource {
  frame: number;
  path?: Uint8Array;
  chunked?: boolean;
  offset?: number;
  size_bytes?: number | null;
  hash?: Uint8Array | null;
}

/** A snapshot to take in before another one. `message` is all that is known of it here: its time, cause and author elsewhere are what others say. */
export interface Earlier {
  files: Array<FileSource>;
  message?: string;
  pins?: Array<string>;
}

/** A part to put into a document: `part` is a key or unique name, or the name of a new part. Where its bytes come from, and their hash, is said as for a file. */
export interface PartSource {
  part: string;
  frame: number;
  chunked?: boolean;
  offset?: number;
  size_bytes?: number | null;
  hash?: Uint8Array | null;
}

/** One change of a batch: exactly one field is there, called as the verb whose request it holds. `frame` of its sources counts the payload frames of the batch. */
export interface Change {
  save?: Save | null;
  restore?: Restore | null;
  accept?: Accept | null;
  rename?: Rename | null;
  copy?: Copy | null;
  tag?: Tag | null;
  template?: Template | null;
  archive?: Archive | null;
  unarchive?: Unarchive | null;
  note?: Note | null;
  pin?: Pin | null;
  new?: New | null;
  delete?: Delete | null;
}

/** What one change of a batch did: the answer to its request, in the field called as that is. */
export interface Effect {
  saved: Saved | null;
  changed: Changed | null;
  noted: Noted | null;
}

/** A document (`files`), or parts of one put into the head (`parts`), becomes the session's new head. `expect` is the revision that the save started from; without it, the head at receipt. If the head has moved, parts that only one side changed are merged, otherwise the save becomes a fork; nothing is overwritten. `new` refuses an existing name. A save that looks like damage is kept but does not move the head, unless `accept`. `session` is the id of the session that it continues, whose revision `expect` then is: where the name means another one by now, the save becomes a fork; where it means none (deleted or renamed), a new session, as without both. Answered when durable, or with `published` once the visible file shows it. */
export interface Save {
  app: string;
  name: string;
  folder?: string | null;
  files?: Array<FileSource>;
  parts?: Array<PartSource>;
  message?: string;
  expect?: number | null;
  new?: boolean;
  accept?: boolean;
  published?: boolean;
  tags?: Array<string>;
  session?: string | null;
}

/** An older snapshot, or `parts` and `kinds` of it, becomes the head again: a part in the place of what it is now, a kind as a whole (parts of it that the snapshot does not have go). `name`: as a new session of that name instead. `into`: the parts are put into that other session, where each replaces only what has its id or path, or its very content. On a diverged session: puts the good document back on disk. */
export interface Restore {
  ref: Ref;
  parts?: Array<string>;
  kinds?: Array<string>;
  name?: string | null;
  into?: Ref | null;
  expect?: number | null;
  published?: boolean;
}

/** The newest suspect of a session (or the one that `ref` names) becomes its head. */
export interface Accept {
  ref: Ref;
  published?: boolean;
  expect?: number | null;
}

/** The session keeps its id and history and gets another name; its visible file moves. */
export interface Rename {
  ref: Ref;
  name: string;
  published?: boolean;
  expect?: number | null;
}

/** A new session of that name with the snapshot that `ref` names as its first. */
export interface Copy {
  ref: Ref;
  name: string;
  app?: string | null;
  published?: boolean;
}

/** The session gets the tags in `add` and loses those in `remove`; its head and revision stay. */
export interface Tag {
  ref: Ref;
  add?: Array<string>;
  remove?: Array<string>;
  expect?: number | null;
}

/** The session is a template from now on, or with `on` false none any more. A save under a template's name is refused with not-allowed; `copy` makes sessions from it. */
export interface Template {
  ref: Ref;
  on?: boolean;
  expect?: number | null;
}

/** The session leaves the ordinary list, and its file in the sessions folder moves into `archived/` beside the application's others. Its id, name and history stay, it is found, loaded and saved as before, and a save leaves it archived. In an adopted folder the file stays where its application looks for it. */
export interface Archive {
  ref: Ref;
  published?: boolean;
  expect?: number | null;
}

/** The session is in the ordinary list again, and its file where it was. */
export interface Unarchive {
  ref: Ref;
  published?: boolean;
  expect?: number | null;
}

/** What people write about a session: `text` is its note from now on; empty: it has none; nil: only asked for. At most note_bytes in UTF-8. */
export interface Note {
  ref: Ref;
  text?: string | null;
  expect?: number | null;
}

/** The snapshot that `ref` names is called `label` (by default the first digits of its id): `@pin:LABEL` means it, and retention never takes it. A label that another snapshot of the session has is refused with exists. With `on` false the snapshot is called so no longer; without a label, by none. */
export interface Pin {
  ref: Ref;
  label?: string;
  on?: boolean;
  expect?: number | null;
}

/** A new session that begins with the head of `clear`, or the snapshot that it names, emptied: what its user set up stays (IGV's genome, Renardo's startup file, Mosaic's shape), and the parts of the kinds in `keep`. Without `app` it is of the same application. */
export interface New {
  name: string;
  app?: string | null;
  clear: Ref;
  keep?: Array<string>;
  published?: boolean;
}

/** The session leaves the list and its visible file goes; `undo` brings both back. */
export interface Delete {
  ref: Ref;
  published?: boolean;
  expect?: number | null;
}

/** The daemon's side of `hello`. `epoch` is new at every start of the daemon. `store` is the id of its store, 32 hex digits: numbers, ids and revisions that were seen are of that one alone. `apps`: the only applications that there are for this client's key, whatever it asks for; nil: all. */
export interface Welcome {
  protocol: number;
  version: string;
  epoch: string;
  user: string;
  limits: Record<string, number>;
  capabilities: Array<string>;
  store: string;
  apps: Array<string> | null;
}

/** The daemon's loop runs. */
export interface Pong {}

/** The whole way through the store and back. */
export interface Probed {}

/** What became of it. `outcome`: cancelled (nothing was changed), done (that came too late, and the request was answered as ever), unknown (it is not under way: it was answered before, or never came). */
export interface Cancelled {
  outcome: string;
}

/** `count` hashes, in the asked order, in payload frame 0. */
export interface MissingChunks {
  count: number;
}

/** `count` chunks were taken. */
export interface Stored {
  count: number;
}

/** `count` chunks were taken, `size_bytes` of the file; their hashes are in payload frame 0. `end`: up to its end. Otherwise ask again from behind them on. */
export interface FilePut {
  count: number;
  size_bytes: number;
  end: boolean;
}

/** What became of a save. `outcome`: saved, unchanged, merged, forked or suspect. forked: `session` is the fork, whose name is free, and `conflicts` are the parts that both sides changed. merged: `merged` are the parts taken from the other side. suspect: `reason` says why, the head is as it was. unchanged: `operation` is None, and `snapshot`, which is not the head where that has moved on, has this document already. `warnings` are for people: what the application would not read, or give back changed, a name that it cannot load, and with `published` why the file does not show it. */
export interface Saved {
  outcome: string;
  session: SessionRow;
  snapshot: string;
  operation: number | null;
  conflicts: Array<string>;
  merged: Array<string>;
  reason: string | null;
  warnings: Array<string>;
}

/** `files`: the positions in the request of those that may be; of the others none is. `folder`: whether the folder may be a document of several files, as far as these tell. What may be is known when `import` has it all. */
export interface Recognised {
  files: Array<number>;
  folder: boolean;
}

/** One page; `more` says whether rows follow it, and `next` where. Pages are not of one moment: a session that changes its place in between may be told twice or not at all. Names, applications and times of creation hardly do; whoever needs every session goes by one of these. `count`: how many sessions the list has on all of its pages, where that was asked for; `apps` and `tags` likewise: the applications that have something where the list is (live, archived or deleted), and all tags, up to 1,000 of each, by name. */
export interface Sessions {
  rows: Array<SessionRow>;
  more: boolean;
  next: Uint8Array;
  count: number | null;
  apps: Array<string> | null;
  tags: Array<string> | null;
}

/** One page. `more` says whether rows may follow it, and `next` where; of the history, a page may then be empty. Everything up to number `operation` was looked at; where that is not the newest, and where a snapshot could not be read, `warnings` say so, for people. */
export interface Found {
  rows: Array<FoundRow>;
  more: boolean;
  operation: number;
  next: Uint8Array;
  warnings: Array<string>;
}

/** `generation` and `writer` are the format's; `inferred` says that they are a conclusion. `warnings` are for people. A document that its format cannot read has no parts and a warning that says why. `note` is what people wrote about the session. `conversions`: the other forms that `load` gives it in. `more`: other parts follow these. */
export interface Shown {
  session: SessionRow;
  snapshot: SnapshotRow | null;
  files: Array<FileRow>;
  parts: Array<PartRow>;
  facts: Record<string, string | number | boolean | null>;
  generation: string;
  writer: string | null;
  inferred: boolean;
  warnings: Array<string>;
  note: string;
  conversions: Array<FormRow>;
  more: boolean;
}

/** One page of a log. */
export interface Snapshots {
  rows: Array<SnapshotRow>;
  more: boolean;
}

/** In document order; empty where nothing that the application would call a change is there. `summary` is for people: `2 messages added, 1 file changed`. */
export interface Changes {
  old: string | null;
  new: string;
  rows: Array<ChangeRow>;
  summary: string;
}

/** `files` in order. `inline`: the payload frames, put together, are the contents of the files, one behind the other, each of its `size_bytes`; otherwise read each file with `cat` (of the same `parts` and `kinds`, or the same `to` and `target`). `to`: the form that it is in; then `suffix` is what its file ends in, empty for a folder, and `losses` are sentences on what that form cannot hold. */
export interface Loaded {
  session: SessionRow;
  snapshot: string;
  files: Array<FileRow>;
  inline: boolean;
  to: string;
  suffix: string;
  losses: Array<string>;
}

/** Payload frame 0 is the window; `size_bytes` is the size of the whole, `snapshot` where it is from. `hash`, with a window that reaches the end: the BLAKE3 hash of the whole (32 bytes). */
export interface Content {
  snapshot: string;
  size_bytes: number;
  hash: Uint8Array | null;
}

/** Payload frame 0 has for each chunk, in the order of the file, its BLAKE3 hash (32 bytes) and its size in bytes (4 bytes, the most significant first). `count` is how many the file has, `snapshot` where it is from. */
export interface ChunkList {
  snapshot: string;
  count: number;
}

/** The session after the operation of that number; None where it was like that before. `warnings` are for people (a name that the application cannot load; with `published`, why the file does not show it). */
export interface Changed {
  session: SessionRow;
  operation: number | null;
  warnings: Array<string>;
}

/** The note as it is now. `operation` is None where nothing changed. */
export interface Noted {
  session: SessionRow;
  text: string;
  operation: number | null;
}

/** In document order; empty for an application whose sessions point to nothing. */
export interface Resources {
  snapshot: string;
  rows: Array<ResourceRow>;
}

/** `rows`: each reference that leads nowhere here or is changed, once, in document order. `saved`: what became of it; nil of a dry run. `stopped`: why the search ended early, for people. `near`: the session's folder, and those of its other files. `revision`: the one that was looked at, or made. */
export interface Relinked {
  rows: Array<RelinkRow>;
  saved: Saved | null;
  stopped: string;
  near: Array<Uint8Array>;
  revision: number;
}

/** How many snapshots went, or would go, and how many deleted sessions with them. `freed_bytes`: of a dry run, the content that nothing else names; else the content that went, what had been named by nothing before included. */
export interface Pruned {
  snapshots_count: number;
  sessions_count: number;
  freed_bytes: number;
  rows: Array<PruneRow>;
  more: boolean;
}

/** `effects` in the order of the changes. `operation` is the number of the first row of the log that they have written, which is the `batch` of all; None where nothing changed. `warnings` are for people: with `published`, why a file does not show it. */
export interface Batched {
  effects: Array<Effect>;
  operation: number | null;
  warnings: Array<string>;
}

/** `undone` is what was reversed; `operation` is the number of the row that says so. `warnings` are for people (with `published`, why the file does not show it). `session` is nil where that of a workspace was not saved. `count` is how many operations were reversed: of a batch, all that can be. */
export interface Undone {
  undone: OperationRow;
  operation: number;
  session: SessionRow | null;
  warnings: Array<string>;
  count: number;
}

/** Oldest first, without a gap. */
export interface OperationRows {
  rows: Array<OperationRow>;
  more: boolean;
}

/** Events follow under the request's id. `number` is the newest operation at this moment. */
export interface Subscribed {
  number: number;
}

/** None follow this answer. */
export interface Unsubscribed {}

/** `rows`: the folder, and those that came or went with it (Renardo's startup files). `operation` is None where the path was adopted already: `rows` is then what is there. `warnings` are for people. */
export interface FolderChanged {
  rows: Array<FolderRow>;
  operation: number | null;
  warnings: Array<string>;
}

/** Folders as they are now: all, or those that were scanned. */
export interface Folders {
  rows: Array<FolderRow>;
}

/** Folders that hold sessions, or are their application's known place; adopted ones with their label. */
export interface Suggestions {
  rows: Array<SuggestionRow>;
}

/** `number` is the newest operation then: what was on disk is told by the operations up to it. */
export interface Settled {
  number: number;
}

/** `pending_files` are publications that have not reached the disk yet; `problems` are for people. `folders` are the watched ones, the daemon's own sessions folder first. `unsaved`: when the oldest change of any workspace came that no snapshot has yet; nil where all are in one. `unsaved_workspaces`: the first of these, oldest first. Of the last hour, or since the daemon started: `loss_window_ms` is the longest that something handed over was not durable yet, `unsaved_window_ms` the longest that something was in no snapshot, which `unsaved_bound_ms` is the configured bound of. `last_check` is when the last check of the store ended, `last_check_problems` what it found and nobody repaired; `last_rehearsal` when a snapshot was last read back, built and found to be what was saved, `last_rehearsal_problem` why the last one was not; `last_backup` when the last backup that came to its end began, `last_backup_place` its directory. `queued_changes` wait for the store, `requests_count` are under way, `unindexed_count` operations are not looked at for searching yet, `outbound_bytes` wait for clients. `listening`: where on the network, empty where nowhere; `network_key`: the daemon's public key there. */
export interface StatusReport {
  version: string;
  epoch: string;
  pid: number;
  socket: string;
  store: string;
  sessions: string;
  started: bigint;
  sessions_count: number;
  deleted_count: number;
  operations_count: number;
  clients_count: number;
  connections_count: number;
  connections_limit: number;
  store_bytes: number;
  pending_files: number;
  watching: boolean;
  problems: Array<string>;
  folders: Array<FolderRow>;
  workspaces_count: number;
  unsaved: bigint | null;
  unsaved_workspaces: Array<UnsavedRow>;
  loss_window_ms: number;
  unsaved_window_ms: number;
  unsaved_bound_ms: number;
  checking: boolean;
  last_check: bigint | null;
  last_check_problems: number;
  last_rehearsal: bigint | null;
  last_rehearsal_problem: string;
  queued_changes: number;
  requests_count: number;
  unindexed_count: number;
  outbound_bytes: number;
  last_backup: bigint | null;
  last_backup_place: Uint8Array;
  listening: string;
  network_key: string;
}

/** The check that is `running`, or the last one; `began` nil: there was none. `stage` is what it looks at, for people; of `total_bytes` it has read `done_bytes`. `problems_count` is what is damaged, without what was repaired (`repaired_count`); `rows` the first of both. `failed`: why it ended before it had seen all. */
export interface Checked {
  running: boolean;
  all: boolean;
  repair: boolean;
  began: bigint | null;
  ended: bigint | null;
  stage: string;
  done_bytes: number;
  total_bytes: number;
  problems_count: number;
  repaired_count: number;
  rows: Array<DamageRow>;
  failed: string | null;
}

/** The backup that is `running`, or the last one; `began` nil: there was none. `stage` is what it does, for people; of `total_bytes` it has done `done_bytes`, which are those to copy and to read back. `copied_bytes` are new in `directory`, `size_bytes` all that the backup is. `damaged`: what was found damaged in older files of the backup, and was copied anew. `failed`: why it did not come to its end, with the `code` of the error; the backup before it is as it was. */
export interface BackedUp {
  running: boolean;
  directory: Uint8Array;
  began: bigint | null;
  ended: bigint | null;
  stage: string;
  done_bytes: number;
  total_bytes: number;
  copied_bytes: number;
  size_bytes: number;
  damaged: Array<string>;
  failed: string | null;
  code: string;
}

/** The workspace, and its parts in order. `warnings`, for people: that what was put is kept beside the store, which fails, or in memory alone; that no snapshot has it for longer than was promised. */
export interface WorkspaceState {
  workspace: WorkspaceRow;
  parts: Array<PartRow>;
  warnings: Array<string>;
}

/** The part as it is now; `hash` is that of its content, 32 bytes. `warnings`: as in WorkspaceState. */
export interface WorkspacePart {
  part: PartRow;
  hash: Uint8Array;
  warnings: Array<string>;
}

/** Now. Where `workspace-due` has not come again within `deadline_ms`, the application counts as unanswered. */
export interface Due {
  deadline_ms: number;
}

/** `size_bytes` and `hash` are the whole part's; the asked bytes are payload frame 0. */
export interface WorkspaceContent {
  size_bytes: number;
  hash: Uint8Array;
}

/** `ended` is false where the workspace is kept. `snapshot`: what it had that was not saved, if anything. */
export interface WorkspaceEnded {
  ended: boolean;
  snapshot: string | null;
  operation: number | null;
}

/** The workspace, and its parts in order. `snapshot`: what it had that was not saved, if anything; then `operation` is what `undo` reverses. */
export interface WorkspaceReloaded {
  workspace: WorkspaceRow;
  parts: Array<PartRow>;
  snapshot: string | null;
  operation: number | null;
}

/** All of them. */
export interface Workspaces {
  rows: Array<WorkspaceRow>;
}

/** Either may be nil. Where the workspace is of that session or newer, it is what its user saw last. */
export interface LastState {
  workspace: WorkspaceRow | null;
  session: SessionRow | null;
}

/** One operation. Not an answer: follows `subscribed` for as long as the connection lives. */
export interface Event {
  row: OperationRow;
}

/** Several operations, oldest first: what a client that said the capability `event-pages` in its `hello` gets in the place of an `event` for each. */
export interface Events {
  rows: Array<OperationRow>;
}

/** A subscription's heartbeat, where nothing else was told for `beat_ms`. Everything wanted up to `number` has been told: the last number of the log, or how far it has been looked through. `told` is the last operation that was told, or where that began: who has seen less has missed something. */
export interface Beat {
  number: number;
  told: number;
}

/** What is told from here on begins after `number`. Who has seen less reads what lies between, or subscribes again; who has seen more knew another store, or a newer state of this one, and reads again from the beginning. Sent where `since` is not in the log yet, and where more than `outbound_bytes` waited and was dropped. */
export interface Gap {
  number: number;
}

/** The answer of a request that failed. `code` is permanent, `sentence` for people, `details` for programs. */
export interface Failure {
  code: string;
  sentence: string;
  details: Record<string, string | number | boolean | null | Array<string>>;
}

export interface Requests {
  /** First on every connection: who speaks which versions. `client` is for the log only; it is not believed. Throws WrongVersion. */
  'hello': {
    protocol: number;
    client?: string;
    capabilities?: Array<string>;
  };
  /** Answered by the daemon's loop without touching the store. */
  'ping': {};
  /** Answered once the store's writer has had its turn, after the changes that came before: the daemon does not only listen, it works. Nothing is written. */
  'probe': {};
  /** The request of that id, sent on this connection, is not wanted any more. One that only reads or waits ends at once; a change is not made, unless it is being made. What is ended is answered with the code cancelled. */
  'cancel': {
    request: Uint8Array;
  };
  /** Which of these chunks does the daemon not have? Payload frame 0: BLAKE3 hashes, 32 bytes each. The others stay there until a save on this connection has named them, or for an hour after its last `missing` or `put`. */
  'missing': {};
  /** Keep these chunks: every payload frame is one, of 1 MiB at most. They are durable with the save that names them, and stay as those of `missing` do; then unnamed ones may be collected. Throws TooLarge, NoSpace. */
  'put': {};
  /** Keep the chunks of a file that the asker has open for reading, as those of `put`: the daemon reads it itself, some MiB from `offset` on. `descriptor` is the file's number in the asker's process. Only of a regular file, and only for a connection that was offered the capability local-files. Throws BadField, NotAllowed, NoSpace, Unreadable. */
  'put-file': {
    descriptor: number;
    offset?: number;
  };
  /** A document (`files`), or parts of one put into the head (`parts`), becomes the session's new head. `expect` is the revision that the save started from; without it, the head at receipt. If the head has moved, parts that only one side changed are merged, otherwise the save becomes a fork; nothing is overwritten. `new` refuses an existing name. A save that looks like damage is kept but does not move the head, unless `accept`. `session` is the id of the session that it continues, whose revision `expect` then is: where the name means another one by now, the save becomes a fork; where it means none (deleted or renamed), a new session, as without both. Answered when durable, or with `published` once the visible file shows it. Throws BadField, TooLarge, BadName, Ambiguous, NotFound, Exists, NotAllowed, Damaged, CannotHold, NoSpace. */
  'save': {
    app: string;
    name: string;
    folder?: string | null;
    files?: Array<FileSource>;
    parts?: Array<PartSource>;
    message?: string;
    expect?: number | null;
    new?: boolean;
    accept?: boolean;
    published?: boolean;
    tags?: Array<string>;
    session?: string | null;
  };
  /** Take a document in as a new session: the application is recognised by content unless `app` names it. `suffix` is what the file's name ended in, a hint only. `history`: the snapshots before it, oldest first, of the same format; each gets the time, cause and author of this import. `pins` are the labels of the document's own. All of it is one operation. `recognised`: only where an application is certain of it and reads it; otherwise nothing is done (unrecognised, damaged). `other_names`: what to call it where another session has `name`, in this order, and then the last with a number behind it; nil: the import is refused then. `unless_known`: where a live session of the application, with nil `other_names` the one of that `name`, has this document and those of `history` already, in its head or before, nothing is done: `outcome` is unchanged, and the rest tells where. Throws BadField, TooLarge, BadName, Exists, Damaged, Unrecognised, NoSpace. */
  'import': {
    name: string;
    app?: string | null;
    suffix?: string;
    files: Array<FileSource>;
    published?: boolean;
    message?: string;
    tags?: Array<string>;
    note?: string;
    pins?: Array<string>;
    history?: Array<Earlier>;
    recognised?: boolean;
    other_names?: Array<string> | null;
    unless_known?: boolean;
  };
  /** Of which files of a folder may an application be certain, and may it be of the folder itself? Asked before a document is sent that may be nobody's. `files` are some that lie directly in one folder, each by the first 64 KiB of its content, or all of it, as said for a save; `path` is its name. Throws BadField. */
  'recognise': {
    files: Array<FileSource>;
  };
  /** Sessions that fit all of the given filters. `sort`: modified, created (newest first), size (largest first), name (without capitals and accents, numbers by value) or app (and then name); `reverse`: the other way round. `limit` is bounded by the daemon. `after`: what `next` of the page before gave; `offset` skips rows, which takes the longer the more there are. `folder` is a label. `count`: also how many fit, which takes the longer the more do; not to be asked for with each page. `choices`: also what `app` and `tag` can be chosen from. Throws BadField. */
  'list': {
    app?: string | null;
    tag?: string | null;
    text?: string | null;
    archived?: boolean;
    deleted?: boolean;
    templates?: boolean;
    sort?: string;
    limit?: number;
    offset?: number;
    folder?: string | null;
    reverse?: boolean;
    after?: Uint8Array;
    count?: boolean;
    choices?: boolean;
  };
  /** The places in which every word of `text` stands: the name, tags and note of a session, and the text of its head's parts (of documents up to 32 MiB, of a part 1 MiB). A word is what stands between spaces, and is found within others too; capitals and accents make no difference, and no sign has a meaning of its own. First come sessions whose name, tags or note have all words, then parts, and what was changed last before the rest. `deleted`: deleted sessions instead. `history`: older snapshots and autosaves instead, where a part was not as it is in the head; each part of a session once a page. `limit` is bounded by the daemon; `after` is `next` of the page before. Throws BadField. */
  'search': {
    text: string;
    app?: string | null;
    deleted?: boolean;
    history?: boolean;
    limit?: number;
    after?: Uint8Array;
  };
  /** One session and, with `parts`, what its format sees in the snapshot: the parts from number `start` on (0 is the first), as many as fit; where it is nil, all of them or, where they do not fit, none and a warning. Throws Ambiguous, NotFound. */
  'show': {
    ref: Ref;
    parts?: boolean;
    start?: number | null;
  };
  /** The snapshots of a session, newest first. Throws Ambiguous, NotFound. */
  'log': {
    ref: Ref;
    limit?: number;
    offset?: number;
  };
  /** What changed from `old` to `new`, part by part. Without `new`: from the snapshot before `old` to it. Throws TooLarge, Ambiguous, NotFound, Damaged. */
  'diff': {
    old: Ref;
    new?: Ref | null;
  };
  /** The document of a snapshot, or one built from the chosen `parts` and `kinds` and what these need, so that the application opens it; or, with `to`, the whole in another of its application's forms (`Shown.conversions`). `target`: the absolute path where that will lie, for what is relative to it; one that ends in `/` is its folder. Throws TooLarge, Ambiguous, NotFound, Damaged, CannotHold. */
  'load': {
    ref: Ref;
    parts?: Array<string>;
    kinds?: Array<string>;
    to?: string;
    target?: string;
  };
  /** A window of the bytes of one part (`ref.part`, or `PART/ARRAY`) or of one file (`path`); with `parts` and `kinds`, or `to` and `target`, of a file of the document that `load` makes of them. `length` is bounded by window_bytes. Throws TooLarge, Ambiguous, NotFound, Damaged, CannotHold. */
  'cat': {
    ref: Ref;
    path?: Uint8Array;
    offset?: number;
    length?: number;
    parts?: Array<string>;
    kinds?: Array<string>;
    to?: string;
    target?: string;
  };
  /** A window of what a snapshot is in another form, `to`: markdown, as the application itself writes it where it does; with `full`, what that leaves out as well. A session with nothing in it may be empty. `length` is bounded by window_bytes. The document as it is has `load`, its parts `cat`: the forms that are made of these (a bundle, a folder of parts) are the client's to make. Throws BadField, TooLarge, Ambiguous, NotFound, Damaged. */
  'export': {
    ref: Ref;
    to: string;
    full?: boolean;
    offset?: number;
    length?: number;
  };
  /** Of which chunks is a file made? From chunk number `start` on (0 is the first), as many as fit. Whoever has some of them already reads only the others, with `cat`. The document of chosen parts has none. Throws BadField, Ambiguous, NotFound. */
  'chunks': {
    ref: Ref;
    path?: Uint8Array;
    start?: number;
  };
  /** An older snapshot, or `parts` and `kinds` of it, becomes the head again: a part in the place of what it is now, a kind as a whole (parts of it that the snapshot does not have go). `name`: as a new session of that name instead. `into`: the parts are put into that other session, where each replaces only what has its id or path, or its very content. On a diverged session: puts the good document back on disk. Throws TooLarge, BadName, Ambiguous, NotFound, Exists, NotAllowed, Damaged, CannotHold, NoSpace. */
  'restore': {
    ref: Ref;
    parts?: Array<string>;
    kinds?: Array<string>;
    name?: string | null;
    into?: Ref | null;
    expect?: number | null;
    published?: boolean;
  };
  /** The newest suspect of a session (or the one that `ref` names) becomes its head. Throws Ambiguous, NotFound, Exists, NotAllowed. */
  'accept': {
    ref: Ref;
    published?: boolean;
    expect?: number | null;
  };
  /** The session keeps its id and history and gets another name; its visible file moves. Throws BadName, Ambiguous, NotFound, Exists, NotAllowed. */
  'rename': {
    ref: Ref;
    name: string;
    published?: boolean;
    expect?: number | null;
  };
  /** A new session of that name with the snapshot that `ref` names as its first. Throws BadName, Ambiguous, NotFound, Exists. */
  'copy': {
    ref: Ref;
    name: string;
    app?: string | null;
    published?: boolean;
  };
  /** The session gets the tags in `add` and loses those in `remove`; its head and revision stay. Throws BadField, BadName, Ambiguous, NotFound, Exists. */
  'tag': {
    ref: Ref;
    add?: Array<string>;
    remove?: Array<string>;
    expect?: number | null;
  };
  /** The session is a template from now on, or with `on` false none any more. A save under a template's name is refused with not-allowed; `copy` makes sessions from it. Throws Ambiguous, NotFound, Exists. */
  'template': {
    ref: Ref;
    on?: boolean;
    expect?: number | null;
  };
  /** The session leaves the ordinary list, and its file in the sessions folder moves into `archived/` beside the application's others. Its id, name and history stay, it is found, loaded and saved as before, and a save leaves it archived. In an adopted folder the file stays where its application looks for it. Throws Ambiguous, NotFound, Exists. */
  'archive': {
    ref: Ref;
    published?: boolean;
    expect?: number | null;
  };
  /** The session is in the ordinary list again, and its file where it was. Throws Ambiguous, NotFound, Exists. */
  'unarchive': {
    ref: Ref;
    published?: boolean;
    expect?: number | null;
  };
  /** What people write about a session: `text` is its note from now on; empty: it has none; nil: only asked for. At most note_bytes in UTF-8. Throws BadField, TooLarge, Ambiguous, NotFound, Exists. */
  'note': {
    ref: Ref;
    text?: string | null;
    expect?: number | null;
  };
  /** The snapshot that `ref` names is called `label` (by default the first digits of its id): `@pin:LABEL` means it, and retention never takes it. A label that another snapshot of the session has is refused with exists. With `on` false the snapshot is called so no longer; without a label, by none. Throws BadName, Ambiguous, NotFound, Exists. */
  'pin': {
    ref: Ref;
    label?: string;
    on?: boolean;
    expect?: number | null;
  };
  /** A new session that begins with the head of `clear`, or the snapshot that it names, emptied: what its user set up stays (IGV's genome, Renardo's startup file, Mosaic's shape), and the parts of the kinds in `keep`. Without `app` it is of the same application. Throws BadField, TooLarge, BadName, Ambiguous, NotFound, Exists, Damaged, CannotHold, NoSpace. */
  'new': {
    name: string;
    app?: string | null;
    clear: Ref;
    keep?: Array<string>;
    published?: boolean;
  };
  /** The files and URLs that a snapshot points to, and which of them are there. No URL is opened, no file either. Throws TooLarge, Ambiguous, NotFound, Damaged. */
  'check-resources': {
    ref: Ref;
  };
  /** What the head of a session points to is elsewhere now: its references are changed, and nothing else of it, which makes a new snapshot. `map`: old to new, each as a document may have it; an old one that ends in a slash stands for all that lies below. What is relative stays so where it can. `search`: absolute paths of folders in which files that are missing are looked for, by name, or by content where the history knows it; nothing is guessed: where several fit, and not one alone by content, it is refused with ambiguous, and the candidates. No URL is opened. With `dry_run` nothing is changed, and the answer has what was found for each; without `search` then what lies near. Throws BadField, TooLarge, Ambiguous, NotFound, Exists, NotAllowed, Damaged, CannotHold, NoSpace, Unreadable. */
  'relink': {
    ref: Ref;
    map?: Record<string, string>;
    search?: Array<Uint8Array>;
    dry_run?: boolean;
    expect?: number | null;
    published?: boolean;
  };
  /** The session leaves the list and its visible file goes; `undo` brings both back. Throws Ambiguous, NotFound, Exists, NotAllowed. */
  'delete': {
    ref: Ref;
    published?: boolean;
    expect?: number | null;
  };
  /** The session and its history are gone for good, deleted ones too; a later `prune` frees the room that only they took. One from which a workspace began is refused with not-allowed. Where its file cannot be removed from its folder yet, it is deleted only, and the answer is busy. Throws Ambiguous, NotFound, Exists, NotAllowed, Busy. */
  'purge': {
    ref: Ref;
    expect?: number | null;
  };
  /** What the rules of retention take goes now, and the room is given back; the daemon does it by itself from time to time. With `dry_run` nothing goes, and the answer has a page of `rows`: every snapshot of the sessions of which something would go; a page at a later `offset` is of the same look as the first. */
  'prune': {
    dry_run?: boolean;
    limit?: number;
    offset?: number;
  };
  /** All of these changes, in this order, or none: they are committed together, and `undo` of one reverses all. Each sees what those before it did. Where one fails, or a save would become a fork or a suspect, nothing is done; the error has the code and details of that change, and `change`, its position (0 is the first). `published`, of the batch or of any of its changes: answered once all files show it. Throws BadField, TooLarge, BadName, Ambiguous, NotFound, Exists, NotAllowed, Damaged, CannotHold, NoSpace. */
  'batch': {
    changes: Array<Change>;
    published?: boolean;
  };
  /** Reverse operation `number`, or without it the newest undoable one of this caller or of the outside that is not itself an undo. To reverse an undo, give its number: what it had undone is in effect again, and can be undone again. What a `batch` did is reversed as a whole, whichever of its operations is named, or not at all. Throws TooLarge, NotFound, Exists, CannotUndo, NotAllowed, Damaged. */
  'undo': {
    number?: number | null;
    published?: boolean;
    expect?: number | null;
  };
  /** Rows of the log after number `since`, oldest first; with `newest`, the last `limit` rows. */
  'operations': {
    since?: number;
    limit?: number;
    newest?: boolean;
  };
  /** Every operation after `since` (None: from now on) as an `event`, first those that were, then live ones, without a seam. `app`, `session` (an id) and `types` (of operations; none: all) narrow it. */
  'subscribe': {
    since?: number | null;
    app?: string | null;
    session?: string | null;
    types?: Array<string>;
  };
  /** No more events for the subscription that was made under request id `subscription`. */
  'unsubscribe': {
    subscription: Uint8Array;
  };
  /** Watch the folder `path` (absolute) in which `app` keeps sessions; nothing is written there unasked. `label`: by default the last component of the path, numbered where it is taken. `layout`: by default the one that fits what lies there. `poll`: looked at again and again, also where the system would tell of changes. The first scan goes on behind the answer. Sessions known from an earlier adoption have their history again. Throws BadField, BadName, Exists, NotAllowed, Unreadable. */
  'folder-add': {
    path: Uint8Array;
    app: string;
    label?: string | null;
    layout?: string | null;
    poll?: boolean;
  };
  /** Watching ends and the folder's sessions leave the list; nothing on disk or in the history is touched. Throws NotFound, NotAllowed, Busy. */
  'folder-remove': {
    label: string;
  };
  /** The watched folders, the daemon's own sessions folder first. */
  'folder-list': {};
  /** Look at every path of a folder (without `label`: of all). Answered when a full scan that began after the request is done, so the deadline must have time for it. `verify`: every file is read, also those that look untouched. `accept`: what is missing in a held folder is deleted, and the folder released. Throws NotFound. */
  'folder-scan': {
    label?: string | null;
    accept?: boolean;
    verify?: boolean;
  };
  /** Where do the applications keep sessions on this machine? Only looked at, nothing is adopted. `environment`: the caller's variables that an application looks at (`RENARDO_USER_DIR`). `folder`: the caller's working directory, looked at with those above and below it. */
  'folder-suggest': {
    environment?: Record<string, string>;
    folder?: Uint8Array;
  };
  /** The barrier: answered once everything that was on disk in a watched folder (without `label`: in all) when it was asked is in the store, after the time that a file must lie unchanged. Throws NotFound. */
  'settle': {
    label?: string | null;
  };
  /** How the daemon is. */
  'status': {};
  /** Look whether the store is as it was written. One check runs at a time, in the background and whoever is connected; who asks for one meanwhile is told of that one. Otherwise one begins, unless `begin` is false. Of the contents it reads those that none has read for a week; with `all` every one. With `repair` it puts back what it can. `stop`: the one that runs ends. The answer says how far it is, and comes as soon as it has ended, or after `wait_ms`. */
  'check': {
    begin?: boolean;
    all?: boolean;
    repair?: boolean;
    stop?: boolean;
    wait_ms?: number;
  };
  /** Copy the store into `directory`, an absolute path on the daemon's machine: a new or empty one, or one that has a backup of this store, to which only what is new is added. One backup runs at a time, in the background and whoever is connected; who asks for one meanwhile is told of that one. Otherwise one begins, unless `begin` is false. What was answered before it began is in it. Each new file is read back and compared; with `all` the older ones too, and what is damaged is copied anew. `stop`: the one that runs ends, and the one before it stays. The answer says how far it is, and comes as soon as it has ended, or after `wait_ms`. Throws BadField, Exists, NotAllowed, Unreadable. */
  'backup': {
    directory?: Uint8Array;
    begin?: boolean;
    all?: boolean;
    stop?: boolean;
    wait_ms?: number;
  };
  /** A workspace for a running application. It begins with the parts of the head of `app`/`name`, or with none where there is no such session; then its document is of `format`, by default the application's own. With `id` a workspace that exists goes on, and the rest is not looked at. Whoever asks holds it from now on, until the connection ends or another one takes it over. Throws BadField, TooLarge, BadName, Ambiguous, NotFound, Damaged. */
  'workspace-open': {
    app?: string | null;
    name?: string;
    folder?: string | null;
    format?: string | null;
    id?: string | null;
  };
  /** The part has this content from now on; where there is none of that key or name, it is a new one behind the others. Answered when durable. A patch has `of`, the BLAKE3 hash of the content that it starts from: of that, the bytes from `start` up to, not including, `end` are replaced. Refused (exists) where the content is another. The same request may be repeated. Throws BadField, TooLarge, Ambiguous, NotFound, Exists, Damaged, CannotHold, NoSpace. */
  'workspace-put': {
    id: string;
    source: PartSource;
    of?: Uint8Array | null;
    start?: number;
    end?: number;
  };
  /** The workspace has this document from now on, whole and byte for byte as its application wrote it: `files`, as in a save. It is in a snapshot when this is answered; nothing changes where its format sees no difference. Refused (damaged) where it is no readable document of the workspace's format. With `since`, when this sitting of the application began (UTC nanoseconds), the first document of a workspace goes to the one of before, where there is such: of the same user, application and session, handed over whole too, held by nobody, and this document goes on from its one: nothing differs, or it was changed in this sitting and nothing of it is gone. That one is answered, and held from now on; the one of `id` has ended. Throws TooLarge, NotFound, Damaged, NoSpace. */
  'workspace-replace': {
    id: string;
    files: Array<FileSource>;
    since?: number | null;
  };
  /** Ask me: answered when the application is to be asked for its state. That is at once the first time, and later `every_ms` after it was asked last, without it the ceiling of autosaves. Its holder then hands the state over and sends this again; `problem` says why there was none, if so: the application is then due sooner, and later with each time in a row. The deadline must have time for the wait. Throws NotFound, NotAllowed. */
  'workspace-due': {
    id: string;
    every_ms?: number | null;
    problem?: string;
  };
  /** The part goes; one that is not there has gone already. Throws Ambiguous, NotFound. */
  'workspace-remove': {
    id: string;
    part: string;
  };
  /** The part is called `name`; its key stays. Throws Ambiguous, NotFound. */
  'workspace-rename': {
    id: string;
    part: string;
    name: string;
  };
  /** The parts stand in the order of `keys`, which are those of all parts, each once. Throws BadField, NotFound. */
  'workspace-reorder': {
    id: string;
    keys: Array<string>;
  };
  /** At most `length` bytes of a part, from `offset`. Throws TooLarge, Ambiguous, NotFound, Damaged. */
  'workspace-cat': {
    id: string;
    part: string;
    offset?: number;
    length?: number;
  };
  /** The workspace's state becomes the head of its session, or of the new session `name`; it merges or forks like any save that starts from what the workspace began from. The workspace goes on from what was saved, or with `end` ends with it. Throws TooLarge, BadName, NotFound, Exists, NotAllowed, Damaged, CannotHold, NoSpace. */
  'workspace-save': {
    id: string;
    name?: string | null;
    message?: string;
    accept?: boolean;
    end?: boolean;
    published?: boolean;
  };
  /** Nobody holds it from now on. One without unsaved changes ends; any other is kept, with a snapshot. Throws NotFound. */
  'workspace-leave': {
    id: string;
  };
  /** It has again what it began from, or with `head` what the session's head is now. An autosave of what was unsaved stays in the session's history, and `undo` brings it back: into the workspace, where nothing was put since, or else as one of its own, that was left. Throws TooLarge, NotFound, Damaged, CannotHold. */
  'workspace-reload': {
    id: string;
    head?: boolean;
  };
  /** Its unsaved changes are wanted no more. An autosave of them stays in the session's history until retention takes it, and `undo` makes them a workspace again, that was left. Throws TooLarge, NotFound, Damaged, CannotHold. */
  'workspace-discard': {
    id: string;
  };
  /** Those that are, changed last first; `app` narrows it. */
  'workspace-list': {
    app?: string | null;
  };
  /** What to go on with: the workspace that was left last with unsaved changes, and the session that was changed last, of `app` or of any application. */
  'last': {
    app?: string | null;
  };
}

export interface Replies {
  'hello': Welcome;
  'ping': Pong;
  'probe': Probed;
  'cancel': Cancelled;
  'missing': MissingChunks;
  'put': Stored;
  'put-file': FilePut;
  'save': Saved;
  'import': Saved;
  'recognise': Recognised;
  'list': Sessions;
  'search': Found;
  'show': Shown;
  'log': Snapshots;
  'diff': Changes;
  'load': Loaded;
  'cat': Content;
  'export': Content;
  'chunks': ChunkList;
  'restore': Saved;
  'accept': Saved;
  'rename': Changed;
  'copy': Changed;
  'tag': Changed;
  'template': Changed;
  'archive': Changed;
  'unarchive': Changed;
  'note': Noted;
  'pin': Changed;
  'new': Saved;
  'check-resources': Resources;
  'relink': Relinked;
  'delete': Changed;
  'purge': Changed;
  'prune': Pruned;
  'batch': Batched;
  'undo': Undone;
  'operations': OperationRows;
  'subscribe': Subscribed;
  'unsubscribe': Unsubscribed;
  'folder-add': FolderChanged;
  'folder-remove': FolderChanged;
  'folder-list': Folders;
  'folder-scan': Folders;
  'folder-suggest': Suggestions;
  'settle': Settled;
  'status': StatusReport;
  'check': Checked;
  'backup': BackedUp;
  'workspace-open': WorkspaceState;
  'workspace-put': WorkspacePart;
  'workspace-replace': WorkspaceState;
  'workspace-due': Due;
  'workspace-remove': WorkspaceState;
  'workspace-rename': WorkspaceState;
  'workspace-reorder': WorkspaceState;
  'workspace-cat': WorkspaceContent;
  'workspace-save': Saved;
  'workspace-leave': WorkspaceEnded;
  'workspace-reload': WorkspaceReloaded;
  'workspace-discard': WorkspaceEnded;
  'workspace-list': Workspaces;
  'last': LastState;
}

export type Verb = keyof Requests;
