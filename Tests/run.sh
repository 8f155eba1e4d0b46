#!/usr/bin/env bash
# Runs every test on a Debian 12 or 13: installs what the tests need, then `swift test` with the options given.
#
#   Tests/run.sh                                        all, the torture tests bounded
#   Tests/run.sh --filter Storage                       some
#   TORTURE_ROUNDS=500 Tests/run.sh --filter Torture    longer
set -euo pipefail
cd "$(dirname "$0")/.."

packaging/setup.sh test
# /usr/sbin is not in every user's PATH: mosquitto, ip, tc and nft live there.
export PATH="$PATH:/usr/sbin:/sbin"
# The torture tests start both programs.
swift build --product sluice
swift build --product sluice-hub
if (($# > 0)); then exec swift test "$@"; fi
# One after the other: on two cores, tests that wait for sockets starve beside tests that compute. Real processes at full
# speed come last.
swift test --no-parallel --skip Torture
exec swift test --no-parallel --skip-build --filter Torture
