# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""fsck, gc, backup and restore."""

from pathlib import Path

import pytest

from embedded_pachd.errors import PachdError, PreconditionError
from embedded_pachd.pfs import commits, file_sets, repos
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import BranchName, CommitName, RepoName
from embedded_pachd.pfs.reading import open_files
from embedded_pachd.pfs.writing import writing
from embedded_pachd.store.backup import backup, restore
from embedded_pachd.store.check import problems
from embedded_pachd.store.collect import collect
from embedded_pachd.store.store import Store

REPO = RepoName("r")
LARGE = bytes(range(256)) * 1000


def put(filesystem: FileSystem, path: str, data: bytes) -> CommitName:
    with writing(filesystem.store) as writer:
        writer.put(path, data)
        changes = writer.changes
        with filesystem.transaction() as tx:
            repos.create(tx, REPO, update=True)
            name = commits.start(tx, BranchName(REPO, "master"))
            commits.apply(tx, name, changes)
            commits.finish(tx, name)
    return name


def get(filesystem: FileSystem, name: CommitName, path: str) -> bytes:
    with filesystem.snapshot() as s:
        files = open_files(s, name)
        return b"".join(files.read(files.get(path)))


def test_garbage_goes_and_the_rest_stays(filesystem: FileSystem) -> None:
    with filesystem.transaction() as tx:
        repos.create(tx, RepoName("gone"))
    kept = put(filesystem, "/kept", LARGE)
    with writing(filesystem.store) as writer:
        writer.put("/x", LARGE[::-1])
        changes = writer.changes
        with filesystem.transaction() as tx:
            commits.apply(tx, commits.start(tx, BranchName(RepoName("gone"), "master")), changes)
    with filesystem.transaction() as tx:
        repos.delete(tx, RepoName("gone"))
    collected = collect(filesystem.store)
    assert collected.nodes >= 1
    assert collected.chunks == 1
    assert collected.packs == 1
    assert collect(filesystem.store) == (0, 0, 0)
    assert get(filesystem, kept, "/kept") == LARGE
    assert list(problems(filesystem.store)) == []


def test_a_sparse_pack_is_written_anew(filesystem: FileSystem) -> None:
    with writing(filesystem.store) as writer:
        for number in range(4):
            writer.put(f"/{number}", bytes([number]) * 100_000)
        changes = writer.changes
        with filesystem.transaction() as tx:
            repos.create(tx, REPO)
            commits.apply(tx, commits.start(tx, BranchName(REPO, "master")), changes)
    with writing(filesystem.store) as writer, filesystem.transaction() as tx:
        for number in range(3):
            writer.delete(f"/{number}")
        commits.apply(tx, CommitName(REPO, "", "master"), writer.changes)
    before = filesystem.store.packs.names()
    collect(filesystem.store)
    assert filesystem.store.packs.names() - before
    assert get(filesystem, CommitName(REPO, "", "master"), "/3") == bytes([3]) * 100_000
    assert list(problems(filesystem.store)) == []


def test_garbage_is_not_collected_during_an_upload(filesystem: FileSystem) -> None:
    with writing(filesystem.store), pytest.raises(PreconditionError, match="try again"):
        collect(filesystem.store)


def test_fsck_sees_damage(filesystem: FileSystem) -> None:
    put(filesystem, "/large", LARGE)
    assert list(problems(filesystem.store)) == []
    pack = next(filesystem.store.packs.folder.iterdir())
    data = bytearray(pack.read_bytes())
    data[5] ^= 1
    pack.write_bytes(data)
    assert "other bytes" in next(problems(filesystem.store))
    assert list(problems(filesystem.store, read_data=False)) == []
    pack.write_bytes(data[:-1])
    assert any("instead of" in problem for problem in problems(filesystem.store, read_data=False))
    pack.unlink()
    assert any("is missing" in problem for problem in problems(filesystem.store, read_data=False))


def test_a_backup_holds_the_moment_it_was_made(filesystem: FileSystem, tmp_path: Path) -> None:
    old = put(filesystem, "/f", LARGE)
    backup(filesystem.store, tmp_path / "backup")
    put(filesystem, "/f", b"later")
    restore(tmp_path / "backup", tmp_path / "restored")
    restored = FileSystem(tmp_path / "restored")
    with restored.snapshot() as s:
        assert [commit.name.id for commit in commits.list_commits(s, REPO)] == [old.id]
    assert get(restored, CommitName(REPO, "", "master"), "/f") == LARGE
    assert list(problems(restored.store)) == []
    restored.close()


