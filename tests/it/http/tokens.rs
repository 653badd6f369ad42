//! MCP over HTTP: the commands that change the tokens of a server, and what callers with a token learn of its machine.

use serde_json::json;

use crate::support::{PATIENCE, Playground, Web, asked, run, text};

/// Runs a command about tokens: stdout.
fn token(file: &str, arguments: &[&str]) -> String {
    let ran = run(&[&["http", "token"], arguments, &["--token-file", file]].concat(), &[]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    text(&ran.stdout).trim().to_owned()
}

#[test]
fn commands_at_the_same_time_lose_no_token_and_bring_none_back() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tokens.json").to_str().unwrap().to_owned();
    for number in 0..8 {
        token(&file, &["add", &format!("old{number}"), "--scopes", "read"]);
    }
    std::thread::scope(|scope| {
        for number in 0..16 {
            let file = &file;
            scope.spawn(move || token(file, &["add", &format!("new{number}"), "--scopes", "search"]));
            if number < 8 {
                scope.spawn(move || token(file, &["remove", &format!("old{number}")]));
            }
        }
    });
    let listed = token(&file, &["list"]);
    let mut names: Vec<&str> = listed.lines().map(|line| line.split(' ').next().unwrap()).collect();
    names.sort_unstable();
    let mut expected: Vec<String> = (0..16).map(|number| format!("new{number}")).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn a_directory_that_is_not_there_is_told_and_no_other_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("nope/x.json").to_str().unwrap().to_owned();
    let ran = run(&["http", "token", "add", "z", "--scopes", "read", "--token-file", &file], &[]);
    let told = text(&ran.stderr);
    assert!(!ran.status.success() && told.contains(&file) && told.contains("its directory is not there"), "{told}");
    assert!(!told.contains(".lock"), "{told}");
}

#[test]
fn callers_with_a_token_are_told_nothing_of_places_that_they_cannot_reach() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().to_str().unwrap();
    let file = dir.path().join("tokens.json").to_str().unwrap().to_owned();
    let token = token(&file, &["add", "ann", "--scopes", "write"]);
    let playground = Playground::start(&[]);
    let web = Web::start(
        &playground.base_url,
        &[
            "--auth",
            "token-file",
            "--token-file",
            &file,
            "--toolsets",
            "all",
            "--download-dir",
            place,
            "--secrets-dir",
            place,
            "--upload-root",
            place,
        ],
        &[("VIDEOSEARCH_API_KEY", playground.api_key.as_str())],
    );
    let call = |tool: &str, arguments| {
        let message = asked("tools/call", json!({"name": tool, "arguments": arguments}));
        web.post(&[("authorization", &format!("Bearer {token}"))], &message).json()["result"].clone()
    };
    let hook = json!({"name": "Runs", "url": "https://receiver.example/", "events": ["prompt_run.completed"]});
    let made = call("create_webhook", hook);
    let told = made.to_string();
    assert_ne!(made["isError"], true, "{made}");
    assert!(!told.contains(place) && made["structuredContent"].get("secret_file").is_none(), "{made}");
    let name = format!("webhook-{}", made["structuredContent"]["webhook"]["webhook_id"].as_str().unwrap());
    assert!(told.contains("Whoever runs this server has the secret") && told.contains(&name) && !told.contains("Only the user"), "{made}");
    let secret = std::fs::read_to_string(dir.path().join(&name)).unwrap();
    assert!(secret.starts_with("whsec_") && !told.contains(secret.trim()));
    // Whoever runs the server hears the place, as soon as the log is written.
    let end = std::time::Instant::now() + PATIENCE;
    while !web.stderr().contains(&format!("{place}/{name}")) {
        assert!(std::time::Instant::now() < end, "{}", web.stderr());
        crate::support::pause();
    }
    assert!(!web.stderr().contains(secret.trim()));

    let saved = call("download_export", crate::support::example_of("download_export"));
    let path = saved["structuredContent"]["path"].as_str().unwrap_or_else(|| panic!("{saved}"));
    assert!(!saved.to_string().contains(place) && dir.path().join(path).is_file(), "{saved}");
    let connector = json!({"name": "S", "bucket": "b", "region": "r", "aws_access_key_id": "A", "secret_access_key_from": "file:none"});
    for (tool, arguments, why) in [
        ("download_export", crate::support::example_of("download_export"), "is there already"),
        ("create_s3_connector", connector, "there is no secret `none`"),
        ("upload_media", json!({"file_path": "/etc/passwd"}), "Use a file below the"),
        ("upload_media", json!({"file_path": "nothere.mp4"}), "nothere.mp4"),
        // The home of the machine is not told either.
        ("upload_media", json!({"file_path": "~/x.mp4"}), "~/x.mp4"),
    ] {
        let refused = call(tool, arguments).to_string();
        assert!(refused.contains(why) && !refused.contains(place) && !refused.to_lowercase().contains("the user"), "{refused}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_token_that_reaches_nobody_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tokens.json").to_str().unwrap().to_owned();
    for (device, code, why) in [("/dev/full", 1, "printing the token failed"), ("/dev/null", 2, "stdout leads nowhere")] {
        let out = std::fs::OpenOptions::new().write(true).open(device).unwrap();
        let mut command = crate::support::program();
        command.args(["http", "token", "add", "alice", "--scopes", "read", "--token-file", &file]);
        let ran = command.stdin(std::process::Stdio::null()).stdout(out).output().unwrap();
        assert_eq!(ran.status.code(), Some(code), "{device}: {}", text(&ran.stderr));
        assert!(text(&ran.stderr).contains(why), "{device}: {}", text(&ran.stderr));
    }
    token(&file, &["add", "alice", "--scopes", "read"]);
    // What only the server needs stops no command about its tokens.
    let ran = run(&["http", "token", "remove", "alice", "--token-file", &file], &[("VIDEOSEARCH_HTTP_MAX_PER_MINUTE", "abc")]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
}
