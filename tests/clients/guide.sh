#!/usr/bin/env bash
# Runs the README's guide to keys as it is written, against a playground of its own, and checks what it prints.
#
#     bash tests/clients/guide.sh path/to/videosearch-mcp
set -euo pipefail
readme=$(cd "$(dirname "$0")/../.." && pwd)/README.md
binary=$(realpath "$1")

work=$(mktemp -d)
playground=
trap '[ -z "$playground" ] || kill "$playground" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
mkdir bin
ln -s "$binary" bin/videosearch-mcp
export PATH="$work/bin:$PATH" XDG_STATE_HOME="$work/state"

# The README's port may be taken here, so the playground takes a free one and the guide is told.
videosearch-mcp playground --port 0 --data-dir ./playground-data --json >started.json &
playground=$!
for _ in $(seq 100); do
    [ ! -s started.json ] || break
    kill -0 "$playground"
    sleep 0.1
done
address=$(sed -E 's/.*"base_url":"([^"]*)".*/\1/' started.json)

awk '/<!-- guide:end -->/ { on = 0 } on && !/^```/ { print } /<!-- guide:begin -->/ { on = 1 }' "$readme" >guide.sh
grep -q 'http://127.0.0.1:8787/api/v2' guide.sh
sed -i "s|http://127.0.0.1:8787/api/v2|$address|" guide.sh
env -u VIDEOSEARCH_API_KEY -u VIDEOSEARCH_API_KEY_FILE bash -eu guide.sh >printed.txt

expect() {
    if ! grep -qE "$1" printed.txt; then
        echo "the guide did not print: $1"
        sed -E 's/sk_live_[0-9a-f]+/sk_live_.../g' printed.txt
        exit 1
    fi
}
expect '"video_id":"vid_nosferatu_1922"'
expect '^execute_prompt .* hidden: needs write'
expect '^search_videos .* listed'
expect '^old key: 401'
expect '^new key: 204'
expect '"is_active":false'
expect 'API key deleted'
# The last answer lists the old key, revoked by the rotation, and no longer the new one, which is deleted.
left=$(tail -n 1 printed.txt | grep -o '"name":"Search integration"' | wc -l)
[ "$left" -eq 1 ] || { echo "the guide leaves $left keys of its own instead of 1"; exit 1; }
echo "the README's guide runs as written"