def test_a_backup_can_be_brought_up_to_date(filesystem: FileSystem, tmp_path: Path) -> None:
    put(filesystem, "/f", LARGE)
    backup(filesystem.store, tmp_path / "backup")
    put(filesystem, "/f", LARGE[::-1])
    said: list[str] = []
    backup(filesystem.store, tmp_path / "backup", said.append)
    assert said == ["copying the database", "copying pack 2 of 2"] or said == [
        "copying the database",
        "copying pack 1 of 2",
    ]
    restore(tmp_path / "backup", tmp_path / "restored")
    restored = FileSystem(tmp_path / "restored")
    assert get(restored, CommitName(REPO, "", "master"), "/f") == LARGE[::-1]
    restored.close()


def test_restore_never_writes_over_something(filesystem: FileSystem, tmp_path: Path) -> None:
    backup(filesystem.store, tmp_path / "backup")
    with pytest.raises(PreconditionError, match="not empty"):
        restore(tmp_path / "backup", filesystem.store.root)
    (tmp_path / "backup" / "pachd.sqlite").unlink()
    with pytest.raises(PreconditionError, match="no complete backup"):
        restore(tmp_path / "backup", tmp_path / "new")


def test_a_second_server_is_refused(filesystem: FileSystem) -> None:
    with pytest.raises(PachdError, match="another server"):
        FileSystem(filesystem.store.root)


def test_another_schema_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.database.write() as db:
        db.execute("PRAGMA user_version=99")
    store.close()
    with pytest.raises(PachdError, match="schema version 99"):
        Store(tmp_path)


def test_packs_of_a_crashed_upload_are_removed(filesystem: FileSystem) -> None:
    put(filesystem, "/f", LARGE)
    known = filesystem.store.packs.names()
    (filesystem.store.packs.folder / "left").write_bytes(b"x")
    (filesystem.store.packs.folder / "left.partial").write_bytes(b"x")
    filesystem.close()
    again = FileSystem(filesystem.store.root)
    assert again.store.packs.names() == known
    again.close()


def test_a_backup_never_writes_over_a_store(filesystem: FileSystem, tmp_path: Path) -> None:
    name = put(filesystem, "/f", LARGE)
    other = Store(tmp_path / "another store")
    for folder in (filesystem.store.root, other.root):
        with pytest.raises(PreconditionError, match="neither empty nor a backup"):
            backup(filesystem.store, folder)
    other.close()
    assert get(filesystem, name, "/f") == LARGE


def test_a_backup_forgets_the_secrets_that_were_deleted(filesystem: FileSystem, tmp_path: Path) -> None:
    secrets = filesystem.store.root / "secrets"
    secrets.mkdir()
    (secrets / "old.json").write_text("old")
    backup(filesystem.store, tmp_path / "backup")
    (secrets / "old.json").unlink()
    (secrets / "new.json").write_text("new")
    backup(filesystem.store, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "restored")
    assert [path.name for path in (tmp_path / "restored" / "secrets").iterdir()] == ["new.json"]


def test_an_interrupted_backup_leaves_the_older_one_whole(
    filesystem: FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = put(filesystem, "/f", LARGE)
    backup(filesystem.store, tmp_path / "backup")
    put(filesystem, "/f", LARGE[::-1])

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("embedded_pachd.store.backup._mirror", interrupted)
        with pytest.raises(KeyboardInterrupt):
            backup(filesystem.store, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "restored")
    restored = FileSystem(tmp_path / "restored")
    assert get(restored, CommitName(REPO, "", "master"), "/f") == LARGE
    assert get(restored, old, "/f") == LARGE
    assert list(problems(restored.store)) == []
    restored.close()


def test_a_server_that_starts_leaves_a_collector_its_packs(filesystem: FileSystem) -> None:
    """A collector is another process; what it is about to name must stay."""
    filesystem.close()
    tool = Store(filesystem.store.root, exclusive=False)
    with tool.collecting():
        (tool.packs.folder / "unnamed yet").write_bytes(b"x")
        FileSystem(tool.root).close()
        assert tool.packs.names() == {"unnamed yet"}
    tool.close()
    FileSystem(tool.root).close()
    assert tool.packs.names() == set()


def test_garbage_collection_keeps_the_parts_of_a_file_set(filesystem: FileSystem) -> None:
    """A file put in two portions with another between them: the set's changes name both, its tree their join."""
    with writing(filesystem.store) as writer:
        for path, data in (("/f", b"one"), ("/g", b"x"), ("/f", b"two")):
            writer.put(path, data, append=True)
        changes = writer.changes
        with filesystem.transaction() as tx:
            set_id = file_sets.create(tx, changes)
    collect(filesystem.store)
    assert list(problems(filesystem.store)) == []
    with filesystem.store.batch() as batch, filesystem.transaction() as tx:
        repos.create(tx, REPO)
        name = commits.start(tx, BranchName(REPO, "master"))
        commits.apply(tx, name, file_sets.load(tx, batch, set_id))
        commits.finish(tx, name)
    assert get(filesystem, name, "/f") == b"onetwo"
