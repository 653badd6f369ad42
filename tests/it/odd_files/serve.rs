//! The server, as clients start it.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::json;

use super::{Odd, is_private};
use crate::support::{Answer, Playground, Server, Upstream, shared};

fn start(key: &Path, base_url: &str, state: &Path) -> Server {
    let environment = [("VIDEOSEARCH_BASE_URL", base_url), ("VIDEOSEARCH_STATE_DIR", state.to_str().unwrap())];
    let mut server = Server::start(&["--api-key-file", key.to_str().unwrap()], &environment);
    server.initialize();
    server
}

fn key_file(dir: &Path, key: &str) -> std::path::PathBuf {
    let path = dir.join("key");
    fs::write(&path, key).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[test]
fn an_odd_key_file_is_named_and_the_server_goes_on() {
    for odd in Odd::ALL {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        let placed = odd.place(&path);
        let mut server = start(&path, &shared().base_url, home.path());
        assert!(!server.tools().is_empty());
        let words = match odd {
            Odd::Pipe => "a pipe",
            Odd::Directory => "a directory",
            Odd::Device => "a device",
            Odd::Socket => "a socket",
            Odd::Huge => "larger than 4 KiB",
            Odd::Dangling => "no such file",
            Odd::Circle => "cannot be read",
            Odd::Link => "cannot be sent in an HTTP header",
        };
        for told in [server.error("list_indexes", json!({})), server.ok("get_key_info", json!({})).0] {
            assert!(told.contains(words), "{odd:?}: {told}");
        }
        placed.check("serve");
        // A key that comes there is used.
        if path.is_dir() { fs::remove_dir(&path) } else { fs::remove_file(&path) }.unwrap();
        fs::write(&path, &shared().api_key).unwrap();
        server.wait_until(|server| server.call("list_indexes", json!({}))["isError"] != true);
        assert!(server.finish().0.success(), "{odd:?}");
    }
}

#[test]
fn odd_facts_beside_the_key_file_are_only_missed() {
    let home = tempfile::tempdir().unwrap();
    let path = key_file(home.path(), &shared().api_key);
    for odd in Odd::ALL {
        let placed = odd.place(&home.path().join("key.json"));
        let mut server = start(&path, &shared().base_url, home.path());
        let (_, facts) = server.ok("get_key_info", json!({}));
        assert_eq!(facts["last_four"], shared().api_key[shared().api_key.len() - 4..], "{odd:?}");
        assert!(server.finish().0.success(), "{odd:?}");
        placed.check("facts");
    }
}

#[test]
fn an_odd_scope_cache_is_replaced_and_never_followed() {
    let home = tempfile::tempdir().unwrap();
    let path = key_file(home.path(), &shared().api_key);
    let state = home.path().join("state");
    start(&path, &shared().base_url, &state).tools();
    let cache = || fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some());
    let mut server = start(&path, &shared().base_url, &state);
    server.wait_until(|_| cache().is_some());
    drop(server);
    let cache = cache().unwrap();
    for odd in Odd::ALL {
        let placed = odd.place(&cache);
        let mut server = start(&path, &shared().base_url, &state);
        assert!(!server.tools().is_empty());
        server.ok("list_indexes", json!({}));
        if odd != Odd::Directory {
            server.wait_until(|_| is_private(&cache));
        }
        placed.check("cache");
        assert!(server.finish().0.success(), "{odd:?}");
    }
    for odd in [Odd::Pipe, Odd::Device, Odd::Huge, Odd::Dangling] {
        let place = home.path().join("no state");
        odd.place(&place);
        let mut server = start(&path, &shared().base_url, &place);
        server.ok("list_indexes", json!({}));
        assert!(server.finish().0.success(), "{odd:?}");
    }
}

/// What an earlier start learnt shows where the API does not answer: then only the tools of the key are listed, instead of all.
#[test]
fn a_scope_cache_that_others_could_have_written_is_not_believed() {
    let playground = Playground::start(&[]);
    let (_, key) = playground.key(&["search"]);
    let upstream = Upstream::before(&playground.base_url);
    let home = tempfile::tempdir().unwrap();
    let path = key_file(home.path(), &key);
    let state = home.path().join("state");
    let few = start(&path, &upstream.base_url, &state).tools().len();
    let mut server = start(&path, &upstream.base_url, &state);
    let cache = || fs::read_dir(&state).ok()?.map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some());
    server.wait_until(|_| cache().is_some());
    drop(server);
    let cache = cache().unwrap();
    upstream.script(|_| Answer::Hang);
    let mode = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let listed = || start(&path, &upstream.base_url, &state).tools().len();
    assert_eq!(listed(), few, "it is believed as it was written");
    for (file, directory) in [(0o644, 0o700), (0o660, 0o700), (0o600, 0o777), (0o600, 0o770)] {
        mode(&cache, file);
        mode(&state, directory);
        assert!(listed() > few, "file {file:o}, directory {directory:o}");
    }
    mode(&cache, 0o600);
    mode(&state, 0o700);
    assert_eq!(listed(), few);
    let real = home.path().join("real.json");
    fs::rename(&cache, &real).unwrap();
    std::os::unix::fs::symlink(&real, &cache).unwrap();
    assert!(listed() > few, "a link");
}

#[test]
fn nothing_is_kept_where_others_can_write() {
    let home = tempfile::tempdir().unwrap();
    let path = key_file(home.path(), &shared().api_key);
    let state = home.path().join("state");
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    let mut server = start(&path, &shared().base_url, &state);
    server.ok("list_indexes", json!({}));
    // Whatever is kept is written before an answer that needed the API's word is complete, or soon after; the end of the process is later.
    assert!(server.finish().0.success());
    assert_eq!(fs::read_dir(&state).unwrap().count(), 0);
}
