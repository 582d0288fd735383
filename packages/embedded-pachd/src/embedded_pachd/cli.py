# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command embedded-pachd."""

import argparse
import gc
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from embedded_pachd import __version__
from embedded_pachd.errors import PachdError

_ADDRESS = "127.0.0.1:30650"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        code: int = options.run(options)
    except (PachdError, OSError) as error:
        print(f"embedded-pachd: {error}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="embedded-pachd", description="A single-machine server with pachd's gRPC API."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the server until it is told to end (SIGTERM, Ctrl-C)")
    serve.add_argument("--root", type=Path, required=True, help="folder of the store; made when it is not there")
    serve.add_argument("--address", default=_ADDRESS, help="HOST:PORT to listen on (%(default)s); port 0 takes any")
    serve.add_argument("--token-file", type=Path, help="file with the token that clients have to send")
    serve.add_argument("--images", type=Path, help="YAML file that maps image names to environments")
    serve.add_argument("--tls-cert", type=Path, help="PEM file; needed to listen beyond this machine")
    serve.add_argument("--tls-key", type=Path, help="PEM file of the certificate's key")
    serve.set_defaults(run=_serve)
    return parser


def _serve(options: argparse.Namespace) -> int:
    from embedded_pachd.application import Application
    from embedded_pachd.wire.server import Listening

    if (options.tls_cert is None) != (options.tls_key is None):
        raise PachdError("--tls-cert and --tls-key belong together")
    token = options.token_file.read_text().strip() if options.token_file else ""
    if options.token_file and not token:
        raise PachdError(f"{options.token_file} is empty: it has to hold the token")
    # A large upload makes many objects that live until its end; looking through them often costs a third of its time.
    gc.set_threshold(100_000, 20, 50)
    told = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    at = Listening(options.address, token, options.tls_cert, options.tls_key)
    with Application(options.root, at, options.images) as application:
        print(f"embedded-pachd {__version__} listens on {application.address}", flush=True)
        told.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
