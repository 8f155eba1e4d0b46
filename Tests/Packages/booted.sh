#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The packages under a real systemd, booted in namespaces of its own: started by the installation, inside the sandbox of
# their units, stopped and started again by the watchdog, refused for good where the configuration is.
#
#   Tests/Packages/booted.sh DIRECTORY     of both packages; SUITE=trixie for a Debian 13
#
# Needs root and a cgroup2 hierarchy that it may make a group in; not part of .ci/run, as few containers have that.
set -euo pipefail
cd "$(dirname "$0")/../.."
fail() {
    echo "booted: $*" >&2
    exit 1
}

if [[ ${1:-} == --boot ]]; then
    # First in its namespaces: becomes systemd.
    root=$2
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    # With the namespace, this is the group that was made for it and nothing above.
    mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    for directory in run tmp dev; do mount -t tmpfs tmpfs "$root/$directory"; done
    for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    ip link set lo up
    mkdir "$root/old"
    cd "$root"
    pivot_root . old
    umount -l old
    exec env -i container=namespaces PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd </dev/null
fi

((EUID == 0)) || fail "needs root"
packages=$(realpath "${1:?the directory of the packages}")
suite=${SUITE:-bookworm}
debian=$PWD/.build/deb/$suite-systemd.tar
mkdir -p .build/deb
if [[ ! -f $debian ]]; then
    echo "booted: making $debian"
    mmdebstrap --quiet --variant=minbase \
        --include=systemd,systemd-sysv,dbus,procps,adduser,libsqlite3-0,libzstd1,libstdc++6 "$suite" \
        "${debian%.tar}.new.tar" "${MIRROR:-http://deb.debian.org/debian}"
    mv "${debian%.tar}.new.tar" "$debian"
fi
hierarchy=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
group=$hierarchy/sluice-booted-$$
mkdir "${group:?}" 2>/dev/null || fail "cannot make a group in the cgroup2 hierarchy ${hierarchy:-(there is none)}"
root=$(mktemp -d)
launcher=""
cleanup() {
    # Whatever it started ends with the first process of its namespace.
    [[ -z $launcher ]] || { kill -KILL "$launcher" && wait "$launcher"; } 2>/dev/null || true
    for _ in {1..50}; do
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [[ -d $group ]] || break
        sleep 0.1
    done
    rm -rf --one-file-system "$root"
}
trap cleanup EXIT
tar -x -f "$debian" -C "$root"
cp "$packages"/sluice*.deb "$root/root"

bash -c 'echo $$ >"$0/cgroup.procs" && exec unshare --mount --pid --net --ipc --uts --cgroup --fork --kill-child "$@"' \
    "$group" "$0" --boot "$root" &
launcher=$!
first=""
inside() { nsenter -t "$first" -m -p -n -i -u -C env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"; }
# await SECONDS WHAT COMMAND...: until the command succeeds.
await() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || fail "$what"
        sleep 0.2
    done
}
is_booted() {
    local state
    first=$(cat "/proc/$launcher/task/$launcher/children") && first=${first%% *} && [[ -n $first ]] || return 1
    # Its exit code says no for a system where anything at all has failed.
    state=$(inside systemctl is-system-running) || true
    [[ $state == running || $state == degraded ]]
}
journal() { inside journalctl -b -u "$1" -o cat --no-pager; }
# Not grep -q: journalctl would end by a signal when grep has seen enough.
says() { journal "$1" | grep -F -- "$2" >/dev/null; }
property() { inside systemctl show -P "$2" "$1"; }
await 60 "systemd does not come up" is_booted

inside sh -c 'dpkg -i /root/sluice*.deb' >"$root.log" 2>&1 || fail "$(cat "$root.log")"
rm -f "$root.log"
for name in sluice sluice-hub; do
    await 30 "$name does not start: $(journal "$name")" inside systemctl is-active --quiet "$name"
    process=$(property "$name" MainPID)
    inside grep -qE '^Seccomp:\s2' "/proc/$process/status" || fail "$name is not confined"
    inside grep -qE '^CapEff:\s0+$' "/proc/$process/status" || fail "$name has capabilities"
    inside systemctl is-enabled --quiet "$name" || fail "$name is not enabled"
    echo "booted: $name: $(property "$name" StatusText)"
done

inside sed -i 's|^#SLUICE_HUB=.*|SLUICE_HUB=ws://127.0.0.1:7480|' /etc/default/sluice
inside systemctl restart sluice
inside sh -c 'seq 1 1000 | sluice pub booted/count'
await 30 "the events do not land" inside sh -c '[ "$(sluice-hub export | wc -l)" = 1000 ]'
echo "booted: 1000 events landed"

inside sh -c 'mkdir -p /run/systemd/system/sluice.service.d &&
    printf "[Service]\nWatchdogSec=5\n" >/run/systemd/system/sluice.service.d/watchdog.conf &&
    systemctl daemon-reload && systemctl restart sluice'
process=$(property sluice MainPID)
# Longer than the watchdog's time: signs of life come.
sleep 8
[[ $(property sluice MainPID) == "$process" ]] || fail "killed although it is alive: $(journal sluice)"
inside kill -STOP "$process"
await 30 "the watchdog does not see that it hangs" says sluice 'gave no sign of life'
await 30 "it is not started again" inside systemctl is-active --quiet sluice
echo "booted: hung, killed and started again"

inside sh -c 'cp /etc/default/sluice /root/default && echo SLUICE_MTU=12 >>/etc/default/sluice'
inside systemctl restart sluice 2>/dev/null && fail "it starts with a variable that is not allowed"
says sluice 'SLUICE_MTU=12 is not allowed: a whole number' || fail "$(journal sluice)"
says sluice 'correct /etc/default/sluice, then: systemctl restart sluice' || fail "$(journal sluice)"
[[ $(property sluice ActiveState) == failed ]] || fail "it is started again and again"
inside sh -c 'cp /root/default /etc/default/sluice && systemctl restart sluice'
echo "booted: refused for good, with what to do"

inside systemctl stop sluice
[[ $(property sluice Result) == success ]] || fail "stopping: $(property sluice Result)"
inside dpkg -P sluice sluice-hub >/dev/null 2>&1
! inside systemctl is-active --quiet sluice-hub || fail "the hub still runs"
echo "booted: ok"
