//! Owners, groups and modes stay. Most of it needs root, and says so where it does not run as root.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
    process::Command,
    thread,
};

use serde_json::json;

use super::{OTHERS, at, left_out, said};
use crate::{
    keys_cli::{in_file, secret_in, works},
    support::{Playground, Upstream, binary, program, shared},
};

/// Somebody else, who need not exist.
pub const OTHER: (u32, u32) = (12_345, 23_456);

/// Whether this runs as root; tells that a test does not run otherwise.
pub fn root(what: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        left_out(what, "it takes root");
    }
    root
}

pub fn owner(path: &Path) -> (u32, u32, u32) {
    let data = fs::metadata(path).unwrap();
    (data.uid(), data.gid(), data.mode() & 0o7777)
}

fn give(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    chown(path, Some(OTHER.0), Some(OTHER.1)).unwrap();
}

pub fn no_traces(directory: &Path, known: &[&str]) {
    let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, known);
}

/// A line of shell in a mount namespace of its own, so that what it mounts is gone afterwards. The line gets the program as `$0`.
#[cfg(target_os = "linux")]
fn mounted(line: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(["-m", "sh", "-ec", line, program().get_program().to_str().unwrap()]).args(arguments);
    command
}

/// Whether this machine lets tests mount something.
#[cfg(target_os = "linux")]
fn can_mount(what: &str) -> bool {
    let can = root(what) && Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success());
    if !can {
        left_out(what, "it takes mounts");
    }
    can
}

#[test]
fn root_edits_the_configuration_of_a_user() {
    if !root("root edits the configuration of a user") {
        return;
    }
    for (mode, inline) in [(0o644, false), (0o640, false), (0o600, false), (0o664, true)] {
        let home = tempfile::tempdir().unwrap();
        let key = home.path().join("key");
        fs::write(&key, &shared().api_key).unwrap();
        let config = home.path().join("mcp.json");
        fs::write(&config, "{}").unwrap();
        give(&config, mode);
        let mut command = at(home.path(), &["setup", "cursor", "--yes", "--key-file", key.to_str().unwrap()]);
        command.args(["--config", config.to_str().unwrap()]).args(inline.then_some("--inline-key"));
        let (code, told) = said("setup", command);
        assert_eq!(code, Some(0), "{told}");
        // A file that now holds a key is for its owner alone.
        let expect = if inline { 0o600 } else { mode };
        assert_eq!(owner(&config), (OTHER.0, OTHER.1, expect));
        assert_eq!(owner(&home.path().join("mcp.json.videosearch-backup")), (OTHER.0, OTHER.1, 0o600), "he can read what it was before");
        let (code, told) = said("setup", at(home.path(), &["setup", "cursor", "--remove", "--yes", "--config", config.to_str().unwrap()]));
        assert_eq!((code, owner(&config)), (Some(0), (OTHER.0, OTHER.1, expect)), "{told}");
        assert_eq!(fs::read_to_string(&config).unwrap(), "{}");
    }
}

