//! The files of the state directory in which it is counted what was spent: whatever is wrong with one, the calls, `get_key_info`, the log and
//! `doctor` name it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    consent::priced,
    support::{Playground, Server, Upstream, run, text},
};

/// Makes a file unusable.
type Break<'b> = &'b dyn Fn(&Path);

fn order(key: &str) -> Value {
    json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_great_train_robbery_1903"]}, "idempotency_key": key})
}

/// The file that is for what was spent and whose name ends like this.
fn file(state: &Path, ending: &str) -> PathBuf {
    let mut names = fs::read_dir(state).unwrap().map(|entry| entry.unwrap().path());
    let of_sum = |name: &str| name.starts_with("spent-") && name.ends_with(ending);
    names.find(|path| of_sum(path.file_name().unwrap().to_str().unwrap())).unwrap()
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_file_at_fault_is_named_wherever_it_is_told_and_the_log_hears_once() {
    let playground = Playground::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("s");
    let upstream = Upstream::before(&playground.base_url);
    priced(&upstream, 1.0);
    let settings = ["--max-mt-per-day", "500", "--confirm", "never", "--state-dir", state.to_str().unwrap(), "--log", "info"];
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &settings);
    let environment = [("VIDEOSEARCH_BASE_URL", upstream.base_url.as_str()), ("VIDEOSEARCH_API_KEY", &playground.api_key)];
    let doctor = || {
        let output = run(&[&["doctor", "--json"], &settings[..]].concat(), &environment);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = |name: &str| report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap().to_string();
        (output.status.code(), found("confirmations"), found("state directory"), text(&output.stderr))
    };
    server.ok("execute_prompt", order("first"));
    assert_eq!(doctor().0, Some(0), "{:?}", doctor());
    let (sum, lock) = (file(&state, ".json"), file(&state, ".lock"));
    let good = fs::read(&sum).unwrap();
    let today = |days: u64| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 86_400;
        format!("{{\"day\":{},\"spent_mt\":0.0}}", since + days)
    };
    let write = |content: String| move |path: &Path| fs::write(path, &content).unwrap();
    let other = dir.path().join("other");
    let faults: [(&PathBuf, Break<'_>, &str); 7] = [
        (&sum, &write("null".to_owned()), "does not hold a sum"),
        (&sum, &write(today(3)), "has not come yet"),
        (&sum, &|path| mode(path, 0o644), "(mode 644)"),
        (&sum, &|path| symlink(&other, path).unwrap(), "a symbolic link"),
        (&sum, &write(" ".repeat(1 << 20)), "larger than 1 KiB"),
        (&sum, &|path| fs::create_dir(path).unwrap(), "a directory"),
        (&lock, &|path| fs::create_dir(path).unwrap(), "a directory"),
    ];
    for (number, (path, spoil, why)) in faults.iter().enumerate() {
        fs::remove_file(path).unwrap();
        fs::write(path, &good).unwrap();
        mode(path, 0o600);
        if !["does", "has", "(mode", "larger"].iter().any(|begin| why.starts_with(begin)) {
            fs::remove_file(path).unwrap();
        }
        spoil(path);
        let name = path.file_name().unwrap().to_str().unwrap();
        for _ in 0..2 {
            let refused = server.error("execute_prompt", order(why));
            assert!(refused.contains(name) && refused.contains(why) && refused.contains("delete it"), "{why}: {refused}");
            assert!(!refused.contains(state.to_str().unwrap()), "{why}: {refused}");
        }
        let (told, _) = server.ok("get_key_info", json!({}));
        assert!(told.contains(name) && told.contains(why), "{why}: {told}");
        let (code, confirmations, directory, stderr) = doctor();
        assert_eq!(code, Some(1), "{why}: {confirmations} {stderr}");
        for told in [&confirmations, &directory] {
            assert!(told.contains(name) && told.contains(why) && told.contains("delete"), "{why}: {told}");
        }
        assert!(confirmations.contains("\"fail\"") && directory.contains("\"warn\""), "{why}: {confirmations} {directory}");
        if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }.unwrap();
        fs::write(path, &good).unwrap();
        mode(path, 0o600);
        server.ok("execute_prompt", order(&format!("mended {number}")));
    }
    assert_eq!(doctor().0, Some(0));
    let (status, _, stderr) = server.finish();
    assert!(status.success());
    let count = |words: &str| stderr.lines().filter(|line| line.contains(words)).count();
    assert_eq!((count("WARN"), count("can be used again name=")), (faults.len(), faults.len()), "{stderr}");
    assert!(!stderr.contains("whatever costs or deletes"), "the directory is well: {stderr}");
}

#[test]
fn a_directory_in_which_nothing_can_be_counted_is_told_by_doctor_and_by_get_key_info() {
    let playground = Playground::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let (state, secret) = (dir.path().join("s"), dir.path().join("secret"));
    fs::write(&secret, "s".repeat(40)).unwrap();
    mode(&secret, 0o600);
    // A link that leads nowhere is no place, for none of them.
    symlink(dir.path().join("nowhere"), &state).unwrap();
    let settings = ["--state-secret-file", secret.to_str().unwrap(), "--state-dir", state.to_str().unwrap()];
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &settings);
    let refused = server.error("execute_prompt", order("1"));
    let (told, _) = server.ok("get_key_info", json!({}));
    let environment = [("VIDEOSEARCH_BASE_URL", playground.base_url.as_str()), ("VIDEOSEARCH_API_KEY", &playground.api_key)];
    let output = run(&[&["doctor"], &settings[..]].concat(), &environment);
    for told in [refused, told, text(&output.stdout)] {
        assert!(told.contains("it is not a directory") && told.contains("VIDEOSEARCH_STATE_DIR"), "{told}");
    }
    assert_eq!(output.status.code(), Some(1));
}
