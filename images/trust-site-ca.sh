# shellcheck shell=sh
# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Let apt, pip, curl and Java of a build stage trust the authorities of a site, given as the build secret `ca` (PEM, one or more).
set -eu
[ -s /run/secrets/ca ] || exit 0
csplit --quiet --elide-empty-files --prefix=/usr/local/share/ca-certificates/site- --suffix-format=%03d.crt \
    /run/secrets/ca '/-----BEGIN CERTIFICATE-----/' '{*}'
update-ca-certificates > /dev/null 2>&1
