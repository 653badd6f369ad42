//! Concurrent runs, files that change meanwhile, the list, and what cannot be asked for.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
};

use super::{Home, Host, key};
use crate::support::{binary, run, text};

#[test]
fn runs_at_the_same_time_lose_nothing() {
    let home = Home::with_key();
    let path = home.write("cursor", "{\n  \"mcpServers\": {\n    \"other\": { \"command\": \"x\" }\n  }\n}\n");
    let names: Vec<String> = (0..8).map(|number| format!("n{number}")).collect();
    let children: Vec<_> = names.iter().map(|name| home.command(&["cursor", "--yes", "--name", name]).spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    for name in &names {
        assert_eq!(home.entry("cursor", name).unwrap().command, binary(), "{name}");
    }
    assert!(home.entry("cursor", "other").is_some());
    // Each can be taken back.
    let children: Vec<_> =
        names.iter().map(|name| home.command(&["cursor", "--yes", "--remove", "--name", name]).spawn().unwrap()).collect();
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let left = fs::read_to_string(path).unwrap();
    assert!(left.contains("\"other\"") && !left.contains("\"n"), "{left}");
}

#[test]
fn a_file_that_changes_while_the_key_is_asked_for_keeps_the_change() {
    let home = Home::new();
    let path = home.write("claude-code", "{\"mcpServers\": {}, \"count\": 1}");
    let mut child = home.command(&["claude-code", "--yes"]).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("stdin") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended without asking");
    }
    // The configuration has been read by now.
    fs::write(&path, "{\"mcpServers\": {\"new\": {\"command\": \"y\"}}, \"count\": 2}").unwrap();
    child.stdin.take().unwrap().write_all(key('b').as_bytes()).unwrap();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    let after = fs::read_to_string(path).unwrap();
    assert!(after.contains("\"count\": 2") && home.entry("claude-code", "new").is_some(), "{after}");
    assert!(home.entry("claude-code", "videosearch").is_some());
}

#[test]
fn the_list_tells_how_each_client_stands() {
    let home = Home::with_key();
    home.fine(&["cursor", "--yes"]);
    home.fine(&["cursor", "--yes", "--name", "second"]);
    home.write("zed", "{\"context_servers\": {\"videosearch\": {\"command\": \"/opt/videosearch-mcp\"}}}");
    home.write("gemini-cli", "{\"mcpServers\": {}}");
    home.write("codex", "= 1");
    let files = home.files();
    let output = home.setup(&[]);
    let list = text(&output.stdout);
    let row = |id: &str| list.lines().find(|line| line.starts_with(id)).unwrap_or_else(|| panic!("{list}")).to_owned();
    assert!(row("cursor").contains("no ") && row("cursor").contains("set up; set up as second"), "{list}");
    assert!(row("zed").contains("another copy: /opt/videosearch-mcp"), "{list}");
    assert!(row("gemini-cli").contains("no entry") && row("codex").contains("unreadable: line 1"), "{list}");
    assert!(row("windsurf").contains("no ") && list.lines().count() == 9, "{list}");
    assert_eq!(home.files(), files);
}

