# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets over gRPC."""

from __future__ import annotations

from typing import Any

from embedded_pachd.messages import pps_pb2
from embedded_pachd.pps.system import PipelineSystem
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pps_messages import secret_info


class SecretCalls:
    def __init__(self, system: PipelineSystem) -> None:
        self._secrets = system.secrets

    def CreateSecret(self, request: Any, _call: Call) -> None:
        self._secrets.create(request.file)

    def DeleteSecret(self, request: Any, _call: Call) -> None:
        self._secrets.delete(request.secret.name)

    def InspectSecret(self, request: Any, _call: Call) -> Any:
        return secret_info(self._secrets.inspect(request.secret.name))

    def ListSecret(self, _request: Any, _call: Call) -> Any:
        return pps_pb2.SecretInfos(secret_info=map(secret_info, self._secrets.all()))
