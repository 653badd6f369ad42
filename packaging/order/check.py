"""Measures what a release binary holds in memory after it listed its tools: `check.py PROGRAM`.

The order of its functions (make.py) keeps that small. It fails if the order has become old, or if the program takes too much otherwise.
With another Rust than that of the order the symbols have other names, and it only tells what it measured.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from handshake import PATIENCE, environment, expect, playground
from order.make import ORDER, rust

# The target of benches/README.md. How much the system maps around each page that is used differs, so a few starts are taken.
MOST_KIB = 10 * 1024
STARTS = 5
REQUESTS = [
    {
        "id": 0,
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "order", "version": "1"}},
    },
    {"method": "notifications/initialized"},
    {"id": 1, "method": "tools/list"},
]


def resident(program, settings):
    """What the program holds after tools/list, in KiB."""
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", env=environment(settings, home)
        )
        for request in REQUESTS:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **request}) + "\n")
        process.stdin.flush()
        while json.loads(process.stdout.readline()).get("id") != 1:
            pass
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        process.communicate(timeout=PATIENCE)
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    program = str(parser.parse_args().program.resolve())
    held = {}
    with playground(program) as api:
        settings = {"VIDEOSEARCH_BASE_URL": api["base_url"], "VIDEOSEARCH_API_KEY": api["api_key"]}
        for what, more in (("the default tools", {}), ("all tools", {"VIDEOSEARCH_TOOLSETS": "all"})):
            held[what] = statistics.median(resident(program, settings | more) for _ in range(STARTS))
            print(f"{held[what] / 1024:.1f} MiB after tools/list of {what}, of at most {MOST_KIB / 1024:.1f}")
    if ORDER.read_text().partition("\n")[0] != f"# {rust()}":
        print(f"SKIPPED: {ORDER.name} was made with another Rust")
        return
    expect(max(held.values()) <= MOST_KIB, "that is too much; if the order of the functions is old, packaging/order/make.py renews it")


if __name__ == "__main__":
    main()
