# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration means, and every way in which it can be wrong."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpsign_workflow import cli
from cpsign_workflow.configuration import Curation, DatabaseSource, FileSource, HoldOut, load
from cpsign_workflow.configuration.flags import training_parameters
from cpsign_workflow.configuration.schema import schema
from cpsign_workflow.errors import UserError
from cpsign_workflow.parameters import Nonconformity, PrecomputeParameters, Sampling, Scorer, TrainingParameters

# The configuration of the original LogD workflow, as its document describes it.
SEED = """{
    "workflow_name": "LogD",
    "database": {
        "host": "chembl-mysql",
        "user": "root",
        "db_name": "chembl_24"
    },
    "query": {
        "database_query": "SELECT cs.canonical_smiles, cp.acd_logd FROM compound_structures cs, \
compound_properties cp  WHERE cs.molregno = cp.molregno{};",
        "query_limit": null,
        "smi_columns": [
            "canonical_smiles, acd_logd"
        ],
        "smi_filename": "chembl_training_data.smi"
    },
    "parallellism": {
        "splits_per_model": 1
    },
    "cpsign-version": "0.7.7",
    "cpsign": {
        "ptype": 2,
        "impl": "liblinear",
        "nr-models": 5,
        "cost": 1,
        "model-name": "LogD_full_split",
        "nonconf-measure": "normalized",
        "epsilon": 0.0001
    }
}
"""
PRESET = {"chembl_activity": {"target": "CHEMBL205", "type": "IC50"}}
FILE = {"file": "a.csv", "smiles": "s", "value": "v"}


def write(folder: Path, content: Any) -> Path:
    path = folder / "configuration.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
    return path


def flags(**values: Any) -> dict[str, Any]:
    """A configuration with these flags; underscores stand for dashes."""
    return {
        "workflow_name": "W",
        "source": FILE,
        "cpsign": {name.replace("_", "-"): value for name, value in values.items()},
    }


def faults(folder: Path, content: Any) -> list[str]:
    with pytest.raises(UserError) as caught:
        load(write(folder, content))
    return str(caught.value).splitlines()


def test_the_seeds_configuration_means_what_it_meant(tmp_path: Path) -> None:
    configuration = load(write(tmp_path, SEED))
    assert configuration.workflow_name == "LogD"
    assert configuration.source == DatabaseSource(
        host="chembl-mysql",
        port=3306,
        user="root",
        db_name="chembl_24",
        statement="SELECT cs.canonical_smiles, cp.acd_logd FROM compound_structures cs, compound_properties cp  "
        "WHERE cs.molregno = cp.molregno",
        columns=("canonical_smiles", "acd_logd"),
    )
    assert configuration.precompute == PrecomputeParameters("regression", (), 1, 3, "standard", None)
    assert configuration.training == tuple(
        TrainingParameters(
            model_type="regression",
            predictor_type="ACP",
            index=index,
            splits=(index - 1,),
            total_splits=5,
            scorer=Scorer("LinearSVR", {"C": 1, "epsilon": 0.0001}),
            nonconformity=Nonconformity("Normalized", None),
            sampling=Sampling("Random", 0.2),
            seed=1,
            model_name="LogD_full_split",
            model_version="1.0.0",
            model_category="",
        )
        for index in range(1, 6)
    )
    assert [warning.split()[0] for warning in configuration.warnings] == ["query.smi_filename", "cpsign-version"]


@pytest.mark.parametrize(
    ("given_flags", "expected"),
    [
        ({"cptype": 2}, ("regression", "LinearSVR", "Normalized", "Random")),
        ({"predictor_type": "ACP_Regression", "impl": "libsvm"}, ("regression", "EpsilonSVR", "Normalized", "Random")),
        ({"ptype": 2, "nonconf_measure": "log-normalized"}, ("regression", "LinearSVR", "LogNormalized", "Random")),
        ({"ptype": 2, "nonconf_measure": "AbsDiff"}, ("regression", "LinearSVR", "AbsDiff", "Random")),
        (
            {"ptype": 1, "labels": "0 1"},
            ("classification", "LinearSVC", "NegativeDistanceToHyperplane", "RandomStratified"),
        ),
        (
            {"ptype": 1, "labels": "a,b", "impl": "libsvm", "stratified": False},
            ("classification", "C_SVC", "NegativeDistanceToHyperplane", "Random"),
        ),
    ],
)
def test_flags_are_translated(given_flags: dict[str, Any], expected: tuple[str, ...], tmp_path: Path) -> None:
    parameters = load(write(tmp_path, flags(**given_flags))).training[0]
    assert (
        parameters.model_type,
        parameters.scorer.name,
        parameters.nonconformity.name,
        parameters.sampling.strategy,
    ) == expected


