#!/usr/bin/env python3
"""What a hostile answer of the API costs this server: memory, time, and how long a ping waits meanwhile.

    cargo build --release
    python3 benches/hostile_answers.py target/release/videosearch-mcp [--tools] [--shapes] [--mib 16]

A stub of the API answers the key's probes, and then every further request with the same body of so many MiB. Each line says by how
much the server's peak memory rose above what it had when idle (Linux only), how long the call took, and the longest of the pings that
were sent every 2 ms meanwhile. `--tools` sends rows to every tool that reads, `--shapes` sends every shape to a few tools.
Nothing but Python's standard library is needed.
"""

import argparse
import http.server
import json
import os
import subprocess
import tempfile
import threading
import time

KEY = "sk_live_" + "7e57" * 12
TOOLS = {
    "list_indexes": {},
    "list_videos": {"index_id": "idx_a"},
    "list_prompts": {},
    "list_prompt_runs": {},
    "search_videos": {"index_id": "idx_a", "query": "train"},
    "search_videos full": {"index_id": "idx_a", "query": "train", "detail": "full", "top_k": 100},
    "filter_videos": {"index_id": "idx_a", "conditions": [{"field": "a", "operator": "equals", "value": "x", "type": "string"}]},
    "search_videos_by_image": {"index_id": "idx_a", "image_data": "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgH"},
    "multimodal_search": {"index_id": "idx_a", "text_query": "train"},
    "get_video": {"video_id": "vid_a"},
    "get_video full": {"video_id": "vid_a", "detail": "full"},
    "get_video_segments": {"video_id": "vid_a"},
    "get_video_segments full": {"video_id": "vid_a", "detail": "full"},
    "show_moment": {"moment": "vid_a@0-10"},
    "get_prompt_run_status": {"run_id": "run_a"},
    "get_prompt_run_results": {"run_id": "run_a", "video_id": "vid_a"},
    "get_prompt_run_results full": {"run_id": "run_a", "video_id": "vid_a", "detail": "full"},
    "get_prompt_run_video_result": {"run_id": "run_a", "video_id": "vid_a"},
    "diagnose_prompt_run": {"run_id": "run_a"},
}
FEW = ["list_indexes", "search_videos", "search_videos full", "get_video full", "get_prompt_run_results full", "diagnose_prompt_run"]
# What all kinds of rows need at least, so that one row fits every list.
IDS = '"video_id":"v","index_id":"i","prompt_id":"p","run_id":"r","segment_id":"s"'


def times(piece, size, start=b"[", end=b"]"):
    """As many copies of a piece as fit, between commas."""
    piece = piece.encode() if isinstance(piece, str) else piece
    count = (size - len(start) - len(end)) // (len(piece) + 1)
    return start + b",".join([piece] * count) + end


