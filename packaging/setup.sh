#!/usr/bin/env bash
# Installs what building (and, with `test`, testing, or with `cross`, building for ARM and trying that) needs from Debian's packages; says what it does and does it once.
set -euo pipefail

# g++ brings the headers of the one GCC that Swift's Clang finds, whichever this Debian has.
packages=(g++ libsqlite3-dev libzstd-dev pkg-config binutils xz-utils git ca-certificates)
# What Swift's own tools load; curl stands for libcurl, whose package is not named alike everywhere.
packages+=(libncurses6 libxml2 libuuid1 zlib1g curl)
if [[ ${1:-} == test ]]; then
    # For the packages: what checks them, and what makes a Debian to install them in.
    packages+=(python3 python3-venv lintian piuparts man-db systemd dpkg-dev mmdebstrap zsh fish)
    packages+=(openssl mosquitto mosquitto-clients strace iproute2 nftables sqlite3 zstd procps)
fi
if [[ ${1:-} == cross ]]; then
    packages+=(mmdebstrap qemu-user-static binutils-aarch64-linux-gnu dpkg-dev lintian mosquitto-clients iproute2)
fi

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done

if ((${#missing[@]} > 0)); then
    echo "setup: installing ${missing[*]}"
    as_root=()
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "setup: these packages are missing and there is no sudo: as root, run:" \
                "apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q
    # A broker that starts by itself would take port 1883 from the agent: tests start their own.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

if ! command -v swift >/dev/null; then
    echo "setup: swift is not in PATH: install Swift 6.2 or later from https://swift.org/install/linux" >&2
    exit 1
fi
