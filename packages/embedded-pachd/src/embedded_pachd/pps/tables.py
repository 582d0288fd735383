# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of pipelines, jobs and datums; importing this module registers them with the store.

A datum's row belongs to the job that lists it; what its last run left (outputs, times) is kept under the job that
ran it, `ran`, so that a job which skips thousands of datums writes one small row for each and nothing else.
"""

from embedded_pachd.store.database import Database

Database.register(
    """
CREATE TABLE IF NOT EXISTS pps_pipeline (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    stopped INTEGER NOT NULL,
    info BLOB NOT NULL,
    UNIQUE (project, name, version)
);
CREATE TABLE IF NOT EXISTS pps_job (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL,
    started INTEGER,
    finished INTEGER,
    counts BLOB NOT NULL DEFAULT x'',
    UNIQUE (project, pipeline, id)
);
CREATE INDEX IF NOT EXISTS pps_job_id ON pps_job (id);
CREATE INDEX IF NOT EXISTS pps_job_open ON pps_job (number) WHERE finished IS NULL;
CREATE TABLE IF NOT EXISTS pps_datum (
    job INTEGER NOT NULL,
    id BLOB NOT NULL,
    hash BLOB NOT NULL,
    state INTEGER NOT NULL,
    ran INTEGER NOT NULL,
    inputs BLOB NOT NULL,
    PRIMARY KEY (job, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pps_run (
    job INTEGER NOT NULL,
    datum BLOB NOT NULL,
    result BLOB NOT NULL,
    PRIMARY KEY (job, datum)
) WITHOUT ROWID;
"""
)
