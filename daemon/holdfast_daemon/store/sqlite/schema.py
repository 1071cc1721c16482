"""The catalog's tables, version 8, and the ways from older ones; their reasons are in STORE.md."""

APPLICATION_ID = 0x486F6C64  # "Hold"
VERSION = 8

# Lists and notes.
LISTS = """
ALTER TABLE sessions ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_modified ON sessions(deleted, archived, modified);
CREATE INDEX sessions_created ON sessions(deleted, archived, created);
CREATE INDEX sessions_sort_name ON sessions(deleted, archived, sort_name);
CREATE INDEX sessions_size ON sessions(deleted, archived, size_bytes);
CREATE TABLE notes(session BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
"""

# Shelves: an index for each order of what an application has in a folder, and has in it with a tag (version 6).
SHELVES = """
CREATE TABLE tags(
  session BLOB NOT NULL, tag TEXT NOT NULL, deleted INTEGER NOT NULL, archived INTEGER NOT NULL, app TEXT NOT NULL,
  folder TEXT NOT NULL, modified INTEGER NOT NULL, created INTEGER NOT NULL, sort_name TEXT NOT NULL,
  size_bytes INTEGER NOT NULL, PRIMARY KEY(session, tag));
CREATE INDEX sessions_shelf_modified ON sessions(deleted, archived, app, folder, modified);
CREATE INDEX sessions_shelf_created ON sessions(deleted, archived, app, folder, created);
CREATE INDEX sessions_shelf_sort_name ON sessions(deleted, archived, app, folder, sort_name);
CREATE INDEX sessions_shelf_size_bytes ON sessions(deleted, archived, app, folder, size_bytes);
CREATE INDEX sessions_template ON sessions(
  deleted, archived, app, folder, modified, created, sort_name, size_bytes, id) WHERE template;
CREATE INDEX tags_shelf_modified ON tags(tag, deleted, archived, app, folder, modified);
CREATE INDEX tags_shelf_created ON tags(tag, deleted, archived, app, folder, created);
CREATE INDEX tags_shelf_sort_name ON tags(tag, deleted, archived, app, folder, sort_name);
CREATE INDEX tags_shelf_size_bytes ON tags(tag, deleted, archived, app, folder, size_bytes);
"""

# Names by what three signs stand side by side in them; the row's number is the session's (version 6).
NAMES = """
CREATE VIRTUAL TABLE names USING fts5(text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram');
"""

TABLES = """
CREATE TABLE store(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE chunks(
  hash BLOB PRIMARY KEY, size_bytes INTEGER NOT NULL, pack INTEGER, offset_bytes INTEGER, content BLOB);
CREATE TABLE documents(id BLOB PRIMARY KEY, size_bytes INTEGER NOT NULL, manifest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions(
  id BLOB PRIMARY KEY, app TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL, format TEXT NOT NULL,
  path BLOB NOT NULL, revision INTEGER NOT NULL, head BLOB NOT NULL, size_bytes INTEGER NOT NULL,
  created INTEGER NOT NULL, modified INTEGER NOT NULL, suspect BLOB, diverged INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0, template INTEGER NOT NULL DEFAULT 0,
  forked_from BLOB);
CREATE UNIQUE INDEX sessions_name ON sessions(name, app, folder) WHERE NOT deleted;
CREATE INDEX sessions_gone ON sessions(name, modified) WHERE deleted;
CREATE UNIQUE INDEX sessions_path ON sessions(folder, path) WHERE NOT deleted;
CREATE TABLE snapshots(
  number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, session BLOB NOT NULL, document BLOB NOT NULL,
  parents BLOB NOT NULL, time INTEGER NOT NULL, cause TEXT NOT NULL, author TEXT NOT NULL, message TEXT NOT NULL,
  size_bytes INTEGER NOT NULL, suspect TEXT);
CREATE INDEX snapshots_session ON snapshots(session, number);
CREATE INDEX snapshots_document ON snapshots(document);
CREATE TABLE folders(
  label TEXT PRIMARY KEY, root BLOB NOT NULL, app TEXT, layout TEXT NOT NULL, polled INTEGER NOT NULL, inode INTEGER,
  added INTEGER NOT NULL, held TEXT, removed INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE visible(
  folder TEXT NOT NULL, path BLOB NOT NULL, session BLOB NOT NULL, published BLOB, wanted BLOB, boot TEXT NOT NULL,
  seen BLOB, PRIMARY KEY(folder, path)) WITHOUT ROWID;
CREATE INDEX visible_pending ON visible(folder, path) WHERE published IS NOT wanted;
CREATE TABLE operations(
  number INTEGER PRIMARY KEY, time INTEGER NOT NULL, type TEXT NOT NULL, session BLOB, app TEXT, folder TEXT,
  name TEXT, cause TEXT, author TEXT NOT NULL, undoable INTEGER NOT NULL, revision INTEGER, snapshot BLOB,
  previous BLOB, undone_by INTEGER, note TEXT NOT NULL, batch INTEGER);
CREATE INDEX operations_session ON operations(session, revision);
CREATE INDEX operations_gone ON operations(folder, time) WHERE type = 'deleted-outside' AND undone_by IS NULL;
CREATE TABLE requests(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, time INTEGER NOT NULL, answer BLOB NOT NULL);
CREATE TABLE workspaces(
  id BLOB PRIMARY KEY, app TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL, format TEXT NOT NULL,
  session BLOB NOT NULL, revision INTEGER NOT NULL, base BLOB, author TEXT NOT NULL, created INTEGER NOT NULL,
  changed INTEGER NOT NULL, listing BLOB NOT NULL, left_at INTEGER, saved_at INTEGER NOT NULL,
  autosaved_at INTEGER NOT NULL, autosave BLOB, unsaved INTEGER, whole BLOB) WITHOUT ROWID;
CREATE INDEX workspaces_session ON workspaces(session, changed);
CREATE TABLE workspace_parts(
  workspace BLOB NOT NULL, key TEXT NOT NULL, size_bytes INTEGER NOT NULL, hash BLOB NOT NULL, content BLOB,
  chunks BLOB, request BLOB, PRIMARY KEY(workspace, key));
-- What retention and collection need (version 5).
CREATE TABLE pins(
  session BLOB NOT NULL, label TEXT NOT NULL, snapshot BLOB NOT NULL, PRIMARY KEY(session, label)) WITHOUT ROWID;
CREATE TABLE pruned(id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE loose(number INTEGER PRIMARY KEY, hash BLOB NOT NULL);
CREATE INDEX chunks_pack ON chunks(pack, size_bytes) WHERE pack IS NOT NULL;
"""
TABLES += LISTS + SHELVES + NAMES

