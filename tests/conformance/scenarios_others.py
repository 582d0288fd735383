# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transactions, and the services beside pfs and pps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from record import create, pipeline_states, spec, wait
from steps import each_step


def transactions_more(r: Any, c: Any, image: str) -> None:
    for each in list(c.list_transaction()):
        c.delete_transaction(each)
    one = c.start_transaction()
    each_step(
        r,
        {
            "inspect": lambda: c.inspect_transaction(one),
            "list": c.list_transaction,
            "inspect missing": lambda: c.inspect_transaction("0" * 32),
            "delete missing": lambda: c.delete_transaction("0" * 32),
            "finish missing": lambda: c.finish_transaction("0" * 32),
            "finish empty": lambda: c.finish_transaction(one),
            "finish again": lambda: c.finish_transaction(one),
        },
    )

    def inside(what: str, *calls: Callable[[], Any]) -> None:
        def run() -> Any:
            with c.transaction() as t:
                for call in calls:
                    call()
            return t

        r.step(what, run)

    inside("nothing")
    inside("two repos", lambda: c.create_repo("a"), lambda: c.create_repo("b"))
    inside("same repo twice", lambda: c.create_repo("x"), lambda: c.create_repo("x"))
    inside("create and delete", lambda: c.create_repo("y"), lambda: c.delete_repo("y"))
    inside("branch of new repo", lambda: c.create_repo("z"), lambda: c.create_branch("z", "m"))
    inside("branch of missing repo", lambda: c.create_branch("none", "m"))
    inside("start and finish", lambda: c.start_commit("a", "master"), lambda: c.finish_commit(("a", "master")))
    inside("start twice", lambda: c.start_commit("a", "master"), lambda: c.start_commit("a", "master"))
    inside("two branches", lambda: c.start_commit("b", "one"), lambda: c.start_commit("b", "two"))
    inside("put inside", lambda: c.put_file_bytes(("a", "master"), "/f", b"1"))
    inside("list inside", c.list_repo)
    inside("inspect inside", lambda: c.inspect_repo("a"))
    inside("delete branch", lambda: c.delete_branch("b", "two"))
    inside("squash", lambda: c.squash_commit(next(iter(c.list_commit("a"))).commit.id))
    inside("pipeline", lambda: create(c, spec("p", "a", image, "true")))
    inside(
        "two pipelines",
        lambda: create(c, spec("p2", "a", image, "true")),
        lambda: create(c, spec("p3", "p2", image, "true")),
    )
    inside("pipeline and its input", lambda: c.create_repo("n"), lambda: create(c, spec("p4", "n", image, "true")))
    inside(
        "same pipeline twice",
        lambda: create(c, spec("p5", "a", image, "true")),
        lambda: create(c, spec("p5", "a", image, "true")),
    )
    inside("update in it", lambda: create(c, spec("p", "a", image, "true"), update=True))
    inside("missing input", lambda: create(c, spec("p6", "none", image, "true")))
    inside("stop job inside", lambda: c.stop_job("0" * 32, "p"))
    inside("stop pipeline inside", lambda: c.stop_pipeline("p"))
    inside("delete pipeline inside", lambda: c.delete_pipeline("p4"))
    wait(c, "p3")
    r.step("repos", lambda: [x.repo.name for x in c.list_repo()])
    r.step("pipelines", lambda: [[x.pipeline.name, x.version] for x in c.list_pipeline()])
    r.step("jobs", lambda: {name: pipeline_states(c, name) for name in ("p", "p2", "p3", "p4")})
    r.step("branches", lambda: [x.branch.name for x in c.list_branch("b")])
    r.step("list at end", c.list_transaction)


def others(r: Any, c: Any, _image: str) -> None:
    from google.protobuf.duration_pb2 import Duration
    from python_pachyderm.proto.v2.auth import auth_pb2 as auth

    whatever = auth.Resource(type=auth.ResourceType.REPO, name="x")
    each_step(
        r,
        {
            "version": c.get_remote_version,
            "cluster": lambda: c.inspect_cluster().version_warnings_ok,
            "health": c.health_check,
            "activate auth": c.activate_auth,
            "deactivate auth": c.deactivate_auth,
            "auth configuration": c.get_auth_configuration,
            "set auth configuration": lambda: c.set_auth_configuration(auth.OIDCConfig(issuer="x")),
            "role binding": lambda: c.get_role_binding(whatever),
            "modify role binding": lambda: c.modify_role_binding(whatever, "me", roles=["repoReader"]),
            "oidc login": c.get_oidc_login,
            "authenticate oidc": lambda: c.authenticate_oidc("x"),
            "authenticate id token": lambda: c.authenticate_id_token("x"),
            "authorize": lambda: c.authorize(whatever, [auth.Permission.REPO_READ]),
            "who am i": c.who_am_i,
            "roles for permission": lambda: c.get_roles_for_permission(auth.Permission.REPO_READ),
            "robot token": lambda: c.get_robot_token("r"),
            "revoke": lambda: c.revoke_auth_token("x"),
            "set groups": lambda: c.set_groups_for_user("u", ["g"]),
            "modify members": lambda: c.modify_members("g", add=["u"]),
            "groups": c.get_groups,
            "users": lambda: c.get_users("g"),
            "extract": c.extract_auth_tokens,
            "restore": c.restore_auth_token,
            "enterprise state": c.get_enterprise_state,
            "activation code": c.get_activation_code,
            "deactivate enterprise": c.deactivate_enterprise,
            "pause status": c.get_pause_status,
            "activate license": lambda: c.activate_license("x"),
            "add cluster": lambda: c.add_cluster("i", "a"),
            "update cluster": lambda: c.update_cluster("i", "a", "b", "c"),
            "delete cluster": lambda: c.delete_cluster("i"),
            "list clusters": c.list_clusters,
            "list user clusters": c.list_user_clusters,
            "delete license": c.delete_all_license,
            "identity config": c.get_identity_server_config,
            "idp connectors": c.list_idp_connectors,
            "idp connector": lambda: c.get_idp_connector("x"),
            "delete idp connector": lambda: c.delete_idp_connector("x"),
            "oidc clients": c.list_oidc_clients,
            "oidc client": lambda: c.get_oidc_client("x"),
            "delete oidc client": lambda: c.delete_oidc_client("x"),
            "delete identity": c.delete_all_identity,
            "kube events": lambda: list(c.get_kube_events(Duration(seconds=1))),
            "loki": lambda: list(c.query_loki("{}", Duration(seconds=1))),
        },
    )


SCENARIOS = [transactions_more, others]
