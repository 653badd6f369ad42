//! Keys: where they come from, rotation without a restart, and the guide's own life of a key.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Playground, Server, Upstream, core_count, shared};

fn key_file(text: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (dir, path)
}

#[test]
fn the_guide_runs_as_written() {
    let playground = Playground::start(&[]);
    let made = playground.as_owner(
        "POST",
        "/api-keys",
        Some(&json!({"name": "Search integration", "scopes": ["read", "search"], "expires_in_days": 90})),
    );
    assert_eq!(made.status, 201);
    let (id, key) = (made.json()["key_id"].as_str().unwrap().to_owned(), made.json()["key"].as_str().unwrap().to_owned());
    assert!(key.starts_with("sk_live_") && key.len() == 56);
    let search = json!({"query": "a train"});
    let may = |key: &str| playground.with_key(key, "POST", "/indexes/idx_early_cinema/search", Some(&search)).status;
    assert_eq!(may(&key), 200);
    let run = json!({"prompt_id": "prompt_action_log", "target": {"type": "index", "index_id": "idx_early_cinema"}});
    let refused = playground.with_key(&key, "POST", "/prompt-runs/execute", Some(&run));
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (403, &json!("authorization_insufficient_scope")));
    assert!(matches!(playground.with_key(&key, "GET", "/api-keys", None).status, 401 | 403), "a key cannot manage keys");

    let rotated = playground.as_owner("POST", &format!("/api-keys/{id}/rotate"), None).json();
    assert_eq!(rotated["old_key_id"], json!(id));
    let new = rotated["new_key"]["key"].as_str().unwrap().to_owned();
    let new_id = rotated["new_key"]["key_id"].as_str().unwrap();
    assert_eq!((may(&key), may(&new)), (401, 200));
    assert_eq!(playground.as_owner("POST", &format!("/api-keys/{new_id}/revoke"), None).json()["is_active"], false);
    assert_eq!(may(&new), 401);
    let listed = playground.as_owner("GET", "/api-keys", None).json();
    let row = listed.as_array().unwrap().iter().find(|row| row["key_id"] == json!(new_id)).unwrap();
    assert_eq!((&row["is_active"], row.get("key")), (&json!(false), None));
    assert_eq!(playground.as_owner("DELETE", &format!("/api-keys/{new_id}"), None).status, 200);
    assert_eq!(playground.as_owner("GET", &format!("/api-keys/{new_id}"), None).status, 404);
}

#[test]
fn a_rotated_key_is_taken_from_its_file() {
    let playground = Playground::start(&[]);
    let (id, old) = playground.key(&["read"]);
    let (_dir, path) = key_file(&format!(" \"{old}\"\n"));
    let mut server = Server::start(&["--api-key-file", &path], &[("VIDEOSEARCH_BASE_URL", &playground.base_url)]);
    server.initialize();
    assert!(!server.tools().contains(&"execute_prompt".to_owned()));
    server.ok("list_indexes", json!({}));
    let rotated = playground.as_owner("POST", &format!("/api-keys/{id}/rotate"), None).json();
    // The call begins with the dead key in the file; the new one is written while it waits.
    let call = server.ask("tools/call", json!({"name": "list_indexes", "arguments": {}}));
    fs::write(&path, rotated["new_key"]["key"].as_str().unwrap()).unwrap();
    let answer = server.answer(call);
    assert_ne!(answer["result"]["isError"], true, "{answer}");
}

#[test]
fn another_key_in_the_file_brings_its_own_scopes() {
    let playground = Playground::start(&[]);
    let (reader, writer) = (playground.key(&["read"]).1, playground.key(&["write"]).1);
    let (_dir, path) = key_file(&reader);
    let mut server = Server::start(&[], &[("VIDEOSEARCH_BASE_URL", &playground.base_url), ("VIDEOSEARCH_API_KEY_FILE", &path)]);
    server.initialize();
    assert!(server.tools().len() < core_count());
    fs::write(&path, &writer).unwrap();
    // The file is looked at about once a second; calls go on meanwhile.
    server
        .wait_until(|server| server.call("get_key_info", json!({}))["structuredContent"]["last_four"] == json!(writer[writer.len() - 4..]));
    server.wait_for(|message| message["method"] == "notifications/tools/list_changed");
    server.wait_until(|server| server.tools().len() == core_count());
}