def test_numbers_reach_their_places(tmp_path: Path) -> None:
    numbers = {"cost": 3, "gamma": 0.5, "epsilon": 0.01, "epsilon_svr": 0.2, "nonconf_beta": 0.7, "seed": 9}
    configuration = load(
        write(tmp_path, flags(ptype=2, impl="libsvm", calibration_ratio=0.3, height_start=0, height_end=4, **numbers))
    )
    parameters = configuration.training[0]
    assert parameters.scorer == Scorer("EpsilonSVR", {"C": 3, "gamma": 0.5, "epsilon": 0.01, "svrEpsilon": 0.2})
    assert parameters.nonconformity.beta == 0.7
    assert parameters.sampling.calibration_ratio == 0.3
    assert parameters.seed == 9
    assert configuration.precompute == PrecomputeParameters("regression", (), 0, 4, "standard", None)
    assert configuration.warnings == ()


def test_a_whole_number_may_be_written_with_a_point(tmp_path: Path) -> None:
    text = json.dumps(flags(ptype=2, nr_models=4) | {"parallellism": {"splits_per_model": 3}})
    training = load(write(tmp_path, text.replace(": 4", ": 4.0").replace(": 3", ": 3.0"))).training
    assert [file.splits for file in training] == [(0, 1, 2), (3,)]


def test_a_whole_number_may_be_written_with_an_exponent(tmp_path: Path) -> None:
    text = json.dumps(flags(ptype=2, seed=7) | {"parallellism": {"splits_per_model": 9}})
    (training,) = load(write(tmp_path, text.replace(": 7", ": 1e18").replace(": 9", ": 1e300"))).training
    assert (repr(training.seed), training.splits) == (str(10**18), (0, 1, 2, 3, 4))


def test_classes_give_the_labels_in_order(tmp_path: Path) -> None:
    content = flags(ptype=1) | {"classes": {"threshold": 1.5, "below": "low", "above": "high"}}
    assert load(write(tmp_path, content)).precompute.labels == ("low", "high")


def test_endpoint_beside_a_file_is_named(tmp_path: Path) -> None:
    (warning,) = load(write(tmp_path, flags(ptype=2, endpoint="v"))).warnings
    assert warning == "cpsign.endpoint has no effect: source says which column holds the value"


def test_rules_for_the_data_have_defaults_that_may_be_changed(tmp_path: Path) -> None:
    configuration = load(write(tmp_path, flags(ptype=2) | {"curation": {"largest_range": 0.5}, "test": {"by": "time"}}))
    assert configuration.curation == Curation(largest_range=0.5, unreadable_share=0.2)
    assert configuration.test == HoldOut(by="time", share=0.15, salt="pharmbio.cpsign")


def test_a_range_beside_classes_is_named(tmp_path: Path) -> None:
    content = flags(ptype=1, labels="a b") | {"curation": {"largest_range": 2}}
    (warning,) = load(write(tmp_path, content)).warnings
    assert warning.startswith("curation.largest_range has no effect: ")


def test_flags_without_effect_are_named(tmp_path: Path) -> None:
    content = flags(ptype=2, gamma=1, nonconf_measure="abs-diff", nonconf_beta=1, confidences="0.8", license="/mnt/lic")
    warnings = load(write(tmp_path, content)).warnings
    assert {warning.split()[0] for warning in warnings} == {
        "cpsign.gamma",
        "cpsign.nonconf-beta",
        "cpsign.confidences",
        "cpsign.license",
    }
    assert all("has no effect: " in warning for warning in warnings)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("a.csv", ("csv", ",")),
        ("a.csv.gz", ("csv", ",")),
        ("a.tsv", ("csv", "\t")),
        ("a.smi", ("csv", "\t")),
        ("b c.sdf.gz", ("sdf", "\t")),
        ("from.sdf.csv", ("csv", ",")),
        ("from.csv.tsv.gz", ("csv", "\t")),
    ],
)
def test_file_sources(file: str, expected: tuple[str, str], tmp_path: Path) -> None:
    source = load(write(tmp_path, flags(ptype=2) | {"source": FILE | {"file": file}})).source
    assert isinstance(source, FileSource)
    assert (source.format, source.delimiter) == expected


