//! Rotations and creations whose answer or secret gets lost on the way: nothing is lost for good, and the person is told.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::atomic::Ordering::SeqCst,
    time::Instant,
};

use serde_json::json;

use crate::{
    keys_cli::{active, ended, facts_beside, in_file, keys, secret_in, told, works},
    support::{Answer, PATIENCE, Playground, Seen, Upstream, program, run, text},
};

fn is_rotation(seen: &Seen) -> bool {
    seen.method == "POST" && seen.target.ends_with("/rotate")
}

/// A playground behind a proxy, with a key in a file.
struct Stage {
    playground: Playground,
    upstream: Upstream,
    home: tempfile::TempDir,
    path: PathBuf,
    id: String,
    secret: String,
}

impl Stage {
    fn new() -> Self {
        let playground = Playground::start(&[]);
        let upstream = Upstream::before(&playground.base_url);
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("here/key");
        let id = in_file(&playground, &path, "read");
        let secret = secret_in(&path);
        Self { playground, upstream, home, path, id, secret }
    }

    fn file(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// Rotates the key in the file, through the proxy.
    fn rotate(&self, more: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut arguments = vec!["keys", "rotate", &self.id, "--write", self.file()];
        arguments.extend(more);
        let mut all = vec![("VIDEOSEARCH_BASE_URL", self.upstream.base_url.as_str()), ("VIDEOSEARCH_JWT", &self.playground.jwt)];
        all.extend(environment);
        run(&arguments, &all)
    }

    /// The file holds the only key that works, with its facts beside it, and nothing was printed of it.
    fn assert_whole(&self, stdout: &str, stderr: &str) {
        let new = secret_in(&self.path);
        assert!(stdout.is_empty() && !stderr.contains(&new), "{stdout}{stderr}");
        assert_eq!((works(&self.playground, &self.secret), works(&self.playground, &new)), (false, true), "{stderr}");
        assert_eq!(active(&self.playground), [facts_beside(&self.path)["key_id"].as_str().unwrap()]);
    }
}

/// Loses the answers to the first rotations.
fn losing(count: usize, how: Answer) -> impl Fn(&Seen) -> Answer + Send + Sync {
    let left = std::sync::atomic::AtomicUsize::new(count);
    move |seen| {
        let lose = is_rotation(seen) && left.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).is_ok();
        if lose { how.clone() } else { Answer::Pass }
    }
}

#[test]
fn an_answer_that_breaks_off_is_mended_by_rotating_the_new_key() {
    let stage = Stage::new();
    for lost in [1, 2] {
        let stage = if lost == 1 { &stage } else { &Stage::new() };
        stage.upstream.script(losing(lost, Answer::lost()));
        let (stdout, stderr) = ended(&stage.rotate(&[], &[]), 0);
        stage.assert_whole(&stdout, &stderr);
        assert_eq!(stderr.matches("whose secret nobody holds").count(), lost, "{stderr}");
        assert_eq!(stage.upstream.take().iter().filter(|seen| is_rotation(seen)).count(), lost + 1);
    }
}

#[test]
fn an_answer_that_never_comes_is_mended_too() {
    let stage = Stage::new();
    stage.upstream.script(losing(1, Answer::PassThen(Box::new(Answer::Hang))));
    let (stdout, stderr) = ended(&stage.rotate(&["--timeout", "500"], &[]), 0);
    stage.assert_whole(&stdout, &stderr);
}

#[test]
fn an_answer_that_is_not_the_apis_is_mended_too() {
    let stage = Stage::new();
    stage.upstream.script(losing(1, Answer::PassThen(Box::new(Answer::html(200)))));
    let (stdout, stderr) = ended(&stage.rotate(&[], &[]), 0);
    stage.assert_whole(&stdout, &stderr);
}

#[test]
fn a_lost_answer_that_is_printed_is_mended_too() {
    let stage = Stage::new();
    stage.upstream.script(losing(1, Answer::lost()));
    let (stdout, _) = ended(&keys(&stage.upstream.base_url, &stage.playground.jwt, &["rotate", &stage.id, "--yes"]), 0);
    assert_eq!((works(&stage.playground, &stage.secret), works(&stage.playground, stdout.trim_end())), (false, true));
    assert_eq!(active(&stage.playground).len(), 1);
}

