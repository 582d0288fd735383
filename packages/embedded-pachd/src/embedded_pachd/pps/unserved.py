# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a specification may ask for that only a cluster can do: it is accepted, as by pachd, and then said plainly."""

from __future__ import annotations

from collections.abc import Iterator

from embedded_pachd.messages import pps_pb2
from embedded_pachd.pps import egress
from embedded_pachd.pps.inputs import leaves


def reason(details: pps_pb2.PipelineInfo.Details) -> str:
    """Why neither the pipeline nor its jobs can run here; empty when they can."""
    asked = ", ".join(_asked(details))
    return f"embedded-pachd does not serve {asked}: take it out of the specification, or use a cluster" if asked else ""


def _asked(details: pps_pb2.PipelineInfo.Details) -> Iterator[str]:
    for field in ("spout", "service", "tf_job", "determined"):
        if details.HasField(field):
            yield field
    if details.HasField("egress") and not egress.is_served(details.egress):
        yield "egress to anything but a file:///… URL"
    if details.s3_out:
        yield "s3_out"
    if details.transform.datum_batching:
        yield "datum_batching"
    if details.HasField("input") and any(leaf.pfs.s3 for leaf in leaves(details.input)):
        yield "s3 inputs"