@settings(deadline=None)
@given(st.integers(1, 60), st.one_of(st.none(), st.integers(1, 70)))
def test_every_split_is_dealt_out_once_and_in_order(total: int, per_file: int | None) -> None:
    files = training_parameters({"ptype": 2, "nr-models": total}, "W", per_file)
    assert [split for file in files for split in file.splits] == list(range(total))
    assert [file.index for file in files] == list(range(1, len(files) + 1))
    assert all(len(file.splits) == (per_file or total) for file in files[:-1])
    assert len({(file.seed, file.total_splits) for file in files}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,\n  "b": }', r"configuration\.json:2:8: malformed JSON: Expecting value"),
        ("", r":1:1: malformed JSON"),
        ("[1]", r":1: a JSON object"),
        ('{"a": NaN}', r"NaN is no number that can be used"),
        ('{"a": 1e999}', r"1e999 is no number that can be used"),
        ('{"a": ' + "9" * 5_000 + "}", r"Exceeds the limit"),
        ('{"cpsign": {"cost": 1,\n"cost": 2}}', r"stand twice in one object: cost"),
        ("[" * 100_000, r"malformed JSON"),
        (r'{"workflow_name": "\ud800"}', r"'\\ud800' is half of a character"),
    ],
)
def test_malformed(text: str, expected: str, tmp_path: Path) -> None:
    (line,) = faults(tmp_path, text)
    assert re.search(expected, line)


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "configuration.json"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(UserError, match="not UTF-8"):
        load(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"configuration\.json: No such file"):
        load(tmp_path / "configuration.json")


