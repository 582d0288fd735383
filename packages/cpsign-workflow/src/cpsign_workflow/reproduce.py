# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``reproduce``: train an old commit again, away from the pipelines, and compare the payload digests."""

import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from cpsign_workflow import precompute, train
from cpsign_workflow.cpsign import jvm
from cpsign_workflow.digest import description, entry_digests, open_jar, payload_sha256
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest import run as ingest
from cpsign_workflow.ingest.sources import Access
from cpsign_workflow.merge import merge
from cpsign_workflow.progress import say
from cpsign_workflow.provenance import read_json
from cpsign_workflow.source import describe

_SHOWN = 10  # names of entries that differ


def run(config: Path, ingestion: Path, result: Path, access: Access) -> None:
    """Train again what ``config`` (a commit of repo config) asks for, and compare with ``result``, the model of then.

    The data are read again from their source when it still holds the same (by its fingerprint); when not, training
    begins at the compounds that ``ingestion`` kept. Raises :class:`UserError` that tells what differs when the model is
    not the same.
    """
    with tempfile.TemporaryDirectory(prefix="reproduce-") as name:
        folder = Path(name)
        data = _compounds(config, ingestion, folder / "ingestion", access)
        again = _train(data, folder)
        expected, found = payload_sha256(result / "model.jar"), payload_sha256(again)
        if expected != found:
            raise UserError(_differences(result, again))
    say(f"reproduce: the same model again, payload {found}")


def _compounds(config: Path, kept: Path, output: Path, access: Access) -> Path:
    """The folder of ingestion's outputs to train from."""
    then = read_json(kept / "report" / "source.json")
    try:
        now = describe(config / "configuration.json", config, access)
    except UserError as error:
        say(f"reproduce: from the compounds that ingestion kept, because the source can not be read: {error}")
        return kept
    if now["fingerprint"] != then["fingerprint"]:
        say(f"reproduce: from the compounds that ingestion kept, because {now['release']} holds other data now")
        return kept
    say(f"reproduce: from {now['release']}, which still holds the same data")
    ingest.run(config, output, access)
    return output


def _train(data: Path, folder: Path) -> Path:
    """The pipelines' own steps, each with its inputs mounted as there; returns the model."""
    precomputed, trained = folder / "precomputed", folder / "trained"
    for made in (precomputed, trained):
        made.mkdir()
    precompute.run(data, data, precomputed)
    for parameters in sorted((data / "training").glob("parameters_*.json")):
        mount = folder / parameters.stem
        (mount / "training").mkdir(parents=True)
        shutil.copy(parameters, mount / "training")
        train.run(mount, precomputed, trained)
    model = folder / "model.jar"
    merge(list((trained / "models").glob("partial_model_*.jar")), model)
    return model


def _differences(result: Path, again: Path) -> str:
    expected, found = entry_digests(result / "model.jar"), entry_digests(again)
    names = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    with open_jar(again) as archive:
        cpsign = description(archive)["info"]["cpsignVersion"]
    now = {"collection": version("cpsign-workflow"), "cpsign": cpsign, "java": jvm.java_version()}
    then = read_json(result / "metrics.json")["versions"]
    versions = [f"{name} {then.get(name)} then, {now[name]} now" for name in now if then.get(name) != now[name]]
    return (
        f"not the same model: {len(names)} of {len(expected)} entries differ ({', '.join(names[:_SHOWN])}{more}). "
        + (f"Versions differ: {'; '.join(versions)}" if versions else "The versions are the same")
    )
