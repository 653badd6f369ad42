//! MCP over HTTP: the state directory that replicas of one machine share, and what happens without one.

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

use crate::support::{PATIENCE, Web, run, shared, text};

/// A file that was last changed two hours ago.
fn old(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    File::options().write(true).open(path).unwrap().set_modified(SystemTime::now() - Duration::from_hours(2)).unwrap();
}

#[test]
fn what_is_old_goes_and_locks_and_sums_of_days_stay() {
    let dir = tempfile::tempdir().unwrap();
    let (state, secret) = (dir.path().join("state"), dir.path().join("secret"));
    videosearch_mcp::disk::private_directory(&state).unwrap();
    fs::write(&secret, "s".repeat(40)).unwrap();
    let (gone, stays) = (["used-00ff", "claim-00ff", "spent-rate-a.json"], ["spent-rate-a.lock", "spent-a.json", "spent-a.lock", "other"]);
    for name in gone.iter().chain(&stays) {
        old(&state.join(name), "{}");
    }
    // A process that holds a lock keeps the others out as long as the file is there.
    let held = File::open(state.join(stays[0])).unwrap();
    held.lock().unwrap();
    let web = Web::start(
        &shared().base_url,
        &["--state-secret-file", secret.to_str().unwrap()],
        &[("VIDEOSEARCH_STATE_DIR", state.to_str().unwrap())],
    );
    let end = std::time::Instant::now() + PATIENCE;
    while gone.iter().any(|name| state.join(name).exists()) {
        assert!(std::time::Instant::now() < end, "an old file stays");
        web.tools(&shared().api_key);
        crate::support::pause();
    }
    for name in stays {
        assert!(state.join(name).exists(), "{name}");
    }
}

/// Settings of confirmations and limits, as a flag and as a variable, with the name that an error gives.
fn settings(secret: &str) -> [(Vec<String>, Vec<(&str, &str)>, &'static str); 4] {
    let flags = |all: [&str; 2]| all.map(str::to_owned).to_vec();
    [
        (flags(["--state-secret-file", secret]), Vec::new(), "--state-secret-file: "),
        (flags(["--max-mt-per-day", "5"]), Vec::new(), "--max-mt-per-day: "),
        (Vec::new(), vec![("VIDEOVECTOR_STATE_SECRET_FILE", "/secret")], "VIDEOVECTOR_STATE_SECRET_FILE: "),
        (Vec::new(), vec![("VIDEOSEARCH_MAX_MT_PER_DAY", "5")], "VIDEOSEARCH_MAX_MT_PER_DAY: "),
    ]
}

#[test]
fn what_processes_count_together_needs_a_place() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    fs::write(&secret, "s".repeat(40)).unwrap();
    for (flags, variables, name) in settings(secret.to_str().unwrap()) {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        for command in [&["serve"][..], &["http", "--listen", "127.0.0.1:0"]] {
            let refused = run(&[command, &flags].concat(), &variables);
            let told = text(&refused.stderr);
            assert_eq!(refused.status.code(), Some(2), "{command:?} {name}: {told}");
            assert!(told.contains(name) && told.contains("set VIDEOSEARCH_STATE_DIR"), "{told}");
        }
        let served = run(&[&["serve", "--playground"], &flags[..]].concat(), &variables);
        assert_eq!(served.status.code(), Some(0), "a playground is gone with its process: {}", text(&served.stderr));
        let place = [&variables[..], &[("VIDEOSEARCH_STATE_DIR", dir.path().to_str().unwrap())]].concat();
        assert_eq!(run(&[&["serve"], &flags[..]].concat(), &place).status.code(), Some(0), "{name}");

        let doctor = run(&[&["doctor", "--json", "--base-url", "http://127.0.0.1:9"], &flags[..]].concat(), &variables);
        let report: Value = serde_json::from_slice(&doctor.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&doctor.stderr)));
        let found = report["checks"][0]["found"].as_str().unwrap();
        assert!(report["checks"][0]["verdict"] == "fail" && found.matches(name).count() == 1, "{name}: {report}");
    }
}

#[test]
fn a_redis_is_such_a_place_and_doctor_says_that_only_http_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    videosearch_mcp::disk::keep(&secret, "s".repeat(40).as_bytes()).unwrap();
    let (secret, redis) = (secret.to_str().unwrap(), "redis://127.0.0.1:9/0");
    let arguments = ["--state-secret-file", secret, "--shared-state", redis, "--max-mt-per-day", "5"];
    let web = Web::start(&shared().base_url, &arguments, &[("VIDEOSEARCH_STATE_DIR", "")]);
    assert!(web.tools(&shared().api_key).len() > 1);
    let environment = [("VIDEOSEARCH_HTTP_SHARED_STATE", redis), ("VIDEOSEARCH_STATE_SECRET_FILE", secret)];
    let doctor = run(&["doctor", "--json", "--base-url", "http://127.0.0.1:9"], &environment);
    let report: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let warned = report["checks"].as_array().unwrap().iter().find(|check| check["found"].to_string().contains("only `http` starts"));
    assert_eq!(warned.unwrap_or_else(|| panic!("{report}"))["verdict"], json!("warn"));
}