#[test]
fn settings_of_the_command_line_go_into_the_entry() {
    let home = Home::with_key();
    home.fine(&["gemini-cli", "--yes", "--read-only", "--toolsets", "all", "--base-url", "https://api.example/v2", "--name", "films"]);
    let entry = home.entry("gemini-cli", "films").unwrap();
    let value = |name: &str| entry.variable(name);
    assert_eq!(
        (value("VIDEOSEARCH_READ_ONLY"), value("VIDEOSEARCH_TOOLSETS"), value("VIDEOSEARCH_BASE_URL"), entry.env.len()),
        (Some("true"), Some("all"), Some("https://api.example/v2"), 4)
    );
    // A call that does not name them keeps them, and says how they go.
    let told = home.fine(&["gemini-cli", "--yes", "--name", "films", "--download-dir", "/d", "--toolsets", "core"]);
    let entry = home.entry("gemini-cli", "films").unwrap();
    let value = |name: &str| entry.variable(name);
    assert_eq!(
        (value("VIDEOSEARCH_READ_ONLY"), value("VIDEOSEARCH_TOOLSETS"), value("VIDEOSEARCH_BASE_URL"), value("VIDEOSEARCH_DOWNLOAD_DIR")),
        (Some("true"), Some("core"), Some("https://api.example/v2"), Some("/d"))
    );
    let stays = "Note: kept from the present entry: VIDEOSEARCH_BASE_URL, VIDEOSEARCH_READ_ONLY.";
    assert!(told.contains(stays) && told.contains("setup gemini-cli --remove --name films"), "{told}");
    let mut gone = told.lines().filter(|line| line.starts_with("- "));
    assert!(gone.all(|line| line.contains("VIDEOSEARCH_TOOLSETS")), "{told}");
    // The address of the API is named by its default, too.
    home.fine(&["gemini-cli", "--yes", "--name", "films", "--base-url", "https://api.vectormethods.com/api/v2"]);
    assert_eq!(home.entry("gemini-cli", "films").unwrap().variable("VIDEOSEARCH_BASE_URL"), None);
    home.fine(&["gemini-cli", "--yes", "--name", "films", "--remove"]);
    home.fine(&["gemini-cli", "--yes", "--name", "films"]);
    assert_eq!(home.entry("gemini-cli", "films").unwrap().env.len(), 1);
}

#[test]
fn settings_and_the_key_file_of_an_entry_stay_whoever_wrote_it() {
    let home = Home::with_key();
    let own = home.path().join("own-key");
    fs::rename(home.key_file(), &own).unwrap();
    let entry = serde_json::json!({"mcpServers": {"videosearch": {
        "command": "npx", "args": ["-y", "videosearch-mcp", "--max-mt-per-day", "50", "--read-only"],
        "env": {"VIDEOVECTOR_API_KEY_FILE": own, "VIDEOVECTOR_SCOPES": "read", "VIDEOSEARCH_RECHECK": "0"}}}});
    home.write("cursor", &entry.to_string());
    home.fine(&["cursor", "--yes", "--scopes", "search"]);
    let entry = home.entry("cursor", "videosearch").unwrap();
    let mut env: Vec<(&str, &str)> = entry.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    env.sort_unstable();
    let expected = [
        ("VIDEOSEARCH_API_KEY_FILE", own.to_str().unwrap()),
        ("VIDEOSEARCH_MAX_MT_PER_DAY", "50"),
        ("VIDEOSEARCH_OUTPUT", "lines"),
        ("VIDEOSEARCH_READ_ONLY", "true"),
        ("VIDEOSEARCH_RECHECK", "0"),
        ("VIDEOSEARCH_SCOPES", "search"),
    ];
    let expected =
        expected.into_iter().filter(|(name, _)| *name != "VIDEOSEARCH_OUTPUT" || Host::find("cursor").unwrap().output().is_some());
    assert_eq!((env, entry.args.len()), (expected.collect(), 0));
    // Where a server at an address takes its place, they go, and that is said.
    let told = home.fine(&["cursor", "--yes", "--url", "https://mcp.example.com"]);
    assert!(told.contains("VIDEOSEARCH_MAX_MT_PER_DAY") && told.contains("not kept from the present entry"), "{told}");
}

#[test]
fn a_file_may_be_named() {
    let home = Home::with_key();
    let file = home.path().join("project/.cursor/mcp.json");
    home.fine(&["cursor", "--yes", "--config", file.to_str().unwrap()]);
    assert!(fs::read_to_string(file).unwrap().contains("VIDEOSEARCH_API_KEY_FILE"));
    assert!(!home.config("cursor").exists());
}

