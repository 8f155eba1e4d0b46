#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The life of the packages as dpkg lives it, in a Debian 12 of its own: install, buffer events, upgrade with them in the
# store, remove, install again, drain into a hub, purge; then what was published is compared with what the hub exports.
#
#   Tests/Packages/lifecycle.sh OLD NEW [EVENTS]     directories of two versions' packages; 100000 events
#   SUITE=trixie ...                                 in a Debian 13
#
# Needs root. There is no systemd in there: the services are started by hand, as their units say.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [[ ${1:-} != --inside ]]; then
    (($# >= 2)) || {
        echo "lifecycle: the directories of two versions' packages are missing" >&2
        exit 64
    }
    old=$(realpath "$1") new=$(realpath "$2") events=${3:-100000}
    if ((EUID != 0)); then exec sudo SUITE="${SUITE:-}" MIRROR="${MIRROR:-}" "$0" "$old" "$new" "$events"; fi
    suite=${SUITE:-bookworm}
    debian=$PWD/.build/deb/$suite.tar
    mkdir -p .build/deb
    if [[ ! -f $debian ]]; then
        echo "lifecycle: making $debian"
        mmdebstrap --quiet --variant=minbase --include=adduser,libsqlite3-0,libzstd1,libstdc++6 "$suite" \
            "${debian%.tar}.new.tar" "${MIRROR:-http://deb.debian.org/debian}"
        mv "${debian%.tar}.new.tar" "$debian"
    fi
    root=$(mktemp -d)
    trap 'rm -rf --one-file-system "$root"' EXIT
    tar -x -f "$debian" -C "$root"
    # Its own processes, mounts and network: whatever it starts ends with it, and the default ports are free.
    unshare --mount --pid --net --fork --kill-child "$0" --inside "$root" "$old" "$new" "$events"
    exit
fi

root=$2 old=$3 new=$4 events=$5
mount -t proc proc "$root/proc"
mount --rbind --make-rslave /dev "$root/dev"
ip link set lo up
declare -A jobs=()

step() { printf 'lifecycle: %s\n' "$*"; }
fail() {
    echo "lifecycle: $*" >&2
    tail -n 5 "$root"/tmp/*.log >&2 2>/dev/null || true
    exit 1
}
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }
deb() { echo "$1/$2"_*_"$(dpkg --print-architecture)".deb; }
install_deb() {
    cp "$1" "$root/tmp/package.deb"
    in_root dpkg -i /tmp/package.deb >"$root/tmp/dpkg.log" 2>&1 || fail "cannot install $1: $(cat "$root/tmp/dpkg.log")"
}
unit() { sed -n "s/^$2=//p" "$root/usr/lib/systemd/system/$1.service"; }

# as_unit NAME: runs the service in the foreground with the user, the variables and the directory of its unit.
as_unit() (
    user=$(unit "$1" User) command=$(unit "$1" ExecStart) state=/var/lib/$(unit "$1" StateDirectory)
    mapfile -t set < <(grep -vE '^(#|;|$)' "$root/etc/default/$1" | tr -d '"' || true)
    echo "$BASHPID" >"$root/tmp/$1.pid"
    # shellcheck disable=SC2086 # The command is several words.
    exec chroot "$root" setpriv --reuid "$user" --regid "$user" --init-groups env -i PATH=/usr/bin:/bin \
        STATE_DIRECTORY="$state" JOURNAL_STREAM=1:1 "${set[@]}" $command
)
# start NAME [VERB]: and waits until it answers.
start() {
    as_unit "$1" >>"$root/tmp/$1.log" 2>&1 &
    local deadline=$((SECONDS + 60))
    until in_root "$1" status --json >"$root/tmp/$1.status" 2>/dev/null; do
        ((SECONDS < deadline)) || fail "$1 does not come up"
        sleep 0.1
    done
    jobs[$1]=$!
}
# stop NAME SIGNAL
stop() {
    local status=0
    kill "-$2" "$(cat "$root/tmp/$1.pid")"
    # The shell would say that it was killed.
    { wait "${jobs[$1]}" || status=$?; } 2>/dev/null
    [[ $2 == KILL || $status == 0 ]] || fail "$1 ended with $status"
}
backlog() { in_root sluice status --json | grep -oE '"backlog_events":[0-9]+' | cut -d: -f2; }
# publish FROM TO
publish() { seq "$1" "$2" | in_root sluice pub life/count; }
expect() { [[ $2 == "$3" ]] || fail "$1: $2 and not $3"; }
after_stop() { in_root env SERVICE_RESULT="$1" EXIT_STATUS="$2" /usr/lib/sluice/after-stop sluice; }
snapshot() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./var/lib/dpkg -o -path ./var/log \
        -o -path ./var/cache \) -prune -o -printf '%p\n' | grep -vE '^\./etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$' |
        sort)
}

printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
snapshot >"$root/tmp/before"

step "a package of another architecture is refused"
dpkg-deb -R "$(deb "$old" sluice)" "$root/tmp/other"
sed -i 's/^Architecture: .*/Architecture: s390x/' "$root/tmp/other/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$root/tmp/other" "$root/tmp/other.deb" >/dev/null
rm -r "$root/tmp/other"
if in_root dpkg -i /tmp/other.deb >"$root/tmp/dpkg.log" 2>&1; then fail "it was installed"; fi
grep -q 'package architecture (s390x) does not match system' "$root/tmp/dpkg.log" || fail "$(cat "$root/tmp/dpkg.log")"

step "install"
install_deb "$(deb "$old" sluice)"
expect "owner of the state directory" "$(in_root stat -c '%U:%G %a' /var/lib/sluice)" "sluice:sluice 750"
expect "login shell" "$(in_root getent passwd sluice | cut -d: -f7)" /usr/sbin/nologin
[[ -L $root/etc/systemd/system/multi-user.target.wants/sluice.service ]] || fail "the service is not enabled"
expect "what the file of variables changes" "$(
    in_root sh -c '(set -a; . /etc/default/sluice; sluice config)' | grep -c environment || true
)" 0
sed -i 's|^#SLUICE_HUB=.*|SLUICE_HUB=ws://127.0.0.1:7480|; s|^#SLUICE_NODE=.*|SLUICE_NODE=box|' "$root/etc/default/sluice"

step "$events events, and no hub"
start sluice
publish 1 "$events"
expect "backlog" "$(backlog)" "$events"

step "upgrade to $(basename "$(deb "$new" sluice)") with that backlog, while it runs"
install_deb "$(deb "$new" sluice)"
grep -q '^SLUICE_NODE=box' "$root/etc/default/sluice" || fail "the upgrade took the administrator's variables away"
stop sluice TERM
start sluice
expect "backlog after the upgrade" "$(backlog)" "$events"
publish $((events + 1)) $((events + 1000))

step "killed, then removed: the data stays"
stop sluice KILL
in_root dpkg -r sluice >"$root/tmp/dpkg.log" 2>&1
[[ ! -e $root/usr/bin/sluice ]] || fail "the program is still there"
[[ -s $root/var/lib/sluice/store.db && -f $root/etc/default/sluice ]] || fail "removing took data or variables away"

step "installed again"
install_deb "$(deb "$new" sluice)"
[[ $(in_root readlink /etc/systemd/system/sluice.service || true) != /dev/null ]] || fail "the service is still masked"
expect "backlog of the stopped agent" "$(backlog)" $((events + 1000))

step "a variable that is not allowed, a library that is missing, a store of a later version"
cp "$root/etc/default/sluice" "$root/tmp/default"
echo "SLUICE_MTU=12" >>"$root/etc/default/sluice"
status=0 && as_unit sluice >"$root/tmp/refused.log" 2>&1 || status=$?
expect "exit code" "$status" 78
grep -qF '<3>sluice: SLUICE_MTU=12 is not allowed: ' "$root/tmp/refused.log" || fail "$(cat "$root/tmp/refused.log")"
after_stop exit-code 78 | grep -qF 'correct /etc/default/sluice, then: systemctl restart sluice' || fail "no advice for 78"
cp "$root/tmp/default" "$root/etc/default/sluice"
library=$(in_root sh -c 'ls /usr/lib/*/libsqlite3.so.0')
mv "$root$library" "$root/tmp/hidden"
status=0 && as_unit sluice >"$root/tmp/refused.log" 2>&1 || status=$?
mv "$root/tmp/hidden" "$root$library"
expect "exit code" "$status" 127
grep -q 'libsqlite3.so.0: cannot open shared object file' "$root/tmp/refused.log" || fail "$(cat "$root/tmp/refused.log")"
after_stop exit-code 127 | grep -qF 'apt-get install --fix-broken' || fail "no advice for 127"
after_stop exit-code 203 | grep -q 'cannot be executed here' || fail "no advice for 203"
expect "words after an ordinary stop" "$(after_stop success 0)" ""
cp -a "$root/var/lib/sluice" "$root/tmp/later"
sqlite3 "$root/tmp/later/store.db" 'CREATE TABLE later (id INTEGER PRIMARY KEY); PRAGMA user_version = 99' >/dev/null
(cd "$root/tmp/later" && sha256sum store.db* ceiling) >"$root/tmp/sums"
mv "$root/var/lib/sluice" "$root/tmp/kept" && mv "$root/tmp/later" "$root/var/lib/sluice"
status=0 && as_unit sluice >"$root/tmp/refused.log" 2>&1 || status=$?
expect "exit code" "$status" 1
grep -q 'has format 99, .*: install the newer version again' "$root/tmp/refused.log" || fail "$(cat "$root/tmp/refused.log")"
(cd "$root/var/lib/sluice" && sha256sum --check --quiet "$root/tmp/sums") || fail "a store of a later version was touched"
rm -r "$root/var/lib/sluice" && mv "$root/tmp/kept" "$root/var/lib/sluice"

step "drained into a hub"
install_deb "$(deb "$new" sluice-hub)"
start sluice-hub
start sluice
deadline=$((SECONDS + 300))
until [[ $(backlog) == 0 ]]; do
    ((SECONDS < deadline)) || fail "$(backlog) events still wait"
    sleep 0.2
done
in_root sluice-hub export >"$root/tmp/export"
seq 1 $((events + 1000)) | cmp - <(sed -E 's/.*"payload":"?([0-9]+).*/\1/' "$root/tmp/export") ||
    fail "what the hub has is not what was published: $(head -n 1 "$root/tmp/export")"
stop sluice TERM
stop sluice-hub TERM

step "purged: the data is gone, the hub's is not"
in_root dpkg -P sluice >"$root/tmp/dpkg.log" 2>&1
[[ ! -e $root/var/lib/sluice && ! -e $root/etc/default/sluice ]] || fail "purging left data or variables"
[[ -s $root/var/lib/sluice-hub/hub.db ]] || fail "the hub's log is gone"
in_root dpkg -P sluice-hub >"$root/tmp/dpkg.log" 2>&1
snapshot >"$root/tmp/after"
diff "$root/tmp/before" "$root/tmp/after" || fail "purging left these behind"
step "$((events + 1000)) events published, as many landed, once each and in order"
