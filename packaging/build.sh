#!/usr/bin/env bash
# Builds both programs as users get them: small, with the Swift runtime inside. Prints where they are.
set -euo pipefail
cd "$(dirname "$0")/.."

options=(-c release --static-swift-stdlib -Xlinker --gc-sections)
for product in sluice sluice-hub; do
    swift build "${options[@]}" --product "$product"
done
swift build "${options[@]}" --show-bin-path
