#!/usr/bin/env bash
# Feeds the readers with octets that libFuzzer makes of the golden folders' own. run.sh [SECONDS for each reader]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/installer/packages.sh"
# shellcheck disable=SC2046
install_packages $(tests_need) clang
seconds=${1:-20}
build=$root/build/fuzz
cd "$root"
mkdir -p "$root/build"
cmake --preset fuzz >"$root/build/fuzz.log" 2>&1 || { cat "$root/build/fuzz.log"; exit 1; }
cmake --build "$build" -j "$(job_count)" --target fuzz_sse fuzz_call fuzz_reply fuzz_stream

# An input is an octet that names two protocols, and then a case.
seeds=$build/seeds
rm -rf "$seeds"
mkdir -p "$seeds"/{sse,call,reply,stream}
number=0
for dialect in openai-chat openai-responses anthropic gemini; do
    for to in 0 1 2 3; do
        octet="\\$(printf %03o $((number | to << 2)))"
        for kind in call reply stream; do
            for file in "$root/tests/dialect/conversion/$dialect"/*/"$kind".{json,sse}; do
                [ -f "$file" ] || continue
                name=$(basename "$(dirname "$file")")
                # shellcheck disable=SC2059
                { printf "$octet"; cat "$file"; } >"$seeds/$kind/$dialect-$to-$name"
                if [ "$kind" = stream ] && [ "$to" = 0 ]; then
                    cp "$seeds/stream/$dialect-$to-$name" "$seeds/sse/"
                fi
            done
        done
    done
    number=$((number + 1))
done

failed=
for reader in sse call reply stream; do
    echo "== $reader, $seconds s"
    mkdir -p "$build/found/$reader"
    "$build/bin/fuzz_$reader" -max_total_time="$seconds" -max_len=20000 -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
        -print_final_stats=1 -artifact_prefix="$build/found/$reader-" "$build/found/$reader" "$seeds/$reader" 2>&1 |
        grep -E "stat::number_of_executed_units|ERROR|SUMMARY|deadly|Test unit" || true
    if ls "$build/found/$reader-"* >/dev/null 2>&1; then
        failed="$failed $reader"
    fi
done
if [ -n "$failed" ]; then
    echo "Found something for:$failed (inputs in $build/found)"
    exit 1
fi
echo "Nothing found."
