# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way every module runs: options in, a plan made, carried out unless in check mode, one answer out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any, TypeVar

from ansible.module_utils.basic import AnsibleModule

from ._connection import Connection
from ._errors import UserError
from ._options import argument_spec, build, optional
from ._pachd import Pachd
from ._plan import Plan

Task = TypeVar("Task")
Resource = TypeVar("Resource")


def run(task: type[Task], make_plan: Callable[[Pachd, Task], Plan], **rules: Any) -> None:
    """Run a module whose options are the fields of `task`."""
    module = AnsibleModule({**argument_spec(task), **argument_spec(Connection)}, supports_check_mode=True, **rules)
    _answer(module, lambda pachd: make_plan(pachd, build(task, module.params)))


def run_each(
    task: type[Task],
    resource: type[Resource],
    plural: str,
    make_plan: Callable[[Pachd, Task, tuple[Resource, ...]], Plan],
    **rules: Any,
) -> None:
    """Run a module that takes one `resource` as options of its own, or many of them in the list `plural`."""
    single = argument_spec(resource)
    key = fields(resource)[0].name  # type: ignore[arg-type]
    spec = {
        **optional(single),
        **argument_spec(task),
        **argument_spec(Connection),
        plural: {"type": "list", "elements": "dict", "options": single, "no_log": False},  # the options inside say it
    }
    exclusive = [[name, plural] for name in single]
    module = AnsibleModule(spec, supports_check_mode=True, mutually_exclusive=exclusive, **rules)
    given = module.params[plural]
    if given is None:
        given = [] if module.params[key] is None else [module.params]
    _answer(
        module, lambda pachd: make_plan(pachd, build(task, module.params), tuple(build(resource, one) for one in given))
    )


def _answer(module: AnsibleModule, make_plan: Callable[[Pachd], Plan]) -> None:
    pachd = Pachd(build(Connection, module.params), read_only=module.check_mode)
    try:
        plan = make_plan(pachd)
        result = {"changed": bool(plan.changes), **plan.result}
        if module._diff:  # ten thousand files make a long one
            result["diff"] = [change.diff() for change in plan.changes]
        if plan.changes and not module.check_mode:
            result.update(plan.apply())
        end = partial(module.exit_json, **result)
    except UserError as error:
        end = partial(module.fail_json, msg=str(error), **error.result)
    finally:
        pachd.close()
    for warning in pachd.warnings:
        module.warn(warning)
    end()
