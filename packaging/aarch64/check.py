"""Starts a program for 64-bit ARM under an emulator, as a client would.

    python3 packaging/aarch64/check.py BINARY

It reads the program's headers, does the handshake, and searches the program's own playground. The exit code is 1 if anything is off.
"""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from elf import static  # noqa: E402
from handshake import PATIENCE, Wrong, environment, expect, talk  # noqa: E402

EMULATOR = "qemu-aarch64"


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    static(binary)
    machine = binary.read_bytes()[18:20]
    expect(machine == b"\xb7\x00", f"{binary} is for another machine")
    names, _ = talk([EMULATOR, str(binary), "--playground"], {})
    expect("search_videos" in names, f"only {names} are listed")
    # By the command line, which waits as long as it takes; a server whose input has ended gives its calls a few seconds.
    search = [EMULATOR, str(binary), "call", "search_videos", '{"query": "a man hangs from a clock", "index_id": "Early cinema"}', "--playground"]
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(search, capture_output=True, encoding="utf-8", env=environment({}, home), timeout=PATIENCE, check=False)
    expect("Safety Last!" in done.stdout, f"the search found something else: {done.stdout}{done.stderr}")
    print(f"static, for 64-bit ARM: {len(names)} tools and a search under {EMULATOR}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main()
    except (Wrong, OSError, subprocess.SubprocessError) as wrong:
        sys.exit(f"check.py: {wrong}")
