#!/usr/bin/env bash
# Builds everything and runs every test; the last lines are ctest's summary. Arguments go to ctest: tests/run.sh -R tst_door
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/installer/packages.sh"

# shellcheck disable=SC2046
install_packages $(tests_need)

(cd "$root" && cmake --preset dev)
cmake --build "$root/build/dev" -j "$(job_count)"
ctest --test-dir "$root/build/dev" --output-on-failure --no-tests=error -j "$(job_count)" "$@"
