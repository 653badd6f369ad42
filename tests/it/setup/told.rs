//! What setup says about the key, and what it takes back.

use std::fs;

use super::{Home, key};
use crate::support::{Playground, text};

#[test]
fn a_printed_entry_is_the_one_that_would_be_written() {
    let playground = Playground::start(&[]);
    let home = Home::new();
    let token = [("VIDEOSEARCH_JWT", playground.jwt.as_str())];
    let account = ["cursor", "--playground", &playground.base_url];
    let printed = home.setup_with(&[&account[..], &["--print"]].concat(), &token, "");
    let told = text(&printed.stderr);
    assert!(told.contains("there is no key file") && told.contains("without --print makes a key"), "{told}");
    assert!(!home.config("cursor").exists() && !home.key_file().exists());
    let written = home.setup_with(&[&account[..], &["--yes"]].concat(), &token, "");
    let made = text(&written.stderr);
    assert!(written.status.success(), "{made}");
    let content = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    let file = fs::read(home.config("cursor")).unwrap();
    assert_eq!(content(&printed.stdout), content(&file));
    assert!(text(&file).contains(&playground.base_url));
    // The id of the key is told when it is made and when its entry goes.
    let facts = content(&fs::read(super::beside(&home.key_file(), ".json")).unwrap());
    let revoke = format!("keys revoke {}", facts["key_id"].as_str().unwrap());
    assert!(made.contains(&revoke), "{made}");
    let gone = home.fine(&["cursor", "--remove", "--yes"]);
    assert!(gone.contains(&revoke), "{gone}");

    let told = Home::new().fine(&["cursor", "--print"]);
    assert!(told.contains("there is no key file") && told.contains("put the key there"), "{told}");
    let told = Home::with_key().fine(&["cursor", "--print"]);
    assert!(!told.contains("there is no key file"), "{told}");
}

