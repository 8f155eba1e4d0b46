#!/usr/bin/env bash
# From a bare Debian machine to sluice and sluice-hub for another processor: `cross/build.sh [aarch64|x86_64]`.
# What it makes on the way is kept, so that a second run compiles the project only. cross/README.md explains the pieces.
set -euo pipefail
cd "$(dirname "$0")/.."
source cross/lib.sh

usage() {
    cat <<USAGE
usage: cross/build.sh [aarch64|x86_64]      (aarch64 unless said)

Builds both programs for that processor, to run on Debian 12 and later, Raspberry Pi OS 12, Ubuntu 22.04.
They end in .build/cross/ARCHITECTURE.

  CROSS_CACHE           where compiler and libraries are kept: $cache
  CROSS_COMPILER_SUITE  Debian suite that the compiler is from: $compiler_suite
  CROSS_TARGET_SUITE    Debian suite whose C library is linked: $target_suite
  CROSS_MIRROR          Debian mirror: $mirror
USAGE
}

case ${1:-aarch64} in
    aarch64 | arm64) arch=aarch64 debian_arch=arm64 ;;
    x86_64 | amd64) arch=x86_64 debian_arch=amd64 ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 64 ;;
esac
# The C library's symbols that every system named above has.
highest_glibc=2.35

require_tools
mkdir -p "$cache/log"

stage 1 "compiler: Debian $compiler_suite's swiftlang" make_compiler
stage 2 "runtime: the same version for $debian_arch" make_runtime "$arch" "$debian_arch"
stage 3 "system libraries: Debian $target_suite for $debian_arch" make_sysroot "$arch" "$debian_arch"
stage 4 "SDK: $(sdk_of "$arch")" make_sdk "$arch"
stage 5 "sluice and sluice-hub" build_programs "$arch"

out=.build/cross/$arch
printf '\ncompiler  %s\n' "$(in_compiler swiftc --version 2>/dev/null | head -1)"
for program in sluice sluice-hub; do
    symbols=$(in_compiler readelf --dyn-syms -W "/sdk/build-$arch/out/$program" | grep -o 'GLIBC_[0-9.]*' | sort -uV)
    highest=$(tail -1 <<<"$symbols")
    printf '%-9s %s: %s, needs %s, %s as xz\n' "$program" "$out/$program" "$(size_of "$out/$program")" \
        "$highest" "$(xz -9 --stdout "$out/$program" | wc -c | megabytes)"
    if [[ $(printf '%s\nGLIBC_%s\n' "$highest" "$highest_glibc" | sort -V | tail -1) != "GLIBC_$highest_glibc" ]]; then
        fail "$program needs $highest, above $highest_glibc: cross/glibc.c is to give what is newer:" \
            "$(in_compiler readelf --dyn-syms -W "/sdk/build-$arch/out/$program" | grep "$highest")"
    fi
done
