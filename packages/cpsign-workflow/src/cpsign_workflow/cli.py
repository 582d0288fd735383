# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program ``cpsign-workflow``.

Exit codes: 0 done; 1 a mistake of the user, bad data, or a system that refuses (a full disk, a file that may not be
read), with one message on stderr; 2 a fault in this program or in how it was called. Each subcommand imports what it
needs when it runs, so a start costs what the step needs and no more.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cpsign_workflow.errors import UserError

if TYPE_CHECKING:
    from cpsign_workflow.ingest.sources import Access

Command = Callable[[argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code."""
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        command(options)
    except UserError as error:
        print(f"cpsign-workflow {options.name}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename is not None else ""
        print(f"cpsign-workflow {options.name}: {place}{error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"cpsign-workflow {options.name}: interrupted", file=sys.stderr)
        return 128 + signal.SIGINT
    except Exception:  # noqa: BLE001  # Python's own code for it is 1, which means a mistake of the user here
        import traceback

        traceback.print_exc()
        return 2
    return 0


def _ingest(options: argparse.Namespace) -> None:
    from cpsign_workflow.ingest import run

    run.run(options.input, options.output, _access(options))


def _precompute(options: argparse.Namespace) -> None:
    from cpsign_workflow import precompute

    precompute.run(options.data, options.parameters, options.output)


def _train(options: argparse.Namespace) -> None:
    from cpsign_workflow import train

    train.run(options.parameters, options.precomputed, options.output)


def _aggregate(options: argparse.Namespace) -> None:
    from cpsign_workflow import aggregate

    aggregate.run(options.training, options.data, options.test, options.report, options.output)


def _upload(options: argparse.Namespace) -> None:
    from cpsign_workflow import upload

    upload.run(options.model, options.credentials, options.output)


def _predict(options: argparse.Namespace) -> None:
    from cpsign_workflow.predict import run

    run.run(options.model, options.input, options.output, options.confidences, options.smiles, options.delimiter)


def _digest(options: argparse.Namespace) -> None:
    from cpsign_workflow import digest

    print(digest.payload_sha256(options.model))


def _reproduce(options: argparse.Namespace) -> None:
    from cpsign_workflow import reproduce

    reproduce.run(options.config, options.ingestion, options.result, _access(options))


def _check(options: argparse.Namespace) -> None:
    from cpsign_workflow import check

    checked = check.check(options.config, options.workflow)
    for warning in checked["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    if options.json:
        print(json.dumps(checked, ensure_ascii=False))


def _source(options: argparse.Namespace) -> None:
    from cpsign_workflow import source

    print(json.dumps(source.describe(options.config, options.data_dir, _access(options)), indent=2, ensure_ascii=False))


def _models(options: argparse.Namespace) -> None:
    from cpsign_workflow.catalogue import commands

    commands.models(options.server, options.metrics, options.workflow, options.compare, options.page)


def _gate(options: argparse.Namespace) -> None:
    from cpsign_workflow.catalogue import commands
    from cpsign_workflow.catalogue.gate import Rules

    rules = Rules(options.test_rows, options.worse_by)
    commands.gate(options.server, options.metrics, options.workflow[0], options.commit, rules)


def _prune(options: argparse.Namespace) -> None:
    from cpsign_workflow.catalogue import commands

    commands.prune(options.server, options.metrics, options.workflow, options.keep, options.running)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cpsign-workflow", description="The steps of a CPSign workflow.")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")

    def subcommand(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    ingest = subcommand("ingest", _ingest, "Turn a query or a file into training and test compounds and parameters.")
    _folders(ingest, input="folder of configuration.json", output="empty folder for the results")
    _database(ingest)

    precompute = subcommand("precompute", _precompute, "Compute the descriptors of the training compounds.")
    _folders(precompute, data="mount of /data", parameters="mount of /precompute", output="folder for the results")

    train = subcommand("train", _train, "Train the splits of one parameter file.")
    _folders(
        train,
        parameters="mount of /training/parameters_<i>.json",
        precomputed="mount of precomputed.jar",
        output="folder for the results",
    )

    aggregate = subcommand("aggregate", _aggregate, "Join the splits to one model, measure it and write the report.")
    _folders(
        aggregate,
        training="mount of the trained splits",
        data="mount of /data",
        test="mount of /test",
        report="mount of /report",
        output="folder for the results",
    )

    upload = subcommand("upload", _upload, "Send a released model to Modelingweb.")
    _folders(
        upload,
        model="mount of the aggregated model",
        credentials="mount of the secret modelweb-api-info",
        output="folder for the receipt",
    )

    predict = subcommand("predict", _predict, "Predict the structures of a file.")
    predict.add_argument("--model", type=Path, required=True, metavar="MODEL.jar", help="the whole model")
    predict.add_argument("--input", type=Path, required=True, metavar="FILE", help="*.csv, *.tsv, *.smi, *.sdf, or .gz")
    predict.add_argument("--output", type=Path, required=True, metavar="FILE", help="*.csv, *.tsv, *.jsonl or *.sdf")
    predict.add_argument("--confidences", metavar="0.8,0.9", help="of intervals and sets (default: 0.8)")
    predict.add_argument("--smiles", metavar="COLUMN", help="of a table (default: the one with smiles in its name)")
    predict.add_argument("--delimiter", metavar="SIGN", help="of a table (default: what its name says)")

    check = subcommand("check", _check, "Check a configuration; warnings go to stderr.")
    check.add_argument("--config", type=Path, required=True, metavar="FILE", help="configuration.json")
    check.add_argument(
        "--workflow", action="append", default=[], metavar="NAME", help="a workflow that there is; may be repeated"
    )
    check.add_argument("--json", action="store_true", help="print workflow_name, warnings and source")

    source = subcommand("source", _source, "Print source.json: what the source holds now.")
    source.add_argument("--config", type=Path, required=True, metavar="FILE", help="configuration.json")
    source.add_argument("--data-dir", type=Path, metavar="DIR", help="folder of the data file (default: FILE's)")
    _database(source)

    models = subcommand("models", _models, "List trained models, or compare two.")
    _catalogue(models)
    models.add_argument("--compare", nargs=2, metavar="COMMIT", help="show these two side by side")
    models.add_argument("--page", type=Path, metavar="FILE", help="with --compare: write the comparison as HTML, too")

    gate = subcommand("gate", _gate, "Print as JSON whether a model may be released.")
    _catalogue(gate)
    gate.add_argument("--commit", default="", metavar="COMMIT", help="the model (default: the newest)")
    gate.add_argument("--test-rows", type=int, required=True, metavar="N", help="test compounds, at least")
    gate.add_argument(
        "--worse-by",
        type=float,
        required=True,
        metavar="X",
        help="how much its key figure may be worse than the released",
    )

    prune = subcommand("prune", _prune, "Print as JSON which commit sets and models may go.")
    _catalogue(prune)
    prune.add_argument("--keep", type=int, required=True, metavar="N", help="models of each workflow that stay")
    prune.add_argument("--running", nargs="*", default=[], metavar="ID", help="commit sets that have not ended")

    reproduce = subcommand("reproduce", _reproduce, "Train an old commit again and compare the payload digests.")
    _folders(
        reproduce,
        config="configuration.json and what was pushed with it",
        ingestion="outputs of the ingestion then",
        result="model.jar and metrics.json of then",
    )
    _database(reproduce)

    digest = subcommand("digest", _digest, "Print the payload digest of a model.")
    digest.add_argument("model", type=Path, metavar="MODEL.jar")
    return parser


def _catalogue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--server",
        type=Path,
        required=True,
        metavar="FILE",
        help="JSON: repos, commits and jobs that pachyderm_info returned",
    )
    parser.add_argument(
        "--metrics", type=Path, required=True, metavar="DIR", help="holds <workflow>/<commit>/metrics.json"
    )
    parser.add_argument(
        "--workflow", action="append", required=True, metavar="NAME", help="a workflow; may be repeated"
    )


def _folders(parser: argparse.ArgumentParser, **folders: str) -> None:
    for name, text in folders.items():
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="DIR", help=text)


def _database(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("database", "These replace what the configuration says.")
    for name, kind, text in (("host", str, "host"), ("port", int, "TCP port"), ("socket", str, "socket file")):
        variable = f"CPSIGN_DATABASE_{name.upper()}"
        # argparse applies the type to a default that is text; an empty variable counts as none.
        default = os.environ.get(variable) or None
        group.add_argument(f"--{name}", type=kind, default=default, help=f"{text} (default: ${variable})")
    group.add_argument("--credentials", type=Path, metavar="DIR", help="folder with the files user and password")


def _access(options: argparse.Namespace) -> "Access":
    from cpsign_workflow.ingest.sources import Access

    return Access(options.host, options.port, options.socket, options.credentials)


if __name__ == "__main__":
    sys.exit(main())
