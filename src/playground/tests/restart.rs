//! What stays after a restart, and what a data directory holds.

use std::{fs, time::Duration};

use serde_json::json;
use tokio::net::TcpListener;

use super::{As, Local, Options};
use crate::playground::{
    Error, start,
    store::{
        library::{self, NewMedia},
        place,
    },
    token,
};

fn on(directory: &std::path::Path) -> Options {
    Options { data_dir: Some(directory.join("data")), ..Options::default() }
}

#[tokio::test]
async fn keys_and_tokens_survive_and_start_keys_do_not() {
    let directory = tempfile::tempdir().unwrap();
    let first = Local::start(on(directory.path())).await;
    let (token, start_key) = (first.token(), first.key());
    let made = first.post(As::Token(&token), "/api-keys", json!({"name": "kept"})).await;
    let kept = made.body["key"].as_str().unwrap().to_owned();
    assert_eq!(first.get(As::Key(&kept), "/auth/validate").await.status, 204);
    first.handle.shutdown().await;

    let second = Local::start(on(directory.path())).await;
    assert_eq!(second.get(As::Key(&kept), "/auth/validate").await.status, 204);
    assert_eq!(second.get(As::Key(&start_key), "/auth/validate").await.status, 401);
    assert_eq!(second.get(As::Key(&second.key()), "/auth/validate").await.status, 204);
    let listed = second.get(As::Token(&token), "/api-keys").await;
    let names: Vec<_> = listed.body.as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["kept", "playground start key"]);
    assert!(listed.body[0]["last_used_at"].is_string());
    let outside = super::super::token(&directory.path().join("data"), Duration::from_mins(1)).unwrap();
    assert_eq!(second.get(As::Token(&outside), "/api-keys").await.status, 200);
    let elsewhere = Local::start(Options::default()).await;
    assert_eq!(elsewhere.get(As::Token(&outside), "/api-keys").await.status, 401);
}

#[tokio::test]
async fn no_secret_is_in_any_file_of_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let local = Local::start(on(directory.path())).await;
    let (token, start_key) = (local.token(), local.key());
    let made = local.post(As::Token(&token), "/api-keys", json!({"name": "kept"})).await;
    let path = format!("/api-keys/{}/rotate", made.body["key_id"].as_str().unwrap());
    let rotated = local.post(As::Token(&token), &path, json!({})).await;
    let secrets =
        [start_key, token, made.body["key"].as_str().unwrap().to_owned(), rotated.body["new_key"]["key"].as_str().unwrap().to_owned()];
    let mut files = 0;
    let mut search = |when: &str| {
        for entry in fs::read_dir(directory.path().join("data")).unwrap() {
            let path = entry.unwrap().path();
            let content = fs::read(&path).unwrap();
            files += 1;
            for secret in &secrets {
                let tail = &secret.as_bytes()[secret.len() - 40..];
                assert!(!content.windows(tail.len()).any(|window| window == tail), "{when}: {}", path.display());
            }
        }
    };
    search("running");
    local.handle.shutdown().await;
    search("stopped");
    assert!(files > 3);
}

#[tokio::test]
async fn a_directory_has_one_playground_at_a_time_and_never_an_older_one() {
    let directory = tempfile::tempdir().unwrap();
    let first = Local::start(on(directory.path())).await;
    let listen = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
    assert!(matches!(start(on(directory.path()), listen().await).await, Err(Error::InUse(_))));
    let set_version = |tx: &rusqlite::Transaction<'_>| Ok(tx.pragma_update(None, "user_version", 1000)?);
    first.handle.store().write(set_version).await.unwrap();
    first.handle.shutdown().await;
    assert!(matches!(start(on(directory.path()), listen().await).await, Err(Error::Newer { found: 1000, .. })));
}

#[tokio::test]
async fn a_file_that_no_item_has_is_removed_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let local = Local::start(on(directory.path())).await;
    let folder = local.handle.service.scratch.folder(library::MEDIA_FOLDER).unwrap();
    let [kept, left] = ["0123456789abcdef01234567.png", "fedcba987654321001234567.mp4"];
    for name in [kept, left, "notes.txt"] {
        fs::write(folder.join(name), "x").unwrap();
    }
    let media = NewMedia { title: "A still".into(), media_type: "image".into(), file: Some(kept.into()), ..NewMedia::default() };
    local.handle.store().write(|tx| library::add_media(tx, media)).await.unwrap();
    local.handle.shutdown().await;
    let local = Local::start(on(directory.path())).await;
    let there = [kept, left, "notes.txt"].map(|name| folder.join(name).exists());
    assert_eq!(there, [true, false, true]);
    local.handle.shutdown().await;
}

#[tokio::test]
async fn the_address_of_the_last_start_is_not_given_out() {
    let directory = tempfile::tempdir().unwrap();
    let local = Local::start(on(directory.path())).await;
    let (data, address) = (directory.path().join("data"), local.handle.base_url().to_owned());
    assert_eq!(crate::playground::address(&data).unwrap(), Some(address));
    local.handle.shutdown().await;
    let opened = place::open(Some(&data)).unwrap();
    assert_eq!(crate::playground::address(&data).unwrap(), None, "it is open and does not serve yet");
    drop(opened);
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_directory_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let local = Local::start(on(directory.path())).await;
    let data = directory.path().join("data");
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in fs::read_dir(&data).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o077, 0);
    }
    local.handle.shutdown().await;
}

#[tokio::test]
async fn a_damaged_session_secret_and_an_open_address_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("session.secret");
    fs::write(&secret, "short").unwrap();
    #[cfg(unix)]
    fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert!(matches!(token(directory.path(), Duration::from_secs(1)), Err(Error::Damaged { .. })));
    let open = TcpListener::bind("0.0.0.0:0").await.unwrap();
    assert!(matches!(start(Options::default(), open).await, Err(Error::NotLoopback(_))));
}
