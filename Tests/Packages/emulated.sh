#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs an agent's package with dpkg into a Debian of its architecture and runs it there, under emulation if need be:
# what is published into it from outside lands in a hub outside, through a kill -9 and an outage.
#
#   Tests/Packages/emulated.sh DEB HUB SUITE [EVENTS]     HUB is a sluice-hub of this machine; 2000 events
#
# Needs root for a user namespace of its own: in there it tells the kernel what runs programs of that architecture
# (https://docs.kernel.org/admin-guide/binfmt-misc.html, since Linux 6.7 by namespace), and nobody else sees that.
set -euo pipefail
cd "$(dirname "$0")/../.."
fail() {
    echo "emulated: $*" >&2
    exit 1
}

# in_namespace OPTIONS... -- COMMAND...: as root of a user namespace with all users.
in_namespace() {
    local options=() child gate
    while [[ $1 != -- ]]; do options+=("$1") && shift; done
    shift
    gate=$(mktemp -u) && mkfifo "$gate"
    # It goes on once its users are mapped, which only its parent may do (user_namespaces(7)).
    unshare --user bash -c 'read -r _ <"$1"; shift; exec "$@"' - "$gate" \
        unshare --mount --pid --fork --kill-child --setuid 0 --setgid 0 "${options[@]}" -- "$@" &
    child=$!
    until [[ $(readlink "/proc/$child/ns/user") != $(readlink /proc/self/ns/user) ]]; do sleep 0.05; done
    echo "0 0 65536" >"/proc/$child/uid_map"
    echo "0 0 65536" >"/proc/$child/gid_map"
    echo >"$gate"
    rm "$gate"
    wait "$child"
}

# In a namespace: gives it its /proc, and has programs of another architecture run by QEMU.
emulate() {
    # The namespace's own: libdispatch looks for its threads there, and ends a program that it does not find them of.
    mount -t proc proc /proc
    [[ $1 == "$(dpkg --print-architecture)" ]] && return
    mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
    case $1 in
    # 64-bit little-endian ELF for AArch64 (e_machine 183), whatever the rest of the header says.
    arm64)
        local magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
        local mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
        echo ":qemu-aarch64:M::$magic:$mask:$(command -v qemu-aarch64-static):F" >/proc/sys/fs/binfmt_misc/register
        ;;
    *) fail "nothing is known to run programs for $1" ;;
    esac
}

case ${1:-} in
--make)
    architecture=$2 suite=$3 tar=$4
    emulate "$architecture"
    mmdebstrap --quiet --mode=root --skip=check/qemu --architectures="$architecture" --variant=minbase \
        --include=adduser,libsqlite3-0,libzstd1,libstdc++6 "$suite" "$tar.new.tar" "${MIRROR:-http://deb.debian.org/debian}"
    mv "$tar.new.tar" "$tar"
    exit
    ;;
--inside) ;;
*)
    (($# >= 3)) || { sed -n '/^#   /s/^#   //p' "$0" >&2 && exit 64; }
    ((EUID == 0)) || fail "needs root"
    deb=$(realpath "$1") hub=$(realpath "$2") suite=$3 events=${4:-2000}
    architecture=$(dpkg-deb -f "$deb" Architecture)
    cache=${CROSS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice-cross}
    tar=$cache/$suite-$architecture.tar
    mkdir -p "$cache"
    if [[ ! -f $tar ]]; then
        echo "emulated: making a Debian $suite for $architecture in $tar"
        in_namespace -- "$0" --make "$architecture" "$suite" "$tar"
    fi
    scratch=$(mktemp -d)
    trap 'rm -rf --one-file-system "$scratch"' EXIT
    mkdir "$scratch/root"
    tar -x -f "$tar" -C "$scratch/root"
    in_namespace --net -- "$0" --inside "$deb" "$hub" "$events" "$scratch"
    exit
    ;;
esac

deb=$2 hub=$3 events=$4 scratch=$5 root=$5/root
architecture=$(dpkg-deb -f "$deb" Architecture)
emulate "$architecture"
mount -t proc proc "$root/proc"
mount --rbind --make-rslave /dev "$root/dev"
ip link set lo up
step() { printf 'emulated: %s: %s\n' "$(. "$root/etc/os-release" && echo "$PRETTY_NAME $architecture")" "$*"; }

in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
cp "$deb" "$root/tmp/sluice.deb"
in_root dpkg -i /tmp/sluice.deb >"$scratch/dpkg.log" 2>&1 || fail "$(cat "$scratch/dpkg.log")"
step "installed $(in_root sluice --version)"

start() {
    # Through a file, as the shell that is to be killed is chroot's.
    (
        echo "$BASHPID" >"$scratch/agent.pid"
        exec chroot "$root" setpriv --reuid sluice --regid sluice --init-groups env -i PATH=/usr/bin:/bin \
            SLUICE_HUB=ws://127.0.0.1:7480 SLUICE_NODE=box sluice agent
    ) >>"$scratch/agent.log" 2>&1 &
    agent=$!
    local deadline=$((SECONDS + 90))
    until in_root sluice status --json >/dev/null 2>&1; do
        ((SECONDS < deadline)) || fail "the agent does not come up: $(tail -5 "$scratch/agent.log")"
        sleep 0.2
    done
}
publish() { seq "$1" "$2" | mosquitto_pub -t test/count -q 1 -l; }

start
publish 1 $((events / 2))
step "killed with $((events / 2)) events and no hub"
{ kill -KILL "$(cat "$scratch/agent.pid")" && wait "$agent" || true; } 2>/dev/null
start
publish $((events / 2 + 1)) "$events"
SLUICE_HUB_STATE_DIR=$scratch/hub "$hub" run >"$scratch/hub.log" 2>&1 &
deadline=$((SECONDS + 120))
until SLUICE_HUB_STATE_DIR=$scratch/hub "$hub" export 2>/dev/null | sed -E 's/.*"payload":"?([0-9]+).*/\1/' |
    cmp -s - <(seq 1 "$events"); do
    ((SECONDS < deadline)) || fail "not what was published: $(SLUICE_HUB_STATE_DIR=$scratch/hub "$hub" export | wc -l) of \
$events events; $(tail -5 "$scratch/agent.log" "$scratch/hub.log")"
    sleep 0.5
done
step "$events events published, as many landed, once each and in order"