#[test]
fn a_request_that_was_not_carried_out_changes_nothing() {
    let stage = Stage::new();
    stage.upstream.script(|seen| if is_rotation(seen) { Answer::Cut(b"{".to_vec()) } else { Answer::Pass });
    let (stdout, stderr) = ended(&stage.rotate(&[], &[]), 1);
    assert!(stdout.is_empty() && stderr.contains("still works") && stderr.contains("Repeating the command is safe"), "{stderr}");
    assert_eq!((secret_in(&stage.path), works(&stage.playground, &stage.secret)), (stage.secret.clone(), true));
    stage.upstream.script(|_| Answer::Pass);
    let (stdout, stderr) = ended(&stage.rotate(&[], &[]), 0);
    stage.assert_whole(&stdout, &stderr);
}

#[test]
fn a_refused_rotation_changes_nothing() {
    let stage = Stage::new();
    let refusal = json!({"error": {"code": "rate_limit_exceeded", "message": "slow down"}});
    stage.upstream.script(move |seen| if is_rotation(seen) { Answer::json(429, &refusal) } else { Answer::Pass });
    let (_, stderr) = ended(&stage.rotate(&[], &[]), 1);
    assert!(stderr.contains("too many requests") && stderr.contains("was not rotated"), "{stderr}");
    assert_eq!((secret_in(&stage.path), works(&stage.playground, &stage.secret)), (stage.secret.clone(), true));
}