def filled(head, tail, filler, size):
    head, tail = head.encode(), tail.encode()
    return head + filler * ((size - len(head) - len(tail)) // len(filler)) + tail


def numbered(size):
    text, n = [], 0
    size -= 200
    while size > 0:
        text.append('"%x":{}' % n)
        size -= len(text[-1]) + 1
        n += 1
    return ",".join(text)


def shapes(size):
    row = "{" + IDS + "}"
    yield "tiny rows", times(row, size)
    yield "empty rows", times("{}", size)
    yield "rows in a page", times(row, size, b'{"pagination":{"has_more":false},"data":[', b"]}")
    yield "rows of prompts", times(row, size, b'{"prompts":[', b"]}")
    yield "numbers", times("0", size)
    yield "nulls in rows", times("[null,null,null,null]", size)
    yield "deep", b"[" * size
    yield "deep in a row", filled('[{"video_id":"v","metadata":{"x":', "", b"[", size)
    yield "deep objects", filled('[{"video_id":"v","metadata":', "", b'{"a":', size)
    yield "one string", filled('[{"video_id":"v","text_content":"', '"}]', b"x", size)
    yield "one string of escapes", filled('[{"video_id":"v","text_content":"', '"}]', b"\\u0007", size)
    yield "one string of halves", filled('[{"video_id":"v","text_content":"', '"}]', b"\\ud83d", size)
    yield "strings", times('"' + "é" * 20000 + '"', size, b'[{"video_id":"v","metadata":{"x":[', b"]}}]")
    yield "not UTF-8", filled('[{"video_id":"v","text_content":"', '"}]', b"\xff", size)
    yield "one name", filled('[{"video_id":"v","', '":1}]', b"n", size)
    yield "names", b'[{"video_id":"v","metadata":{' + numbered(size).encode() + b"}}]"
    yield "names at the top", b'{"video_id":"v","run_id":"r",' + numbered(size).encode() + b"}"
    yield "markers", b'[{"video_id":"v","extracted_metadata_markers":{' + numbered(size).encode() + b"}}]"
    yield "metadata", times('"a",1.5,{"b":[true]}', size, b'[{"video_id":"v","metadata":{"x":[', b"]}}]")
    yield "runs of a video", times('{"run_id":"r"}', size, b'{"video_id":"v","processing_status":[', b"]}")
    yield "segments of a run", times('{"segment_id":""}', size, b'{"video_id":"v","processing_status":[{"run_id":"r","segments":[', b"]}]}")
    yield "pictures", times('{"video_id":"v","thumbnail_data":"%s"}' % ("A" * 400_000), size)
    yield "digits", filled("[", "]", b"9", size)
    yield "digits after a point", filled('[{"video_id":"v","start_time":0.', "}]", b"1", size)
    yield "white space", b" " * size
    yield "line ends, then nonsense", b"\n" * (size - 1) + b"}"
    yield "a page", filled("<html>", "</html>", b"<p>", size)
    yield "broken at the end", times(row, size, b"[", b"}")


class Stub(http.server.ThreadingHTTPServer):
    daemon_threads = True
    body, status = None, 200

    def handle_error(self, *_):
        """A server that hangs up early is no error here."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise the head and the body of an answer wait for each other.
    wbufsize = 1 << 16

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        path, status = self.path.removeprefix("/api/v2").split("?")[0], 200
        if self.server.body is not None:
            body, status = self.server.body, self.server.status
        elif path == "/prompts/test-schema":
            body = b'{"valid":true}'
        elif path == "/indexes":
            body = b'[{"index_id":"idx_a","name":"A"}]'
        else:
            body = b"[]"
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class Server:
    """The server under test, and what is known of its messages."""

    def __init__(self, binary, base):
        env = {"PATH": os.environ["PATH"], "VIDEOSEARCH_BASE_URL": base, "VIDEOSEARCH_API_KEY": KEY, "VIDEOSEARCH_MAX_RETRIES": "0"}
        env["VIDEOSEARCH_STATE_DIR"] = tempfile.mkdtemp()
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([binary], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=env)
        self.sent, self.told, self.arrived, self.next_id = {}, {}, threading.Condition(), 1
        threading.Thread(target=self.listen, daemon=True).start()
        self.request("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "bench", "version": "1"})
        self.call("get_key_info", {})

    def listen(self):
        for line in self.process.stdout:
            now, message = time.monotonic(), json.loads(line)
            with self.arrived:
                self.told[message.get("id")] = (now, message)
                self.arrived.notify_all()

    def ask(self, method, **params):
        call, self.next_id = self.next_id, self.next_id + 1
        self.sent[call] = time.monotonic()
        message = {"jsonrpc": "2.0", "id": call, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        return call

    def wait(self, call, seconds=120):
        with self.arrived:
            if not self.arrived.wait_for(lambda: call in self.told, seconds):
                raise SystemExit("no answer")
        at, message = self.told[call]
        return at - self.sent[call], message

    def request(self, method, **params):
        return self.wait(self.ask(method, **params))

    def call(self, tool, arguments):
        return self.request("tools/call", name=tool, arguments=arguments)

    def memory(self, name):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name)) / 1024

    def measured(self, tool, arguments):
        """Peak memory above idle in MiB, seconds, longest ping in seconds, and how the answer began."""
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as refs:
            refs.write("5")
        idle = self.memory("VmRSS")
        call, pings = self.ask("tools/call", name=tool, arguments=arguments), []
        while call not in self.told:
            pings.append(self.ask("ping"))
            time.sleep(0.002)
        took, message = self.wait(call)
        longest = max([self.wait(ping)[0] for ping in pings], default=0)
        result = message.get("result") or {"content": [{"text": str(message.get("error"))}]}
        text = " ".join(part.get("text", "a picture") for part in result["content"])
        return self.memory("VmHWM") - idle, took, longest, ("error: " if result.get("isError") else "") + " ".join(text.split())[:70]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("binary")
    options.add_argument("--tools", action="store_true")
    options.add_argument("--shapes", action="store_true")
    options.add_argument("--mib", type=int, default=16)
    options.add_argument("--status", type=int, default=200)
    options.add_argument("--only", default="")
    given = options.parse_args()
    stub = Stub(("127.0.0.1", 0), Handler)
    threading.Thread(target=stub.serve_forever, daemon=True).start()
    all_shapes = list(shapes(given.mib << 20))
    both = not given.tools and not given.shapes
    plan = []
    if given.tools or both:
        plan += [(tool, shape) for tool in TOOLS for shape in all_shapes[:1] + all_shapes[2:4]]
    if given.shapes or both:
        plan += [(tool, shape) for tool in FEW for shape in all_shapes]
    worst = [0, 0, 0]
    print(f"{'tool':30} {'shape':26} {'MiB':>6} {'ms':>6} {'ping':>6}  answer")
    for tool, (name, body) in plan:
        if given.only and given.only not in f"{tool} {name}":
            continue
        stub.body = None
        server = Server(given.binary, f"http://127.0.0.1:{stub.server_port}/api/v2")
        stub.body, stub.status = body, given.status
        memory, took, ping, answer = server.measured(tool.split()[0], TOOLS[tool])
        worst = [max(pair) for pair in zip(worst, (memory, took, ping))]
        print(f"{tool:30} {name:26} {memory:6.1f} {took * 1000:6.0f} {ping * 1000:6.1f}  {answer}", flush=True)
        server.process.kill()
    print(f"{'worst':57} {worst[0]:6.1f} {worst[1] * 1000:6.0f} {worst[2] * 1000:6.1f}")


if __name__ == "__main__":
    main()
