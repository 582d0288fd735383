# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in to a MariaDB or MySQL server: on this machine, at an address, or in a pod through the Kubernetes API."""

from __future__ import annotations

import time
from typing import Any

PORT = 3306
ACCESS_DENIED = 1045
SECONDS = 30  # to connect
TRIES, PAUSE = 3, 1.0  # a port-forward may break off while it is made


class Unreachable(Exception):
    """The server cannot be asked; the text says why."""


class WrongPassword(Unreachable):
    """User and password do not belong together."""


def connect(place: dict[str, Any], user: str, password: str = "", **options: Any) -> Any:
    """A PyMySQL connection. `place` is {socket}, {host, port} or {kubeconfig, context, namespace, pod}.

    Raises:
        Unreachable: when there is no server, or it does not let the user in (WrongPassword).
    """
    for _again in range(TRIES - 1 if "pod" in place else 0):
        try:
            return _connected(place, user, password, options)
        except WrongPassword:
            raise
        except Unreachable:
            time.sleep(PAUSE)
    return _connected(place, user, password, options)


def _connected(place: dict[str, Any], user: str, password: str, options: dict[str, Any]) -> Any:
    import pymysql

    options = {"user": user, "password": password, "autocommit": True, "connect_timeout": SECONDS, **options}
    try:
        if "pod" in place:
            connection = pymysql.connect(**options, defer_connect=True)
            connection.connect(forwarded(place))
        elif "socket" in place:
            connection = pymysql.connect(**options, unix_socket=place["socket"])
        else:
            connection = pymysql.connect(**options, host=place["host"], port=place["port"])
    except pymysql.err.OperationalError as error:
        kind = WrongPassword if error.args[0] == ACCESS_DENIED else Unreachable
        raise kind(str(error.args[1])) from None
    except (OSError, RuntimeError) as error:  # the latter from a login of MySQL 8 that wants a package of its own
        raise Unreachable(str(error)) from None
    return connection


def forwarded(place: dict[str, Any]) -> Any:
    """A socket that leads to the server's port in its pod."""
    from kubernetes import client, config
    from kubernetes.stream import portforward

    try:
        core = client.CoreV1Api(config.new_client_from_config(place["kubeconfig"], place["context"] or None))
        stream = portforward(
            core.connect_get_namespaced_pod_portforward, place["pod"], place["namespace"], ports=str(PORT)
        )
    except client.ApiException as error:
        raise Unreachable(f"no port-forward to pod {place['pod']}: {error.reason}") from None
    sock = stream.socket(PORT)
    sock.setblocking(True)
    return sock
