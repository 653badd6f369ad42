"""Starts a program for 64-bit ARM under an emulator, as a client would.

    python3 packaging/aarch64/check.py BINARY

It reads the program's headers, does the handshake against the program's own playground, and makes two calls. The exit code is 1 if
anything is off.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from elf import static  # noqa: E402
from handshake import Wrong, expect, talk  # noqa: E402

EMULATOR = "qemu-aarch64"


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    static(binary)
    machine = binary.read_bytes()[18:20]
    expect(machine == b"\xb7\x00", f"{binary} is for another machine")
    calls = [
        ("search_videos", {"query": "a man hangs from a clock", "index_id": "Early cinema"}),
        ("show_moment", {"video_id": "vid_safety_last_1923@3520-3590"}),
    ]
    names, results = talk([EMULATOR, str(binary), "--playground"], {}, calls)
    expect("search_videos" in names, f"only {names} are listed")
    expect(not any(result.get("isError") for result in results), f"a call failed: {results}")
    expect("vid_safety_last_1923" in str(results[0]), f"the search found something else: {results[0]}")
    print(f"static, for 64-bit ARM: {len(names)} tools, a search and a picture under {EMULATOR}")


if __name__ == "__main__":
    try:
        main()
    except Wrong as wrong:
        sys.exit(str(wrong))