#[test]
fn a_dead_key_is_explained_and_not_hammered() {
    let playground = Playground::start(&[]);
    let (id, key) = playground.key(&["read"]);
    playground.as_owner("POST", &format!("/api-keys/{id}/revoke"), None);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &key, &[]);
    assert_eq!(server.tools().len(), core_count(), "a dead key hides nothing");
    let text = server.error("list_indexes", json!({}));
    assert!(text.contains("rejects the key") && text.contains(&key[key.len() - 4..]) && text.contains("restart"), "{text}");
    upstream.take();
    for _ in 0..3 {
        assert!(server.error("list_indexes", json!({})).contains("rejects the key"));
    }
    assert!(upstream.take().is_empty(), "refused here for 30 s");
    let (info, facts) = server.ok("get_key_info", json!({}));
    assert_eq!(facts["valid"], "no", "{info}");
}

#[test]
fn sources_are_tried_in_order_and_never_fall_through() {
    let base = shared().base_url.as_str();
    let good = shared().api_key.as_str();
    let source = |environment: &[(&str, &str)], arguments: &[&str]| {
        let mut all = vec![("VIDEOSEARCH_BASE_URL", base)];
        all.extend(environment);
        let mut server = Server::start(arguments, &all);
        server.initialize();
        server.ok("get_key_info", json!({})).1
    };
    let (_dir, path) = key_file(good);
    assert!(source(&[("VIDEOSEARCH_API_KEY", "other")], &["--api-key-file", &path])["source"].as_str().unwrap().contains("--api-key-file"));
    for name in ["VIDEOSEARCH_API_KEY", "VIDEOVECTOR_API_KEY", "VIDEO_VECTOR_API_KEY"] {
        let facts = source(&[(name, good)], &[]);
        assert_eq!((&facts["valid"], facts["source"].as_str().unwrap().contains(name)), (&json!("yes"), true), "{name}");
    }
    let missing = source(&[("VIDEOSEARCH_API_KEY_FILE", "/no/such/file"), ("VIDEOSEARCH_API_KEY", good)], &[]);
    assert_eq!(missing["valid"], "no", "{missing}");
}

#[test]
fn placeholders_count_as_unset_and_are_named() {
    for value in ["${VIDEOSEARCH_API_KEY}", "<your-api-key>", "${user_config.api_key}"] {
        let mut server = Server::start(&[], &[("VIDEOSEARCH_API_KEY", value)]);
        server.initialize();
        assert_eq!(server.tools().len(), core_count());
        let text = server.error("list_indexes", json!({}));
        assert!(text.contains("VIDEOSEARCH_API_KEY holds a placeholder"), "{text}");
    }
}

#[test]
fn key_files_that_are_none_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let cases: [(&str, Option<Vec<u8>>); 4] = [
        ("missing", None),
        ("two lines", Some(b"one\ntwo\n".to_vec())),
        ("empty", Some(b"  \n".to_vec())),
        ("large", Some(vec![b'x'; 5000])),
    ];
    for (label, content) in cases {
        let path = dir.path().join(label);
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let path = path.to_str().unwrap();
        let mut server = Server::start(&["--api-key-file", path], &[]);
        server.initialize();
        let text = server.error("list_indexes", json!({}));
        assert!(text.contains(path) && text.contains("--api-key-file"), "{label}: {text}");
    }
    let mut server = Server::start(&["--api-key-file", dir.path().to_str().unwrap()], &[]);
    server.initialize();
    assert!(server.error("list_indexes", json!({})).contains("regular file"));
}