#[test]
fn what_setup_made_is_no_sign_of_a_client_and_goes_with_its_entry() {
    let home = Home::with_key();
    let installed = || {
        let listed = text(&home.setup(&[]).stdout);
        let line = listed.lines().find(|line| line.starts_with("cursor ")).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(installed(), "no");
    home.fine(&["cursor", "--yes"]);
    assert_eq!(installed(), "no");
    home.fine(&["cursor", "--yes", "--name", "second"]);
    home.fine(&["cursor", "--remove", "--yes"]);
    assert!(home.config("cursor").exists(), "another entry is in it");
    assert!(home.fine(&["cursor", "--remove", "--yes", "--name", "second"]).contains("Deleted "));
    assert!(!home.config("cursor").exists());
    assert_eq!(installed(), "no");

    // A client that came later is seen.
    home.fine(&["cursor", "--yes"]);
    fs::write(home.config("cursor").parent().unwrap().join("argv.json"), "{}").unwrap();
    assert_eq!(installed(), "yes");
}

#[test]
fn a_key_file_that_is_not_there_is_named() {
    let home = Home::new();
    let missing = home.path().join("nokey.txt");
    let output = home.setup(&["gemini-cli", "--yes", "--key-file", missing.to_str().unwrap()]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("there is no key in ") && told.contains("nokey.txt") && !told.contains("name its file"), "{told}");
    assert!(!told.contains(&key('a')));
}

#[test]
fn what_cannot_be_changed_is_left_with_the_command_that_prints_it() {
    let home = Home::with_key();
    home.write("codex", "mcp_servers = { a = {command=\"x\"} }\n");
    let told = text(&home.setup(&["codex", "--read-only", "--name", "films", "--demo", "--yes"]).stderr);
    assert!(told.contains("videosearch-mcp setup codex --read-only --name films --demo --print"), "{told}");
    home.write("claude-desktop", "{ // strict JSON has no comments\n }");
    let told = text(&home.setup(&["claude-desktop", "--remove", "--yes"]).stderr);
    assert!(told.contains("take the entry `videosearch` out by hand") && !told.contains("--print"), "{told}");
}

#[test]
fn the_preview_shows_our_own_words() {
    let home = Home::with_key();
    home.fine(&["codex", "--demo", "--yes"]);
    let told = home.fine(&["codex", "--remove", "--yes"]);
    assert!(told.contains("--playground") && !told.contains('\u{2026}'), "{told}");
    let others = serde_json::json!({"note": "x".repeat(300), "mcpServers": {}});
    home.write("claude-code", &others.to_string());
    home.fine(&["claude-code", "--yes"]);
    let told = home.fine(&["claude-code", "--read-only", "--yes"]);
    assert!(told.contains(r#""VIDEOSEARCH_READ_ONLY":"true""#) && !told.contains("- \u{2026}\u{2026}"), "{told}");
}

#[test]
fn settings_of_the_shell_that_are_not_taken_are_named() {
    let home = Home::with_key();
    let shell = [("VIDEOSEARCH_READ_ONLY", "1"), ("VIDEOSEARCH_TOOLSETS", "all")];
    let told = text(&home.setup_with(&["cursor", "--toolsets", "core", "--yes"], &shell, "").stderr);
    assert!(told.contains("of this shell, VIDEOSEARCH_READ_ONLY will not be in the entry"), "{told}");
}

#[test]
fn the_preview_shows_no_text_of_others() {
    let home = Home::with_key();
    home.write("claude-code", "{\n  \"numStartups\": 5,\n  \"primaryApiKey\": \"sk-ant-theirs\"\n}\n");
    for more in [&["--yes"][..], &["--remove", "--yes"]] {
        let told = home.fine(&[&["claude-code"], more].concat());
        assert!(told.contains("\"mcpServers\": {") && told.contains("VIDEOSEARCH_TOOLSETS\": \"all\""), "{told}");
        assert!(!told.contains("sk-ant") && !told.contains("primaryApiKey"), "{told}");
    }
    // Another program's entry of that name, on one long line.
    let theirs = serde_json::json!({"note": "x".repeat(300), "mcpServers": {"videosearch": {"command": "theirs",
        "args": ["--token", "tok-12345"], "env": {"GITHUB_TOKEN": "ghp_theirs", "PIN": "12"}}}});
    home.write("cursor", &theirs.to_string());
    for more in [&["--yes"][..], &["--remove", "--yes"]] {
        let told = home.fine(&[&["cursor"], more].concat());
        assert!(told.contains("theirs") && told.contains("api-key"), "{told}");
        assert!(!told.contains("tok-1") && !told.contains("ghp_") && !told.contains("\"12\""), "{told}");
    }
}

#[test]
fn secrets_of_other_services_stay_in_our_entry() {
    let home = Home::with_key();
    home.fine(&["cursor", "--yes"]);
    let mut config: serde_json::Value = serde_json::from_slice(&fs::read(home.config("cursor")).unwrap()).unwrap();
    config["mcpServers"]["videosearch"]["env"]["VIDEOSEARCH_SECRET_AWS"] = "AKIAtheirs".into();
    fs::write(home.config("cursor"), serde_json::to_vec_pretty(&config).unwrap()).unwrap();
    let told = home.fine(&["cursor", "--read-only", "--yes"]);
    assert!(told.contains("VIDEOSEARCH_READ_ONLY\": \"true\"") && !told.contains("AKIA"), "{told}");
    assert_eq!(home.entry("cursor", "videosearch").unwrap().variable("VIDEOSEARCH_SECRET_AWS"), Some("AKIAtheirs"));
}

#[test]
fn a_key_file_beside_a_file_of_somebody_else_is_not_written() {
    let home = Home::new();
    let beside = home.path().join("settings.json");
    fs::write(&beside, "{\"theme\": \"dark\"}").unwrap();
    let output = home.setup_with(&["cursor", "--yes", "--key-file", home.path().join("settings").to_str().unwrap()], &[], &key('b'));
    let told = text(&output.stderr);
    assert!(!output.status.success() && told.contains("settings.json: it holds something else"), "{told}");
    assert_eq!(fs::read_to_string(beside).unwrap(), "{\"theme\": \"dark\"}");
}

#[cfg(unix)]
#[test]
fn without_a_place_for_notes_nothing_is_written() {
    let home = Home::new();
    fs::write(home.path().join(".config"), "").unwrap();
    let output = home.setup_with(&["cursor", "--demo", "--yes"], &[("XDG_CONFIG_HOME", "")], "");
    let told = text(&output.stderr);
    if cfg!(target_os = "linux") {
        assert!(!output.status.success() && told.contains("Nothing was written") && told.contains("cursor --print"), "{told}");
        assert!(!home.config("cursor").exists());
    }
}
