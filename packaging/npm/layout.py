"""Lays out the npm packages: one for each platform with its program, and the wrapper that starts the right one.

    python3 packaging/npm/layout.py DIST OUT

DIST holds the archives of all targets, as a release makes them. OUT gets one folder for each package, which `npm pack` and
`npm publish` take as they are; the wrapper's is the last line printed, since it must be published after the others.
"""

import json
import pathlib
import shutil
import sys
import tarfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import facts  # noqa: E402


def read(archive, member):
    """A file of an archive."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as opened:
            return opened.read(member)
    with tarfile.open(archive) as opened:
        return opened.extractfile(member).read()


def described(name, what):
    return {
        "name": name,
        "version": facts.VERSION,
        "description": what,
        "license": facts.MANIFEST["license"],
        "homepage": facts.REPOSITORY,
        "repository": {"type": "git", "url": f"git+{facts.REPOSITORY}.git"},
    }


def write(folder, package):
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps(package, indent=2) + "\n", encoding="utf-8")
    for file in ("LICENSE", "src/playground/rank/NOTICE"):
        shutil.copy(facts.ROOT / file, folder)
    print(folder)


def platform(row, dist, out):
    """The package of one target; its name."""
    name = f"@{facts.OWNER}/{row['os']}-{row['cpu']}"
    package = described(name, f"The {row['os']}-{row['cpu']} program of {facts.NAME}.")
    # npm installs it on the machines it is for, and passes over it on others.
    package |= {"os": [row["os"]], "cpu": [row["cpu"]], "preferUnplugged": True}
    folder = out / f"{row['os']}-{row['cpu']}"
    write(folder, package)
    path = folder / "bin" / facts.program(row)
    path.parent.mkdir()
    path.write_bytes(read(dist / facts.archive(row), f"{facts.folder(row)}/{facts.program(row)}"))
    path.chmod(0o755)
    return name


def main(dist, out):
    names = [platform(row, dist, out) for row in facts.TARGETS]
    server = json.loads((facts.HERE / "registry/server.json").read_text(encoding="utf-8"))
    package = described(facts.NAME, facts.MANIFEST["description"])
    package |= {
        "mcpName": server["name"],
        "keywords": ["mcp", "mcp-server", "video", "search"],
        "bin": {facts.NAME: "videosearch-mcp.js"},
        "engines": {"node": ">=18"},
        "optionalDependencies": dict.fromkeys(names, facts.VERSION),
    }
    folder = out / facts.NAME
    write(folder, package)
    for file in ("videosearch-mcp.js", "README.md"):
        shutil.copy(HERE / file, folder)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
