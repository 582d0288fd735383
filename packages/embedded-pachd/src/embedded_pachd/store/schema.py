# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of the store. VERSION goes up with every change that an older server could not read."""

VERSION = 1

TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pack (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS chunk (
    hash BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    data BLOB,                          -- small chunks lie here
    pack INTEGER REFERENCES pack (id),  -- large ones in a pack file
    offset INTEGER
);
CREATE INDEX IF NOT EXISTS chunk_pack ON chunk (pack) WHERE pack IS NOT NULL;
CREATE TABLE IF NOT EXISTS node (id INTEGER PRIMARY KEY AUTOINCREMENT, level INTEGER NOT NULL, body BLOB NOT NULL);

CREATE TABLE IF NOT EXISTS project (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS repo (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL REFERENCES project (name),
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    description TEXT NOT NULL,
    created INTEGER NOT NULL,
    UNIQUE (project, name, type)
);
CREATE TABLE IF NOT EXISTS pfs_commit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo INTEGER NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    set_id TEXT NOT NULL,
    branch TEXT NOT NULL,
    origin INTEGER NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    parent INTEGER REFERENCES pfs_commit (id) ON DELETE SET NULL,
    started INTEGER NOT NULL,
    finished INTEGER,
    error TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL DEFAULT 0,
    written INTEGER NOT NULL DEFAULT 0, -- 1: `root` is the commit's own content; 0: it is what its base holds
    root INTEGER,                       -- node; NULL: no files
    UNIQUE (repo, set_id)
);
CREATE INDEX IF NOT EXISTS pfs_commit_set ON pfs_commit (set_id);
CREATE INDEX IF NOT EXISTS pfs_commit_parent ON pfs_commit (parent);
CREATE TABLE IF NOT EXISTS commit_provenance (
    downstream INTEGER NOT NULL REFERENCES pfs_commit (id) ON DELETE CASCADE,
    upstream INTEGER NOT NULL REFERENCES pfs_commit (id) ON DELETE CASCADE,
    PRIMARY KEY (downstream, upstream)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS commit_provenance_upstream ON commit_provenance (upstream);
CREATE TABLE IF NOT EXISTS branch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo INTEGER NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    head INTEGER REFERENCES pfs_commit (id),
    trigger_spec TEXT,
    UNIQUE (repo, name)
);
CREATE INDEX IF NOT EXISTS branch_head ON branch (head);
CREATE TABLE IF NOT EXISTS branch_provenance (
    downstream INTEGER NOT NULL REFERENCES branch (id) ON DELETE CASCADE,
    upstream INTEGER NOT NULL REFERENCES branch (id) ON DELETE CASCADE,
    PRIMARY KEY (downstream, upstream)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS branch_provenance_upstream ON branch_provenance (upstream);
CREATE TABLE IF NOT EXISTS file_set (
    id TEXT PRIMARY KEY, root INTEGER, changes BLOB NOT NULL, expires INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS client_transaction (
    id TEXT PRIMARY KEY,
    started INTEGER NOT NULL,
    requests BLOB NOT NULL,
    responses BLOB NOT NULL,
    version INTEGER NOT NULL
);
"""
