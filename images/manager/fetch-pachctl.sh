# shellcheck shell=sh
# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# fetch-pachctl.sh VERSION SHA256 DEST: pachctl from its official release. Where the build cannot reach it, DEST becomes a
# command that says so: everything else of the image works without pachctl.
set -eu
version=$1 sha256=$2 dest=$3
archive="pachctl_${version}_linux_amd64"
release="https://github.com/pachyderm/pachyderm/releases/download/v${version}/${archive}.tar.gz"

if curl --fail --silent --show-error --location --connect-timeout 20 --output /tmp/pachctl.tar.gz "$release"; then
    [ -z "$sha256" ] || echo "$sha256  /tmp/pachctl.tar.gz" | sha256sum --check --quiet
    tar --extract --gzip --file=/tmp/pachctl.tar.gz --directory=/tmp "$archive/pachctl"
    install -m 0755 "/tmp/$archive/pachctl" "$dest"
    exit 0
fi

echo "fetch-pachctl.sh: $release could not be reached: the image is built without pachctl" >&2
cat > "$dest" <<SCRIPT
#!/bin/sh
echo "pachctl ${version} is not in this image: its release could not be reached when the image was built." >&2
echo "Build it where ${release%%/pachyderm/*} can be reached, or use python-pachyderm: python3 -c 'import python_pachyderm'" >&2
exit 127
SCRIPT
chmod 0755 "$dest"
