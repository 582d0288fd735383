# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every mistake gives one clear message and an exit code, and nothing is pushed."""

from pathlib import Path
from typing import Any

import pytest

from .conftest import STATUS, TRAIN, Service, free_ports


def refused(service: Service, *words: str, config: str | Path, **extra: Any) -> None:
    """train.yml fails, says all ``words``, and pachd is as it was."""
    before = service.commits(), service.job_sets()
    outcome = service.play(TRAIN, config=str(config), **extra)
    assert outcome.code != 0, outcome.output
    text = " ".join(outcome.output.split())
    assert [word for word in words if word not in text] == [], outcome.output
    assert [noise for noise in ("Traceback", "Origin:", "fatal:") if noise in outcome.output] == []
    assert (service.commits(), service.job_sets()) == before


def test_no_configuration_is_named(service: Service) -> None:
    refused(service, "train.yml -e config=PATH", config="")


def test_configuration_is_missing(service: Service) -> None:
    refused(service, "nowhere.json: there is no such file", config="nowhere.json")


def test_configuration_is_malformed(service: Service) -> None:
    path = service.configuration("FreeSolv", "malformed")
    path.write_text('{\n  "workflow_name": "FreeSolv",\n}\n')
    refused(service, "configuration.json:3:1: malformed JSON", config=path)


def test_unknown_flag(service: Service) -> None:
    refused(service, "cots", config=service.configuration("FreeSolv", "flag", cpsign={"cots": 1}))


def test_unknown_workflow(service: Service) -> None:
    path = service.configuration("FreeSolv", "workflow", workflow_name="LogD")
    refused(service, "LogD", "LogP, FreeSolv, Solubility", config=path)


def test_data_file_is_missing(service: Service) -> None:
    path = service.configuration("FreeSolv", "no data")
    (path.parent / "freesolv.csv").unlink()
    refused(service, "freesolv.csv", config=path)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("SELECT canonical_smiles, alogp FROM compounds{};", "compounds"),
        ("SELECT canonical_smiles, molregno FROM compound_structures WHERE molregno < 0{};", "no row"),
    ],
)
def test_query_fails_or_returns_nothing(service: Service, query: str, word: str) -> None:
    path = service.configuration("LogP", "query", query={"database_query": query})
    refused(service, word, config=path)


def test_wrong_password(service: Service, tmp_path: Path) -> None:
    (tmp_path / "user").write_text("chembl_reader\n")
    (tmp_path / "password").write_text("not this one\n")
    path = service.configuration("LogP", "password")
    refused(service, "chembl_reader", config=path, cpsign_database_credentials=str(tmp_path))


def test_database_is_down(service: Service) -> None:
    (port,) = free_ports(1)
    refused(service, str(port), config=service.configuration("LogP", "database down"), cpsign_database_port=port)
    outcome = service.play(STATUS, cpsign_database_port=port)
    assert outcome.code != 0
    assert f"the database does not answer at 127.0.0.1:{port}" in outcome.output


def test_pachd_is_down(service: Service) -> None:
    (port,) = free_ports(1)
    refused(service, str(port), config=service.configuration("FreeSolv", "pachd down"), cpsign_pachd_port=port)
    outcome = service.play(STATUS, cpsign_pachd_port=port)
    assert outcome.code != 0
    assert str(port) in outcome.output
