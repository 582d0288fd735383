# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services whose answers do not depend on what is stored: version, cluster, and those that are switched off."""

from typing import Any

from embedded_pachd import PACHD_VERSION
from embedded_pachd.errors import PachdError, UnimplementedError
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

        return _refuse


def _refuse(_request: Any, _call: Call) -> None:
    raise UnimplementedError("the auth service is not activated")


def _nothing(_request: Any, _call: Call) -> None:
    """The empty answer."""


class AuthService(NotActivated):
    def Activate(self, _request: Any, _call: Call) -> None:
        raise PachdError(
            "Pachyderm Enterprise is not active in this cluster,"
            " and the Pachyderm auth API is an Enterprise-level feature"
        )

    def GetOIDCLogin(self, _request: Any, _call: Call) -> None:
        raise PachdError("OIDC ID provider configuration not found")


class EnterpriseService:
    """As a pachd without a licence answers: its state is NONE."""

    GetState = GetActivationCode = Deactivate = staticmethod(_nothing)
    PauseStatus = staticmethod(_refuse)


class LicenseService:
    """No licence, and no cluster that has one."""

    GetActivationCode = ListClusters = ListUserClusters = staticmethod(_nothing)
    UpdateCluster = DeleteCluster = DeleteAll = staticmethod(_nothing)

    def AddCluster(self, _request: Any, _call: Call) -> None:
        raise PachdError("enterprise license is not valid - NONE")