def test_all_faults_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = SEED.replace('"cost": 1', '"cost": "1"').replace("nr-models", "nr-modles").replace('"LogD"', '"Log D"')
    text = text.replace('"splits_per_model": 1', '"splits_per_model": 0')
    assert faults(tmp_path, text) == [
        'configuration.json:2: workflow_name: "Log D" is refused; it must match ^[A-Za-z0-9_-]{1,40}$',
        "configuration.json:17: parallellism.splits_per_model: must be at least 1, not 0",
        'configuration.json:23: cpsign.nr-modles: unknown key; did you mean "nr-models"?',
        'configuration.json:24: cpsign.cost: must be a number, not "1"',
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, ["workflow_name: is missing", "cpsign: is missing"]),
        (
            flags(ptype=2) | {"query": {"database_query": "SELECT 1"}},
            ["query: wants 'database' beside it", "source: stands beside query"],
        ),
        (flags(ptype=2) | {"databse": {}}, ['databse: unknown key; did you mean "database"?']),
        (flags(ptype=2) | {"test": {"share": 1}}, ["test.share: must be less than 1, not 1"]),
        (flags(ptype=2) | {"test": {"share": "a"}}, ['test.share: must be a number, not "a"']),
        (flags(ptype=2) | {"source": FILE | {"file": "../a.csv"}}, ["source.file: "]),
        (flags(ptype=2) | {"source": FILE | {"file": "a.xlsx"}}, ["source.file: "]),
        (flags(ptype=2) | {"source": FILE | {"delimiter": "ab"}}, ["source.delimiter: must be 1 character"]),
        (flags(ptype=2) | {"source": FILE | {"delimiter": '"'}}, [r'source.delimiter: can not be "\""']),
        (flags(ptype=2) | {"source": FILE | {"file": "a\0.csv"}}, ["source.file: "]),
        (flags(ptype=2) | {"workflow_name": "W\n"}, [r'workflow_name: "W\n" is refused']),
        (flags(ptype=2, model_version="v1"), ['cpsign.model-version: "v1" is refused']),
        (flags(ptype=2) | {"source": {"file": "a.csv", "value": "v"}}, ["source.smiles: is missing"]),
        ({"workflow_name": "W", "cpsign": {"ptype": 2}}, ["source: is missing: either source"]),
        (flags(ptype=2) | {"source": {"smiles": "s"}}, ["source: wants file, smiles and value, or chembl_activity"]),
        (flags(ptype=2) | {"source": {"file": "a.csv"}}, ["source.smiles: is missing", "source.value: is missing"]),
        (flags(ptype=2) | {"database": {"db_name": "d"}}, ["source: a file stands beside database"]),
        (flags(ptype=2) | {"source": PRESET}, ["source.chembl_activity: wants 'database' beside it"]),
        (
            flags(ptype=2) | {"source": PRESET | FILE, "database": {"db_name": "d"}},
            [f"source.{key}: stands beside chembl_activity" for key in FILE],
        ),
        (
            flags(ptype=2) | {"source": PRESET, "database": {"db_name": "d"}, "query": {"database_query": "SELECT 1"}},
            ["source: stands beside query"],
        ),
        (
            flags(ptype=2)
            | {"database": {"db_name": "d"}, "source": {"chembl_activity": {"target": "CHEMBL1'", "type": "ic50"}}},
            ['source.chembl_activity.target: "CHEMBL1\'" is refused', 'did you mean "IC50"?'],
        ),
        (flags(), ["cpsign.ptype: is missing"]),
        (flags(ptype=7), ["cpsign.ptype: must be one of 1, 2, 3, 5, ACP_Classification, "]),
        (flags(ptype=2, cptype=1), ["cpsign.cptype: contradicts ptype"]),
        (flags(ptype=2, model_type=1), ["cpsign.model-type: contradicts ptype"]),
        (flags(ptype=2, endpoint="a", response_name="b"), ["cpsign.response-name: contradicts endpoint"]),
        (flags(ptype=2, labels="a b"), ["cpsign.labels: regression has no labels"]),
        (flags(ptype=2, stratified=True), ["cpsign.stratified: only classification"]),
        (flags(ptype=2, sampling_strategy="RandomStratified"), ["cpsign.sampling-strategy: only classification"]),
        (
            flags(ptype=2, height_start=4),
            ["cpsign.height-end: the end height must be at least the start height, which is 4"],
        ),
        (
            flags(ptype=2, nonconf_measure="NegativeDistanceToHyperplane"),
            ["cpsign.nonconf-measure: must be one of Normalized, LogNormalized, AbsDiff, not 'NegativeDistance"],
        ),
        (flags(ptype=1), ["cpsign.labels: is missing"]),
        (flags(ptype=1, labels="a a"), ["cpsign.labels: a label stands twice"]),
        (flags(ptype=1, labels=["a", "b", "c"]), ["cpsign.labels: a support vector machine wants 2"]),
        (flags(ptype=1, labels=["a", " b"]), ["cpsign.labels: ' b' is no label"]),
        (flags(ptype=1, labels=["a", ""]), ["cpsign.labels: '' is no label"]),
        (flags(ptype=1, labels=["a", "b\tc"]), [r"cpsign.labels: 'b\tc' is no label"]),
        (flags(ptype=1) | {"classes": {"threshold": 1, "below": "a", "above": "b\n"}}, ["classes.above: "]),
        (flags(ptype=1, labels=7), ["cpsign.labels: must be a list"]),
        (
            flags(ptype=1, labels="a b", stratified=False, sampling_strategy="RandomStratified"),
            ["cpsign.stratified: contradicts sampling-strategy"],
        ),
        (flags(ptype=2) | {"classes": {"threshold": 1, "below": "a", "above": "b"}}, ["classes: regression has no"]),
        (flags(ptype=1) | {"classes": {"threshold": 1, "below": "a", "above": "a"}}, ["classes.above: is the same"]),
        (
            flags(ptype=1, labels="x y") | {"classes": {"threshold": 1, "below": "a", "above": "b"}},
            ["cpsign.labels: are others than"],
        ),
    ],
)
def test_one_message_for_each_fault(content: dict[str, Any], expected: list[str], tmp_path: Path) -> None:
    found = faults(tmp_path, content)
    assert len(found) == len(expected)
    for text in expected:
        (line,) = [line for line in found if text in line]
        assert re.match(r"configuration\.json:\d+: ", line)


