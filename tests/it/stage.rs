//! The playground in the process of a command: its buckets and its limits, and that other commands refuse these settings.

use std::fs;

use serde_json::json;
use videosearch_mcp::tools::catalog;

use crate::{
    connectors::connect,
    support::{EVERYTHING, Server, run, text},
};

#[test]
fn a_server_with_a_playground_has_buckets_and_limits() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a film.mp4"), b"x").unwrap();
    let bucket = format!("films={}", directory.path().display());
    // What stands before the command counts as well.
    let flags = [&["--playground", "serve", "--bucket", &bucket, "--enforce-limits", "--max-retries", "0"][..], &EVERYTHING].concat();
    let mut server = Server::start(&flags, &[]);
    server.initialize();
    let connector = connect(&mut server, "films", json!({"scopes": ["import", "export"]}));
    let (_, found) = server.ok("browse_connector_files", json!({"connector_id": connector}));
    assert_eq!((&found["total_files"], &found["files"][0]["path"]), (&json!(1), &json!("a film.mp4")));
    let given = json!({"run_id": "run_scene_catalogue_early_cinema", "destination_connector_id": connector});
    let (_, made) = server.ok("export_prompt_run", given);
    assert_eq!(server.ok("wait_for_export", json!({"export_id": made["export_id"]})).1["status"], "completed");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    // 60 searches a minute are allowed. A minute may end between them. This index is the smallest.
    let refused = (0..=120).find_map(|_| {
        let answer = server.call("search_videos", json!({"query": "a rocket", "index_id": "idx_space_and_nature"}));
        (answer["isError"] == true).then(|| answer.to_string())
    });
    assert!(refused.unwrap().contains("rate_limit_exceeded"));
}

#[test]
fn one_call_has_the_buckets_that_it_names() {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(directory.path().join("a film.mp4"), b"x").unwrap();
    let bucket = format!("sample-bucket={}", directory.path().display());
    let second = format!("films={}", other.path().display());
    let call = ["call", "browse_connector_files", r#"{"connector_id": "conn_sample_bucket"}"#];
    let told = run(&[&call[..], &["--playground", "--bucket", &bucket, "--bucket", &second]].concat(), &[]);
    assert!(told.status.success() && text(&told.stdout).contains("a film.mp4"), "{told:?}");
    let told = run(&["tools", "--enforce-limits", "--bucket", &second], &[("VIDEOSEARCH_PLAYGROUND", "1")]);
    assert!(told.status.success(), "{told:?}");
}

#[test]
fn settings_of_the_playground_are_refused_without_it() {
    let directory = tempfile::tempdir().unwrap();
    let bucket = format!("films={}", directory.path().display());
    for command in [&["serve"][..], &[], &["tools"], &["call", "list_indexes"]] {
        for flags in [&["--bucket", &bucket][..], &["--enforce-limits"]] {
            let told = run(&[command, flags].concat(), &[]);
            let said = text(&told.stderr);
            assert_eq!(told.status.code(), Some(2), "{command:?}: {said}");
            assert!(said.contains(flags[0]) && said.contains("give --playground, too"), "{command:?}: {said}");
        }
    }
    for (bucket, problem) in [("films", "NAME=DIR"), ("=.", "no name"), ("films=/none/at/all", "cannot be used")] {
        let told = run(&["serve", "--playground", "--bucket", bucket], &[]);
        assert!(told.status.code() == Some(2) && text(&told.stderr).contains(problem), "{bucket}: {told:?}");
    }
}

#[test]
fn the_help_names_every_group_of_tools() {
    let help = text(&run(&["--help"], &[]).stdout);
    let listed = help.split("Groups of tools to offer: ").nth(1).unwrap();
    let words: Vec<&str> = listed.split_whitespace().take_while(|word| !word.starts_with('-')).collect();
    let words: Vec<&str> = words.iter().map(|word| word.trim_end_matches(',')).collect();
    assert_eq!(words, catalog::toolsets().collect::<Vec<_>>());
}
