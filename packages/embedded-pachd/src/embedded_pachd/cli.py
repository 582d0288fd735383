# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command embedded-pachd. Exit codes: 0 well; 1 it could not be done, with one line that says why; 2 wrong
usage.
"""

import argparse
import ctypes
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event

from embedded_pachd import __version__
from embedded_pachd.errors import PachdError

_ADDRESS = "127.0.0.1:30650"
_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
"""glibc's numbers of these options, in its malloc.h."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # everything that we write is its owner's alone
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        code: int = options.run(options)
    except PachdError as error:
        print(f"embedded-pachd: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"embedded-pachd: {place}{error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("embedded-pachd: interrupted", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="embedded-pachd", description="A single-machine server with pachd's gRPC API."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        added.add_argument("--root", type=Path, required=True, help="folder of the store")
        added.set_defaults(run=run)
        return added

    serve = command(
        "serve", _serve, "run the server until it is told to end (SIGTERM, Ctrl-C); makes the store when there is none"
    )
    serve.add_argument(
        "--address", default=_ADDRESS, help="HOST:PORT to listen on (%(default)s); port 0 takes any free one"
    )
    serve.add_argument("--token-file", type=Path, help="file with the token that clients have to send")
    serve.add_argument("--images", type=Path, help="YAML file that maps image names to environments")
    serve.add_argument(
        "--no-sandbox",
        action="store_true",
        help="run steps beside the server, one at a time: for a server in a container",
    )
    serve.add_argument(
        "--fetch-urls", action="store_true", help="let clients put files from http(s) URLs that this machine reaches"
    )
    serve.add_argument(
        "--egress", type=Path, metavar="FOLDER", help="where egress of pipelines to a file URL may write"
    )
    serve.add_argument("--tls-cert", type=Path, help="PEM file; needed to listen beyond this machine")
    serve.add_argument("--tls-key", type=Path, help="PEM file with the certificate's key")
    command("status", _status, "show sizes, repos, pipelines and their last jobs; the server may run")
    fsck = command("fsck", _fsck, "look for damage; the server may run; exit code 1 when something is wrong")
    fsck.add_argument("--quick", action="store_true", help="do not read the files' bytes")
    command("gc", _gc, "remove what no commit reaches any more; the server may run")
    backup = command("backup", _backup, "copy the store as of one moment; the server may run")
    backup.add_argument("--to", type=Path, required=True, help="new folder, or an older backup to bring up to date")
    restore = command("restore", _restore, "make a store of a backup; no server may use the folder")
    restore.add_argument("--from", dest="source", type=Path, required=True, help="folder of the backup")
    return parser


def _serve(options: argparse.Namespace) -> int:
    from embedded_pachd.application import Application
    from embedded_pachd.wire.server import Listening

    if (options.tls_cert is None) != (options.tls_key is None):
        raise PachdError("--tls-cert and --tls-key belong together")
    token = _token(options.token_file) if options.token_file else ""
    _set_up_memory()
    told = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    at = Listening(options.address, token, options.tls_cert, options.tls_key, options.fetch_urls)
    with Application(options.root, at, options.images, not options.no_sandbox, options.egress) as application:
        print(f"embedded-pachd {__version__} listens on {application.address}", flush=True)
        told.wait()
    return 0


def _set_up_memory() -> None:
    # A large upload makes many objects that live until its end; looking through them often costs a third of its time.
    gc.set_threshold(100_000, 20, 50)
    # glibc, where it is the C library, would keep what large messages took: they get blocks that go back at once.
    with suppress(AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 256 * 1024)
        libc.mallopt(_M_TRIM_THRESHOLD, 16 * 1024 * 1024)


def _token(file: Path) -> str:
    token = file.read_bytes().strip()
    if not token:
        raise PachdError(f"{file} is empty: it has to hold the token")
    if not token.isascii() or not token.decode().isprintable():
        raise PachdError(f"{file} holds no token: one line of printable ASCII characters is wanted")
    return token.decode()


def _status(options: argparse.Namespace) -> int:
    from embedded_pachd.status import report
    from embedded_pachd.store.store import existing_store

    with existing_store(options.root) as store:
        for line in report(store):
            print(line)
    return 0


def _fsck(options: argparse.Namespace) -> int:
    from embedded_pachd.store.check import problems
    from embedded_pachd.store.store import existing_store

    count = 0
    with existing_store(options.root) as store:
        found = problems(store, read_data=not options.quick, say=partial(print, file=sys.stderr))
        for count, problem in enumerate(found, 1):  # noqa: B007 (used below)
            print(problem)
    print(f"{count} problems found" if count else "no problem found")
    return 1 if count else 0


def _gc(options: argparse.Namespace) -> int:
    from embedded_pachd.store.collect import collect
    from embedded_pachd.store.store import existing_store

    with existing_store(options.root) as store:
        gone = collect(store, print)
    print(f"removed {gone.nodes} nodes, {gone.chunks} chunks, {gone.packs} packs")
    return 0


def _backup(options: argparse.Namespace) -> int:
    from embedded_pachd.store.backup import backup
    from embedded_pachd.store.store import existing_store

    with existing_store(options.root) as store:
        backup(store, options.to, print)
    print(f"the backup in {options.to} is complete")
    return 0


def _restore(options: argparse.Namespace) -> int:
    from embedded_pachd.store.backup import restore

    restore(options.source, options.root, print)
    print(f"restored into {options.root}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
