# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of the input → RDKit, in processes → CPSign, in threads of one Java → rows of the output, in their order.

Only what is under way is in memory.
"""

import signal
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from operator import attrgetter
from pathlib import Path
from typing import Final

from cpsign_workflow import cores, neighbours, standardisation
from cpsign_workflow.cpsign import jvm
from cpsign_workflow.cpsign.compounds import in_words
from cpsign_workflow.digest import open_jar
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.processes import asked, batched, side_by_side
from cpsign_workflow.merge import training_source
from cpsign_workflow.predict import outputs
from cpsign_workflow.predict.asking import Model
from cpsign_workflow.predict.inputs import Input, Record, open_input
from cpsign_workflow.predict.layout import Answer, Layout
from cpsign_workflow.predict.structures import Look, Seen, neighbours_in
from cpsign_workflow.predictions import JUDGED_AT
from cpsign_workflow.progress import Progress, say

BATCH: Final = 50
"""Structures that a thread asks the model about at once."""
_SHOWN: Final = 5
"""Rows with an error that the last line names."""


def run(
    jar: Path, source: Path, output: Path, confidences: str | None, smiles: str | None, delimiter: str | None
) -> None:
    """Predict the structures of ``source`` by the model in ``jar``; a row without prediction says why.

    ``confidences`` is a list with commas, 0.8 when it is None; ``smiles`` (column) and ``delimiter`` are those of a
    table. Raises :class:`UserError` when nothing can be predicted, and for all that is wrong with what is given;
    ``output`` then is what it was.
    """
    started = time.monotonic()
    at = _confidences(confidences)
    target = outputs.kind(output, source)
    given = open_input(source, smiles, delimiter)
    fingerprints = _fingerprints(jar)
    model = Model(jar, at)
    layout = Layout(given.kind, target, given.columns, model.columns)
    look = Look(given.kind, fingerprints, draw=target == "sdf" and given.kind == "smiles")
    if confidences and model.gives_probabilities:
        say("warning: a Venn-ABERS model gives probabilities, so the confidences have no effect")
    say(f"predict: {given.rows:,} structures of {source} by {jar}, on {cores.available()} cores")
    # The main thread is never in Java for long, so it can clean up.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    refused = Refused()
    with outputs.replacing(output) as stream, closing(_answers(given, model, look)) as answers:
        write = outputs.writer(output, stream, layout.columns)
        for number, (record, seen, answer) in enumerate(answers, start=1):
            if isinstance(answer, str):
                refused.add(number, answer)
            write(record.structure if given.kind == "sdf" else seen.drawing, layout.fields(record, seen, answer))
        if refused.rows == given.rows:
            raise UserError(f"{source}: none of {given.rows:,} structures can be predicted: {refused}")
    seconds = time.monotonic() - started
    say(
        f"predict: {given.rows - refused.rows:,} of {given.rows:,} structures predicted, {seconds:.1f} s, "
        f"{given.rows / seconds:,.0f} a second"
    )
    if refused.rows:
        say(f"predict: {refused.rows:,} with an error instead, the first in {refused.where()}: {refused}")


class Refused:
    """Rows without a prediction."""

    def __init__(self) -> None:
        self.rows = 0
        self._reasons: Counter[str] = Counter()
        self._first: list[int] = []

    def add(self, number: int, reason: str) -> None:
        """Count one; ``number`` is the row's, from 1."""
        self.rows += 1
        self._reasons[reason] += 1
        if len(self._first) < _SHOWN:
            self._first.append(number)

    def where(self) -> str:
        """``rows 3, 17``."""
        return f"row{'s' if len(self._first) > 1 else ''} {', '.join(map(str, self._first))}"

    def __str__(self) -> str:
        return in_words(dict(self._reasons.most_common(_SHOWN)))


def _answers(given: Input, model: Model, look: Look) -> Generator[tuple[Record, Seen, Answer], None, None]:
    """Each record, in order, with what was seen and said of it."""
    progress = Progress("predict", given.rows, "structures")
    workers = cores.available()

    def ask(batch: list[tuple[Record, Seen]]) -> list[Answer]:
        problems = [record.problem or seen.problem for record, seen in batch]
        parents = [seen.parent for (_unused, seen), problem in zip(batch, problems, strict=True) if not problem]
        answers = iter(model.ask(parents, progress))
        return [problem or next(answers) for problem in problems]

    with (
        closing(asked(look, given.records(), attrgetter("structure"))) as looked,
        ThreadPoolExecutor(workers, initializer=jvm.adopt_thread) as threads,
    ):

        def submit(batch: list[tuple[Record, Seen]]) -> Future[list[Answer]]:
            return threads.submit(ask, batch)

        for batch, answers in side_by_side(submit, batched(looked, BATCH), workers):
            for (record, seen), answer in zip(batch, answers, strict=True):
                yield record, seen, answer


def _confidences(text: str | None) -> tuple[float, ...]:
    if text is None:
        return (JUDGED_AT,)
    found: dict[float, None] = {}
    for part in text.split(","):
        try:
            confidence = float(part)
        except ValueError:
            raise UserError(f"confidences: {part!r} is not a number; 0.8,0.9 are two") from None
        if not 0 < confidence < 1:
            raise UserError(f"confidences: {part} is not between 0 and 1; 0.8 stands for 80 %")
        found[confidence] = None
    return tuple(found)


def _fingerprints(jar: Path) -> Path | None:
    """The fingerprints of the compounds that the model was trained on, where they lie beside it.

    Warns without them, and when structures were not read as they are here. Raises :class:`UserError` when ``jar`` is no
    whole model, or when the fingerprints are of another.
    """
    source = training_source(jar)
    with open_jar(jar) as archive:
        then, now = standardisation.of_model(archive), standardisation.versions()
    if not then:
        say("warning: the model does not tell how the structures of its training were standardised")
    for name in then:
        if then[name] != now.get(name):
            say(
                f"warning: the structures of the training were standardised with {name} {then[name]}, these are with "
                f"{now.get(name)}: salts and mixtures may be read differently"
            )
    path = jar.parent / neighbours.FILE
    if not path.is_file():
        say(f"warning: no distances to the training compounds, because {path.name} does not lie beside the model")
        return None
    if neighbours_in(path).source != source:
        raise UserError(f"{path}: these are the training compounds of another model than {jar.name}; remove the file")
    return path
