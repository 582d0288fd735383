# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of jobs' logs stay in their folder, whatever clients call a pipeline."""

from pathlib import Path

import pytest
from pachd import Pachd

from embedded_pachd.errors import PachdError
from embedded_pachd.messages import pfs_pb2, pps_pb2
from embedded_pachd.pps.logs import Logs

OUTSIDE = [("..", "kept"), ("default", "../../kept"), ("default", ".."), ("..", ".."), (".", "."), ("default", "")]


@pytest.mark.parametrize(("project", "pipeline"), OUTSIDE)
def test_names_do_not_lead_out_of_the_folder(tmp_path: Path, project: str, pipeline: str) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "logs/default/other").mkdir(parents=True)
    logs = Logs(tmp_path / "logs")
    for absolute in (pipeline, str(tmp_path / "kept")):
        with pytest.raises(PachdError, match="invalid"):
            logs.remove_pipeline(project, absolute)
        with pytest.raises(PachdError, match="invalid"):
            list(logs.read(project, absolute, "job"))
    assert (tmp_path / "kept").is_dir()
    assert (tmp_path / "logs/default/other").is_dir()


@pytest.mark.parametrize(("project", "pipeline"), OUTSIDE)
def test_deleting_a_pipeline_that_is_not_there_removes_nothing(
    pachd: Pachd, root: Path, project: str, pipeline: str
) -> None:
    kept = root / "logs/default/kept"
    kept.mkdir(parents=True, exist_ok=True)
    (root / "kept").mkdir(exist_ok=True)
    for name in filter(None, (pipeline, str(root / "kept"))):
        named = pps_pb2.Pipeline(name=name, project=pfs_pb2.Project(name=project))
        pachd.pps("DeletePipeline", pps_pb2.DeletePipelineRequest(pipeline=named, force=True))
    assert kept.is_dir()
    assert (root / "kept").is_dir()
