# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step ``ingest``: the folders that it reads and leaves."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cpsign_workflow import configuration as configurations
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest import sufficiency
from cpsign_workflow.ingest.ingestion import Ingestion
from cpsign_workflow.ingest.sources import Access, opened
from cpsign_workflow.progress import say

CONFIGURATION: Final = "configuration.json"
SOURCE: Final = "source.json"
PUSHED: Final = "pushed.json"
BEFORE: Final = "before"
"""The model that this one is compared with, where pushed.json names its commit."""


def run(folder: Path, output: Path, access: Access) -> None:
    """Ingest what ``folder`` (configuration.json; perhaps source.json, pushed.json, a data file) asks for.

    ``output`` must be empty or missing and holds either everything at the end or nothing. Raises :class:`UserError` for
    everything that is wrong with configuration, source or data.
    """
    configuration = configurations.load(folder / CONFIGURATION)
    for warning in configuration.warnings:
        say(f"warning: {warning}")
    with _staged(output) as stage, opened(configuration, folder, access) as source:
        ingestion = Ingestion(configuration, stage)
        description = ingestion.compounds(source, expected=_pushed(folder / SOURCE))
        tally = ingestion.tally
        sufficiency.check(tally, configuration)
        warnings = tally.warnings(configuration)
        for warning in warnings:
            say(f"warning: {warning}")
        configuration.precompute.write(stage / "precompute" / "parameters.json")
        for parameters in configuration.training:
            parameters.write(stage / "training" / f"parameters_{parameters.index}.json")
        report, pushed = stage / "report", _pushed(folder / PUSHED)
        shutil.copyfile(folder / CONFIGURATION, report / CONFIGURATION)
        _write_json(report / SOURCE, {**description, **{key: pushed.get(key) for key in ("user", "before")}})
        if pushed.get("before"):
            shutil.copytree(folder / BEFORE, report / BEFORE)
        _write_json(report / "ingestion.json", tally.summary(configuration, warnings))
    rate = tally.read / max(tally.timings["read"], 0.001)
    say(
        f"ingest: used {tally.used:,} of {tally.read:,} rows ({rate:,.0f} rows/s): "
        f"{tally.train.compounds:,} for training, {tally.test.compounds:,} for the test"
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


def _pushed(path: Path) -> dict[str, Any]:
    """What was pushed beside the configuration; empty when the configuration was pushed by hand, alone."""
    try:
        pushed = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error}") from error
    return pushed if isinstance(pushed, dict) else {}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
