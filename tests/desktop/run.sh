#!/usr/bin/env bash
# Runs session.sh on a bus of its own. Ends with 77 (skipped) where the tools of an X session are not installed.
# usage: run.sh BIN_FOLDER WORK_FOLDER
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for tool in Xvfb openbox tint2 gnome-keyring-daemon dbus-run-session xdotool xprop secret-tool import; do
    command -v "$tool" >/dev/null || {
        echo "skipped: $tool is not installed"
        exit 77
    }
done
rm -rf "$2"
mkdir -p "$2"
exec dbus-run-session -- "$here/session.sh" "$1" "$2"
