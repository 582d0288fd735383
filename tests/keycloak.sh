#!/usr/bin/env bash
# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Bring a real Keycloak into FOLDER for the tests of the upload: keycloak.sh FOLDER. Does nothing when it is there.
set -eu
version=26.7.3
folder=$(realpath -m "$1")
if [ "$(cat "$folder/version.txt" 2>/dev/null)" = "Keycloak - Version $version" ]; then
    exit 0
fi
rm -rf "$folder" "$folder.unpacked"
mkdir -p "$folder.unpacked"
cd "$folder.unpacked"  # Maven leaves marker files where it runs
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip" -DoutputDirectory="$folder.unpacked"
"$folder.unpacked/keycloak-$version/bin/kc.sh" build --db=dev-mem --cache=local
mv "$folder.unpacked/keycloak-$version" "$folder"
rm -rf "$folder.unpacked"
