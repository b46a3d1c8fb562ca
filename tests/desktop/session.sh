#!/usr/bin/env bash
# The program in a real X session: window manager, panel with a tray, keyring. Runs inside dbus-run-session (see run.sh).
# usage: session.sh BIN_FOLDER WORK_FOLDER
set -euo pipefail
bin=$1
work=$2
ctl="$bin/waystationctl"
data="$work/data"
pids=()

finish() {
    kill "${pids[@]}" 2>/dev/null || true
}
trap finish EXIT

fail() {
    echo "FAIL: $*" >&2
    tail -n 30 "$work"/*.log >&2 || true
    exit 1
}

# Asks until the command succeeds; the fixed wait of a session script is what makes it flaky.
until_true() {
    local what=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || fail "$what did not happen within 15 s"
        sleep 0.1
    done
    echo "ok: $what"
}

picture() {
    import -window root "$work/$1.png" 2>/dev/null || true
}

export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" XDG_DATA_HOME="$work/home/.local/share" XDG_RUNTIME_DIR="$work/run"
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"

printf 'a-test-password' | gnome-keyring-daemon --unlock --components=secrets >"$work/keyring.log" 2>&1
# The server picks a display that is free and writes its number.
Xvfb -displayfd 3 -screen 0 1400x900x24 -nolisten tcp 3>"$work/display" >"$work/xvfb.log" 2>&1 &
pids+=($!)
until_true "a display" test -s "$work/display"
DISPLAY=":$(cat "$work/display")"
export DISPLAY
openbox >"$work/openbox.log" 2>&1 &
pids+=($!)
mkdir -p "$XDG_CONFIG_HOME/tint2"
printf '%s\n' 'panel_items = TSC' 'panel_size = 100% 32' 'panel_position = bottom center horizontal' 'systray = 1' 'systray_icon_size = 22' \
    'time1_format = %H:%M' >"$XDG_CONFIG_HOME/tint2/tint2rc"
tint2 >"$work/tint2.log" 2>&1 &
pids+=($!)
until_true "a tray" sh -c "xprop -root _NET_SUPPORTING_WM_CHECK | grep -q 0x && xwininfo -root -tree | grep -qi tint2"

port=$((20000 + RANDOM % 30000))
while (exec 4<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    port=$((port + 1))
done
unset QT_QPA_PLATFORM
"$bin/waystation" --data-dir "$data" --port "$port" >"$work/program.log" 2>&1 &
program=$!
pids+=("$program")
until_true "the window is open" xdotool search --onlyvisible --name Waystation
until_true "the relay serves" sh -c "'$ctl' status --data-dir '$data' --json | grep -q '\"serving\"'"
until_true "the tray icon is in the panel" sh -c "xwininfo -root -tree | grep -i '\"waystation\"' | grep -qE ' (16|20|22|24)x(16|20|22|24)'"

# A key goes into the keyring and nowhere else.
canary="sk-proj-$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')"
printf '%s' "$canary" | "$ctl" channel add Keyed --provider openai --model gpt-5 --key-stdin --data-dir "$data" || fail "channel add"
"$ctl" vault status --data-dir "$data" | grep -q "Secret Service" || fail "the vault is not the keyring"
entries=$(secret-tool search --all --unlock xdg:schema org.qt.keychain 2>&1)
hidden=$(printf "%s" "$canary" | base64 -w0)
grep -qF -e "$canary" -e "${hidden%%=*}" <<<"$entries" || fail "the keyring does not hold the key: $(sed "s/secret = .*/secret/" <<<"$entries")"
if grep -rqF "$canary" "$data" "$HOME/.config"; then
    fail "a file holds the key"
fi
tr '\0' '\n' <"/proc/$program/cmdline" | grep -qF "$canary" && fail "argv holds the key"
echo "ok: the key is in the keyring and in no file"

# The whole main job once more, with calls that come from outside.
key=$("$ctl" client add desk --json --data-dir "$data" | sed -n 's/.*"key" *: *"\(ws-[A-Za-z0-9]*\)".*/\1/p')
address="http://127.0.0.1:$port"
for model in practice-echo practice-tool practice-429; do
    curl -sS --noproxy '*' -o /dev/null "$address/v1/chat/completions" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
        -d "{\"model\":\"$model\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello from outside\"}]}"
done
until_true "the calls have rows" sh -c "[ \$('$ctl' calls --data-dir '$data' --json | grep -o practice-429 | wc -l) -ge 1 ]"

window=$(xdotool search --onlyvisible --name Waystation | tail -n 1)
xdotool windowactivate --sync "$window" 2>/dev/null || true
page=1
for name in overview channels models keys calls settings; do
    xdotool key --clearmodifiers "ctrl+$page"
    sleep 0.6
    picture "$name"
    page=$((page + 1))
done

# Closing leaves the tray running; a second start brings the window back; quitting ends both.
xdotool windowactivate --sync "$window" key --clearmodifiers alt+F4
until_true "the window is closed" sh -c "! xdotool search --onlyvisible --name '^Waystation'"
kill -0 "$program" 2>/dev/null || fail "closing the window ended the program"
picture tray
"$bin/waystation" --data-dir "$data" >>"$work/second.log" 2>&1 || fail "the second start did not end well"
until_true "the second start raised the window" xdotool search --onlyvisible --name Waystation
"$ctl" quit --data-dir "$data"
until_true "the program ended" sh -c "! kill -0 $program"
wait "$program" || fail "it ended with $?"
echo "ok: quit in order"
