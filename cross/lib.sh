# The stages of cross/build.sh, each of which leaves its result under a name that says that it is whole.

# chroot is there, which is not in every user's PATH.
export PATH="$PATH:/usr/sbin:/sbin"
cache=${CROSS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice-cross}
compiler_suite=${CROSS_COMPILER_SUITE:-sid}
target_suite=${CROSS_TARGET_SUITE:-bookworm}
mirror=${CROSS_MIRROR:-http://deb.debian.org/debian}
compiler=$cache/compiler-$compiler_suite

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Runs one stage, with a line on its outcome; what it prints goes to a log.
stage() {
    local number=$1 text=$2 start=$SECONDS log=$cache/log/$3.log
    shift 2
    printf '[%s/5] %s ... ' "$number" "$text"
    # In the background, as bash does not heed `set -e` within a condition.
    (set -e; "$@") >"$log" 2>&1 </dev/null &
    if ! wait $!; then
        printf 'failed\n'
        tail -20 "$log" >&2
        fail "the whole of it is in $log"
    fi
    # A stage that has its result already says nothing else.
    if [[ $(head -1 "$log") == kept ]]; then printf 'kept\n'; else printf '%s s\n' $((SECONDS - start)); fi
}

require_tools() {
    local missing=() tool
    for tool in mmdebstrap dpkg-deb xz; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    if ((${#missing[@]})); then
        if ((EUID == 0)); then
            apt-get install -y -qq mmdebstrap dpkg xz-utils >/dev/null
        else
            fail "${missing[*]}: not found. As root: apt-get install mmdebstrap dpkg xz-utils"
        fi
    fi
    ((EUID == 0)) && return
    # Without root, user namespaces stand in for it (user_namespaces(7)).
    grep -q "^$(id -un):" /etc/subuid 2>/dev/null && command -v newuidmap >/dev/null ||
        fail "without root this needs newuidmap (package uidmap) and a line for $(id -un) in /etc/subuid." \
            "As root: apt-get install uidmap && usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
    unshare --user true 2>/dev/null ||
        fail "this kernel does not let $(id -un) make a user namespace: run this as root, or set" \
            "kernel.unprivileged_userns_clone and user.max_user_namespaces"
}

# As root, or as whom a user namespace makes one.
as_root() {
    if ((EUID == 0)); then "$@"; else mmdebstrap --unshare-helper "$@"; fi
}

# What the user made and what root of a user namespace made lie side by side.
remove() { as_root rm -rf "$@" 2>/dev/null || rm -rf "$@"; }

bootstrap() {
    # The Release file of sid may be past its date.
    mmdebstrap --quiet --aptopt='Acquire::Check-Valid-Until "false"' "$@" "deb $mirror $suite main"
}

# Runs a command where the compiler is: the project at /project and the cache at /sdk.
in_compiler() {
    as_root unshare --mount bash -c '
        set -e
        root=$1 project=$2 cache=$3 home=$4
        shift 4
        mkdir -p "$root/project" "$root/sdk"
        # Of the processes in here: libdispatch looks for its threads there, and ends SwiftPM where it does not find them.
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --bind "$project" "$root/project"
        mount --bind "$cache" "$root/sdk"
        # Name servers, and what git knows of mirrors.
        for file in /etc/resolv.conf /etc/hosts /etc/gitconfig /etc/gitignore /etc/ssl/certs; do
            [[ -e $file ]] || continue
            [[ -d $file ]] && mkdir -p "$root$file" || { [[ -e $root$file ]] || touch "$root$file"; }
            mount --bind "$file" "$root$file"
        done
        for mirror in $(git config --get-regexp "^url\..*\.insteadof$" | sed -nE "s|^url\.(/.*)\.insteadof .*|\1|p" | sort -u); do
            [[ -d $mirror ]] || continue
            mkdir -p "$root$mirror"
            mount --rbind "$mirror" "$root$mirror"
        done
        cd "$root"
        exec chroot . /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" bash -c "cd /project && exec \"\$@\"" - "$@"
    ' - "$compiler" "$PWD" "$cache" "$HOME" "$@"
}

make_compiler() {
    [[ -d $compiler ]] && echo kept && return
    remove "$compiler.new"
    suite=$compiler_suite bootstrap --variant=apt --format=directory \
        --include=swiftlang,libsqlite3-dev,libzstd-dev,zlib1g-dev,libssl-dev,git,ca-certificates,pkgconf,lld,libstdc++-14-dev \
        "$compiler_suite" "$compiler.new"
    mv "$compiler.new" "$compiler"
}

# The standard library of exactly the compiler's version: modules load in no other.
make_runtime() {
    local arch=$1 debian_arch=$2 runtime=$cache/runtime-$1
    [[ -d $runtime ]] && echo kept && return
    remove "$runtime.new"
    mkdir -p "$runtime.new"
    chmod 777 "$runtime.new"
    in_compiler bash -euc '
        version=$(dpkg-query -W -f "\${Version}" swiftlang)
        cd /sdk/runtime-'"$arch"'.new
        apt=(apt-get -qq -o APT::Architecture=amd64 -o "APT::Architectures=amd64,'"$debian_arch"'"
            -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root)
        "${apt[@]}" update
        "${apt[@]}" download "swiftlang:'"$debian_arch"'=$version" "libswiftlang:'"$debian_arch"'=$version"
        for package in *.deb; do
            dpkg-deb --fsys-tarfile "$package" | tar x --exclude="*lldb*" --wildcards "./usr/libexec/swift/lib/*"
        done
        test -d usr/libexec/swift/lib/swift_static
        rm -- *.deb
    '
    mv "$runtime.new" "$runtime"
}

make_sysroot() {
    local arch=$1 debian_arch=$2 sysroot=$cache/sysroot-$target_suite-$1
    [[ -d $sysroot ]] && echo kept && return
    remove "$sysroot.new"
    suite=$target_suite bootstrap --variant=extract --format=directory --architectures="$debian_arch" \
        --include=libc6-dev,libstdc++-12-dev,libgcc-12-dev,libsqlite3-dev,libzstd-dev,zlib1g-dev \
        "$target_suite" "$sysroot.new"
    as_root bash -euc '
        cd "$1"
        [[ -e lib ]] || ln -s usr/lib lib
        # Else the linker follows them to this machine, and takes what it finds in libm.a for want of libm.so.
        find usr/lib lib/ lib64/ -type l -lname "/*" 2>/dev/null | while read -r link; do
            ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "./$(readlink "$link")")" "$link"
        done
    ' - "$sysroot.new"
    mv "$sysroot.new" "$sysroot"
}

# As the modules of Debian's Swift are named.
triple_of() { if [[ $1 == x86_64 ]]; then printf x86_64-pc-linux-gnu; else printf '%s-unknown-linux-gnu' "$1"; fi; }

sdk_of() { printf 'sluice-%s-%s' "$target_suite" "$1"; }

# A Swift SDK bundle (https://github.com/swiftlang/swift-evolution/blob/main/proposals/0387-cross-compilation-destinations.md).
make_sdk() {
    local arch=$1 name bundle triple
    name=$(sdk_of "$arch") triple=$(triple_of "$arch")
    bundle=$cache/sdks/$name.artifactbundle
    [[ -d $bundle ]] && echo kept && return
    remove "$bundle.new"
    mkdir -p "$bundle.new/$triple"
    chmod 777 "$bundle.new/$triple"
    cat >"$bundle.new/info.json" <<JSON
{"schemaVersion": "1.0", "artifacts": {"$name": {"type": "swiftSDK", "version": "1",
    "variants": [{"path": "$triple"}]}}}
JSON
    cat >"$bundle.new/$triple/swift-sdk.json" <<JSON
{"schemaVersion": "4.0", "targetTriples": {"$triple": {"sdkRootPath": "sysroot",
    "swiftResourcesPath": "sysroot/usr/lib/swift", "swiftStaticResourcesPath": "sysroot/usr/lib/swift_static",
    "toolsetPaths": ["toolset.json"]}}}
JSON
    cat >"$bundle.new/$triple/toolset.json" <<JSON
{"schemaVersion": "1.0", "swiftCompiler": {"extraCLIOptions": ["-use-ld=lld"]}}
JSON
    as_root bash -euc '
        cp -a "$1" "$4/sysroot"
        # Inside the sysroot: the driver looks for swiftrt.o nowhere else.
        for part in swift swift_static clang; do cp -a "$2/usr/libexec/swift/lib/$part" "$4/sysroot/usr/lib/$part"; done
    ' - "$cache/sysroot-$target_suite-$arch" "$cache/runtime-$arch" "" "$bundle.new/$triple"
    mv "$bundle.new" "$bundle"
}

build_programs() {
    local arch=$1 name triple out=.build/cross/$1
    name=$(sdk_of "$arch") triple=$(triple_of "$arch")
    install -d -m 777 "$cache/build-$arch" "$cache/build-$arch/out"
    # SwiftPM writes beside Package.swift, where root of a user namespace may not; times stay, so that only what is new
    # since the last build is compiled.
    tar -c --exclude=./.build --exclude=./.git . | in_compiler bash -euc '
        rm -rf "/sdk/build-$1/source"
        mkdir "/sdk/build-$1/source"
        tar -x --no-same-owner -C "/sdk/build-$1/source"
    ' - "$arch"
    in_compiler bash -euc '
        arch=$1 name=$2 triple=$3
        cd "/sdk/build-$arch/source"
        export PKG_CONFIG_PATH=/sdk/sdks/$name.artifactbundle/$triple/sysroot/usr/lib/$arch-linux-gnu/pkgconfig
        git config --global --get-all safe.directory >/dev/null || git config --global --add safe.directory "*"
        sysroot=/sdk/sdks/$name.artifactbundle/$triple/sysroot
        # Else the libraries of the compiler, where it is of the same architecture, come before those of the sysroot.
        export PKG_CONFIG_SYSROOT_DIR=$sysroot
        clang=$(ls /usr/libexec/swift/bin/clang /usr/bin/clang 2>/dev/null | head -1)
        "$clang" --target="$triple" --sysroot="$sysroot" -O2 -ffunction-sections -c cross/glibc.c -o "/sdk/build-$arch/glibc.o"
        options=(-c release --static-swift-stdlib --swift-sdks-path /sdk/sdks --swift-sdk "$name"
            --scratch-path "/sdk/build-$arch/scratch" -Xlinker "/sdk/build-$arch/glibc.o"
            -Xlinker --gc-sections -Xlinker --exclude-libs=ALL -Xlinker --no-export-dynamic -Xlinker --strip-all)
        for product in sluice sluice-hub; do swift build "${options[@]}" --product "$product"; done
        bin=$(swift build "${options[@]}" --show-bin-path)
        install -m 755 "$bin/sluice" "$bin/sluice-hub" "/sdk/build-$arch/out"
    ' - "$arch" "$name" "$triple"
    mkdir -p "$out"
    install -m 755 "$cache/build-$arch/out/sluice" "$cache/build-$arch/out/sluice-hub" "$out"
}

megabytes() { awk '{ printf "%.1f MB", $1 / 1e6 }'; }
size_of() { stat -c %s "$1" | megabytes; }
