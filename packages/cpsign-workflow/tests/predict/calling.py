# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call ``predict`` as a user does, and read what it writes."""

import csv
import json
from pathlib import Path
from typing import Any

from cpsign_workflow import cli


def predict(model: Path, source: Path, output: Path, *options: str) -> int:
    return cli.main(["predict", "--model", str(model), "--input", str(source), "--output", str(output), *options])


def predicted(model: Path, source: Path, output: Path, *options: str) -> list[dict[str, Any]]:
    """The rows of the output, a table or JSON lines."""
    assert predict(model, source, output, *options) == 0
    with output.open(encoding="utf-8", newline="") as lines:
        return [json.loads(line) for line in lines] if output.suffix == ".jsonl" else list(csv.DictReader(lines))


def written(path: Path, structures: list[str]) -> Path:
    """A table of structures, each with its number."""
    path.write_text("number,smiles\n" + "".join(f"{place},{smiles}\n" for place, smiles in enumerate(structures)))
    return path