#[test]
fn what_cannot_be_meant_is_bad_usage() {
    let home = Home::new();
    for arguments in [
        &["emacs"][..],
        &["cursor", "--name", "two words", "--yes"],
        &["cursor", "--toolsets", "nonsense", "--yes"],
        &["--remove"],
        &["cursor", "--print", "--remove"],
        &["cursor", "--demo", "--inline-key"],
        &["cursor", "--expires-in-days", "0"],
        &["cursor", "--expires-in-days", "30", "--yes"],
        &["cursor", "--expires-in-days", "30", "--demo", "--yes"],
    ] {
        let output = home.setup(arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {}", text(&output.stderr));
        assert!(home.files().is_empty());
    }
    // Without a home there is no place, and that is said.
    let output = run(&["setup", "cursor", "--yes"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--config"));
    assert_eq!(run(&["setup"], &[]).status.code(), Some(0));
}

/// Types answers at a terminal of its own, each after its question, and gives the exit code and all that was shown.
#[cfg(target_os = "linux")]
fn at_a_terminal(home: &Home, arguments: &str, answers: &[(&str, &str)]) -> (Option<i32>, String) {
    let answers: Vec<(&str, String)> = answers.iter().map(|(question, answer)| (*question, format!("{answer}\n"))).collect();
    typed_at_a_terminal(home, &format!("exec {} setup {arguments}", binary()), &answers)
}

/// The same for any line of a shell, with what is typed to the byte.
#[cfg(target_os = "linux")]
fn typed_at_a_terminal(home: &Home, line: &str, answers: &[(&str, String)]) -> (Option<i32>, String) {
    use std::process::{Command, Stdio};

    let mut command = Command::new("script");
    command.args(["-qec", &format!("tty; {line}"), "/dev/null"]).env_clear().envs(home.environment());
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("SHELL", "/bin/sh");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut byte, mut from) = (Vec::new(), [0], 0);
    for (question, answer) in answers {
        while !text(&shown[from..]).contains(question) {
            assert_eq!(screen.read(&mut byte).unwrap(), 1, "{question} was not asked: {}", text(&shown));
            shown.push(byte[0]);
        }
        from = shown.len();
        if question.contains("not shown") {
            await_silence(text(&shown).lines().next().unwrap());
        }
        keyboard.write_all(answer.as_bytes()).unwrap();
    }
    screen.read_to_end(&mut shown).unwrap();
    (child.wait().unwrap().code(), text(&shown))
}

/// Waits until a terminal shows no more of what is typed: the question comes a moment before.
#[cfg(target_os = "linux")]
fn await_silence(terminal: &str) {
    let began = std::time::Instant::now();
    loop {
        let state = std::process::Command::new("stty").args(["-F", terminal, "-a"]).output().unwrap();
        if text(&state.stdout).split_whitespace().any(|word| word == "-echo") {
            return;
        }
        assert!(began.elapsed() < crate::support::PATIENCE, "{terminal} goes on showing what is typed: {}", text(&state.stderr));
        crate::support::pause();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_the_key_is_hidden_and_the_change_is_agreed_to() {
    let home = Home::new();
    let path = home.write("cursor", "{\n  \"a\": 1\n}\n");
    let files = home.files();
    let (code, shown) = at_a_terminal(&home, "cursor", &[("not shown): ", &key('b')), ("[y/N] ", "n")]);
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("nothing was written") && !shown.contains(&key('b')[..20]), "{shown}");
    assert_eq!(home.files(), files);
    let (code, shown) = at_a_terminal(&home, "cursor", &[("not shown): ", &key('b')), ("[y/N] ", "y")]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("\r\n+   \"mcpServers\": {") && !shown.contains("\"a\"") && !shown.contains(&key('b')[..20]), "{shown}");
    assert_eq!(fs::read_to_string(home.key_file()).unwrap().trim(), key('b'));
    let (code, shown) = at_a_terminal(&home, "cursor --remove", &[("[y/N] ", "yes")]);
    assert_eq!((code, fs::read_to_string(path).unwrap().as_str()), (Some(0), "{\n  \"a\": 1\n}\n"), "{shown}");
}

#[cfg(target_os = "linux")]
#[test]
fn whatever_ends_the_question_for_the_key_the_terminal_shows_again_what_is_typed() {
    let home = Home::new();
    let line = format!("trap : INT; {} setup cursor; echo ended by $?; stty -a", binary());
    for (key, ended) in [("\u{3}", "ended by 130"), ("\u{4}", "ended by 1")] {
        let (_, shown) = typed_at_a_terminal(&home, &line, &[("not shown): ", key.to_owned())]);
        assert!(shown.contains(ended) && shown.split_whitespace().any(|word| word == "echo"), "{shown}");
        assert_eq!(shown.contains("no key was given; nothing was written"), key == "\u{4}", "{shown}");
    }
    assert!(!home.config("cursor").exists());
}

#[test]
fn a_backup_is_never_overwritten() {
    let home = Home::with_key();
    let path = home.write("cursor", "{}");
    fs::write(super::beside(&path, ".videosearch-backup"), "older").unwrap();
    let said = home.fine(&["cursor", "--yes"]);
    assert!(said.contains(".videosearch-backup.2"), "{said}");
    assert_eq!(fs::read_to_string(super::beside(&path, ".videosearch-backup")).unwrap(), "older");
    assert_eq!(fs::read_to_string(super::beside(&path, ".videosearch-backup.2")).unwrap(), "{}");
}

#[cfg(unix)]
#[test]
fn a_file_that_was_made_behind_a_link_is_known_again() {
    let home = Home::with_key();
    let config = home.config("cursor");
    let kept = home.path().join("dotfiles");
    fs::create_dir(&kept).unwrap();
    std::os::unix::fs::symlink(&kept, config.parent().unwrap()).unwrap();
    home.fine(&["cursor", "--yes"]);
    assert!(kept.join("mcp.json").exists());
    home.fine(&["cursor", "--remove", "--yes"]);
    assert!(!config.exists() && kept.exists());
}

#[test]
fn a_link_on_the_path_is_preferred_to_where_it_leads() {
    let home = Home::with_key();
    let bin = home.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    let link = bin.join(format!("videosearch-mcp{}", std::env::consts::EXE_SUFFIX));
    #[cfg(unix)]
    std::os::unix::fs::symlink(binary(), &link).unwrap();
    #[cfg(not(unix))]
    fs::hard_link(binary(), &link).unwrap();
    // Programs of Windows find their libraries on the path.
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()))).unwrap();
    let output = home.setup_with(&["cursor", "--yes"], &[("PATH", path.to_str().unwrap())], "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let command = home.entry("cursor", "videosearch").unwrap().command;
    if cfg!(unix) {
        assert_eq!(command, link.to_str().unwrap());
    }
    // It is started from a build directory, and that is said.
    assert!(text(&output.stderr).contains("build directory"), "{}", text(&output.stderr));
}

#[cfg(unix)]
#[test]
fn a_program_under_another_name_knows_its_own_entry() {
    let home = Home::with_key();
    let renamed = home.path().join("videosearch-mcp-linux-x86_64");
    std::os::unix::fs::symlink(binary(), &renamed).unwrap();
    let before = "{\"mcpServers\": {\"videosearch\": {\"command\": \"x\"}}}";
    let path = home.write("cursor", before);
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(&renamed);
        command.env_clear().arg("setup").args(arguments).envs(home.environment());
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    run(&["cursor", "--yes"]);
    assert_eq!(home.entry("cursor", "videosearch").unwrap().command, renamed.to_str().unwrap());
    assert!(run(&[]).lines().any(|line| line.starts_with("cursor") && line.contains("set up")), "{}", run(&[]));
    // What is put back is what stood there before the first run, not before the second.
    run(&["cursor", "--yes", "--read-only"]);
    run(&["cursor", "--yes", "--remove"]);
    assert_eq!(fs::read_to_string(path).unwrap(), before);
}
