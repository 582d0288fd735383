# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the node's programs. They hold with cgroup v1 and v2, with and without systemd, and in a container."""

from __future__ import annotations

import json
import shlex
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import yaml

from .layout import Node
from .programs import CNI, DEBIAN, PAUSE, Programs

SUPERVISOR_SOCKET = "/run/supervisor.sock"
VOLUMES = "/var/lib/kubelet/local-path"  # where volumes of the default storage class lie
Commands = dict[str, list[str | Path]]


def write(node: Node, programs: Programs) -> None:
    """Write every configuration file of the node."""
    settings = node.folder / "settings"
    settings.mkdir()
    (settings / "containerd.toml").write_text(_containerd(settings))
    (settings / "cni").mkdir()
    (settings / "cni/10-node.conflist").write_text(json.dumps(_cni(node)))
    (settings / "resolv.conf").write_text(f"nameserver {node.address}\n")
    (settings / "kubelet.yaml").write_text(yaml.safe_dump(_kubelet(node)))
    (settings / "proxy.yaml").write_text(yaml.safe_dump(_proxy(node)))
    (settings / "Corefile").write_text(_names(node))
    _local_path(settings)
    with (settings / "supervisord.conf").open("w") as file:
        _supervisor(_first(node, programs), _later(node, programs)).write(file)


def _containerd(settings: Path) -> str:
    # Giving a process a better chance than its parent to survive a lack of memory needs CAP_SYS_RESOURCE.
    cri = "plugins.'io.containerd.grpc.v1.cri'"
    return f"""\
version = 2
[{cri}]
sandbox_image = {json.dumps(PAUSE)}
restrict_oom_score_adj = true
[{cri}.cni]
bin_dir = {json.dumps(str(CNI))}
conf_dir = {json.dumps(str(settings / "cni"))}
"""


def _cni(node: Node) -> dict[str, Any]:
    # Routed, not bridged: traffic between two pods by a service's address then passes the node's rules on both ways.
    return {
        "cniVersion": "1.0.0",
        "name": "node",
        "plugins": [
            {
                "type": "ptp",
                "ipam": {"type": "host-local", "ranges": [[{"subnet": node.pods}]], "routes": [{"dst": "0.0.0.0/0"}]},
            }
        ],
    }


def _kubelet(node: Node) -> dict[str, Any]:
    pki = node.folder / "pki"
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {"anonymous": {"enabled": False}, "x509": {"clientCAFile": str(pki / "ca.crt")}},
        "tlsCertFile": str(pki / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(pki / "kubelet-server.key"),
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{node.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "makeIPTablesUtilChains": False,
        "volumePluginDir": "/var/lib/kubelet/plugins",
        "clusterDomain": "cluster.local",
        "clusterDNS": [node.address],
        "resolvConf": str(node.folder / "settings/resolv.conf"),
        # The disk is the machine's, others fill it too; images are there once and are not loaded again.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "0%", "imagefs.available": "0%"},
        "imageGCHighThresholdPercent": 100,
    }


def _proxy(node: Node) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clusterCIDR": node.pods,
        "hostnameOverride": "node",
        "clientConnection": {"kubeconfig": str(node.folder / "pki/kube-proxy")},
        "conntrack": {"maxPerCore": 0},
        "oomScoreAdj": 0,
    }


def _names(node: Node) -> str:
    return f"""\
. {{
    bind {node.address}
    errors
    kubernetes cluster.local in-addr.arpa {{
        kubeconfig "{node.kubeconfig}"
    }}
}}
"""


def _local_path(settings: Path) -> None:
    """Volumes are folders; a helper pod makes and removes each."""
    paths = [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": [VOLUMES]}]
    (settings / "local-path.json").write_text(json.dumps({"nodePathMap": paths}))
    container = {"name": "helper", "image": DEBIAN, "imagePullPolicy": "Never"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "helper"}, "spec": {"containers": [container]}}
    (settings / "local-path-pod.yaml").write_text(yaml.safe_dump(pod))


