#!/usr/bin/env bash
# Builds Sluice on a fresh Debian 12 or 13 and shows an outage: link cut, agent killed, link restored, nothing lost.
# Options go to `sluice demo`: --json, --file F.jsonl, --rate N.
set -euo pipefail
cd "$(dirname "$0")/.."

# Whoever reads the result of --json reads standard output: what is going on goes to standard error.
echo "quickstart: looking for what the build needs" >&2
packaging/setup.sh >&2
echo "quickstart: building sluice and sluice-hub (the first time takes some minutes)" >&2
directory=$(packaging/build.sh)
echo "quickstart: running $directory/sluice demo${*:+ $*}" >&2
exec "$directory/sluice" demo "$@"
