//! `doctor`, `setup` and `keys`.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::{Odd, PRECIOUS, at, is_private, said};
use crate::support::{Upstream, binary, shared};

/// What each odd thing is called.
fn words(odd: Odd) -> &'static str {
    match odd {
        Odd::Pipe => "a pipe",
        Odd::Directory => "a directory",
        Odd::Device => "a device",
        Odd::Socket => "a socket",
        Odd::Huge => "larger than",
        Odd::Dangling => "no such file",
        Odd::Circle | Odd::Link => "symbolic link",
    }
}

fn doctor(home: &Path, environment: &[(&str, &str)]) -> (Option<i32>, Value) {
    let mut command = at(home, &["doctor", "--json"]);
    command.env("VIDEOSEARCH_BASE_URL", &shared().base_url).envs(environment.iter().copied());
    let (code, said) = said("doctor", command);
    (code, serde_json::from_str(&said).unwrap_or_else(|_| panic!("no JSON: {said}")))
}

fn found<'r>(report: &'r Value, name: &str) -> (&'r str, &'r str) {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check {name}: {report}"));
    (check["verdict"].as_str().unwrap(), check["found"].as_str().unwrap())
}

fn good_key(home: &Path) -> PathBuf {
    let path = home.join("good-key");
    fs::write(&path, &shared().api_key).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[test]
fn doctor_names_an_odd_key_file_and_ends() {
    for odd in [Odd::Pipe, Odd::Directory, Odd::Device, Odd::Socket, Odd::Huge, Odd::Dangling] {
        let home = tempfile::tempdir().unwrap();
        let key = home.path().join("key");
        let placed = odd.place(&key);
        let (code, report) = doctor(home.path(), &[("VIDEOSEARCH_API_KEY_FILE", key.to_str().unwrap())]);
        let (verdict, told) = found(&report, "key file");
        assert!(code == Some(1) && verdict == "fail" && told.contains(words(odd)), "{odd:?}: {report}");
        placed.check("doctor");
    }
}

#[test]
fn doctor_says_that_a_configuration_cannot_be_read() {
    for odd in Odd::HARD {
        let home = tempfile::tempdir().unwrap();
        for (file, title) in [(".cursor/mcp.json", "Cursor"), (".codex/config.toml", "Codex")] {
            odd.place(&home.path().join(file));
            let key = good_key(home.path());
            let (_, report) = doctor(home.path(), &[("VIDEOSEARCH_API_KEY_FILE", key.to_str().unwrap())]);
            let (verdict, told) = found(&report, title);
            assert!(verdict == "warn" && told.contains("cannot be read") && told.contains(words(odd)), "{odd:?}: {report}");
        }
    }
    // A link to nothing is no configuration, as for the client itself; what a link leads to is read.
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".cursor/mcp.json");
    Odd::Dangling.place(&config);
    assert_eq!(found(&doctor(home.path(), &[]).1, "clients").0, "skipped");
    let dotfiles = home.path().join("dotfiles.json");
    fs::write(&dotfiles, json!({"mcpServers": {"videos": {"command": binary()}}}).to_string()).unwrap();
    fs::remove_file(&config).unwrap();
    std::os::unix::fs::symlink(&dotfiles, &config).unwrap();
    let report = doctor(home.path(), &[]).1;
    assert_eq!(
        (found(&report, "Cursor: videos").0, found(&report, "key source").0),
        ("ok", "fail"),
        "it is found, and has no key: {report}"
    );
}

#[test]
fn doctor_says_what_is_wrong_with_the_state_directory() {
    let home = tempfile::tempdir().unwrap();
    let key = good_key(home.path());
    let state = home.path().join("state");
    let told = |expect: &str| {
        let environment = [("VIDEOSEARCH_API_KEY_FILE", key.to_str().unwrap()), ("VIDEOSEARCH_STATE_DIR", state.to_str().unwrap())];
        let (_, report) = doctor(home.path(), &environment);
        let (verdict, found) = found(&report, "state directory");
        assert!(verdict == "warn" && found.contains(expect), "{expect}: {report}");
    };
    for odd in Odd::HARD {
        odd.place(&state);
        if odd != Odd::Directory {
            told("not a directory");
        }
    }
    fs::remove_file(&state).unwrap();
    fs::create_dir(&state).unwrap();
    for (mode, expect) in [(0o777, "other users can write to it (mode 777)"), (0o770, "memory only")] {
        fs::set_permissions(&state, fs::Permissions::from_mode(mode)).unwrap();
        told(expect);
    }
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
    let cache = state.join("scopes-00.json");
    for odd in [Odd::Pipe, Odd::Link] {
        odd.place(&cache);
        told("is not trusted");
    }
}

