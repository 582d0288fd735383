# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services whose answers do not depend on what is stored: version, cluster, and those that are switched off."""

from typing import Any

from embedded_pachd import PACHD_VERSION
from embedded_pachd.errors import UnimplementedError
from embedded_pachd.messages import admin_pb2, version_pb2
from embedded_pachd.wire.handlers import Call


class VersionService:
    def GetVersion(self, _request: Any, _call: Call) -> Any:
        major, minor, micro = PACHD_VERSION
        return version_pb2.Version(major=major, minor=minor, micro=micro)


class AdminService:
    def __init__(self, cluster_id: str) -> None:
        self._cluster_id = cluster_id

    def InspectCluster(self, _request: Any, _call: Call) -> Any:
        return admin_pb2.ClusterInfo(id=self._cluster_id, deployment_id=self._cluster_id, version_warnings_ok=True)


class NotActivated:
    """Auth and what belongs to it, as a pachd answers on which it was never switched on."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def refuse(_request: Any, _call: Call) -> None:
            raise UnimplementedError("the auth service is not activated")

        return refuse
