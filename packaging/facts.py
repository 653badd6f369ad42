"""What the packages are called and what is true of all of them. Read, not repeated: from the MCPB manifest, which the tests compare with
Cargo.toml, and from targets.json, which lists what is built. `os` and `cpu` are the words of Node.js, which MCPB and npm both use.
"""

import json
import pathlib
import platform
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent

MANIFEST = json.loads((HERE / "mcpb/manifest.json").read_text(encoding="utf-8"))
TARGETS = json.loads((HERE / "targets.json").read_text(encoding="utf-8"))
NAME, VERSION, REPOSITORY = MANIFEST["name"], MANIFEST["version"], MANIFEST["repository"]["url"]
OWNER = REPOSITORY.split("/")[-2]


def program(row):
    return NAME + (".exe" if row["os"] == "win32" else "")


def folder(row):
    """The one folder inside an archive."""
    return f"{NAME}-v{VERSION}-{row['target']}"


def archive(row):
    return folder(row) + (".zip" if row["os"] == "win32" else ".tar.gz")


def bundle(row):
    return f"{NAME}-v{VERSION}-{row['os']}-{row['cpu']}.mcpb"


def url(file):
    """Where a file of the release will be."""
    return f"{REPOSITORY}/releases/download/v{VERSION}/{file}"


def of_target(target):
    return next(row for row in TARGETS if row["target"] == target)


def of_this_machine():
    cpu = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower())
    return next(row for row in TARGETS if (row["os"], row["cpu"]) == (sys.platform, cpu))
