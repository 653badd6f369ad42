"""Writes the order in which the linker lays the functions of the release binary: `make.py PROGRAM MAP` writes x86_64-unknown-linux-gnu.txt
beside this file.

A start, a list of the tools and a call run 2 MB of the 14 MB of machine code. If they lie side by side, the system loads and maps few
pages. If they lie where the compiler left them, nearly every page holds one of them. So this runs what most people run under valgrind,
notes each function when it first runs, and writes the symbols in that order. build.rs hands the file to the linker. A symbol that is not
there any more is passed over, so an old file does no harm. It only does less good: after a new Rust, a new version of this program or new
versions of its dependencies all symbols have other names.

    VIDEOSEARCH_LINK_MAP=/tmp/link.map cargo build --release
    python3 packaging/order/make.py target/release/videosearch-mcp /tmp/link.map
    cargo build --release

It needs valgrind. The first build may follow an old order.
"""

import argparse
import bisect
import contextlib
import functools
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from handshake import environment, expect, playground

ORDER = pathlib.Path(__file__).with_name("x86_64-unknown-linux-gnu.txt")
# Where valgrind loads a program that can be loaded anywhere.
LOADED_AT = 0x108000
VALGRIND = ["valgrind", "--tool=lackey", "--basic-counts=no", "--trace-superblocks=yes", "--vex-guest-chase=no"]
# valgrind is some fifty times slower than the machine.
PATIENCE = 600
# A section of the program in the linker's map: its address, its size, and the function that is alone in it.
SECTION = re.compile(r"\s*([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)\s+\d+\s+\S+:\(\.text\.(?:unlikely\.|startup\.|hot\.)?([^)]+)\)")

CLIENT = {"name": "order", "version": "1"}
STATELESS = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}
HANDSHAKE = [
    ("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": CLIENT}),
    ("tools/list", {}),
]
CALLS = [
    ("list_indexes", {}),
    ("search_videos", {"index_id": "all", "query": "a train arrives"}),
    ("list_prompt_runs", {}),
    ("get_prompt_run_status", {"run_id": "run_scene_catalogue_damaged"}),
    ("get_video", {"video_id": "nothing-has-this-name"}),
    ("get_workflow_overview", {}),
    ("find_tools", {"task": "export the rows of a run"}),
    ("no_such_tool", {}),
]
OTHERS = [
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "videosearch://guide"}),
    ("prompts/list", {}),
    ("ping", {}),
]


def requests():
    """What a client of each era asks."""
    calls = [("tools/call", {"name": name, "arguments": arguments}) for name, arguments in CALLS]
    yield from [*HANDSHAKE, *calls, *OTHERS]
    yield from ((method, params | {"_meta": STATELESS}) for method, params in [("server/discover", {}), HANDSHAKE[1], *calls[:2]])


def rust():
    """The version of the Rust that is used here. Each names symbols in its own way."""
    return subprocess.run(["rustc", "--version"], capture_output=True, encoding="utf-8", check=True).stdout.strip()


@contextlib.contextmanager
def watched(arguments, settings, seen):
    """The program under valgrind. At its end `seen` has the addresses that it ran, in the order in which they first ran."""
    reader, writer = os.pipe()
    # They are millions of lines, for which Python would need minutes.
    filtered = subprocess.Popen(["awk", "/^SB/ && !met[$2]++ { print $2 }"], stdin=reader, stdout=subprocess.PIPE, encoding="ascii")
    os.close(reader)
    collector = threading.Thread(target=lambda: seen.extend(int(line, 16) for line in filtered.stdout))
    collector.start()
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [*VALGRIND, f"--log-fd={writer}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            pass_fds=[writer],
            env=environment({"VIDEOSEARCH_TIMEOUT": "60000", **settings}, home),
        )
        os.close(writer)
        try:
            yield process
        finally:
            process.stdin.close()
            process.terminate()
            process.wait(timeout=PATIENCE)
            collector.join(timeout=PATIENCE)


def over_stdio(asked, program, settings, seen):
    """A session over stdin and stdout."""
    with watched([program], settings, seen) as process:

        def send(message):
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            process.stdin.flush()

        for number, (method, params) in enumerate(asked):
            send({"id": number, "method": method, "params": params})
            while True:
                line = process.stdout.readline()
                expect(line, f"the program ended at {method}")
                answer = json.loads(line)
                if answer.get("id") == number and "method" not in answer:
                    break
            if method == "initialize":
                send({"method": "notifications/initialized"})
            # What is meant to work has to work, or the order would be that of a failure.
            expect("error" not in answer or params.get("name") == "no_such_tool", f"{method} {params}: {answer}")


def over_http(asked, program, settings, seen):
    """Requests over HTTP, by a caller with the key of the settings. The server gets none."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*probe.getsockname())
    key = settings["VIDEOSEARCH_API_KEY"]
    others = {name: value for name, value in settings.items() if name != "VIDEOSEARCH_API_KEY"}
    with watched([program, "http", "--listen", address], others, seen):
        for number, (method, params) in enumerate(asked):
            stateless = "_meta" in params
            headers = {
                "Accept": "application/json, text/event-stream",
                "Content-Type": "application/json",
                "MCP-Protocol-Version": "2026-07-28" if stateless else "2025-11-25",
                "X-API-Key": key,
            }
            if stateless:
                headers |= {"Mcp-Method": method} | ({"Mcp-Name": params["name"]} if "name" in params else {})
            body = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()
            request = urllib.request.Request(f"http://{address}/mcp", body, headers)
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    answer = json.load(urllib.request.urlopen(request, timeout=PATIENCE))
                    break
                except urllib.error.HTTPError as error:
                    answer = json.load(error)
                    break
                except urllib.error.URLError:
                    # It does not listen yet.
                    expect(time.monotonic() < deadline, f"nothing listens on {address}")
                    time.sleep(0.1)
            expect("result" in answer or params.get("name") == "no_such_tool", f"{method} {params}: {answer}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("map", type=pathlib.Path, help="what the linker wrote to VIDEOSEARCH_LINK_MAP while it made the program")
    options = parser.parse_args()
    program = str(options.program.resolve())
    sections = sorted((int(at, 16), int(size, 16), name) for at, size, name in SECTION.findall(options.map.read_text()))
    starts = [at for at, _, _ in sections]

    runs = []
    with playground(program) as api:
        settings = {"VIDEOSEARCH_BASE_URL": api["base_url"], "VIDEOSEARCH_API_KEY": api["api_key"]}
        for run, more in (
            (functools.partial(over_stdio, requests()), {}),
            (functools.partial(over_stdio, HANDSHAKE), {"VIDEOSEARCH_TOOLSETS": "all"}),
            (functools.partial(over_http, requests()), {}),
        ):
            runs.append([])
            run(program, settings | more, runs[-1])
    order = {}
    for seen in runs:
        for address in seen:
            found = bisect.bisect_right(starts, address - LOADED_AT) - 1
            if found >= 0 and address - LOADED_AT < starts[found] + sections[found][1]:
                order.setdefault(sections[found][2], sections[found][1])
        print(f"{len(order)} functions of {sum(order.values())} bytes so far")
    expect(len(order) > 1000, "valgrind loaded the program somewhere else, or the map is of another program")
    # The linker passes over this line. check.py reads it.
    ORDER.write_text("".join(f"{line}\n" for line in (f"# {rust()}", *order)), encoding="ascii")


if __name__ == "__main__":
    main()