fn setup(home: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = at(home, &["setup"]);
    command.args(arguments);
    said(&format!("setup {arguments:?}"), command)
}

#[test]
fn setup_refuses_what_is_no_configuration_and_lists_it_so() {
    for odd in Odd::HARD {
        let home = tempfile::tempdir().unwrap();
        let key = good_key(home.path());
        let placed = odd.place(&home.path().join(".cursor/mcp.json"));
        let (code, told) = setup(home.path(), &["cursor", "--yes", "--key-file", key.to_str().unwrap()]);
        assert!(code == Some(1) && told.contains(words(odd)) && told.contains("mcp.json"), "{odd:?}: {told}");
        let (code, told) = setup(home.path(), &["cursor", "--remove", "--yes"]);
        assert!(code == Some(1) && told.contains(words(odd)), "{odd:?}: {told}");
        let (code, told) = setup(home.path(), &[]);
        assert!(code == Some(0) && told.contains("unreadable: ") && told.contains(words(odd)), "{odd:?}: {told}");
        placed.check("setup");
    }
}

#[test]
fn setup_refuses_an_odd_key_file() {
    for odd in Odd::HARD {
        let home = tempfile::tempdir().unwrap();
        let key = home.path().join("key");
        odd.place(&key);
        let (code, told) = setup(home.path(), &["cursor", "--yes", "--key-file", key.to_str().unwrap()]);
        assert!(code == Some(1) && told.contains(words(odd)) && told.contains("--key-file"), "{odd:?}: {told}");
        assert!(!home.path().join(".cursor/mcp.json").exists(), "{odd:?}");
    }
}

#[test]
fn setup_follows_no_link_among_its_own_files() {
    for odd in Odd::ALL {
        let home = tempfile::tempdir().unwrap();
        let key = good_key(home.path());
        let own = home.path().join(".config/videosearch-mcp");
        for name in ["setup.json", "setup.lock"] {
            if odd == Odd::Huge && name == "setup.lock" {
                // Nobody reads it.
                continue;
            }
            let placed = odd.place(&own.join(name));
            let (code, told) = setup(home.path(), &["cursor", "--yes", "--key-file", key.to_str().unwrap()]);
            assert!(code == Some(1) && told.contains(name), "{odd:?} at {name}: {told}");
            assert!(!home.path().join(".cursor/mcp.json").exists(), "{odd:?} at {name}");
            placed.check(name);
            let path = own.join(name);
            if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }.unwrap();
        }
    }
}

