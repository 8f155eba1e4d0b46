#!/usr/bin/env bash
# Builds both programs as users get them: small, with the Swift runtime inside. Prints where they are, and on standard error
# how it goes.
set -euo pipefail
cd "$(dirname "$0")/.."

# The runtime's libraries need not be visible from outside: hiding them lets the linker drop what nothing uses.
options=(-c release --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker --gc-sections)
options+=(-Xlinker --exclude-libs=ALL -Xlinker --no-export-dynamic)
for product in sluice sluice-hub; do
    swift build "${options[@]}" --product "$product" >&2
done
swift build "${options[@]}" --show-bin-path