#[test]
fn a_process_that_dies_between_rotation_and_answer_is_mended_by_the_next() {
    let stage = Stage::new();
    stage.upstream.script(losing(1, Answer::PassThen(Box::new(Answer::Hang))));
    let mut child = program()
        .args(["keys", "rotate", &stage.id, "--write", stage.file()])
        .envs([("VIDEOSEARCH_BASE_URL", &stage.upstream.base_url), ("VIDEOSEARCH_JWT", &stage.playground.jwt)])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + PATIENCE;
    while works(&stage.playground, &stage.secret) {
        assert!(Instant::now() < end, "it never rotated");
        crate::support::pause();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(secret_in(&stage.path), stage.secret, "the file holds the dead key still");

    // The next run cannot know that it was ours, so it asks.
    let (_, stderr) = ended(&stage.rotate(&[], &[]), 2);
    assert!(stderr.contains("was revoked at") && stderr.contains("never used") && stderr.contains("--yes"), "{stderr}");
    let (stdout, stderr) = ended(&stage.rotate(&["--yes"], &[]), 0);
    stage.assert_whole(&stdout, &stderr);
    assert!(stderr.contains(&format!("to which {} had been rotated", stage.id)), "{stderr}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_does_not_lose_the_secret() {
    let stage = Stage::new();
    stage.upstream.script(losing(1, Answer::PassThen(Box::new(Answer::Hang))));
    let child = program()
        .args(["keys", "rotate", &stage.id, "--write", stage.file(), "--timeout", "1500"])
        .envs([("VIDEOSEARCH_BASE_URL", &stage.upstream.base_url), ("VIDEOSEARCH_JWT", &stage.playground.jwt)])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + PATIENCE;
    while works(&stage.playground, &stage.secret) {
        assert!(Instant::now() < end, "it never rotated");
        crate::support::pause();
    }
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let (stdout, stderr) = ended(&child.wait_with_output().unwrap(), 0);
    assert!(stderr.contains("Not now"), "{stderr}");
    stage.assert_whole(&stdout, &stderr);
}

#[test]
fn a_network_that_stays_away_is_told_and_the_next_run_mends() {
    let stage = Stage::new();
    let rotated = std::sync::atomic::AtomicBool::new(false);
    stage.upstream.script(move |seen| {
        if is_rotation(seen) {
            rotated.store(true, SeqCst);
            return Answer::lost();
        }
        if rotated.load(SeqCst) { Answer::html(502) } else { Answer::Pass }
    });
    let (_, stderr) = ended(&stage.rotate(&["--max-retries", "0"], &[]), 1);
    assert!(stderr.contains("cannot be seen now") && stderr.contains("Repeat the command"), "{stderr}");
    stage.upstream.script(losing(9, Answer::lost()));
    let (_, stderr) = ended(&stage.rotate(&["--yes"], &[]), 1);
    assert!(stderr.contains("lost 3 times"), "{stderr}");
    stage.upstream.script(|_| Answer::Pass);
    let (stdout, stderr) = ended(&stage.rotate(&["--yes"], &[]), 0);
    stage.assert_whole(&stdout, &stderr);
}

/// What the proxy does to the key file while the API rotates, and where the secret is found afterwards.
fn spoiled(
    spoil: impl Fn(&Path) + Send + Sync + 'static,
    environment: &dyn Fn(&Path) -> Vec<(&'static str, String)>,
) -> (Stage, String, String) {
    let stage = Stage::new();
    let path = stage.path.clone();
    stage.upstream.script(move |seen| {
        if is_rotation(seen) {
            spoil(&path);
        }
        Answer::Pass
    });
    let environment = environment(stage.home.path());
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (stdout, stderr) = ended(&stage.rotate(&[], &environment), 1);
    assert!(stderr.contains("storing the secret of"), "{stderr}");
    assert!(!works(&stage.playground, &stage.secret));
    (stage, stdout, stderr)
}

/// The only rescue file in a directory: named in the message, private, and with a secret that works.
fn assert_rescued(stage: &Stage, directory: &Path, stderr: &str) {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let rescued: Vec<_> = files.filter(|path| path.to_str().unwrap().contains(".rescued-")).collect();
    let [rescued] = rescued.as_slice() else { panic!("{rescued:?}: {stderr}") };
    let secret = secret_in(rescued);
    assert!(stderr.contains(rescued.to_str().unwrap()) && stderr.contains("not lost") && !stderr.contains(&secret), "{stderr}");
    assert!(works(&stage.playground, &secret));
    #[cfg(unix)]
    assert_eq!(crate::keys_cli::mode(rescued), 0o600);
}

fn in_the_way(path: &Path) {
    fs::remove_file(path).unwrap();
    fs::create_dir(path).unwrap();
}

fn away(path: &Path) {
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path.parent().unwrap(), "").unwrap();
}

#[test]
fn a_secret_that_cannot_be_stored_is_rescued_beside_its_file() {
    let (stage, stdout, stderr) = spoiled(in_the_way, &|_| vec![]);
    assert!(stdout.is_empty());
    assert_rescued(&stage, stage.path.parent().unwrap(), &stderr);
}

#[test]
fn a_secret_without_its_directory_is_rescued_in_the_state_directory() {
    let (stage, stdout, stderr) = spoiled(away, &|home| vec![("VIDEOSEARCH_STATE_DIR", home.join("state").display().to_string())]);
    assert!(stdout.is_empty());
    assert_rescued(&stage, &stage.home.path().join("state"), &stderr);
}

#[test]
fn a_secret_without_a_state_directory_is_rescued_among_temporary_files() {
    let places = |home: &Path| {
        fs::create_dir(home.join("tmp")).unwrap();
        fs::write(home.join("file"), "").unwrap();
        vec![
            ("VIDEOSEARCH_STATE_DIR", home.join("file").display().to_string()),
            ("TMPDIR", home.join("tmp").display().to_string()),
            ("TEMP", home.join("tmp").display().to_string()),
            ("TMP", home.join("tmp").display().to_string()),
        ]
    };
    let (stage, stdout, stderr) = spoiled(away, &places);
    assert!(stdout.is_empty());
    assert_rescued(&stage, &stage.home.path().join("tmp"), &stderr);
}

#[cfg(unix)]
#[test]
fn a_secret_that_no_file_takes_is_printed_rather_than_lost() {
    let nowhere = |home: &Path| {
        fs::write(home.join("file"), "").unwrap();
        let file = home.join("file").display().to_string();
        vec![("VIDEOSEARCH_STATE_DIR", file.clone()), ("TMPDIR", file)]
    };
    let (stage, stdout, stderr) = spoiled(away, &nowhere);
    assert!(works(&stage.playground, stdout.trim_end()) && stdout.len() == 57, "{stdout}");
    assert!(stderr.contains("printed on stdout"), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_secret_that_cannot_be_printed_is_rescued() {
    let stage = Stage::new();
    let state = stage.home.path().join("state");
    let mut command = program();
    command.args(["keys", "create", "--name", "n"]).envs([
        ("VIDEOSEARCH_BASE_URL", stage.playground.base_url.as_str()),
        ("VIDEOSEARCH_JWT", &stage.playground.jwt),
        ("VIDEOSEARCH_STATE_DIR", state.to_str().unwrap()),
    ]);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    let (_, stderr) = ended(&output, 1);
    assert!(stderr.contains("printing the secret of"), "{stderr}");
    assert_rescued(&stage, &state, &stderr);
}

#[test]
fn a_key_whose_creation_was_not_answered_is_named() {
    let stage = Stage::new();
    let is_creation = |seen: &Seen| seen.method == "POST" && seen.target == "/api-keys";
    let create = |name: &str| {
        keys(&stage.upstream.base_url, &stage.playground.jwt, &["create", "--name", name, "--write", &format!("{}2", stage.file())])
    };
    for (name, answer) in [("cut", Answer::lost()), ("page", Answer::Cut(b"<html>".to_vec()))] {
        let answer = answer.clone();
        stage.upstream.script(move |seen| if is_creation(seen) { answer.clone() } else { Answer::Pass });
        let (stdout, stderr) = ended(&create(name), 1);
        assert!(stdout.is_empty(), "{stdout}");
        let orphan = active(&stage.playground).into_iter().find(|id| *id != stage.id);
        if let Some(orphan) = orphan {
            assert!(stderr.contains(&orphan) && stderr.contains(&format!("keys delete {orphan} --yes")), "{stderr}");
            told(&stage.playground, &["delete", &orphan, "--yes"], 0);
        } else {
            assert!(stderr.contains("most likely none was made") && stderr.contains("repeating the command is safe"), "{stderr}");
        }
    }
    // A key of the same name and scopes that was there before is in use, and not the one that was just made.
    told(&stage.playground, &["create", "--name", "held", "--write", &format!("{}3", stage.file())], 0);
    stage.upstream.script(move |seen| if is_creation(seen) { Answer::html(502) } else { Answer::Pass });
    let (_, stderr) = ended(&create("held"), 1);
    assert!(stderr.contains("most likely none was made") && !stderr.contains("keys delete"), "{stderr}");
    let asked = std::sync::atomic::AtomicBool::new(false);
    stage.upstream.script(move |seen| {
        if is_creation(seen) {
            asked.store(true, SeqCst);
            return Answer::lost();
        }
        if asked.load(SeqCst) { Answer::html(503) } else { Answer::Pass }
    });
    let output = run(
        &["keys", "create", "--name", "unseen", "--max-retries", "0"],
        &[("VIDEOSEARCH_BASE_URL", &stage.upstream.base_url), ("VIDEOSEARCH_JWT", &stage.playground.jwt)],
    );
    let (_, stderr) = ended(&output, 1);
    assert!(stderr.contains("keys list") && stderr.contains("\"unseen\""), "{stderr}");
    assert!(!text(&output.stdout).contains("sk_live_"));
}

#[test]
fn ends_of_keys_that_are_not_answered_are_looked_up() {
    let stage = Stage::new();
    let change = |seen: &Seen| seen.method != "GET";
    stage.upstream.script(move |seen| if change(seen) { Answer::lost() } else { Answer::Pass });
    let end = |command: &str, code| ended(&keys(&stage.upstream.base_url, &stage.playground.jwt, &[command, &stage.id, "--yes"]), code).1;
    for command in ["revoke", "delete"] {
        let stderr = end(command, 0);
        assert!(stderr.contains("but it was done"), "{stderr}");
    }
    let (id, secret) = stage.playground.key(&["read"]);
    stage.upstream.script(move |seen| if change(seen) { Answer::Cut(vec![]) } else { Answer::Pass });
    let (_, stderr) = ended(&keys(&stage.upstream.base_url, &stage.playground.jwt, &["revoke", &id, "--yes"]), 1);
    assert!(stderr.contains("repeating the command is safe") && works(&stage.playground, &secret), "{stderr}");
}

#[test]
fn a_key_that_somebody_else_made_is_no_successor_of_a_revoked_one() {
    let stage = Stage::new();
    let other = stage.home.path().join("other");
    let other_id = in_file(&stage.playground, &other, "read");
    told(&stage.playground, &["revoke", &stage.id, "--yes"], 0);
    let (_, stderr) = ended(&stage.rotate(&["--yes"], &[]), 1);
    assert!(stderr.contains("cannot be rotated") && stderr.contains(&format!("keys rotate {other_id}")), "{stderr}");
    assert!(works(&stage.playground, &secret_in(&other)));
}