#[test]
fn a_rotation_keeps_owner_group_and_mode() {
    let playground = Playground::start(&[]);
    let home = tempfile::tempdir().unwrap();
    for mode in [0o600, 0o640, 0o440, 0o644] {
        let path = home.path().join(format!("key-{mode:o}"));
        let id = in_file(&playground, &path, "read");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let foreign = root("a rotation keeps a foreign owner");
        if foreign {
            give(&path, mode);
        }
        let before = owner(&path);
        let old = secret_in(&path);
        let mut command = at(home.path(), &["keys", "rotate", &id, "--yes", "--write", path.to_str().unwrap()]);
        command.env("VIDEOSEARCH_BASE_URL", &playground.base_url).env("VIDEOSEARCH_JWT", &playground.jwt);
        let (code, told) = said("rotate", command);
        assert_eq!((code, owner(&path)), (Some(0), before), "{told}");
        assert!(secret_in(&path) != old && works(&playground, &secret_in(&path)));
        let facts = path.with_file_name(format!("key-{mode:o}.json"));
        assert_eq!(owner(&facts), before, "the server that reads the key reads the facts, too");
        assert_eq!(told.contains("chmod 600"), mode & OTHERS != 0, "{told}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_mounted_key_file_is_written_in_its_place() {
    if !can_mount("a mounted key file is written in its place") {
        return;
    }
    let playground = Playground::start(&[]);
    let home = tempfile::tempdir().unwrap();
    let (source, dir) = (home.path().join("source"), home.path().join("dir"));
    fs::create_dir(&dir).unwrap();
    let id = in_file(&playground, &source, "read");
    fs::remove_file(home.path().join("source.json")).unwrap();
    let (old, inode) = (secret_in(&source), fs::metadata(&source).unwrap().ino());
    let line = "touch $2/key; mount --bind $1 $2/key; exec \"$0\" keys rotate $3 --yes --write $2/key";
    let mut command = mounted(line, &[source.to_str().unwrap(), dir.to_str().unwrap(), &id]);
    command.env("VIDEOSEARCH_BASE_URL", &playground.base_url).env("VIDEOSEARCH_JWT", &playground.jwt);
    let (code, told) = said("rotate", command);
    assert_eq!(code, Some(0), "{told}");
    assert!(secret_in(&source) != old && works(&playground, &secret_in(&source)), "{told}");
    assert_eq!(fs::metadata(&source).unwrap().ino(), inode);
    no_traces(&dir, &["key", "key.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_refused_before_anything_is_changed() {
    if !can_mount("what cannot be written is refused before anything is changed") {
        return;
    }
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    for (what, line, words) in [
        ("a mounted file in a read-only directory", "mount --bind $1 $1; mount --bind $2 $1/key; mount -o remount,ro,bind $1", "Read-only"),
        ("a mounted file that is read-only", "mount --bind $2 $1/key; mount -o remount,ro,bind $1/key", "a mount of its own"),
        ("a full disk", "mount -t tmpfs -o size=4096 x $1; cp $2 $1/key; head -c 65536 /dev/zero > $1/fill || true", "No space left"),
        ("an immutable file", "mount -t tmpfs x $1; cp $2 $1/key; chattr +i $1/key || exit 77", "immutable"),
        ("an append-only directory", "mount -t tmpfs x $1; cp $2 $1/key; chattr +a $1 || exit 77", "append-only"),
        ("facts that are a mount", "cp $2 $1/key; touch $1/key.json; mount --bind $2 $1/key.json", "a mount of its own"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let (source, dir) = (home.path().join("source"), home.path().join("dir"));
        fs::create_dir(&dir).unwrap();
        let id = in_file(&playground, &source, "read");
        fs::write(dir.join("key"), "").unwrap();
        let line = format!("{line}\ncode=0; \"$0\" keys rotate $3 --yes --write $1/key || code=$?; cat $1/key; exit $code");
        let mut command = mounted(&line, &[dir.to_str().unwrap(), source.to_str().unwrap(), &id]);
        command.env("VIDEOSEARCH_BASE_URL", &upstream.base_url).env("VIDEOSEARCH_JWT", &playground.jwt);
        let (code, told) = said(what, command);
        if code == Some(77) {
            left_out(what, "this file system has no such marks");
            continue;
        }
        assert!(code == Some(1) && told.contains("cannot be written") && told.contains(words), "{what}: {told}");
        assert!(told.contains(&secret_in(&source)), "{what}: the key is still in the file: {told}");
        assert!(upstream.take().is_empty() && works(&playground, &secret_in(&source)), "{what}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_mounted_configuration_is_written_in_its_place() {
    if !can_mount("a mounted configuration is written in its place") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (key, source, dir) = (home.path().join("key"), home.path().join("source"), home.path().join("dir"));
    fs::create_dir(&dir).unwrap();
    fs::write(&key, &shared().api_key).unwrap();
    fs::write(&source, "{\"theme\": 1}").unwrap();
    let line = "touch $2/c.json; mount --bind $1 $2/c.json; exec \"$0\" setup cursor --yes --key-file $3 --config $2/c.json";
    let mut command = mounted(line, &[source.to_str().unwrap(), dir.to_str().unwrap(), key.to_str().unwrap()]);
    command.env("HOME", home.path());
    let (code, told) = said("setup", command);
    assert_eq!(code, Some(0), "{told}");
    let now: serde_json::Value = serde_json::from_str(&fs::read_to_string(&source).unwrap()).unwrap();
    assert!(now["theme"] == json!(1) && now["mcpServers"]["videosearch"].is_object(), "{now}");
    no_traces(&dir, &["c.json", "c.json.videosearch-backup"]);
}

/// A file system whose server never answers: a FUSE mount that nobody serves.
#[cfg(target_os = "linux")]
#[test]
fn a_dead_file_system_hangs_nobody() {
    const DEAD: &str = "exec 9<>/dev/fuse; mount -i -t fuse dead $1 -o fd=9,rootmode=40000,user_id=0,group_id=0 2>/dev/null || exit 77; shift; exec \"$0\" \"$@\"";
    if !can_mount("a dead file system hangs nobody") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let dead = home.path().join("dead");
    fs::create_dir(&dead).unwrap();
    let key = dead.join("key");
    let run = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut all = vec![dead.to_str().unwrap()];
        all.extend(arguments);
        let mut command = mounted(DEAD, &all);
        command.env("HOME", home.path()).env("VIDEOSEARCH_BASE_URL", &shared().base_url).envs(environment.iter().copied());
        let (code, told) = said("dead", command);
        if code == Some(77) {
            left_out("a dead file system hangs nobody", "there is no FUSE here");
        }
        (code, told)
    };
    let (key, state) = (key.to_str().unwrap(), dead.to_str().unwrap());
    let file = [("VIDEOSEARCH_API_KEY_FILE", key)];
    // With its state there, the server works.
    let (code, told) = run(&["call", "list_indexes"], &[("VIDEOSEARCH_API_KEY", &shared().api_key), ("VIDEOSEARCH_STATE_DIR", state)]);
    if code == Some(77) {
        return;
    }
    assert_eq!(code, Some(0), "{told}");
    // The rest waits for files, so all of it waits at once.
    let jwt = shared().jwt.as_str();
    let waiting = [
        (vec!["call", "list_indexes"], file),
        (vec!["doctor", "--json"], file),
        (vec!["keys", "create", "--name", "n", "--write", key], [("VIDEOSEARCH_JWT", jwt)]),
        (vec!["setup", "cursor", "--yes", "--config", key], [("VIDEOSEARCH_LOG", "off")]),
    ];
    let run = &run;
    thread::scope(|scope| {
        for (arguments, environment) in &waiting {
            scope.spawn(move || {
                let (code, told) = run(arguments, environment);
                assert!(code == Some(1) && told.contains("does not answer"), "{arguments:?}: {told}");
            });
        }
    });
}

#[test]
fn what_a_configuration_sets_decides_nothing_that_is_loaded() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("key"), &shared().api_key).unwrap();
    fs::set_permissions(home.path().join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    let traces = home.path().join("traces");
    fs::create_dir(&traces).unwrap();
    let output = traces.join("loader");
    // With LD_DEBUG the loader of the system writes files: a harmless way to see whether it heard of the entry.
    let entry = json!({"command": binary(), "env": {
        "LD_DEBUG": "all", "LD_DEBUG_OUTPUT": output.to_str().unwrap(), "LD_PRELOAD": "/nowhere/evil.so", "DYLD_INSERT_LIBRARIES": "/nowhere/evil",
        "MALLOC_CONF": "junk:true", "TMPDIR": "/nowhere", "HOME": "/nowhere", "PATH": "/nowhere",
        "VIDEOSEARCH_API_KEY_FILE": home.path().join("key").to_str().unwrap(), "VIDEOSEARCH_BASE_URL": shared().base_url,
        "VIDEOSEARCH_TOOLSETS": "search",
    }});
    fs::create_dir(home.path().join(".cursor")).unwrap();
    fs::write(home.path().join(".cursor/mcp.json"), json!({"mcpServers": {"videos": entry}}).to_string()).unwrap();
    let (code, told) = said("doctor", at(home.path(), &["doctor", "--json"]));
    let report: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(code, Some(0), "{report}");
    let checks = report["checks"].as_array().unwrap();
    let found = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap()["found"].as_str().unwrap().to_owned();
    assert!(found("settings").contains("those of Cursor: videos"), "the entry is the one examined: {report}");
    assert!(found("handshake 2025-11-25").contains("answered"), "{report}");
    assert_eq!(fs::read_dir(&traces).unwrap().count(), 0, "the loader heard of the entry");
}
