"""Packs an MCPB bundle with the official tool, and proves it: validates it, unpacks it, and starts the program from the unpacked bundle.

    python3 packaging/mcpb/pack.py BINARY PLATFORM OUT.mcpb [--no-start]

PLATFORM is darwin, linux or win32. The tool is `mcpb` of the path, or what MCPB names, such as
"npx --yes @anthropic-ai/mcpb@2.1.2". `--no-start` is for a program of another machine. The exit code is 1 if anything is off.
"""

import argparse
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

from handshake import Wrong, expect, playground, talk  # noqa: E402

# Beside the program and the manifest. The notice covers the sample library's thesaurus, which is in the program.
ENCLOSED = [ROOT / "LICENSE", ROOT / "src/playground/rank/NOTICE"]


def mcpb(*arguments):
    command = shlex.split(os.environ.get("MCPB", "mcpb"), posix=os.name != "nt")
    # On Windows the tool is a script, which only its full name starts.
    command[0] = shutil.which(command[0]) or command[0]
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"mcpb {arguments[0]}: {done.stdout}{done.stderr}")


def stage(folder, binary, platform):
    """Lays out what goes into the bundle."""
    manifest = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
    manifest["compatibility"]["platforms"] = [platform]
    if platform == "win32":
        manifest["server"]["entry_point"] += ".exe"
    program = folder / manifest["server"]["entry_point"]
    program.parent.mkdir()
    shutil.copyfile(binary, program)
    program.chmod(0o755)
    for file in ENCLOSED:
        shutil.copyfile(file, folder / file.name)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def unpack(bundle, folder):
    """Unpacks as a host does, modes included."""
    with zipfile.ZipFile(bundle) as archive:
        for entry in archive.infolist():
            path = pathlib.Path(archive.extract(entry, folder))
            if mode := (entry.external_attr >> 16) & 0o777:
                path.chmod(mode)


def configured(manifest, platform, given, folder):
    """The command and the environment that a host makes of the manifest when these settings are given and others are left alone."""
    server = manifest["server"]["mcp_config"]
    server = server | server.get("platform_overrides", {}).get(platform, {})
    fields = manifest["user_config"]
    filled = {}
    for name, field in fields.items():
        value = given.get(name, field.get("default"))
        if value is not None:
            filled[f"${{user_config.{name}}}"] = str(value).lower() if isinstance(value, bool) else str(value)

    def fill(text):
        for mark, value in filled.items():
            text = text.replace(mark, value)
        return text.replace("${__dirname}", str(folder))

    return [fill(text) for text in [server["command"], *server["args"]]], {name: fill(text) for name, text in server["env"].items()}


def prove(folder, platform, start):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    program = folder / manifest["server"]["entry_point"]
    expect(program.is_file(), f"the bundle has no {manifest['server']['entry_point']}")
    expect(os.name == "nt" or os.access(program, os.X_OK), "the program lost its permission to run")
    for file in ENCLOSED:
        expect((folder / file.name).is_file(), f"the bundle has no {file.name}")
    command, _ = configured(manifest, platform, {}, folder)
    expect(pathlib.Path(command[0]) == program, f"the manifest starts {command[0]}, which is not {program}")
    if not start:
        return
    expect(platform == sys.platform, f"a program of {platform} cannot be started on {sys.platform}; see --no-start")
    declared = [tool["name"] for tool in manifest["tools"]]
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    expect(printed == manifest["version"], f"the program is version {printed}, the manifest says {manifest['version']}")

    with playground(program) as api:
        given = {"api_key": api["api_key"], "base_url": api["base_url"]}
        names, [info] = talk(*configured(manifest, platform, given, folder), [("get_key_info", {})])
        expect(names == declared, f"the program lists {names}")
        expect(info["structuredContent"]["valid"] == "yes", f"the key did not arrive: {info}")
        names, _ = talk(*configured(manifest, platform, given | {"toolsets": "search", "read_only": True}, folder))
        expect("search_videos" in names and "execute_prompt" not in names, f"the settings did not arrive: {names}")

    # A host passes `${user_config.NAME}` on as it is where nothing was given and there is no default. Only the key has none.
    names, [info] = talk(*configured(manifest, platform, {}, folder), [("get_key_info", {})])
    expect(names == declared, f"without settings the program lists {names}")
    expect("placeholder" in json.dumps(info), f"a placeholder was taken for a key: {info}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("platform", choices=["darwin", "linux", "win32"])
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--no-start", dest="start", action="store_false")
    asked = arguments.parse_args()
    try:
        with tempfile.TemporaryDirectory() as work:
            packed, unpacked = pathlib.Path(work, "packed"), pathlib.Path(work, "unpacked").resolve()
            packed.mkdir()
            stage(packed, asked.binary, asked.platform)
            mcpb("validate", packed / "manifest.json")
            asked.out.parent.mkdir(parents=True, exist_ok=True)
            mcpb("pack", packed, asked.out)
            unpack(asked.out, unpacked)
            prove(unpacked, asked.platform, asked.start)
    except (Wrong, OSError, subprocess.SubprocessError, zipfile.BadZipFile) as wrong:
        return f"pack.py: {wrong}"
    print(f"{asked.out}: {asked.out.stat().st_size} bytes, {'packed and started' if asked.start else 'packed, not started'}")
    return None


if __name__ == "__main__":
    sys.exit(main())
