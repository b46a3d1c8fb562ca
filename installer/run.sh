#!/usr/bin/env bash
# Installs what is needed, builds Waystation and starts it. Everything that follows goes to the program:
#   installer/run.sh --data-dir DIR --port N --vault keychain|file|environment
# With a display the window and tray start, without one (or with --console first) the relay alone.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/installer/packages.sh"

console=
if [ "${1:-}" = --console ]; then
    console=yes
    shift
fi

# shellcheck disable=SC2086
install_packages $build_packages

build="$root/build/release"
(cd "$root" && cmake --preset release)
cmake --build "$build" -j "$(job_count)"

if [ -z "$console" ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -x "$build/bin/waystation" ]; then
    exec "$build/bin/waystation" "$@"
fi
exec "$build/bin/waystationctl" serve --demo-key "$@"
