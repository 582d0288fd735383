# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client for pipelines, with plain arguments."""

from json import dumps
from typing import Any

from client import Client, repo
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict

from embedded_pachd.messages import pfs_pb2, pps_pb2

PPS = "pps_v2.API"


class Pachd(Client):
    """The calls of pps that the tests make, with plain arguments."""

    def pps(self, rpc: str, request: Any) -> Any:
        return self.call(rpc, request, PPS)

    def files(self, name: str, **content: str) -> None:
        self.put(name, ((f"/{path}", text.encode()) for path, text in content.items()))

    def create(self, name: str, script: str, source: str | dict[str, Any], **more: Any) -> None:
        """A pipeline whose step is a shell script; `source` is a repo (one datum for each file) or an input tree."""
        tree = {"pfs": {"repo": source, "glob": "/*"}} if isinstance(source, str) else source
        transform = {"image": "alpine", "cmd": ["sh"], "stdin": script.splitlines(), **more.pop("transform", {})}
        body = {"pipeline": {"name": name}, "transform": transform, "input": tree, **more}
        self.pps("CreatePipeline", ParseDict(body, pps_pb2.CreatePipelineRequest()))

    def head_id(self, name: str) -> str:
        request = pfs_pb2.InspectBranchRequest(branch=pfs_pb2.Branch(repo=repo(name), name="master"))
        return str(self.call("InspectBranch", request).head.id)

    def job(self, name: str, job_id: str = "") -> Any:
        return pps_pb2.Job(pipeline=pps_pb2.Pipeline(name=name), id=job_id or self.head_id(name))

    def wait(self, name: str, job_id: str = "") -> Any:
        """The newest job of the pipeline once it has finished."""
        return self.pps("InspectJob", pps_pb2.InspectJobRequest(job=self.job(name, job_id), wait=True, details=True))

    def jobs(self, name: str) -> list[Any]:
        return list(self.pps("ListJob", pps_pb2.ListJobRequest(pipeline=pps_pb2.Pipeline(name=name))))

    def datums(self, name: str, job_id: str = "") -> list[Any]:
        return list(self.pps("ListDatum", pps_pb2.ListDatumRequest(job=self.job(name, job_id))))

    def said(self, name: str, **more: Any) -> list[str]:
        request = pps_pb2.GetLogsRequest(pipeline=pps_pb2.Pipeline(name=name), **more)
        return [line.message for line in self.pps("GetLogs", request) if line.user]

    def secret(self, name: str, **data: str) -> None:
        manifest = {"metadata": {"name": name}, "stringData": data}
        self.pps("CreateSecret", pps_pb2.CreateSecretRequest(file=dumps(manifest).encode()))

    def delete_everything(self) -> None:
        self.pps("DeleteAll", Empty())
        self.call("DeleteAll", Empty())
        for info in self.pps("ListSecret", Empty()).secret_info:
            self.pps("DeleteSecret", pps_pb2.DeleteSecretRequest(secret=info.secret))
