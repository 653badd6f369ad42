"""Calls per second, latency and memory of `videosearch-mcp http`, beside a bare rmcp server in the same run.

    (cd benches/http/bare && cargo build)
    python3 benches/http/run.py path/to/videosearch-mcp benches/http/bare/target/debug/bare [--seconds 5] [--rounds 3]

Needs wrk and nginx, which plays the API. 1,000 connections, 64 keys, in turns. Then 1,000 callers list their tools once, and the memory that
each of them leaves behind is measured.
"""

import argparse
import http.client
import json
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import tempfile
import time

INDEXES = [
    {
        "index_id": f"idx_{number}",
        "name": f"Index {number}",
        "user_id": "user_1",
        "created_at": "2026-01-05T09:00:00.000Z",
        "is_default": number == 0,
        "description": "Silent films and one early cartoon with sound, 1896 to 1928.",
        "sort_order": number,
    }
    for number in range(3)
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)


def api(work, port):
    """nginx as the API: it answers what the probes and list_indexes ask, from memory."""
    page = "default_type application/json; return 200"
    (work / "nginx.conf").write_text(f"""
        daemon off; pid {work}/nginx.pid; error_log stderr crit; worker_processes 1;
        events {{ worker_connections 4096; }}
        http {{
            access_log off; keepalive_requests 1000000;
            client_body_temp_path {work}/1; proxy_temp_path {work}/2; fastcgi_temp_path {work}/3;
            uwsgi_temp_path {work}/4; scgi_temp_path {work}/5;
            server {{
                listen 127.0.0.1:{port} backlog=4096;
                location /auth/validate {{ return 204; }}
                location /prompts/test-schema {{ {page} '{{"valid":true,"errors":[]}}'; }}
                location /prompt-runs {{ {page} '[]'; }}
                location /indexes {{ {page} '{json.dumps(INDEXES)}'; }}
            }}
        }}""")
    started = subprocess.Popen(["nginx", "-p", str(work), "-c", str(work / "nginx.conf"), "-e", "stderr"])
    listens(port)
    return started


def load(port, seconds):
    script = pathlib.Path(__file__).with_name("load.lua")
    command = ["wrk", "-t1", "-c1000", f"-d{seconds}s", "--latency", "-s", str(script), f"http://127.0.0.1:{port}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    unit = {"us": 0.001, "ms": 1, "s": 1000}
    latency = {name: float(value) * unit[of] for name, value, of in re.findall(r"(\d\d)%\s+([\d.]+)(us|ms|s)", told)}
    failed = sum(int(count) for count in re.findall(r"Non-2xx or 3xx responses: (\d+)|read (\d+)", told) for count in count if count)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1]), latency["50"], latency["99"], failed


def resident(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def ask(connection, key, method="tools/list", params=None):
    headers = {"accept": "application/json, text/event-stream", "content-type": "application/json", "x-api-key": key}
    connection.request("POST", "/mcp", json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}), headers)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    assert answer.status == 200 and not told["result"].get("isError"), told


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("bare")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        upstream = free_port()
        playing = api(work, upstream)

        def ours(port):
            environment = {"VIDEOSEARCH_STATE_DIR": str(work / "state"), "VIDEOSEARCH_LOG": "warn"}
            command = [given.program, "http", "--listen", f"127.0.0.1:{port}", "--base-url", f"http://127.0.0.1:{upstream}"]
            return subprocess.Popen([*command, "--max-per-minute", "0"], env=environment, stderr=subprocess.DEVNULL)

        def bare(port):
            return subprocess.Popen([given.bare, f"127.0.0.1:{port}", f"http://127.0.0.1:{upstream}/indexes"])

        rows = {"bare": [], "ours": []}
        for _ in range(given.rounds):
            for name, start in [("bare", bare), ("ours", ours)]:
                port = free_port()
                server = start(port)
                listens(port)
                ask(http.client.HTTPConnection("127.0.0.1", port), f"sk_live_{0:048x}", "tools/call", {"name": "list_indexes"})
                load(port, 1)
                rows[name].append(load(port, given.seconds))
                server.kill()
                server.wait()
        for name, found in rows.items():
            rate, middle, late, failed = (statistics.median(column) for column in zip(*found))
            print(f"{name}: {rate:.0f} calls a second, p50 {middle:.1f} ms, p99 {late:.1f} ms, {failed:.0f} failed")
        ratio = statistics.median(row[2] for row in rows["ours"]) / statistics.median(row[2] for row in rows["bare"])
        print(f"p99: {ratio:.2f} times the bare server")

        port = free_port()
        server = ours(port)
        listens(port)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        # The first callers pay for what all share.
        for number in range(20):
            ask(connection, f"sk_live_{number:048x}")
        before = resident(server)
        for number in range(20, 1000):
            ask(connection, f"sk_live_{number:048x}")
        print(f"memory of an idle caller: {(resident(server) - before) / 980:.1f} KiB")
        server.kill()
        server.wait()
        playing.terminate()
        playing.wait()


if __name__ == "__main__":
    main()
