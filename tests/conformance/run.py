"""Both conformance suites against the HTTP mode. Each failure that is expected stands in a ledger, with its reason.

    python tests/conformance/run.py path/to/videosearch-mcp path/to/suites

A scenario that needs a name of the suites' own example server gets something of ours under that name (names.py).

The second argument is a directory with one npm installation for each version: `0.1.16/` and `0.2.0-alpha.12/`. Node.js 22 or newer must be
on the PATH. A suite fails on what is not in its ledger, and on what is in it and passes. This script also fails on an entry that was not
reached at all, and on one without a reason.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

from names import names_lent

HERE = pathlib.Path(__file__).resolve().parent
# For each ledger the version of the suite, and what it is asked to run. Versions of the protocol before 2026-07-28 have a handshake.
RUNS = {
    "old-suite.yml": ("0.1.16", ["--suite", "all"]),
    "handshake.yml": ("0.2.0-alpha.12", ["--suite", "all", "--spec-version", "2025-11-25"]),
    "modern.yml": ("0.2.0-alpha.12", ["--requirements", "2026-07-28"]),
}
# The most seconds for all of them.
PATIENCE = 120


def entries(ledger):
    """The entries of a ledger. Each has its reason behind it."""
    out = []
    for line in (HERE / ledger).read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("- "):
            found = re.fullmatch(r"  - ([\w.:-]+) # (\S.*)", line)
            if not found:
                raise SystemExit(f"{ledger}: no reason is given: {line.strip()}")
            out.append(found[1])
    return out


def suite(ledger, url, suites, until):
    """Runs one suite. Gives what is wrong."""
    version, what = RUNS[ledger]
    program = suites / version / "node_modules/.bin/conformance"
    with tempfile.TemporaryDirectory() as results:
        command = [program, "server", "--url", url, *what, "--expected-failures", HERE / ledger, "--output-dir", results]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=until - time.monotonic(), check=False)
    told = done.stdout + done.stderr
    summary = told[told.find("=== SUMMARY") :]
    ran = {name: mark for mark, name in re.findall(r"^([✓✗]) (\S+): ", summary, re.M)}
    expected = entries(ledger)
    green = sorted(name for name, mark in ran.items() if mark == "✓" and name not in expected)
    print(f"{ledger}, suite {version} {' '.join(what)}: {len(ran)} scenarios, green: {', '.join(green)}")
    wrong = [f"{entry} was not reached" for entry in expected if entry.split(":")[0] not in ran]
    if done.returncode != 0:
        wrong.append(f"the suite ended with {done.returncode}\n{summary[summary.find('Total:') :]}")
    if not green:
        wrong.append(f"nothing passed\n{told[-2000:]}")
    return wrong


def main(binary, suites):
    command = [binary, "http", "--playground", "--auth", "none", "--listen", "127.0.0.1:0", "--toolsets", "all", "--allow-destructive"]
    until = time.monotonic() + PATIENCE
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        found = next(filter(None, (re.search(r"serves MCP at (http://\S+)", line) for line in child.stderr)), None)
        if not found:
            raise SystemExit("the server did not start")
        place = urllib.parse.urlsplit(found[1])
        with names_lent(place.netloc) as lent:
            url = f"http://{lent}{place.path}"
            wrong = [f"{ledger}: {fault}" for ledger in RUNS for fault in suite(ledger, url, pathlib.Path(suites), until)]
    finally:
        child.kill()
        child.wait()
    print("\n".join(wrong) or "no unexpected result")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
