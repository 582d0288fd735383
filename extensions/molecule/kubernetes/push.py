# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Push the files that stdin names, {path: text} as JSON, to repo config; print what the aggregate of it has."""

import json
import sys

import python_pachyderm

client = python_pachyderm.Client()
with client.commit("config", "master") as commit:
    for path, text in json.load(sys.stdin).items():
        client.put_file_bytes(commit, path, text.encode())
client.wait_commit(commit.id)
for info in client.walk_file(("FreeSolv-aggregate", commit.id), "/"):
    print(info.file.path)
