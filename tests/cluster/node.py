# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kubernetes of one node for the tests.

python tests/cluster/node.py start        # builds what is missing, prints the kubeconfigs
python tests/cluster/node.py load-image ARCHIVE...
python tests/cluster/node.py restart kube-apiserver
python tests/cluster/node.py status
python tests/cluster/node.py stop         # also after a start that was killed
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from onenode import machine
from onenode.command import NodeError
from onenode.layout import Node
from onenode.programs import built


def arguments() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        prog="node.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--name", default="cpsign", help="a second node beside the first has another name")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("build", "start", "status", "stop"):
        commands.add_parser(name)
    commands.add_parser("load-image").add_argument("archives", nargs="+", type=Path, metavar="ARCHIVE")
    commands.add_parser("restart").add_argument("program")
    return parser.parse_args()


def main() -> int:
    wanted = arguments()
    node = Node(wanted.name)
    if wanted.command == "build":
        built()
    elif wanted.command == "start":
        programs = built()
        begun = time.monotonic()
        machine.start(node, programs)
        print(f"node is Ready after {time.monotonic() - begun:.0f} s")
        print(f"export PATH={programs.folder / 'bin'}:$PATH KUBECONFIG={node.kubeconfig}")
        print(f"limited user: {node.limited_kubeconfig}")
    elif wanted.command == "load-image":
        for archive in wanted.archives:
            print(machine.load(node, archive), end="")
    elif wanted.command == "restart":
        machine.restart(node, built(), wanted.program)
    elif wanted.command == "status":
        if machine.process(node) is None:
            print(f"node {node.name} is not running")
            return 3
        print(machine.supervisorctl(node, "status"), end="")
    else:
        machine.stop(node)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NodeError as error:
        sys.exit(f"node.py: {error}")
