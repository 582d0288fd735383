#!/bin/sh
# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Make the controller's Python environment, or bring it up to date: environment.sh FOLDER REQUIREMENTS...
# Does nothing when the folder was made from these very files. Run from the repository's root.
set -eu

folder=$1
shift
stamp="$folder/made-from"

find_python() {
    for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    echo "environment.sh: no Python 3.11, 3.12 or 3.13 on PATH; install one or name it: make PYTHON=/path/to/python3" >&2
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

python=$(find_python)
wanted=$("$python" -V; cat "$@" requirements/constraints.txt)
if [ -f "$stamp" ] && [ "$wanted" = "$(cat "$stamp")" ]; then
    exit 0
fi

# Debian splits ensurepip from Python.
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    echo "environment.sh: installing Debian's python3-venv, which $python lacks"
    as_root apt-get install -y -q python3-venv
fi

echo "environment.sh: making $folder (a minute or two the first time)"
"$python" -m venv --clear "$folder"
for requirements in "$@"; do
    "$folder/bin/python" -m pip install -q --disable-pip-version-check -c requirements/constraints.txt -r "$requirements"
done

# The checkout is the collection: Ansible finds it beside those that came with the ansible package.
collections=$(echo "$folder"/lib/python3.*/site-packages/ansible_collections)
mkdir -p "$collections/pharmbio"
ln -sfn "$PWD" "$collections/pharmbio/cpsign"
printf '%s\n' "$wanted" > "$stamp"
