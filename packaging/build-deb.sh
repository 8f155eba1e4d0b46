#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the Debian packages of the agent and of the hub into .build/deb and prints where they are.
#
#   packaging/build-deb.sh                         for this machine's architecture, from the sources
#   packaging/build-deb.sh arm64 DIRECTORY         from programs that are built already, as by cross/build.sh
#
#   --output DIRECTORY   where the packages go
#   --runner COMMAND     starts a program of that architecture where this machine cannot: 'qemu-aarch64-static -L SYSROOT'
#                        (the programs write their own manual, completions and list of variables)
#   --suffix TEXT        behind the version, as ~bpo12+1
#
# The same programs, sources and SOURCE_DATE_EPOCH (the time of the last commit, if not set) give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "build-deb: $*" >&2
    exit 1
}

output=.build/deb runner=() suffix=""
arguments=()
while (($# > 0)); do
    case $1 in
    --output | --runner | --suffix)
        (($# > 1)) || fail "$1 needs a value"
        case $1 in
        --output) output=$2 ;;
        --runner) read -ra runner <<<"$2" ;;
        --suffix) suffix=$2 ;;
        esac
        shift 2
        ;;
    -*) fail "$1 is not an option: see the head of $0" ;;
    *)
        arguments+=("$1")
        shift
        ;;
    esac
done
case ${#arguments[@]} in
0)
    architecture=$(dpkg --print-architecture)
    directory=$(packaging/build.sh)
    ;;
2)
    architecture=${arguments[0]}
    directory=${arguments[1]}
    ;;
*) fail "an architecture and the directory of its programs, or neither" ;;
esac

case $architecture in
amd64) machine="Advanced Micro Devices X86-64" triplet=x86_64-linux-gnu ;;
arm64) machine=AArch64 triplet=aarch64-linux-gnu ;;
*) fail "the architecture $architecture is not known: amd64 or arm64" ;;
esac
for program in sluice sluice-hub; do
    [[ -x $directory/$program ]] || fail "$directory/$program is missing: build it first"
    readelf -h "$directory/$program" | grep -q "Machine: *$machine\$" ||
        fail "$directory/$program is not for $architecture: $(readelf -h "$directory/$program" | grep Machine:)"
done

# Another architecture's strip is in a package of its own; LLVM's takes all.
strip=strip
if [[ $architecture != "$(dpkg --print-architecture)" ]]; then
    strip=$(command -v "${triplet}-strip" || command -v llvm-strip || true)
    [[ -n $strip ]] || fail "no strip for $architecture: apt-get install binutils-${triplet/_/-}"
fi

epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH=$epoch LC_ALL=C TZ=UTC
maintainer="${DEBFULLNAME:-The Sluice maintainers} <${DEBEMAIL:-sluice@sluice.invalid}>"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
umask 022

# run PROGRAM ARGUMENT...: a program as a fresh installation would see it, without anybody's variables.
run() {
    local program=$1
    shift
    env -i "${runner[@]}" "$directory/$program" "$@"
}
run sluice --version >"$scratch/version" ||
    fail "$directory/sluice does not run here: to package for $architecture, name what runs it (--runner)"
version=$(cat "$scratch/version")$suffix
[[ $(run sluice-hub --version)$suffix == "$version" ]] || fail "sluice and sluice-hub are of different versions"

# depends PROGRAM: the packages of the libraries that it loads, of versions that have what it uses from them. From the
# symbols themselves, so that a program linked for another system asks for that one's and not for this one's.
depends() {
    local program=$directory/$1 library highest minimum
    # highest PREFIX: of the versioned symbols that begin so.
    highest() { objdump -T "$program" | grep -oE "$1_[0-9.]+" | cut -d_ -f2 | sort -V | tail -n 1; }
    objdump -p "$program" | awk '$1 == "NEEDED" { print $2 }' | while read -r library; do
        case $library in
        libc.so.6 | libm.so.6 | ld-linux-*) echo "libc6 (>= $(highest GLIBC))" ;;
        libgcc_s.so.1) echo "libgcc-s1 (>= 4.2)" ;;
        libstdc++.so.6)
            # https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html
            case $(highest GLIBCXX) in
            "" | 3.4 | 3.4.? | 3.4.1? | 3.4.2[01]) minimum=5 ;;
            3.4.22) minimum=6 ;;
            3.4.2[34]) minimum=7 ;;
            3.4.25) minimum=8 ;;
            3.4.2[678]) minimum=9 ;;
            3.4.29) minimum=11 ;;
            3.4.30) minimum=12 ;;
            3.4.3[12]) minimum=13 ;;
            3.4.33) minimum=14 ;;
            *) fail "$1 uses GLIBCXX_$(highest GLIBCXX), which this script does not know: add its GCC" ;;
            esac
            echo "libstdc++6 (>= $minimum)"
            ;;
        # STRICT tables: https://www.sqlite.org/stricttables.html
        libsqlite3.so.0) echo "libsqlite3-0 (>= 3.37.0)" ;;
        # yescrypt: https://github.com/besser82/libxcrypt/blob/develop/NEWS
        libcrypt.so.1) echo "libcrypt1 (>= 1:4.3.0)" ;;
        libzstd.so.1) echo "libzstd1 (>= 1.4.0)" ;;
        *) fail "$1 loads $library, of which this script does not know the package: add it" ;;
        esac
    done | sort -u | paste -sd, | sed 's/,/, /g'
}

