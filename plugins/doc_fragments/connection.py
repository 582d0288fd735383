# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module of this collection documents alike."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that say where pachd is, and how modules behave."""

    DOCUMENTATION = r"""
options:
  address:
    description:
      - Where pachd listens, as C(host:port), C(grpc://host:port), C(grpcs://host:port) (with TLS) or C(unix:///path).
      - Without it pachd is reached through O(kubeconfig), O(context) or O(namespace) when one of them is given, else
        at the address of the environment variable E(PACHD_ADDRESS), else at that of the context of O(config), else at
        C(127.0.0.1:30650).
    type: str
  token:
    description:
      - The token that pachd wants. Without it the environment variable E(PACH_PYTHON_AUTH_TOKEN) is used, then the
        session token of the context that the address came from.
    type: str
  ca_file:
    description:
      - The certificate (PEM) of the authority that signed the server's certificate. Switches TLS on.
    type: path
  config:
    description:
      - The configuration file of pachctl. Without it the environment variable E(PACH_CONFIG) is used, then
        C(~/.pachyderm/config.json) if that exists.
    type: path
  config_context:
    description:
      - The context of O(config) to use. Without it E(PACH_CONTEXT) names it, then the file's active context.
    type: str
  kubeconfig:
    description:
      - The configuration file of kubectl. It, O(context) or O(namespace) lets the module connect to the pod of pachd
        through the Kubernetes API, without a port-forward that somebody has to keep running; this needs the permission
        to list C(pods) and to get (with Kubernetes 1.35 and later to create) C(pods/portforward).
      - With O(address) only the state of pods is read there, to tell why a job cannot go on.
      - Without it the environment variable E(K8S_AUTH_KUBECONFIG) is used, then E(KUBECONFIG), then C(~/.kube/config).
    type: path
  context:
    description:
      - The context of O(kubeconfig). Without it the environment variable E(K8S_AUTH_CONTEXT) names it, then it is the
        file's active context.
    type: str
  namespace:
    description:
      - The Kubernetes namespace of pachd; that of O(context), else C(default), when not given.
    type: str
  connect_timeout:
    description:
      - How many seconds to try again while the server cannot be reached.
    type: int
    default: 10
requirements:
  - python >= 3.11
  - python-pachyderm == 7.6.0
  - kubernetes >= 24, with O(kubeconfig), O(context) or O(namespace)
  - numpy, to compare files of 1 MB and more
  - PyYAML, to read pipelines from YAML files
attributes:
  check_mode:
    description: Can run in check mode and say what would change, without writing anything.
    support: full
  diff_mode:
    description: Says what would change, or has changed, in diff mode.
    support: full
  idempotent:
    description: Changes nothing when run a second time.
    support: full
  action_group:
    description: Use C(group/pharmbio.cpsign.pachyderm) in C(module_defaults) to give the connection once.
    support: full
    membership:
      - pharmbio.cpsign.pachyderm
"""
