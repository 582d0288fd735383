# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model before: how it does on compounds that are new since then, and whether the new model is better.

``train.yml`` pushes model, predictions and metrics of the model before beside the configuration, because a step sees
its inputs only; ingestion passes them on in ``/report/before``.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from cpsign_workflow.ingest.compressed import rows, writing
from cpsign_workflow.metrics import calibration, test_metrics
from cpsign_workflow.metrics.comparison import compare_classes, compare_values
from cpsign_workflow.predictions import JUDGED_AT
from cpsign_workflow.progress import say
from cpsign_workflow.provenance import Provenance, read_json

MODEL, PREDICTIONS, METRICS = "model.jar", "predictions.tsv.gz", "metrics.json"


class Before:
    """The model before, in the folder ``/report/before``."""

    def __init__(self, folder: Path, provenance: Provenance) -> None:
        self._folder, self._provenance = folder, provenance
        self.metrics: dict[str, Any] = read_json(folder / METRICS)

    @classmethod
    def find(cls, folder: Path, provenance: Provenance) -> "Before | None":
        """The model before, when there is one."""
        return cls(folder, provenance) if folder.is_dir() else None

    @property
    def same_rule(self) -> bool:
        """Whether test compounds are drawn by the same rule, so that those of then are among those of now."""
        then, now = self.metrics["split"], self._provenance.split
        return all(then[name] == now[name] for name in ("by", "share", "salt"))

    @property
    def knows_none(self) -> bool:
        """Whether the model before was trained on none of the test compounds of now.

        By time that also wants an end of the training that has not gone back: old measurements that came late can move
        it, to an earlier year or to a larger part of the same year.
        """
        return self.same_rule and _begin(self.metrics["split"]) <= _begin(self._provenance.split)

    @property
    def test_looks(self) -> int:
        """How many models were measured on these test compounds before."""
        looks: int = self.metrics["test_looks"]
        return looks if self.same_rule else 0

    def compare(self, predictions: Path, test: Path) -> dict[str, Any]:
        """What metrics.json says of it; ``predictions`` are the new model's, ``test`` is the table of test compounds.

        ``{commit, payload_sha256, shared, new}``. ``shared``: both models on the compounds that were test compounds
        then and are now (see ``metrics.comparison``). ``new``: the model before on the test compounds that have come
        since, ``{n, test, calibration}`` as in metrics.json. Each is None when there is no such compound, or no fair
        way to ask.
        """
        known = {"commit": self._provenance.source.get("before"), "payload_sha256": self.metrics["payload_sha256"]}
        if self.metrics["training"]["classes"].keys() != self._provenance.training()["classes"].keys():
            return known | {"shared": None, "new": None}  # of another kind
        then = {row["key"]: row for row in rows(self._folder / PREDICTIONS)}
        return known | {"shared": self._shared(then, predictions), "new": self._new(then.keys(), test)}

    def _shared(self, then: dict[str, dict[str, str]], predictions: Path) -> dict[str, Any] | None:
        both = [(row, then[row["key"]]) for row in rows(predictions) if row["key"] in then]
        if not both:
            return None
        columns = (
            [row["observed"] for row, _unused in both],
            [row["predicted"] for _unused, row in both],
            [row["predicted"] for row, _unused in both],
        )
        if self.metrics["training"]["classes"]:
            return compare_classes(*(np.array(column) for column in columns))
        return compare_values(*(np.array(column, dtype=np.float64) for column in columns))

    def _new(self, then: Any, test: Path) -> dict[str, Any] | None:
        from cpsign_workflow.cpsign import prediction
        from cpsign_workflow.cpsign.compounds import Compounds

        if not self.knows_none:
            return None
        with tempfile.TemporaryDirectory(prefix="new-compounds-") as folder:
            table = Path(folder, "compounds.tsv.gz")
            with writing(table, ("key", "smiles", "value")) as write:
                for row in rows(test):
                    if row["key"] not in then:
                        write(row["key"], row["smiles"], row["value"])
            compounds = Compounds(table)
            if not compounds.rows:
                return None
            say(f"aggregate: asking the model before about {compounds.rows:,} new compounds")
            answers = prediction.predict(prediction.load(self._folder / MODEL), compounds)
        if not answers.keys:
            return None
        judged = [row for row in calibration(answers, self.metrics["training"]) if row["confidence"] == JUDGED_AT]
        return {"n": len(answers.keys), "test": test_metrics(answers), "calibration": judged}


def _begin(split: dict[str, Any]) -> tuple[int, float]:
    """Where the test compounds of a division by time begin, as something to compare; the same for any other."""
    return split["from_year"] or 0, -(split.get("share_of_from_year") or 0.0)  # 1.0 did not tell the share