# changelog PACKAGE: CHANGELOG.md as one entry in Debian's form (deb-changelog(5)).
changelog() {
    echo "$1 ($version) unstable; urgency=medium"
    echo
    awk '/^## / { if (seen++) exit; next } seen && /^- / { sub(/^- /, "  * "); print; next } seen && /^  / { print "  " $0 }' \
        CHANGELOG.md | sed 's/`//g' | fold -s -w 78 | sed -E 's/^([^ ])/    \1/; s/ +$//'
    echo
    echo " -- $maintainer  $(date -R -d "@$epoch")"
}

# package NAME TITLE VERB MEMORY RELATIONS
package() {
    local name=$1 title=$2 verb=$3 memory=$4 relations=$5
    local root=$scratch/$name file dependencies
    local fill=(sed -e "s|@NAME@|$name|g" -e "s|@TITLE@|$title|g" -e "s|@VERB@|$verb|g" -e "s|@MEMORY@|$memory|g")
    local doc=$root/usr/share/doc/$name
    mkdir -p "$root"/{DEBIAN,etc/default,usr/bin,"usr/lib/$name",usr/lib/systemd/system,usr/share/man/man1} "$doc" \
        "$root"/usr/share/{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d}

    "$strip" --strip-all --remove-section=.comment --remove-section=.note -o "$root/usr/bin/$name" "$directory/$name"
    chmod 755 "$root/usr/bin/$name"
    install -m 755 packaging/deb/after-stop "$root/usr/lib/$name/after-stop"
    "${fill[@]}" packaging/deb/service.in >"$root/usr/lib/systemd/system/$name.service"
    run "$name" config --environment-file >"$root/etc/default/$name"

    run "$name" --experimental-dump-help >"$scratch/tree"
    run "$name" config --json >"$scratch/variables"
    packaging/deb/man-page "$scratch/tree" "$scratch/variables" "$version" "$(date -d "@$epoch" +%F)" |
        gzip -9n >"$root/usr/share/man/man1/$name.1.gz"
    # A file that is sourced needs no interpreter.
    run "$name" --generate-completion-script bash | sed '1{/^#!/d}' >"$root/usr/share/bash-completion/completions/$name"
    run "$name" --generate-completion-script zsh >"$root/usr/share/zsh/vendor-completions/_$name"
    run "$name" --generate-completion-script fish >"$root/usr/share/fish/vendor_completions.d/$name.fish"

    cp packaging/deb/copyright "$doc/copyright"
    changelog "$name" | gzip -9n >"$doc/changelog.gz"
    for file in postinst prerm postrm; do
        "${fill[@]}" "packaging/deb/$file.in" >"$root/DEBIAN/$file"
        chmod 755 "$root/DEBIAN/$file"
    done
    dependencies=$(depends "$name")
    echo "/etc/default/$name" >"$root/DEBIAN/conffiles"
    (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
    {
        echo "Package: $name"
        echo "Version: $version"
        echo "Architecture: $architecture"
        echo "Maintainer: $maintainer"
        echo "Installed-Size: $(du -k -s --apparent-size --exclude=DEBIAN "$root" | cut -f1)"
        echo "Depends: $dependencies, adduser"
        echo "$relations"
        echo "Section: net"
        echo "Priority: optional"
        echo -n "Description: "
        cat "packaging/deb/description-$name"
    } >"$root/DEBIAN/control"
    find "$root" -exec touch -h -d "@$epoch" {} +
    mkdir -p "$output"
    file=$output/${name}_${version}_$architecture.deb
    # Level 6 unpacks in 9 MiB of memory, level 9 in 65, which small boxes do not have to spare (xz(1)).
    dpkg-deb --root-owner-group -Zxz -z6 --threads-max=1 --build "$root" "$file" >/dev/null
    echo "$file"
}

package sluice "Sluice, edge bus agent" agent 256M "Suggests: sluice-hub, mosquitto-clients"
package sluice-hub "Sluice hub, where agents land their events" run 1G "Suggests: sluice"
