#!/usr/bin/env bash
# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Bring CPSign's jars into FOLDER for the packages' own tests: jars.sh FOLDER. Does nothing when they are there and whole.
set -eu
package=packages/cpsign-workflow
checksums="$PWD/$package/src/cpsign_workflow/cpsign/jars.sha256"
mkdir -p "$1"
if (cd "$1" && sha256sum --check --status "$checksums" 2>/dev/null); then
    exit 0
fi
mvn -q -B -f "$package/pom.xml" dependency:copy-dependencies -DoutputDirectory="$1"
cd "$1" && sha256sum --check --quiet "$checksums"
