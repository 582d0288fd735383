# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pipeline ``<workflow>-upload`` runs."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cpsign_workflow.digest import payload_sha256
from cpsign_workflow.errors import UserError
from cpsign_workflow.progress import say
from cpsign_workflow.provenance import read_json
from cpsign_workflow.upload import access, modelingweb
from cpsign_workflow.upload.token import Token


def run(aggregate: Path, credentials: Path, output: Path) -> None:
    """Send ``model.jar`` of a mount of ``<workflow>-aggregate`` and write ``receipt.json``.

    The receipt is ``{outcome, workflow, category, payload_sha256, sha256, bytes, to, by, time, answer}``. When nobody
    knows whether the model arrived it is printed (a failed step leaves no files), and the step fails.
    """
    model = aggregate / "model.jar"
    known = access.read(credentials)
    receipt = _describe(model, read_json(aggregate / "configuration.json")) | {
        "to": known.modelweb_url,
        "by": known.user or known.client,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    say(f"upload: {receipt['bytes']:,} bytes of {receipt['workflow']} to {known.modelweb_url} as {receipt['by']}")
    try:
        accepted = modelingweb.send(known.modelweb_url, Token(known), receipt["category"], model)
    except modelingweb.Unknown as unknown:
        say("upload: receipt " + json.dumps(receipt | {"outcome": "unknown", "answer": str(unknown)}))
        raise UserError(
            f"{unknown}. Whether the model arrived is not known, so it is not sent again: look at Modelingweb, and "
            "when it is not there run promote.yml with -e upload=again"
        ) from None
    receipt |= {"outcome": "accepted", "answer": accepted.content}
    (output / "receipt.json").write_text(json.dumps(receipt, indent=2) + "\n", encoding="utf-8")
    say(f"upload: accepted, HTTP {accepted.status}")


def _describe(model: Path, configuration: dict[str, Any]) -> dict[str, Any]:
    payload = payload_sha256(model)
    with model.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    workflow = configuration["workflow_name"]
    return {
        "workflow": workflow,
        "category": configuration.get("cpsign", {}).get("model-category", workflow),
        "payload_sha256": payload,
        "sha256": digest,
        "bytes": model.stat().st_size,
    }
