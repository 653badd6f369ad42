"""A long mixed load with faults on `videosearch-mcp http`: does its memory grow?

    python3 benches/http/mixed.py path/to/videosearch-mcp [--minutes 60]

The playground breaks some answers. Eight clients list and call tools, ask for progress, send rubbish and keys that do not exist, and hang up in the
middle. Every ten seconds the resident memory is noted.
"""

import argparse
import http.client
import json
import pathlib
import random
import re
import socket
import subprocess
import tempfile
import threading
import time

CALLS = [
    ("list_indexes", {}),
    ("search_videos", {"query": "a man hangs from a clock", "index_id": "all"}),
    ("list_prompt_runs", {}),
    ("get_key_info", {}),
    ("show_moment", {"video_id": "vid_great_train_robbery_1903", "start": 10, "end": 20}),
    ("search_videos", {"query": 5}),
    ("no_such_tool", {}),
]


def client(port, keys, end, counts):
    dice = random.Random()
    while time.monotonic() < end:
        tool, arguments = dice.choice(CALLS)
        params = {"name": tool, "arguments": arguments}
        if dice.random() < 0.1:
            params["_meta"] = {"progressToken": 1}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": dice.choice(["tools/call"] * 8 + ["tools/list"]), "params": params})
        if dice.random() < 0.05:
            body = body[: dice.randrange(len(body))]
        key = dice.choice(keys) if dice.random() < 0.9 else f"sk_live_{dice.getrandbits(192):048x}"
        head = f"POST /mcp HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\ncontent-type: application/json\r\nconnection: close\r\n"
        head += f"accept: application/json, text/event-stream\r\ncontent-length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port), 60) as stream:
            stream.sendall((head + body).encode())
            if dice.random() < 0.05:
                continue
            answer = http.client.HTTPResponse(stream)
            answer.begin()
            answer.read()
            counts[answer.status] = counts.get(answer.status, 0) + 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=60)
    given = parser.parse_args()
    faults = ["--fail", "429:0.02", "--fail", "503:0.02", "--fail", "reset:0.01", "--fail", "cut:0.01"]
    playground = subprocess.Popen([given.program, "playground", "--port", "0", "--json", *faults], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    told = json.loads(playground.stdout.readline())
    with tempfile.TemporaryDirectory() as state:
        command = [given.program, "http", "--listen", "127.0.0.1:0", "--base-url", told["base_url"], "--max-per-minute", "0"]
        server = subprocess.Popen(command, env={"VIDEOSEARCH_STATE_DIR": state, "VIDEOSEARCH_LOG": "error"}, stderr=subprocess.PIPE, text=True)
        port = int(re.search(r":(\d+)/mcp", server.stderr.readline())[1])
        threading.Thread(target=lambda: [None for _ in server.stderr], daemon=True).start()
        counts, notes = {}, []
        end = time.monotonic() + given.minutes * 60
        clients = [threading.Thread(target=client, args=(port, [told["api_key"]], end, counts)) for _ in range(8)]
        for one in clients:
            one.start()
        while time.monotonic() < end:
            time.sleep(min(10, max(0.1, end - time.monotonic())))
            status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
            notes.append(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024)
        for one in clients:
            one.join()
        part = max(1, len(notes) // 4)
        print("answers by status:", dict(sorted(counts.items())))
        print(f"memory in MiB: at most {max(notes[:part]):.1f} in the first quarter, {max(notes[-part:]):.1f} in the last")
        server.terminate()
        print("exit code:", server.wait())
    playground.terminate()


if __name__ == "__main__":
    main()
