#!/usr/bin/env bash
# Installs the real servers that some tests run beside, from Debian's packages, and leaves none of
# them running. Tests that need one skip with a visible reason where this could not be done.
set -uo pipefail

packages=(prometheus prometheus-node-exporter tmux)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "all there: ${packages[*]}"
  exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "cannot install ${missing[*]}: needs apt-get and root; tests beside them will be skipped"
  exit 0
fi

# Debian's packages start their services; this keeps them from doing so.
policy=/usr/sbin/policy-rc.d
made_policy=no
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  made_policy=yes
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
code=$?
[ "$made_policy" = yes ] && rm -f "$policy"
if [ $code -ne 0 ]; then
  echo "could not install ${missing[*]} (apt-get exit $code); tests beside them will be skipped"
fi
exit 0
