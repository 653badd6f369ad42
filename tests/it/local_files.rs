//! What a command line shows and writes about files of the user: progress at a terminal, and the directories that `setup` puts into an entry.

use std::process::Stdio;

use videosearch_mcp::hosts::Host;

use crate::support::{program, text};

#[cfg(unix)]
#[test]
fn a_terminal_shows_how_far_a_call_is_and_a_pipe_gets_lines() {
    use crate::support::{at_terminal, untouched};
    let command = || {
        let playground = untouched();
        let mut command = program();
        command.args(["call", "wait_for_prompt_run", r#"{"run_id":"run_scene_catalogue_early_cinema"}"#]);
        command.env("VIDEOSEARCH_BASE_URL", &playground.base_url).env("VIDEOSEARCH_API_KEY", &playground.api_key).env("TERM", "xterm");
        command
    };
    let shown = at_terminal(command(), "");
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    let screen = text(&shown.stderr);
    assert!(screen.contains("[========================]") && screen.contains("100%"), "{screen:?}");
    // The line is cleared at the end, and the answer is on stdout.
    assert!(screen.contains("\r\u{1b}[2K"), "{screen:?}");
    assert!(text(&shown.stdout).contains("run_scene_catalogue_early_cinema"));
    let piped = command().stdin(Stdio::null()).output().unwrap();
    assert!(!text(&piped.stderr).contains('\u{1b}') && !text(&piped.stderr).contains("[==="), "{}", text(&piped.stderr));
    assert_eq!(piped.stdout, shown.stdout);
}

#[test]
#[cfg(feature = "playground")]
fn setup_writes_the_directories_for_files() {
    let home = tempfile::tempdir().unwrap();
    let films = home.path().join("films");
    std::fs::create_dir(&films).unwrap();
    let file = home.path().join("mcp.json");
    let setup = |more: &[&str]| {
        let mut command = program();
        command.args(["setup", "cursor", "--demo", "--yes", "--config", file.to_str().unwrap()]).args(more);
        command.env("HOME", home.path()).env("USERPROFILE", home.path()).stdin(Stdio::null()).output().unwrap()
    };
    let (one, missing) = (films.to_str().unwrap(), home.path().join("none"));
    let missing = missing.to_str().unwrap();
    let told = setup(&["--upload-root", one, "--upload-root", missing, "--download-dir", one, "--secrets-dir", one, "--reveal-secrets"]);
    assert!(told.status.success(), "{}", text(&told.stderr));
    assert!(text(&told.stderr).contains(&format!("{missing} is no directory yet")), "{}", text(&told.stderr));
    let written = std::fs::read_to_string(&file).unwrap();
    let entry = Host::find("cursor").unwrap().read(&written).unwrap().remove(0).entry.unwrap();
    for (name, value) in
        [("UPLOAD_ROOTS", format!("{one},{missing}").as_str()), ("DOWNLOAD_DIR", one), ("SECRETS_DIR", one), ("REVEAL_SECRETS", "true")]
    {
        assert_eq!(entry.variable(&format!("VIDEOSEARCH_{name}")), Some(value), "{name}");
    }
    let refused = setup(&["--upload-root", &format!("{one},more")]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("comma"), "{}", text(&refused.stderr));
}
