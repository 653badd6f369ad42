"""The steps of a release that are not another tool's.

    release.py tag TAG                    the tag is that of the present version
    release.py archive TARGET BINARY OUT  the archive of one target, with licences, completions and manual pages
    release.py formula DIST OUT           the Homebrew formula, filled in from the archives of DIST
    release.py registry DIST OUT          server.json with the bundles of DIST and their hashes
    release.py checksums DIST             DIST/SHA256SUMS over everything in DIST

The same input gives the same archive, byte for byte.
"""

import gzip
import hashlib
import io
import json
import pathlib
import re
import sys
import tarfile
import zipfile

import facts

# Beside the program, by where they go in the archive.
ENCLOSED = {
    "LICENSE": "LICENSE",
    "NOTICE": "src/playground/rank/NOTICE",
    "README.md": "README.md",
    "completions": "packaging/completions",
    "man": "packaging/man",
}


def tag(given):
    if given != f"v{facts.VERSION}":
        raise SystemExit(f"release.py: the tag {given} does not name version {facts.VERSION} of Cargo.toml")
    print(facts.VERSION)


def archive(target, binary, out):
    row = facts.of_target(target)
    files = {facts.program(row): (pathlib.Path(binary).read_bytes(), 0o755)}
    for name, source in ENCLOSED.items():
        path = facts.ROOT / source
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            files[f"{name}/{file.name}" if path.is_dir() else name] = (file.read_bytes(), 0o644)
    path = pathlib.Path(out, facts.archive(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    write = write_zip if path.suffix == ".zip" else write_tar
    path.write_bytes(write({f"{facts.folder(row)}/{name}": content for name, content in files.items()}))
    print(path)


def write_tar(files):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed, tarfile.open(fileobj=compressed, mode="w") as tar:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def write_zip(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (content, mode) in files.items():
            # Without a time of its own an entry is of 1980, the first year that a zip can tell.
            entry = zipfile.ZipInfo(name)
            entry.external_attr, entry.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def formula(dist, out):
    text = (facts.HERE / "homebrew/videosearch-mcp.rb").read_text(encoding="utf-8")
    values = {"repository": facts.REPOSITORY, "version": facts.VERSION}
    for row in facts.TARGETS:
        path = pathlib.Path(dist, facts.archive(row))
        values[f"url {row['target']}"] = facts.url(path.name)
        if f"{{{{sha256 {row['target']}}}}}" in text:
            values[f"sha256 {row['target']}"] = sha256(path)
    filled = re.sub(r"\{\{(.*?)\}\}", lambda mark: values[mark[1]], text)
    # What the template says about itself is no longer true.
    filled = re.sub(r"\A(#.*\n)+\n*", "", filled)
    pathlib.Path(out).write_text(filled, encoding="utf-8")


def registry(dist, out):
    server = json.loads((facts.HERE / "registry/server.json").read_text(encoding="utf-8"))
    for row in facts.TARGETS:
        path = pathlib.Path(dist, facts.bundle(row))
        server["packages"].append(
            {
                "registryType": "mcpb",
                "identifier": facts.url(path.name),
                "version": facts.VERSION,
                "fileSha256": sha256(path),
                "transport": {"type": "stdio"},
            }
        )
    pathlib.Path(out).write_text(json.dumps(server, indent=2) + "\n", encoding="utf-8")


def checksums(dist):
    files = sorted(path for path in pathlib.Path(dist).iterdir() if path.name != "SHA256SUMS")
    lines = [f"{sha256(path)}  {path.name}\n" for path in files]
    pathlib.Path(dist, "SHA256SUMS").write_bytes("".join(lines).encode())


if __name__ == "__main__":
    steps = {step.__name__: step for step in (tag, archive, formula, registry, checksums)}
    if len(sys.argv) < 2 or sys.argv[1] not in steps:
        sys.exit(__doc__)
    steps[sys.argv[1]](*sys.argv[2:])
