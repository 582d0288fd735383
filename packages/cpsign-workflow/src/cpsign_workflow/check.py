# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``check``: is a configuration fit to be pushed?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cpsign_workflow import configuration as configurations
from cpsign_workflow.configuration import FileSource
from cpsign_workflow.configuration.schema import nearest
from cpsign_workflow.errors import UserError


def check(path: Path, workflows: Sequence[str]) -> dict[str, Any]:
    """Check the file; return its ``workflow_name``, ``warnings`` and ``source`` ({file} or {database}).

    With ``workflows`` its workflow must be one of them. Raises :class:`UserError` with everything that is wrong.
    """
    configuration = configurations.load(path)
    name, source = configuration.workflow_name, configuration.source
    if workflows and name not in workflows:
        raise UserError(f"{path.name}: there is no workflow {name!r} (workflow_name){nearest(name, list(workflows))}")
    return {
        "workflow_name": name,
        "warnings": list(configuration.warnings),
        "source": {"file": source.file} if isinstance(source, FileSource) else {"database": source.db_name},
    }