def _first(node: Node, programs: Programs) -> Commands:
    """What starts at once."""
    pki = node.folder / "pki"
    return {
        "containerd": ["containerd", "--config", node.folder / "settings/containerd.toml"],
        "etcd": ["etcd", "--data-dir", node.folder / "etcd"],
        "kube-apiserver": [
            programs["kube-apiserver"],
            "--etcd-servers=http://127.0.0.1:2379",
            f"--advertise-address={node.address}",
            f"--service-cluster-ip-range={node.services}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            f"--client-ca-file={pki}/ca.crt",
            f"--tls-cert-file={pki}/kube-apiserver.crt",
            f"--tls-private-key-file={pki}/kube-apiserver.key",
            "--kubelet-preferred-address-types=InternalIP",
            f"--kubelet-certificate-authority={pki}/ca.crt",
            f"--kubelet-client-certificate={pki}/kubelet-client.crt",
            f"--kubelet-client-key={pki}/kubelet-client.key",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={pki}/service-account.key",
            f"--service-account-signing-key-file={pki}/service-account.key",
        ],
    }


def _later(node: Node, programs: Programs) -> Commands:
    """What starts once the API server answers."""
    pki, settings = node.folder / "pki", node.folder / "settings"
    return {
        "kube-controller-manager": [
            programs["kube-controller-manager"],
            f"--kubeconfig={pki}/kube-controller-manager",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            f"--root-ca-file={pki}/ca.crt",
            f"--service-account-private-key-file={pki}/service-account.key",
            "--flex-volume-plugin-dir=/var/lib/kubelet/plugins",
        ],
        "kube-scheduler": [
            programs["kube-scheduler"],
            f"--kubeconfig={pki}/kube-scheduler",
            "--leader-elect=false",
        ],
        "kubelet": [
            programs["kubelet"],
            f"--config={settings}/kubelet.yaml",
            f"--kubeconfig={pki}/kubelet",
            "--hostname-override=node",
            f"--node-ip={node.address}",
        ],
        "kube-proxy": [programs["kube-proxy"], f"--config={settings}/proxy.yaml"],
        "coredns": [programs["coredns"], "-conf", settings / "Corefile"],
        "local-path-provisioner": [
            programs["local-path-provisioner"],
            "start",
            f"--kubeconfig={node.kubeconfig}",
            f"--config={settings}/local-path.json",
            f"--helper-pod-file={settings}/local-path-pod.yaml",
            f"--helper-image={DEBIAN}",
            "--namespace=local-path-storage",
            "--configmap-name=local-path",
            "--service-account-name=default",
        ],
    }


def _supervisor(first: Commands, after: Commands) -> RawConfigParser:
    """Supervisor is the node's first process: it starts the others, starts one that ended again, and writes logs."""
    conf = RawConfigParser()
    log = "/var/log/supervisord.log"
    conf["supervisord"] = {"nodaemon": "true", "user": "root", "logfile": log, "pidfile": "/run/supervisord.pid"}
    conf["unix_http_server"] = {"file": SUPERVISOR_SOCKET}
    conf["supervisorctl"] = {"serverurl": f"unix://{SUPERVISOR_SOCKET}"}
    factory = "supervisor.rpcinterface:make_main_rpcinterface"
    conf["rpcinterface:supervisor"] = {"supervisor.rpcinterface_factory": factory}
    conf["group:later"] = {"programs": ",".join(after)}
    for name, command in (first | after).items():
        conf[f"program:{name}"] = {
            "command": shlex.join(map(str, command)).replace("%", "%%"),
            "autostart": str(name in first).lower(),
            "autorestart": "true",
            "startretries": "30",
            "redirect_stderr": "true",
            "stdout_logfile": f"/var/log/{name}.log",
        }
    return conf