#[test]
fn the_sidecar_tells_name_and_expiry() {
    let (_dir, path) = key_file(&shared().api_key);
    let soon = (chrono::Utc::now() + chrono::Duration::days(5)).to_rfc3339();
    fs::write(format!("{path}.json"), json!({"key_id": "key_1", "name": "Laptop", "scopes": ["read"], "expires_at": soon}).to_string())
        .unwrap();
    let mut server = Server::start(&["--api-key-file", &path], &[("VIDEOSEARCH_BASE_URL", &shared().base_url)]);
    server.initialize();
    let (text, facts) = server.ok("get_key_info", json!({}));
    assert!(text.contains("\"Laptop\"") && text.contains("EXPIRES SOON"), "{text}");
    assert_eq!((&facts["key_id"], facts["days_left"].as_i64().map(|days| (4..=5).contains(&days))), (&json!("key_1"), Some(true)));
    assert_eq!(facts["scopes"].as_array().map(Vec::len), Some(4));
    assert_ne!(facts["rate_limits"], Value::Null);
}

/// Scopes may come from the last hour's cache; what `get_key_info` says of the key itself is always today's.
#[test]
fn key_info_asks_the_api_whatever_was_learnt_before() {
    let playground = Playground::start(&[]);
    let (id, key) = playground.key(&["read"]);
    let state = tempfile::tempdir().unwrap();
    let start = || {
        let environment = [
            ("VIDEOSEARCH_BASE_URL", playground.base_url.as_str()),
            ("VIDEOSEARCH_API_KEY", key.as_str()),
            ("VIDEOSEARCH_STATE_DIR", state.path().to_str().unwrap()),
        ];
        let mut server = Server::start(&[], &environment);
        server.initialize();
        server
    };
    let valid = |server: &mut Server| server.ok("get_key_info", json!({})).1["valid"].as_str().unwrap().to_owned();
    let mut first = start();
    assert_eq!(valid(&mut first), "yes");
    // The scopes are written down behind the answer.
    first.wait_until(|_| fs::read_dir(state.path()).is_ok_and(|mut files| files.next().is_some()));
    let mut second = start();
    assert_eq!(valid(&mut second), "yes");
    assert_eq!(playground.as_owner("POST", &format!("/api-keys/{id}/revoke"), None).status, 200);
    assert_eq!(valid(&mut second), "no", "it was revoked while the server ran");
    assert_eq!(valid(&mut start()), "no");
}

#[test]
fn a_file_that_holds_no_key_any_more_is_told_and_a_new_key_in_it_is_used() {
    let playground = Playground::start(&[]);
    for gone in [false, true] {
        let ((id, key), next) = (playground.key(&["read"]), playground.key(&["read"]).1);
        let (_dir, path) = key_file(&key);
        let mut server = Server::start(&["--api-key-file", &path], &[("VIDEOSEARCH_BASE_URL", &playground.base_url)]);
        server.initialize();
        server.ok("list_indexes", json!({}));
        let (emptied, fault) = if gone { (fs::remove_file(&path), "there is no such file") } else { (fs::write(&path, ""), "it is empty") };
        emptied.unwrap();
        // The API still takes the key of before.
        server.ok("list_indexes", json!({}));
        server.wait_until(|server| server.ok("get_key_info", json!({})).0.contains("The key of before stays in use"));
        assert_eq!(playground.as_owner("POST", &format!("/api-keys/{id}/revoke"), None).status, 200);
        for _ in 0..2 {
            let text = server.error("list_indexes", json!({}));
            assert!(text.contains(&path) && text.contains(fault) && text.contains("on the next call"), "{text}");
        }
        let (info, facts) = server.ok("get_key_info", json!({}));
        assert!(facts["valid"] == "no" && info.contains(fault) && !info.contains("stays in use"), "{info}");
        fs::write(&path, next).unwrap();
        server.wait_until(|server| server.call("list_indexes", json!({}))["isError"] != true);
    }
}