@pytest.mark.parametrize(
    ("query", "limit", "expected"),
    [
        ("DELETE FROM a", None, "nothing else is sent"),
        ("SELECT 1; DROP TABLE a", None, "must be one SELECT, not 2 statements"),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", None, "INTO is refused"),
        ("SELECT a{} FROM b{}", 5, "more than once"),
        ("SELECT a FROM b", 5, "has no {}"),
        ("SET @a = 1", None, "nothing else is sent"),
        (";", None, "must be one SELECT"),
    ],
)
def test_sql_that_is_refused(query: str, limit: int | None, expected: str, tmp_path: Path) -> None:
    content = json.loads(SEED)
    content["query"] |= {"database_query": query, "query_limit": limit}
    (line,) = faults(tmp_path, content)
    assert line.startswith("configuration.json:9: query.database_query: ")
    assert expected in line


@pytest.mark.parametrize(
    "query",
    [
        "SELECT a, ';' FROM b WHERE c = 'INTO' -- ; DROP",
        "WITH a AS (SELECT 1 AS smiles) SELECT * FROM a",
        "select a from b union select c from d;  ",
        "/* a comment */ SELECT 1",
        "SELECT a, b FROM c WHERE d IN (1" + 6_000 * ", 1" + ")",
    ],
)
def test_sql_that_is_accepted(query: str, tmp_path: Path) -> None:
    content = json.loads(SEED)
    content["query"]["database_query"] = query
    source = load(write(tmp_path, content)).source
    assert isinstance(source, DatabaseSource)
    assert source.statement == query.rstrip("; ")


def test_the_schema_is_a_schema() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema())


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_keys = st.sampled_from(sorted(schema()["properties"])) | st.text()
_flag_names = st.sampled_from(sorted(schema()["properties"]["cpsign"]["properties"])) | st.text()


@settings(deadline=None)
@given(st.dictionaries(_keys, _json), st.dictionaries(_flag_names, _json, max_size=4), st.sampled_from([None, 1, 4]))
def test_whatever_it_holds_there_is_a_configuration_or_one_message(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any], chosen: dict[str, Any], indent: int | None
) -> None:
    path = tmp_path_factory.mktemp("any") / "configuration.json"
    path.write_text(json.dumps(flags() | content | {"cpsign": chosen}, indent=indent))
    message = ""
    try:
        load(path)
    except UserError as error:
        message = str(error)
    assert all(re.match(r"configuration\.json:\d+: .+: .+", line) for line in message.splitlines())


class TestCheck:
    def test_warnings_and_what_the_playbooks_read(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = write(tmp_path, SEED)
        assert cli.main(["check", "--config", str(path), "--workflow", "LogD", "--json"]) == 0
        printed = capsys.readouterr()
        answer = json.loads(printed.out)
        assert answer["workflow_name"] == "LogD"
        assert answer["source"] == {"database": "chembl_24"}
        assert [f"warning: {warning}" for warning in answer["warnings"]] == printed.err.splitlines()

    def test_without_json_it_is_silent(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["check", "--config", str(write(tmp_path, flags(ptype=2)))]) == 0
        assert capsys.readouterr().out == ""

    def test_unknown_workflow(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        options = ["--workflow", "logd", "--workflow", "FreeSolv"]
        assert cli.main(["check", "--config", str(write(tmp_path, SEED)), *options]) == 1
        assert "no workflow 'LogD' (workflow_name)" in capsys.readouterr().err

    def test_faults(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["check", "--config", str(write(tmp_path, flags(ptype=2, nr_modles=3)))]) == 1
        error = capsys.readouterr().err
        assert 'did you mean "nr-models"?' in error
        assert "Traceback" not in error


def test_parameter_files_survive_writing_and_reading(tmp_path: Path) -> None:
    configuration = load(write(tmp_path, flags(ptype=1, labels="a b", cost=2)))
    path = tmp_path / "new folder" / "parameters.json"
    configuration.precompute.write(path)
    assert PrecomputeParameters.read(path) == configuration.precompute
    configuration.training[0].write(path)
    assert TrainingParameters.read(path) == configuration.training[0]
    with pytest.raises(UserError, match="not a parameter file of this version"):
        PrecomputeParameters.read(path)
    with pytest.raises(UserError, match="the ingestion writes this file"):
        TrainingParameters.read(tmp_path / "none.json")
