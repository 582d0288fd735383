# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pps_v2.API: the pipeline system over gRPC."""

from __future__ import annotations

from typing import Any

from embedded_pachd.errors import PachdError, UnimplementedError
from embedded_pachd.pps.system import PipelineSystem
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pps_datums import DatumCalls
from embedded_pachd.wire.pps_jobs import JobCalls
from embedded_pachd.wire.pps_logs import LogCalls
from embedded_pachd.wire.pps_pipelines import PipelineCalls
from embedded_pachd.wire.pps_secrets import SecretCalls
from embedded_pachd.wire.steps import Steps


class PpsService(PipelineCalls, JobCalls, DatumCalls, LogCalls, SecretCalls):
    """Every call that is served, one class for each kind of thing."""

    def __init__(self, system: PipelineSystem, steps: Steps) -> None:
        PipelineCalls.__init__(self, system, steps)
        JobCalls.__init__(self, system, steps)
        DatumCalls.__init__(self, system)
        LogCalls.__init__(self, system)
        SecretCalls.__init__(self, system)

    def GetKubeEvents(self, _request: Any, _call: Call) -> None:
        raise PachdError("loki not configured, is it running in the same namespace as pachd?")

    QueryLoki = GetKubeEvents

    def ActivateAuth(self, _request: Any, _call: Call) -> None:
        raise UnimplementedError("the auth service is not activated")
