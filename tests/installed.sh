#!/usr/bin/env bash
# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# The collection as a user of Galaxy has it: built, installed elsewhere, every plugin documented, every playbook found
# by its full name: installed.sh BIN, the folder of ansible-playbook.
set -eu
bin=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$folder" 2>/dev/null ||
    { echo "installed.sh: a file that git lists is missing from the work tree" >&2; exit 1; }
"$bin/ansible-galaxy" collection build -v "$folder" --output-path "$folder/built" >/dev/null
"$bin/ansible-galaxy" collection install --offline --no-deps --force -p "$folder/collections" "$folder"/built/*.tar.gz >/dev/null 2>&1

export ANSIBLE_COLLECTIONS_PATH="$folder/collections" ANSIBLE_CONFIG="$folder/none.cfg"
touch "$folder/none.cfg"
cd "$folder/collections"
for module in ansible_collections/pharmbio/cpsign/plugins/modules/*.py; do
    echo "pharmbio.cpsign.$(basename "$module" .py)"
done | xargs "$bin/ansible-doc" --type module --json >/dev/null
for playbook in ansible_collections/pharmbio/cpsign/playbooks/*.yml; do
    name=pharmbio.cpsign.$(basename "$playbook" .yml)
    echo "installed.sh: $name"
    "$bin/ansible-playbook" --syntax-check -i localhost, -e config=none "$name" >/dev/null
done
