/**
 * A *cell* is one combination of index, type and status with the number of its tasks. A task points to its
 * cell, so every filter on those three is a set of cells: totals are sums, pages are merges of (cell, uid)
 * index ranges, and moving all tasks of an index touches cells only.
 */
export const sql = `
CREATE TABLE cluster (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  cluster_id TEXT NOT NULL,
  created_ms REAL NOT NULL,
  shards INTEGER NOT NULL,
  replication_factor INTEGER NOT NULL,
  search_key_uid TEXT NOT NULL,
  admin_key_uid TEXT NOT NULL
) STRICT;

-- Next number to hand out ('seq', 'task') or the present one ('epoch').
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE nodes (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  address TEXT NOT NULL,
  replica_group INTEGER NOT NULL
) STRICT;

CREATE TABLE placements (
  shards INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  nodes BLOB NOT NULL,
  PRIMARY KEY (shards, shard)
) STRICT, WITHOUT ROWID;

CREATE TABLE indexes (
  uid TEXT PRIMARY KEY,
  generation INTEGER NOT NULL,
  record BLOB NOT NULL
) STRICT;

-- Kept for ever: generations are never reused, and only what is listed here may be swept from nodes.
CREATE TABLE tombstones (
  uid TEXT NOT NULL,
  generation INTEGER NOT NULL,
  retired_seq INTEGER NOT NULL,
  names BLOB NOT NULL,
  PRIMARY KEY (uid, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE names (
  uid TEXT NOT NULL,
  generation INTEGER NOT NULL,
  node TEXT NOT NULL,
  fence INTEGER NOT NULL,
  name TEXT NOT NULL,
  settings_version INTEGER NOT NULL,
  PRIMARY KEY (uid, generation, node)
) STRICT, WITHOUT ROWID;

-- Copies that are not current.
CREATE TABLE copies (
  uid TEXT NOT NULL,
  generation INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  node TEXT NOT NULL,
  state TEXT NOT NULL,
  lag INTEGER,
  PRIMARY KEY (uid, generation, shard, node)
) STRICT, WITHOUT ROWID;

CREATE TABLE operations (
  seq INTEGER PRIMARY KEY,
  uid TEXT NOT NULL,
  generation INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  task INTEGER,
  record BLOB NOT NULL
) STRICT;
CREATE INDEX operations_open ON operations (seq) WHERE settled = 0;
CREATE INDEX operations_settled ON operations (uid, generation, seq) WHERE settled = 1;

CREATE TABLE tails (node TEXT PRIMARY KEY, task INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE task_cells (
  id INTEGER PRIMARY KEY,
  index_uid TEXT NOT NULL, -- '' = none
  type TEXT NOT NULL,
  status TEXT NOT NULL,
  count INTEGER NOT NULL,
  UNIQUE (index_uid, type, status)
) STRICT;

CREATE TABLE tasks (
  uid INTEGER PRIMARY KEY,
  cell INTEGER NOT NULL,
  enqueued_ms REAL NOT NULL,
  started_ms REAL,
  finished_ms REAL,
  canceled_by INTEGER,
  record BLOB NOT NULL
) STRICT;
CREATE INDEX tasks_cell ON tasks (cell);
CREATE INDEX tasks_enqueued ON tasks (enqueued_ms, cell);
CREATE INDEX tasks_started ON tasks (started_ms, cell) WHERE started_ms IS NOT NULL;
CREATE INDEX tasks_finished ON tasks (finished_ms, cell) WHERE finished_ms IS NOT NULL;
CREATE INDEX tasks_canceled ON tasks (canceled_by) WHERE canceled_by IS NOT NULL;
`