#[test]
fn a_backup_goes_beside_whatever_has_its_name() {
    for odd in Odd::ALL {
        let home = tempfile::tempdir().unwrap();
        let key = good_key(home.path());
        let config = home.path().join(".cursor/mcp.json");
        let placed = odd.place(&home.path().join(".cursor/mcp.json.videosearch-backup"));
        fs::write(&config, "{}").unwrap();
        let (code, told) = setup(home.path(), &["cursor", "--yes", "--key-file", key.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{odd:?}: {told}");
        let second = home.path().join(".cursor/mcp.json.videosearch-backup.2");
        assert!(is_private(&second) && fs::read_to_string(&second).unwrap() == "{}", "{odd:?}");
        placed.check("backup");
    }
}

fn keys(home: &Path, base_url: &str, arguments: &[&str]) -> Command {
    let mut command = at(home, &["keys"]);
    command.args(arguments).env("VIDEOSEARCH_BASE_URL", base_url);
    command
}

#[test]
fn an_odd_token_file_is_named() {
    for odd in Odd::HARD.into_iter().chain([Odd::Dangling]) {
        let home = tempfile::tempdir().unwrap();
        let token = home.path().join("token");
        odd.place(&token);
        let (code, told) = said("keys", keys(home.path(), &shared().base_url, &["list", "--jwt-file", token.to_str().unwrap()]));
        assert!(code == Some(2) && told.contains(words(odd)), "{odd:?}: {told}");
    }
}

#[test]
fn a_secret_is_asked_for_only_where_it_can_be_kept() {
    let upstream = Upstream::before(&shared().base_url);
    for odd in Odd::HARD.into_iter().chain([Odd::Circle, Odd::Link]) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        let placed = odd.place(&path);
        for command in [vec!["create", "--name", "n"], vec!["rotate", "key_1"]] {
            let mut command = keys(home.path(), &upstream.base_url, &command);
            command.args(["--write", path.to_str().unwrap(), "--yes"]).env("VIDEOSEARCH_JWT", &shared().jwt);
            let (code, told) = said("keys", command);
            assert!(code == Some(1) && told.contains("the API was not called"), "{odd:?}: {told}");
        }
        placed.check("keys");
        assert!(upstream.take().is_empty(), "{odd:?}");
    }
    // A directory in the place of the facts.
    let home = tempfile::tempdir().unwrap();
    Odd::Directory.place(&home.path().join("key.json"));
    let mut command = keys(home.path(), &upstream.base_url, &["create", "--name", "n", "--yes", "--write"]);
    command.arg(home.path().join("key")).env("VIDEOSEARCH_JWT", &shared().jwt);
    let (code, told) = said("keys", command);
    assert!(code == Some(1) && told.contains("key.json: it is a directory"), "{told}");
    assert!(upstream.take().is_empty());
    // A link there is replaced; what it leads to stays.
    let placed = Odd::Link.place(&{
        fs::remove_dir(home.path().join("key.json")).unwrap();
        home.path().join("key.json")
    });
    let mut command = keys(home.path(), &upstream.base_url, &["create", "--name", "n", "--yes", "--write"]);
    command.arg(home.path().join("key")).env("VIDEOSEARCH_JWT", &shared().jwt);
    let (code, told) = said("keys", command);
    assert_eq!(code, Some(0), "{told}");
    placed.check("facts");
    assert!(is_private(&home.path().join("key.json")) && is_private(&home.path().join("key")));
    assert!(!PRECIOUS.is_empty());
}

#[test]
fn a_tilde_is_the_home_directory_wherever_a_path_is_named() {
    let home = tempfile::tempdir().unwrap();
    good_key(home.path());
    let base = [("VIDEOSEARCH_BASE_URL", shared().base_url.as_str())];
    let call = |flags: &[&str], environment: &[(&str, &str)]| {
        let mut command = at(home.path(), &["call", "list_indexes"]);
        command.args(flags).envs(base).envs(environment.iter().copied());
        let (code, told) = said("call", command);
        assert_eq!(code, Some(0), "{flags:?} {environment:?}: {told}");
    };
    call(&["--api-key-file=~/good-key", "--state-dir=~/one"], &[]);
    call(&[], &[("VIDEOSEARCH_API_KEY_FILE", "~/good-key"), ("VIDEOSEARCH_STATE_DIR", "~/two")]);
    call(&[], &[("VIDEOVECTOR_API_KEY_FILE", "\"~/good-key\""), ("VIDEO_VECTOR_STATE_DIR", "~/three")]);
    for name in ["one", "two", "three"] {
        assert_eq!(fs::read_dir(home.path().join(name)).unwrap().count(), 1, "{name}");
    }
    let (code, told) = setup(home.path(), &["cursor", "--yes", "--key-file=~/good-key", "--config=~/conf/mcp.json", "--state-dir=~/one"]);
    assert_eq!(code, Some(0), "{told}");
    let written = fs::read_to_string(home.path().join("conf/mcp.json")).unwrap();
    assert!(written.contains(home.path().join("good-key").to_str().unwrap()) && !written.contains('~'), "{written}");
    fs::write(home.path().join("token"), &shared().jwt).unwrap();
    let arguments = ["create", "--name", "n", "--jwt-file=~/token", "--write=~/new/key", "--yes"];
    let (code, told) = said("keys", keys(home.path(), &shared().base_url, &arguments));
    assert!(code == Some(0) && is_private(&home.path().join("new/key")), "{told}");
    // In the entry of a client, which no shell expands either.
    let entry = json!({"command": binary(), "args": ["--state-dir=~/one"], "env": {
        "VIDEOSEARCH_API_KEY_FILE": "~/good-key", "VIDEOSEARCH_BASE_URL": shared().base_url,
    }});
    fs::create_dir(home.path().join(".cursor")).unwrap();
    fs::write(home.path().join(".cursor/mcp.json"), json!({"mcpServers": {"videos": entry}}).to_string()).unwrap();
    let (code, told) = said("doctor", at(home.path(), &["doctor", "--json"]));
    let report: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, found(&report, "key file").0), (Some(0), "ok"), "{report}");
    assert!(!home.path().join("~").exists() && !Path::new("~").exists());
}