#: From a version to the next one. Answers to requests were kept in another form: those are forgotten.
MIGRATIONS = {
    1: """
DROP TABLE heads;
DROP INDEX sessions_name;
CREATE UNIQUE INDEX sessions_name ON sessions(name, app, folder) WHERE NOT deleted;
CREATE INDEX sessions_gone ON sessions(name, modified) WHERE deleted;
DROP INDEX visible_session;
DROP INDEX operations_undoable;
DROP INDEX operations_session;
CREATE INDEX operations_session ON operations(session, revision);
DROP TABLE requests;
CREATE TABLE requests(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, time INTEGER NOT NULL, answer BLOB NOT NULL);
ALTER TABLE documents RENAME TO documents_1;
CREATE TABLE documents(id BLOB PRIMARY KEY, size_bytes INTEGER NOT NULL, manifest BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO documents SELECT * FROM documents_1;
DROP TABLE documents_1;
""",
    2: """
CREATE TABLE folders(
  label TEXT PRIMARY KEY, root BLOB NOT NULL, app TEXT, layout TEXT NOT NULL, polled INTEGER NOT NULL, inode INTEGER,
  added INTEGER NOT NULL, held TEXT, removed INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
DROP INDEX visible_pending;
ALTER TABLE visible RENAME TO visible_2;
CREATE TABLE visible(
  folder TEXT NOT NULL, path BLOB NOT NULL, session BLOB NOT NULL, published BLOB, wanted BLOB, boot TEXT NOT NULL,
  seen BLOB, PRIMARY KEY(folder, path)) WITHOUT ROWID;
INSERT INTO visible SELECT 'sessions', path, session, published, wanted, boot, NULL FROM visible_2;
DROP TABLE visible_2;
CREATE INDEX visible_pending ON visible(folder, path) WHERE published IS NOT wanted;
CREATE INDEX operations_gone ON operations(folder, time) WHERE type = 'deleted-outside' AND undone_by IS NULL;
""",
    3: """
CREATE TABLE workspaces(
  id BLOB PRIMARY KEY, app TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL, format TEXT NOT NULL,
  session BLOB NOT NULL, revision INTEGER NOT NULL, base BLOB, author TEXT NOT NULL, created INTEGER NOT NULL,
  changed INTEGER NOT NULL, listing BLOB NOT NULL, left_at INTEGER, saved_at INTEGER NOT NULL,
  autosaved_at INTEGER NOT NULL, autosave BLOB, unsaved INTEGER) WITHOUT ROWID;
CREATE INDEX workspaces_session ON workspaces(session, changed);
CREATE TABLE workspace_parts(
  workspace BLOB NOT NULL, key TEXT NOT NULL, size_bytes INTEGER NOT NULL, hash BLOB NOT NULL, content BLOB,
  chunks BLOB, request BLOB, PRIMARY KEY(workspace, key));
""",
    4: f"""
DROP INDEX sessions_modified;
{LISTS}
UPDATE sessions SET sort_name = sort_name(name);
-- what applications that are asked hand over: whole documents
ALTER TABLE workspaces ADD COLUMN whole BLOB;
-- What retention and collection need.
CREATE TABLE pins(
  session BLOB NOT NULL, label TEXT NOT NULL, snapshot BLOB NOT NULL, PRIMARY KEY(session, label)) WITHOUT ROWID;
CREATE TABLE pruned(id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE loose(number INTEGER PRIMARY KEY, hash BLOB NOT NULL);
CREATE INDEX chunks_pack ON chunks(pack, size_bytes) WHERE pack IS NOT NULL;
""",
    5: f"""
DROP INDEX IF EXISTS sessions_app_modified;
DROP INDEX IF EXISTS sessions_app_created;
DROP INDEX IF EXISTS sessions_app_sort_name;
DROP INDEX IF EXISTS sessions_app_size;
DROP INDEX IF EXISTS sessions_template;
ALTER TABLE tags RENAME TO tags_5;
{SHELVES}
INSERT INTO tags
  SELECT session, tag, deleted, archived, app, folder, modified, created, sort_name, size_bytes
  FROM tags_5 JOIN sessions ON id = session;
DROP TABLE tags_5;
{NAMES}
INSERT INTO names(rowid, text) SELECT rowid, name FROM sessions;
""",
    6: """
ALTER TABLE operations ADD COLUMN batch INTEGER;
""",
    7: "",  # the pages have checksums from here on (``checksums.py``): the file is written anew for that
}
