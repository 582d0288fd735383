# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step ``ingest``: source → curated rows → sorted by key → one compound a key → training or test.

Rows pass one by one; what must be sorted is sorted on disk, so memory does not grow with their number. The bytes of the
compounds depend on the set of rows alone, not on the order in which a server returns them.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from cpsign_workflow import configuration as configurations
from cpsign_workflow.configuration import Configuration
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.compressed import writing
from cpsign_workflow.ingest.curation import MERGED, Rejected, curate, value_reader
from cpsign_workflow.ingest.duplicates import Merged, merge
from cpsign_workflow.ingest.external_sort import ExternalSort
from cpsign_workflow.ingest.partition import is_test
from cpsign_workflow.ingest.sources import Access, OpenSource, opened
from cpsign_workflow.ingest.tally import Tally
from cpsign_workflow.progress import Progress, say

CONFIGURATION: Final = "configuration.json"
SOURCE: Final = "source.json"
PUSHED: Final = "pushed.json"
COMPOUND_FIELDS: Final = ("key", "smiles", "value")
DROPPED_FIELDS: Final = ("reason", "key", "smiles", "value")


def run(folder: Path, output: Path, access: Access) -> None:
    """Ingest what ``folder`` (configuration.json; perhaps source.json, pushed.json, a data file) asks for.

    ``output`` must be empty or missing and holds either everything at the end or nothing. Raises :class:`UserError` for
    everything that is wrong with configuration, source or data.
    """
    configuration = configurations.load(folder / CONFIGURATION)
    for warning in configuration.warnings:
        say(f"warning: {warning}")
    with _staged(output) as stage:
        tally = Tally()
        with opened(configuration, folder, access) as source:
            _check_unchanged(folder, source.description)
            _compounds(configuration, source, stage, tally)
        tally.check(configuration)
        configuration.precompute.write(stage / "precompute" / "parameters.json")
        for parameters in configuration.training:
            parameters.write(stage / "training" / f"parameters_{parameters.index}.json")
        report = stage / "report"
        shutil.copyfile(folder / CONFIGURATION, report / CONFIGURATION)
        _write_json(report / SOURCE, {**source.description, "user": _pushed(folder / PUSHED).get("user")})
        _write_json(report / "ingestion.json", tally.summary(configuration))
    train, test, rate = tally.train.total(), tally.test.total(), tally.read / max(tally.timings["read"], 0.001)
    say(
        f"ingest: used {tally.used:,} of {tally.read:,} rows ({rate:,.0f} rows/s): "
        f"{train:,} for training, {test:,} for the test"
    )


@contextmanager
def _staged(output: Path) -> Iterator[Path]:
    """A folder inside ``output`` whose content moves up when all went well and vanishes when not."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        if any(output.iterdir()):
            raise UserError(f"{output}: the folder for the output is not empty")
        with tempfile.TemporaryDirectory(prefix="ingest-", dir=output) as name:
            stage = Path(name)
            yield stage
            for child in stage.iterdir():
                child.rename(output / child.name)
    except OSError as error:
        raise UserError(f"{error.filename or output}: {error.strerror or error}") from error


def _compounds(configuration: Configuration, source: OpenSource, stage: Path, tally: Tally) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="sort-", dir=stage) as scratch,
        ExternalSort(Path(scratch)) as compounds,
        ExternalSort(Path(scratch)) as dropped,
    ):
        started = time.monotonic()
        _curate(configuration, source, compounds, dropped, tally)
        tally.timings["read"] = _seconds_since(started)
        started = time.monotonic()
        with (
            writing(stage / "data" / "compounds.tsv.gz", COMPOUND_FIELDS) as train,
            writing(stage / "test" / "compounds.tsv.gz", COMPOUND_FIELDS) as test,
        ):
            for key, compound in _merged(configuration, compounds, dropped, tally):
                kept_back = is_test(key, configuration.test)
                (test if kept_back else train)(key, compound.smiles, compound.value)
                label = compound.value if configuration.precompute.labels else ""
                (tally.test if kept_back else tally.train)[label] += 1
        with writing(stage / "report" / "dropped.tsv.gz", DROPPED_FIELDS) as write:
            for fields in dropped.lines():
                write(*fields)
        tally.timings["sort_and_write"] = _seconds_since(started)


def _curate(
    configuration: Configuration, source: OpenSource, compounds: ExternalSort, dropped: ExternalSort, tally: Tally
) -> None:
    read_value, wrong_value = value_reader(configuration)
    progress = Progress("ingest", source.description["rows"], "rows")
    for row in source.rows:
        progress.advance()
        tally.read += 1
        outcome = curate(row, read_value, wrong_value)
        if isinstance(outcome, Rejected):
            tally.dropped[outcome.reason] += 1
            dropped.add(outcome.reason, "", _on_one_line(row.smiles), _on_one_line(row.value))
        else:
            tally.desalted += outcome.desalted
            compounds.add(outcome.key, outcome.smiles, outcome.value)


def _merged(
    configuration: Configuration, compounds: ExternalSort, dropped: ExternalSort, tally: Tally
) -> Iterator[tuple[str, Merged]]:
    for key, lines in groupby(compounds.lines(), key=itemgetter(0)):
        rows = [Merged(smiles, value) for _unused, smiles, value in lines]
        outcome = merge(configuration.precompute.model_type, rows)
        if isinstance(outcome, Merged):
            yield key, outcome
        reason, left_out = (MERGED, rows[1:]) if isinstance(outcome, Merged) else (outcome, rows)
        for row in left_out:
            tally.dropped[reason] += 1
            dropped.add(reason, key, row.smiles, row.value)


def _check_unchanged(folder: Path, description: dict[str, Any]) -> None:
    pushed = _pushed(folder / SOURCE).get("fingerprint")
    if pushed not in (None, description["fingerprint"]):
        print(
            "warning: the data have changed since source.json was written; the report holds what was read", flush=True
        )


def _pushed(path: Path) -> dict[str, Any]:
    """What was pushed beside the configuration; empty when the configuration was pushed by hand, alone."""
    try:
        pushed = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error}") from error
    return pushed if isinstance(pushed, dict) else {}


def _on_one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _seconds_since(started: float) -> float:
    return round(time.monotonic() - started, 3)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
