//! `download_export`: whole files, broken ones, and places where no file may go.

use serde_json::{Value, json};

use crate::support::{Answer, PATIENCE, Playground, Server, Upstream, shared};

const SAMPLE: &str = "exp_scene_catalogue_damaged";

/// SHA-256, computed without the program.
fn hex_digest(bytes: &[u8]) -> String {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A server that saves files in a directory of its own.
fn server(base_url: &str, directory: &std::path::Path) -> Server {
    Server::with_key(base_url, &shared().api_key, &["--toolsets", "exports", "--download-dir", directory.to_str().unwrap()])
}

fn names(directory: &std::path::Path) -> Vec<String> {
    std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Waits until a directory is empty. The thread that writes a file takes it away a moment after the call has failed.
fn wait_until_empty(directory: &std::path::Path) {
    let end = std::time::Instant::now() + PATIENCE;
    while !names(directory).is_empty() {
        assert!(std::time::Instant::now() < end, "{:?} stayed", names(directory));
        crate::support::pause();
    }
}

#[test]
fn a_file_is_saved_whole_with_its_hash() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = server(&shared().base_url, directory.path());
    let (text, saved) = server.ok("download_export", json!({"export_id": SAMPLE}));
    let path = saved["path"].as_str().unwrap();
    let bytes = std::fs::read(path).unwrap();
    assert!(path.ends_with(&format!("{SAMPLE}.json")) && text.contains(path), "{text}");
    assert_eq!((saved["size_bytes"].as_u64(), &saved["sha256"]), (Some(bytes.len() as u64), &json!(hex_digest(&bytes))));
    let content: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(content["export_id"], SAMPLE);
    let (_, status) = server.ok("get_export_status", json!({"export_id": SAMPLE}));
    assert_eq!(status["file_size_bytes"], saved["size_bytes"]);
    // Never over a file.
    let refused = server.error("download_export", json!({"export_id": SAMPLE}));
    assert!(refused.contains("is there already"), "{refused}");
    assert_eq!(std::fs::read(path).unwrap(), bytes);
    let (_, other) = server.ok("download_export", json!({"export_id": SAMPLE, "file_name": "../../films.json"}));
    assert!(other["path"].as_str().unwrap().ends_with("films.json"), "{other}");
    let mut found = names(directory.path());
    found.sort_unstable();
    assert_eq!(found, [format!("{SAMPLE}.json"), "films.json".to_owned()]);
}

#[test]
fn without_a_directory_nothing_is_sent() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--toolsets", "exports"]);
    server.ok("list_exports", json!({}));
    upstream.take();
    let refused = server.error("download_export", json!({"export_id": SAMPLE}));
    assert!(refused.contains("--download-dir") && refused.contains("VIDEOSEARCH_DOWNLOAD_DIR"), "{refused}");
    let seen = upstream.take();
    assert!(!seen.iter().any(|seen| seen.target.contains("/download")), "{seen:?}");
}

#[test]
fn a_file_that_breaks_off_is_no_file() {
    let playground = Playground::start(&["--fail", "cut,path=/download"]);
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["--toolsets", "exports", "--download-dir", directory.path().to_str().unwrap()];
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &arguments);
    let text = server.error("download_export", json!({"export_id": SAMPLE}));
    assert!(text.contains("the connection broke"), "{text}");
    wait_until_empty(directory.path());
}

#[test]
fn what_is_no_whole_export_leaves_nothing_behind() {
    let json_head = || vec![("content-type", "application/json".to_owned())];
    let answers = [
        ("cut", Answer::Cut(b"{\"videos\":[".to_vec()), "the connection broke"),
        ("a page", Answer::html(200), "text/html"),
        ("too long", Answer::Fixed(200, json_head(), vec![b' '; (64 << 20) + 1]), "64 MiB"),
        ("a part", Answer::Fixed(206, json_head(), b"{}".to_vec()), "206"),
        ("empty", Answer::Fixed(200, json_head(), Vec::new()), "no body"),
        ("half", Answer::Fixed(200, json_head(), b"{\"a\":".to_vec()), "not all of it"),
        (
            "gone",
            Answer::json(200, &json!({"error": {"code": "export_expired", "message": "The file is gone"}})),
            "(export_expired): The file is gone",
        ),
        ("packed", Answer::Fixed(200, [json_head(), vec![("content-encoding", "gzip".to_owned())]].concat(), b"{}".to_vec()), "compressed"),
        (
            "refused",
            Answer::json(409, &json!({"error": {"code": "resource_export_not_downloadable", "message": "no"}})),
            "not_downloadable",
        ),
    ];
    for (label, answer, expect) in answers {
        let directory = tempfile::tempdir().unwrap();
        let upstream = Upstream::before(&shared().base_url);
        let mut server = server(&upstream.base_url, directory.path());
        server.ok("list_exports", json!({}));
        upstream.script(move |_| answer.clone());
        let text = server.error("download_export", json!({"export_id": SAMPLE}));
        assert!(text.contains(expect) && !text.contains("top_k"), "{label}: {text}");
        assert_eq!(text.contains("connector's bucket"), label == "too long", "{label}: {text}");
        wait_until_empty(directory.path());
    }
}
