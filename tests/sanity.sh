#!/usr/bin/env bash
# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# `ansible-test sanity` without containers: sanity.sh BIN, the folder of ansible-test.
#
# ansible-test insists on …/ansible_collections/NAMESPACE/NAME under git, so what git knows is copied there. It makes an
# environment for each of its tests and would download pip's installer for them; ensurepip does the same without a download.
set -eu
bin=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME="${PWD}/.cache/ansible-test"
collection="$folder/ansible_collections/pharmbio/cpsign"
mkdir -p "$HOME/.ansible/test/cache" "$HOME/.config/pip" "$collection"

cat > "$HOME/.ansible/test/cache/get_pip_24_2.py" <<'PYTHON'
import ensurepip
import os
import re
import subprocess
import sys

ensurepip.bootstrap(default_pip=True)
os.environ.pop("PIP_CONFIG_FILE", None)
wanted = [word for word in sys.argv[1:] if re.match(r"(pip|setuptools|wheel)\b", word)]
if wanted:
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", *wanted])
PYTHON
# ansible-test hides PIP_CERT from its environments; a site's own CA must still be known there.
printf '[global]\n%s\n' "${PIP_CERT:+cert = $PIP_CERT}" > "$HOME/.config/pip/pip.conf"

git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$collection"
cd "$collection"
git init -q
git add --all
python=$("$bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$bin/ansible-test" sanity --local --python "$python" --color no
