#!/usr/bin/env bash
# Measures Waystation against nginx on this machine. Options go to the driver: --rounds 5 --seconds 2
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
"$root/installer/packages.sh" tests
cmake -S "$root" -B "$root/build/bench" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -g1 -DNDEBUG" >/dev/null
cmake --build "$root/build/bench" --target waystationctl waystation-bench
nginx=$(command -v nginx || echo /usr/sbin/nginx)
exec "$root/build/bench/bin/waystation-bench" --ctl "$root/build/bench/bin/waystationctl" --nginx "$nginx" "$@"
