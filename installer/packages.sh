#!/usr/bin/env bash
# What Waystation is built and tested with, and how it gets onto a machine. Sourced by run.sh, tests/run.sh and .ci/run;
# run by itself it installs: packages.sh [build|tests]
# "a|b" is whichever the system has: names differ between releases.

build_packages="g++ cmake ninja-build pkg-config qt6-base-dev qt6-base-dev-tools qt6-svg-dev|libqt6svg6-dev
qt6-tools-dev qt6-tools-dev-tools qt6-l10n-tools libqt6sql6-sqlite libgl-dev
libboost1.81-dev|libboost1.83-dev|libboost-dev nlohmann-json3-dev libsimdjson-dev qtkeychain-qt6-dev
libsodium-dev libssl-dev zlib1g-dev libzstd-dev"

test_packages="xvfb openbox tint2 gnome-keyring dbus-x11 dbus fonts-noto-cjk fonts-dejavu-core nginx-light wrk curl
imagemagick xdotool x11-utils libsecret-tools at-spi2-core openssl"

# No pipes into `grep -q` here: it leaves at the first match, and with pipefail the writer's broken pipe counts as "no".
has_package() {
    [[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) == *'install ok installed'* ]]
}

can_have_package() {
    [[ $(apt-cache policy "$1" 2>/dev/null) == *'Candidate: '[0-9]* ]]
}

# Those of the given names that are not installed, one of each choice.
missing_packages() {
    local wanted choice found
    for wanted in "$@"; do
        found=
        for choice in ${wanted//|/ }; do
            if has_package "$choice"; then
                found=yes
                break
            fi
        done
        [ -n "$found" ] && continue
        for choice in ${wanted//|/ }; do
            if can_have_package "$choice"; then
                found=$choice
                break
            fi
        done
        echo "${found:-${wanted%%|*}}"
    done
}

other_systems() {
    cat >&2 <<'END'
This script installs packages with apt (Debian 12, Ubuntu 24.04). Elsewhere, install the same yourself and run it again:
  Fedora  sudo dnf install gcc-c++ cmake ninja-build pkgconf qt6-qtbase-devel qt6-qtsvg-devel qt6-qttools-devel \
          boost-devel json-devel simdjson-devel qtkeychain-qt6-devel libsodium-devel openssl-devel zlib-devel libzstd-devel
  Arch    sudo pacman -S --needed gcc cmake ninja pkgconf qt6-base qt6-svg qt6-tools boost nlohmann-json simdjson \
          qtkeychain-qt6 libsodium openssl zlib zstd
  macOS   brew install cmake ninja pkg-config qt boost nlohmann-json simdjson qtkeychain libsodium openssl@3 zstd
END
}

# Installs what is missing of the given names. Asks nothing; does nothing when all is there.
install_packages() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        if command -v cmake >/dev/null && command -v ninja >/dev/null; then
            return 0 # CMake says what it lacks
        fi
        other_systems
        return 1
    fi
    local missing as_root=()
    missing=$(missing_packages "$@")
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "These packages are missing; install them as root and run this again:" >&2
            echo "  apt-get install" $missing >&2
            return 1
        fi
        as_root=(sudo)
        [ -t 0 ] || as_root=(sudo -n)
    fi
    echo "Installing:" $missing
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # A choice may be another one once the lists are fresh.
    missing=$(missing_packages "$@")
    # shellcheck disable=SC2086
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
}

# Processors to build with.
job_count() {
    nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}

# Everything that the tests want, beside what is there from elsewhere.
tests_need() {
    local needed="$build_packages $test_packages"
    command -v node >/dev/null || needed="$needed nodejs"
    command -v npm >/dev/null || needed="$needed npm"
    echo "$needed"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -euo pipefail
    # shellcheck disable=SC2046,SC2086
    case "${1:-build}" in
    build) install_packages $build_packages ;;
    tests) install_packages $(tests_need) ;;
    *)
        echo "usage: packages.sh [build|tests]" >&2
        exit 2
        ;;
    esac
fi
