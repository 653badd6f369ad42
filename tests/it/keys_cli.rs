//! The keys command: the guide's life of a key, what is refused, and what is shown.

use std::{fs, path::Path, process::Output};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

#[cfg(unix)]
use crate::support::program;
use crate::support::{Answer, Playground, Seen, Server, Upstream, run, shared, text};

/// Runs `keys` against an API with a session token.
pub fn keys(base_url: &str, jwt: &str, arguments: &[&str]) -> Output {
    let mut all = vec!["keys"];
    all.extend(arguments);
    run(&all, &[("VIDEOSEARCH_BASE_URL", base_url), ("VIDEOSEARCH_JWT", jwt)])
}

/// Runs `keys` against a playground and expects this exit code: stdout and stderr.
pub fn told(playground: &Playground, arguments: &[&str], code: i32) -> (String, String) {
    ended(&keys(&playground.base_url, &playground.jwt, arguments), code)
}

/// The two texts of a command that ended with this exit code.
pub fn ended(output: &Output, code: i32) -> (String, String) {
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {stdout}\nstderr: {stderr}");
    (stdout, stderr)
}

/// Whether a key may read.
pub fn works(playground: &Playground, secret: &str) -> bool {
    playground.with_key(secret, "GET", "/auth/validate", None).status == 204
}

/// The secret in a key file.
pub fn secret_in(path: &Path) -> String {
    let line = fs::read_to_string(path).unwrap();
    assert_eq!((line.len(), line.ends_with('\n')), (57, true), "{line:?}");
    line.trim_end().to_owned()
}

/// The facts beside a key file.
pub fn facts_beside(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("{}.json", path.display())).unwrap()).unwrap()
}

#[cfg(unix)]
pub fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
}

/// The ids of all keys that work, but the playground's own.
pub fn active(playground: &Playground) -> Vec<String> {
    let (listed, _) = told(playground, &["list", "--json"], 0);
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let ours = listed.iter().filter(|key| key["name"] != "playground start key" && key["state"] != "revoked");
    ours.map(|key| key["key_id"].as_str().unwrap().to_owned()).collect()
}

/// Creates a key in a file: its id.
pub fn in_file(playground: &Playground, path: &Path, scopes: &str) -> String {
    told(playground, &["create", "--name", "Laptop", "--scopes", scopes, "--write", path.to_str().unwrap()], 0);
    facts_beside(path)["key_id"].as_str().unwrap().to_owned()
}

/// The text with known values replaced by names of the same length, and all times by a pattern.
fn redacted(text: &str, names: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (value, name) in names {
        text = text.replace(value, &format!("{name:_<0$}", value.len()));
    }
    let pattern = "dddd-dd-dd dd:ddZ";
    let mut out: Vec<char> = text.chars().collect();
    for start in 0..out.len().saturating_sub(pattern.len() - 1) {
        let window = &out[start..start + pattern.len()];
        if window.iter().zip(pattern.chars()).all(|(c, p)| if p == 'd' { c.is_ascii_digit() } else { *c == p }) {
            for (place, p) in pattern.chars().enumerate() {
                out[start + place] = if p == 'd' { '0' } else { p };
            }
        }
    }
    out.into_iter().collect()
}

#[cfg(unix)]
#[test]
fn a_secret_that_nobody_would_see_is_not_asked_for() {
    let upstream = Upstream::before(&shared().base_url);
    for arguments in [&["keys", "create", "--name", "Lost"][..], &["keys", "rotate", "key_1", "--yes"]] {
        let mut command = program();
        command.args(arguments).envs([("VIDEOSEARCH_BASE_URL", &upstream.base_url), ("VIDEOSEARCH_JWT", &shared().jwt)]);
        let output = command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).output().unwrap();
        let (_, stderr) = ended(&output, 2);
        assert!(stderr.contains("stdout leads nowhere") && stderr.contains("--write"), "{stderr}");
    }
    assert!(upstream.take().is_empty());
}

#[test]
fn the_life_of_a_key_from_the_terminal() {
    let playground = Playground::start(&[]);
    let (stdout, stderr) = told(&playground, &["create", "--name", "Search integration", "--expires-in-days", "90"], 0);
    let secret = stdout.strip_suffix('\n').unwrap().to_owned();
    assert!(secret.starts_with("sk_live_") && secret.len() == 56, "the secret is alone on stdout: {stdout:?}");
    assert!(works(&playground, &secret) && !stderr.contains(&secret));
    let id = active(&playground).remove(0);
    let names = [(id.as_str(), "key_1"), (&secret[..12], "sk_live_")];
    insta::assert_snapshot!(redacted(&stderr, &names), @r#"
    Created key_1_______________________ ("Search integration"; search, read); it expires in 90 days, at 0000-00-00 00:00Z.
    Its secret was printed this once; the API does not show it again.
    "#);

    let (shown, _) = told(&playground, &["show", &id], 0);
    insta::assert_snapshot!(redacted(&shown, &names), @r#"
    name       Search integration
    id         key_1_______________________
    prefix     sk_live_____
    scopes     search, read
    state      active
    created    0000-00-00 00:00Z
    last used  0000-00-00 00:00Z
    expires    0000-00-00 00:00Z, in 90 days
    "#);
    let (as_json, _) = told(&playground, &["show", &id, "--json"], 0);
    let as_json: Value = serde_json::from_str(&as_json).unwrap();
    assert_eq!((&as_json["state"], &as_json["days_left"], &as_json["scopes"]), (&json!("active"), &json!(90), &json!(["search", "read"])));

    let refused = told(&playground, &["rotate", &id], 2).1;
    assert!(refused.contains("fail at once") && refused.contains("--yes"), "{refused}");
    let (stdout, stderr) = told(&playground, &["rotate", &id, "--yes"], 0);
    let new_secret = stdout.trim_end().to_owned();
    assert_eq!((stdout.len(), works(&playground, &secret), works(&playground, &new_secret)), (57, false, true));
    let new_id = active(&playground).remove(0);
    let names = [(id.as_str(), "key_1"), (&new_id, "key_2"), (&secret[..12], "sk_live_"), (&new_secret[..12], "sk_live_")];
    insta::assert_snapshot!(redacted(&stderr, &names), @r#"
    Rotated key_1_______________________ to key_2_______________________ ("Search integration"; search, read), which expires in 90 days, at 0000-00-00 00:00Z. The old secret no longer works.
    The new secret was printed this once; the API does not show it again.
    "#);

    let again = told(&playground, &["rotate", &new_id, "--yes"], 0).0;
    assert!(!works(&playground, &new_secret));
    let third = active(&playground).remove(0);
    for command in ["revoke", "delete"] {
        let refused = told(&playground, &[command, &third], 2).1;
        assert!(refused.contains("Search integration") && refused.contains(&again[..12]) && refused.contains("--yes"), "{refused}");
        assert_eq!(active(&playground), [third.as_str()], "nothing was done");
    }
    assert!(told(&playground, &["revoke", &third, "--yes"], 0).1.contains("Revoked"));
    assert!(!works(&playground, again.trim_end()));
    let as_json: Value = serde_json::from_str(&told(&playground, &["show", &third, "--json"], 0).0).unwrap();
    assert_eq!((&as_json["state"], &as_json["days_left"]), (&json!("revoked"), &Value::Null));
    assert!(told(&playground, &["revoke", &third], 0).1.contains("was revoked already"));
    let dead = told(&playground, &["rotate", &third, "--yes"], 1).1;
    assert!(dead.contains("is revoked") && dead.contains("keys create"), "{dead}");
    assert_eq!(told(&playground, &["delete", &third, "--yes"], 0).0, "");
    for command in [&["show", third.as_str()][..], &["revoke", &third, "--yes"], &["delete", &third, "--yes"], &["rotate", &third, "--yes"]]
    {
        let missing = told(&playground, command, 1).1;
        assert!(missing.contains("does not exist") && missing.contains("keys list"), "{missing}");
    }
}

#[test]
fn the_list_is_a_table_in_which_ends_stand_out() {
    let playground = Playground::start(&[]);
    let start = told(&playground, &["list", "--json"], 0).0;
    let start: Vec<Value> = serde_json::from_str(&start).unwrap();
    told(&playground, &["create", "--name", "Soon", "--scopes", "search", "--expires-in-days", "14"], 0);
    told(&playground, &["create", "--name", "Later", "--scopes", "write", "--expires-in-days", "15"], 0);
    let listed: Vec<Value> = serde_json::from_str(&told(&playground, &["list", "--json"], 0).0).unwrap();
    let states: Vec<_> = listed.iter().map(|key| (key["state"].as_str().unwrap(), key["days_left"].as_i64())).collect();
    assert_eq!(states, [("active", None), ("expires_soon", Some(14)), ("active", Some(15))]);
    assert!(listed.iter().all(|key| key.get("key").is_none()));
    let (table, advice) = told(&playground, &["list"], 0);
    let text = |key: &Value, member: &str| key[member].as_str().unwrap().to_owned();
    let (ids, prefixes): (Vec<_>, Vec<_>) = listed.iter().map(|key| (text(key, "key_id"), text(key, "key_prefix"))).unzip();
    assert_eq!(start[0]["key_id"], json!(ids[0]));
    let names: Vec<_> =
        [(&ids, "key_"), (&prefixes, "sk_live_")].iter().flat_map(|(values, name)| values.iter().map(|v| (v.as_str(), *name))).collect();
    insta::assert_snapshot!(redacted(&table, &names), @r#"
    name                  id                            prefix        scopes                      created            last used  expires in  state
    playground start key  key_________________________  sk_live_____  search, read, write, admin  0000-00-00 00:00Z  never      never       active
    Soon                  key_________________________  sk_live_____  search                      0000-00-00 00:00Z  never      14 days     EXPIRES SOON
    Later                 key_________________________  sk_live_____  search, read, write         0000-00-00 00:00Z  never      15 days     active
    "#);
    insta::assert_snapshot!(redacted(&advice, &names), @r#"
    key_________________________ ("Soon"; search) expires in 14 days. Its successor: videosearch-mcp keys create (a rotated key keeps its end).
    "#);
}

#[test]
fn what_is_expired_or_odd_is_shown_so_and_cleaned() {
    let listed = json!([
        {"key_id": "key_a", "key_prefix": "sk_live_aaaa", "name": "old\u{1b}[31m\u{202e}", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z", "is_active": false},
        {"key_id": "key_b", "name": null, "scopes": ["read", "of another day"]},
    ]);
    let upstream = Upstream::scripted(move |_| Answer::json(200, &listed));
    let (table, advice) = ended(&keys(&upstream.base_url, "a.b.c", &["list"]), 0);
    assert!(table.contains("EXPIRED") && advice.contains("keys create") && advice.contains("keys delete key_a"), "{table}{advice}");
    let (as_json, _) = ended(&keys(&upstream.base_url, "a.b.c", &["list", "--json"]), 0);
    for said in [&table, &advice, &as_json] {
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
    }
    let empty = Upstream::scripted(|_| Answer::json(200, &json!([])));
    let (stdout, stderr) = ended(&keys(&empty.base_url, "a.b.c", &["list"]), 0);
    assert!(stdout.is_empty() && stderr.contains("keys create"), "{stdout}{stderr}");
    assert_eq!(ended(&keys(&empty.base_url, "a.b.c", &["list", "--json"]), 0).0, "[]\n");
}

#[test]
fn rules_are_told_before_anything_is_sent() {
    let upstream = Upstream::scripted(|_| Answer::json(500, &json!({})));
    let long = "x".repeat(101);
    let cases: [(&[&str], &str); 15] = [
        (&["create"], "--name"),
        (&["create", "--name", ""], "1 to 100 characters"),
        (&["create", "--name", " \t"], "1 to 100 characters"),
        (&["create", "--name", &long], "1 to 100 characters, not 101"),
        (&["create", "--name", "a\nb"], "control characters"),
        (
            &["create", "--name", "n", "--scopes", "read,everything"],
            "unknown scope `everything`; valid scopes are search, read, write, admin",
        ),
        (&["create", "--name", "n", "--scopes", ""], "valid scopes are search, read, write, admin"),
        (&["create", "--name", "n", "--scopes", ","], "no scope given"),
        (&["create", "--name", "n", "--expires-in-days", "0"], "from 1 to 365"),
        (&["create", "--name", "n", "--expires-in-days", "366"], "from 1 to 365"),
        (&["create", "--name", "n", "--expires-in-days", "-5"], "from 1 to 365"),
        (&["create", "--name", "n", "--expires-in-days", "soon"], "from 1 to 365"),
        (&["rotate", "../videos", "--yes"], "none of /"),
        (&["show", "sk_live_0123456789"], "keys list"),
        (&["rotate", "key_1", "--scopes", "read", "--yes"], "--scopes goes with `keys create` only"),
    ];
    for (arguments, rule) in cases {
        let (stdout, stderr) = ended(&keys(&upstream.base_url, "a.b.c", arguments), 2);
        assert!(stdout.is_empty() && stderr.contains(rule) && !stderr.contains("0123456789"), "{arguments:?}: {stderr}");
    }
    assert!(upstream.take().is_empty());
}

#[test]
fn the_help_names_what_each_command_takes() {
    // The settings that follow are those of every command.
    let help = |arguments: &[&str]| {
        let output = run(&[arguments, &["--help"]].concat(), &[]);
        ended(&output, 0).0.split("\nSettings:").next().unwrap().to_owned()
    };
    insta::assert_snapshot!(help(&["keys"]), @r"
    Manage the account's API keys, with a session token

    Usage: videosearch-mcp keys [OPTIONS] <COMMAND>

    Commands:
      list    List all keys of the account, those that expire soon or have expired standing out
      create  Create a key; its secret is printed once, alone on stdout, or written to a file
      show    Show all facts about one key
      rotate  Replace a key by a new one; the old one stops working at once
      revoke  Make a key stop working; it stays listed
      delete  Remove a key for good, from the list too
      help    Print this message or the help of the given subcommand(s)

    Options:
      -h, --help  Print help

    Account:
          --jwt-file <FILE>       File that holds the session token; VIDEOSEARCH_JWT otherwise
          --playground <URL|DIR>  Use a playground: the address of one, or the data directory of one that runs
    ");
    insta::assert_snapshot!(help(&["keys", "create"]), @r"
    Create a key; its secret is printed once, alone on stdout, or written to a file

    Usage: videosearch-mcp keys create [OPTIONS] --name <NAME>

    Options:
          --name <NAME>             What the key is for, 1 to 100 characters
          --scopes <LIST>           What it may do: search, read, write, admin; what a scope implies is granted with it [default: read,search]
          --expires-in-days <DAYS>  When it stops working, 1 to 365; without it the key never expires
          --write <FILE>            Write the secret to this file (mode 0600) and the key's facts to FILE.json, and print nothing
          --yes                     Do not ask; replace another key in FILE
      -h, --help                    Print help

    Account:
          --jwt-file <FILE>       File that holds the session token; VIDEOSEARCH_JWT otherwise
          --playground <URL|DIR>  Use a playground: the address of one, or the data directory of one that runs
    ");
    insta::assert_snapshot!(help(&["keys", "rotate"]), @r"
    Replace a key by a new one; the old one stops working at once

    Usage: videosearch-mcp keys rotate [OPTIONS] <ID>

    Arguments:
      <ID>  The key's id, as in the list

    Options:
          --write <FILE>  The file that holds the key: it gets the new secret, and FILE.json the facts; without it the secret is printed
          --yes           Do not ask
      -h, --help          Print help

    Account:
          --jwt-file <FILE>       File that holds the session token; VIDEOSEARCH_JWT otherwise
          --playground <URL|DIR>  Use a playground: the address of one, or the data directory of one that runs
    ");
}

#[test]
fn the_token_is_looked_for_and_an_api_key_is_none() {
    let api_key = shared().api_key.as_str();
    let base = ("VIDEOSEARCH_BASE_URL", shared().base_url.as_str());
    let (_, stderr) = ended(&run(&["keys", "list"], &[base, ("VIDEOSEARCH_API_KEY", api_key)]), 2);
    assert!(stderr.contains("VIDEOSEARCH_JWT") && stderr.contains("--jwt-file"), "{stderr}");
    let (_, stderr) = ended(&run(&["keys", "list"], &[base, ("VIDEOSEARCH_JWT", api_key)]), 2);
    assert!(stderr.contains("it is an API key") && !stderr.contains(&api_key[8..]), "{stderr}");
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("jwt");
    fs::write(&file, format!("Bearer {}\n", shared().jwt)).unwrap();
    let path = file.to_str().unwrap();
    // The file wins over the variable, before and after the subcommand.
    for arguments in [["keys", "--jwt-file", path, "list"], ["keys", "list", "--jwt-file", path]] {
        ended(&run(&arguments, &[base, ("VIDEOSEARCH_JWT", "x.y.z")]), 0);
    }
    #[cfg(unix)]
    for (mode, is_open) in [(0o666, true), (0o640, true), (0o600, false)] {
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        let (_, stderr) = ended(&run(&["keys", "list", "--jwt-file", path], &[base]), 0);
        assert_eq!(stderr.contains("is open to other users of this machine"), is_open, "{mode:o}: {stderr}");
    }
    for (name, code) in [("VIDEOVECTOR_JWT", 0), ("VIDEO_VECTOR_JWT", 0), ("JWT", 2)] {
        ended(&run(&["keys", "list"], &[base, (name, &shared().jwt)]), code);
    }
    let (_, stderr) = ended(&run(&["keys", "list", "--jwt-file", "/no/such/file"], &[base]), 2);
    assert!(stderr.contains("/no/such/file"), "{stderr}");
    let with_argument = run(&["keys", "list", "--jwt", "x.y.z"], &[base]);
    assert_eq!(with_argument.status.code(), Some(2), "a token is never an argument");
}

#[test]
fn a_playground_is_named_by_address_or_directory_and_never_in_this_process() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().to_str().unwrap();
    let (_, stderr) = ended(&run(&["keys", "list", "--playground", dir], &[]), 2);
    assert!(stderr.contains("no playground serves") && stderr.contains("--data-dir"), "{stderr}");
    let playground = Playground::start(&["--data-dir", dir]);
    // Neither a token nor the address of the API is needed, and neither is used.
    let (secret, _) =
        ended(&run(&["keys", "create", "--name", "n", "--playground", dir], &[("VIDEOSEARCH_BASE_URL", "http://127.0.0.1:9")]), 0);
    assert!(works(&playground, secret.trim_end()));
    let root = playground.base_url.strip_suffix("/api/v2").unwrap();
    for url in [root, &playground.base_url] {
        let (listed, _) = ended(&run(&["keys", "--playground", url, "list"], &[("VIDEOSEARCH_JWT", &playground.jwt)]), 0);
        assert!(listed.contains(&secret[..12]), "{listed}");
    }
    let (_, stderr) = ended(&run(&["keys", "list", "--playground", "https://api.example.com"], &[("VIDEOSEARCH_JWT", "a.b.c")]), 2);
    assert!(stderr.contains("on this machine"), "{stderr}");
    for (arguments, environment) in [
        (&["--playground", "keys", "list"][..], &[("VIDEOSEARCH_JWT", "a.b.c")][..]),
        (&["keys", "list"], &[("VIDEOSEARCH_JWT", "a.b.c"), ("VIDEOSEARCH_PLAYGROUND", "1")]),
    ] {
        let (_, stderr) = ended(&run(arguments, environment), 2);
        assert!(stderr.contains("would forget the key") && stderr.contains("--data-dir"), "{stderr}");
    }
}

#[test]
fn a_key_is_written_and_never_over_another_without_a_word() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("new/key");
    let file = path.to_str().unwrap();
    let create = |more: &[&str]| {
        let mut arguments = vec!["create", "--name", "Laptop", "--scopes", "search", "--expires-in-days", "30", "--write", file];
        arguments.extend(more);
        keys(&upstream.base_url, &playground.jwt, &arguments)
    };
    let (stdout, stderr) = ended(&create(&[]), 0);
    let secret = secret_in(&path);
    assert!(stdout.is_empty() && stderr.contains(file) && !stderr.contains(&secret) && works(&playground, &secret), "{stderr}");
    assert!(stderr.contains(&format!("Made the directory {} for it", path.parent().unwrap().display())), "{stderr}");
    let facts = facts_beside(&path);
    assert_eq!((&facts["name"], &facts["scopes"], facts["expires_at"].is_string()), (&json!("Laptop"), &json!(["search"]), true));
    #[cfg(unix)]
    assert_eq!((mode(&path), mode(&home.path().join("new/key.json"))), (0o600, 0o600));
    upstream.take();

    let (_, stderr) = ended(&create(&[]), 2);
    assert!(stderr.contains("holds a key already") && stderr.contains("keys rotate") && stderr.contains("--yes"), "{stderr}");
    assert_eq!((upstream.take().len(), secret_in(&path)), (0, secret.clone()));
    ended(&create(&["--yes"]), 0);
    assert_ne!(secret_in(&path), secret);
    upstream.take();

    fs::write(&path, "my notes\nof today\n").unwrap();
    let (_, stderr) = ended(&create(&["--yes"]), 1);
    assert!(stderr.contains("holds no key") && stderr.contains("left as it is"), "{stderr}");
    fs::write(home.path().join("file"), "").unwrap();
    let below = home.path().join("file/key");
    let (_, stderr) = ended(&keys(&upstream.base_url, &playground.jwt, &["create", "--name", "n", "--write", below.to_str().unwrap()]), 1);
    assert!(stderr.contains("cannot be written"), "{stderr}");
    assert!(upstream.take().is_empty(), "the API was not asked");
    // The file of another program beside it, and directories for a key that was not made.
    fs::write(home.path().join("package.json"), r#"{"name": "theirs"}"#).unwrap();
    let beside = home.path().join("package");
    let (_, stderr) = ended(&keys(&upstream.base_url, &playground.jwt, &["create", "--name", "n", "--write", beside.to_str().unwrap()]), 1);
    assert!(stderr.contains("package.json: it holds something else") && upstream.take().is_empty(), "{stderr}");
    let deep = home.path().join("x/y/key");
    ended(&keys(&upstream.base_url, "no.such.token", &["create", "--name", "n", "--write", deep.to_str().unwrap()]), 1);
    assert!(!home.path().join("x").exists());
    let left: Vec<_> = fs::read_dir(home.path().join("new")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no drafts stay behind: {left:?}");
}

#[test]
fn a_running_server_goes_on_through_a_rotation() {
    let playground = Playground::start(&[]);
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key");
    let id = in_file(&playground, &path, "read,search");
    let old = secret_in(&path);
    let mut server = Server::start(&["--api-key-file", path.to_str().unwrap()], &[("VIDEOSEARCH_BASE_URL", &playground.base_url)]);
    server.initialize();
    server.ok("list_indexes", json!({}));
    let (stdout, stderr) = told(&playground, &["rotate", &id, "--write", path.to_str().unwrap()], 0);
    assert!(stdout.is_empty() && stderr.contains("without a restart"), "{stderr}");
    let new = secret_in(&path);
    assert_eq!((works(&playground, &old), works(&playground, &new)), (false, true));
    server.ok("list_indexes", json!({}));
    let (_, facts) = server.ok("get_key_info", json!({}));
    assert_eq!((&facts["last_four"], &facts["key_id"]), (&json!(new[new.len() - 4..]), &facts_beside(&path)["key_id"]));
    assert_ne!(facts["key_id"], json!(id));
    #[cfg(unix)]
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_file_that_is_not_shown_to_hold_the_key_is_left_alone() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let home = tempfile::tempdir().unwrap();
    let (path, other) = (home.path().join("key"), home.path().join("the other"));
    let (id, other_id) = (in_file(&playground, &path, "read"), in_file(&playground, &other, "search"));
    let refused = |id: &str, path: &Path, code, word: &str| {
        let before = fs::read(path).ok();
        let (stdout, stderr) = ended(&keys(&upstream.base_url, &playground.jwt, &["rotate", id, "--write", path.to_str().unwrap()]), code);
        assert!(stdout.is_empty() && stderr.contains(word), "{word}: {stderr}");
        assert_eq!(fs::read(path).ok(), before);
        let seen = upstream.take();
        assert!(seen.iter().all(|seen| seen.method == "GET"), "{seen:?}");
        seen.len()
    };
    refused(&id, &other, 1, &format!("holds the secret of {other_id}"));
    // Without facts beside it, a file is known by the beginning of its key.
    fs::remove_file(home.path().join("the other.json")).unwrap();
    refused(&id, &other, 1, &format!("holds the secret of {other_id}"));
    fs::write(home.path().join("the other.json"), json!({"key_id": id}).to_string()).unwrap();
    refused(&other_id, &other, 1, "remove");
    let foreign = home.path().join("foreign");
    fs::write(&foreign, format!("sk_live_{}", "0".repeat(48))).unwrap();
    refused(&id, &foreign, 1, "does not match");
    assert_eq!(refused(&id, &home.path().join("none"), 2, "does not hold the present secret"), 1);
    fs::write(&foreign, "two\nlines").unwrap();
    assert_eq!(refused(&id, &foreign, 1, "holds no key"), 0);
    fs::write(home.path().join("plain"), "").unwrap();
    assert_eq!(refused(&id, &home.path().join("plain/key"), 1, "cannot be written"), 0);
    assert_eq!(refused(&id, home.path(), 1, "cannot be written"), 0);
    assert_eq!(active(&playground).len(), 2);
    // Facts about a key that is dead are old ones, and stand in no way.
    let dead = playground.key(&["read"]).0;
    told(&playground, &["revoke", &dead, "--yes"], 0);
    fs::write(home.path().join("the other.json"), json!({"key_id": dead}).to_string()).unwrap();
    told(&playground, &["rotate", &other_id, "--write", other.to_str().unwrap()], 0);
    // A rotation that was made is not made again.
    let (_, stderr) = ended(&keys(&upstream.base_url, &playground.jwt, &["rotate", &other_id, "--write", other.to_str().unwrap()]), 1);
    assert!(stderr.contains("there is nothing to do"), "{stderr}");
    // The command that is named can be pasted, spaces or not.
    #[cfg(unix)]
    assert!(stderr.contains(&format!("--write '{}'", other.display())), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_key_file_stays_one() {
    let playground = Playground::start(&[]);
    let home = tempfile::tempdir().unwrap();
    let (path, link) = (home.path().join("real"), home.path().join("link"));
    let id = in_file(&playground, &path, "read");
    std::os::unix::fs::symlink("real", &link).unwrap();
    told(&playground, &["rotate", &id, "--write", link.to_str().unwrap()], 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink() && works(&playground, &secret_in(&path)));
}

#[cfg(unix)]
#[test]
fn at_a_terminal_everything_is_told_and_asked() {
    let playground = Playground::start(&[]);
    let ask = |arguments: &[&str], typed: &str, code| {
        let mut command = program();
        command.arg("keys").args(arguments).env("VIDEOSEARCH_BASE_URL", &playground.base_url).env("VIDEOSEARCH_JWT", &playground.jwt);
        let (stdout, shown) = ended(&crate::support::at_terminal(command, typed), code);
        (stdout, shown.replace('\r', ""))
    };
    let create = ["create", "--name", "Laptop", "--scopes", "read,search", "--expires-in-days", "90"];
    for no in ["n\n", "\n", "yes please\n"] {
        let (stdout, shown) = ask(&create, no, 1);
        assert!(stdout.is_empty() && shown.contains("nothing was done"), "{shown}");
    }
    assert!(active(&playground).is_empty());
    let (stdout, shown) = ask(&create, "y\n", 0);
    assert_eq!(stdout.len(), 57);
    let id = active(&playground).remove(0);
    insta::assert_snapshot!(crate::support::uncounted(&redacted(&shown, &[(&id, "key_1")])), @r#"
    The key "Laptop" expires in 90 days and will allow:
      search  find moments, and list indexes: N tools, such as search_videos, search_videos_by_image, multimodal_search
      read    read videos, prompts, runs and their results: N tools, such as list_videos, get_video, get_video_segments
    It will not allow write, admin.
    Create this key? [y/N] Created key_1_______________________ ("Laptop"; search, read); it expires in 90 days, at 0000-00-00 00:00Z.
    Its secret was printed this once; the API does not show it again.
    "#);
    assert_eq!(ask(&["create", "--name", "Laptop", "--yes"], "", 0).0.len(), 57, "--yes asks nothing");
    for command in ["revoke", "delete", "rotate"] {
        let (_, shown) = ask(&[command, &id], "n\n", 1);
        assert!(shown.contains("Laptop") && shown.contains("[y/N]"), "{shown}");
    }
    assert_eq!(active(&playground).len(), 2);
    let (_, shown) = ask(&["revoke", &id], "yes\n", 0);
    insta::assert_snapshot!(redacted(&shown, &[(&id, "key_1"), (&stdout[..12], "sk_live_")]), @r#"
    Revoking key_1_______________________ ("Laptop"; prefix sk_live_____; search, read; last used: never) makes whatever uses it fail at once, for good.
    Go on? [y/N] Revoked key_1_______________________ ("Laptop"; search, read). It stays listed; videosearch-mcp keys delete key_1_______________________ removes it.
    "#);
    ask(&["delete", &id], "y\n", 0);
    assert_eq!(active(&playground).len(), 1);
}

#[test]
fn failures_say_what_to_do() {
    let ended_token = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(r#"{"exp": 1700000000}"#));
    let problem = |status, code: &str, message: &str| {
        Answer::json(status, &json!({"error": {"code": code, "message": message, "request_id": "req_7"}}))
    };
    let cases: Vec<(Answer, &str, &[&str])> = vec![
        (problem(401, "authentication_invalid_token", "No."), "a.b.c", &["VIDEOSEARCH_JWT", "Sign in again", "req_7"]),
        (problem(401, "authentication_invalid_token", "No."), &ended_token, &["ended at 2023-11-14T22:13:20Z", "sign in again"]),
        (problem(403, "session_token_required", "No OAuth here."), "a.b.c", &["No OAuth here.", "account's owner"]),
        (problem(404, "resource_api_key_not_found", "Gone."), "a.b.c", &["Gone.", "keys list"]),
        (Answer::json(404, &json!({"detail": "Not Found"})), "a.b.c", &["--base-url"]),
        (problem(409, "api_key_revoked", "It was revoked."), "a.b.c", &["It was revoked.", "keys list"]),
        (
            Answer::json(422, &json!({"detail": [{"loc": ["path", "key_id"], "msg": "too odd", "type": "x"}]})),
            "a.b.c",
            &["422", "`key_id`: too odd"],
        ),
        (
            Answer::Fixed(
                429,
                vec![("retry-after", "40".into())],
                br#"{"error":{"code":"rate_limit_exceeded","message":"slow"}}"#.to_vec(),
            ),
            "a.b.c",
            &["try again in 40 s"],
        ),
        (problem(503, "unavailable", "Down\u{1b}[2J\u{202e}."), "a.b.c", &["503", "Down[2J", "later"]),
        (
            Answer::Fixed(302, vec![("location", "https://elsewhere.example/login?x=1".into())], vec![]),
            "a.b.c",
            &["https://elsewhere.example,", "not followed", "--base-url"],
        ),
        (Answer::html(200), "a.b.c", &["sign-in page"]),
        (Answer::html(401), "a.b.c", &["401", "sign-in page"]),
        (Answer::html(502), "a.b.c", &["502", "later"]),
    ];
    for (answer, token, words) in cases {
        let upstream = Upstream::scripted(move |_| answer.clone());
        let output = run(
            &["keys", "show", "key_1"],
            &[("VIDEOSEARCH_BASE_URL", &upstream.base_url), ("VIDEOSEARCH_JWT", token), ("VIDEOSEARCH_MAX_RETRIES", "0")],
        );
        let (stdout, stderr) = ended(&output, 1);
        for word in words {
            assert!(stdout.is_empty() && stderr.contains(word) && !stderr.contains(['\u{1b}', '\u{202e}']), "{word}: {stderr}");
        }
    }
    let (_, stderr) = ended(&keys("http://127.0.0.1:9", "a.b.c", &["list"]), 1);
    assert!(stderr.contains("no connection to http://127.0.0.1:9") && stderr.contains("--base-url"), "{stderr}");
}

#[test]
fn what_a_rotation_does_not_carry_over_is_told() {
    let secret = format!("sk_live_{}", "7e57".repeat(12));
    let made = secret.clone();
    let upstream = Upstream::scripted(move |seen: &Seen| {
        let old = json!({"key_id": "key_1", "key_prefix": "sk_live_aaaa", "name": "CI", "scopes": ["read", "search"], "is_active": true});
        if seen.method == "GET" {
            return Answer::json(200, &json!([old]));
        }
        let new = json!({"key_id": "key_2", "key_prefix": "sk_live_7e57", "name": "API key", "scopes": ["read"], "is_active": true,
                         "expires_at": "2999-01-01T00:00:00Z", "key": made});
        Answer::json(200, &json!({"old_key_id": "key_1", "new_key": new}))
    });
    let (stdout, stderr) = ended(&keys(&upstream.base_url, "a.b.c", &["rotate", "key_1", "--yes"]), 0);
    assert_eq!(stdout.trim_end(), secret);
    for word in ["they were search, read, and are read", "was \"CI\", and is \"API key\"", "never expires"] {
        assert!(stderr.contains(word), "{word}: {stderr}");
    }
}

#[test]
fn neither_token_nor_secret_shows_but_where_it_was_asked_for() {
    let playground = Playground::start(&[]);
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key");
    let file = path.to_str().unwrap();
    let mut secrets: Vec<String> = Vec::new();
    let mut said = String::new();
    let mut run = |arguments: &[&str]| {
        for form in ["text", "json"] {
            let mut all = vec!["--log", "trace", "--log-format", form];
            all.extend(arguments);
            let output = keys(&playground.base_url, &playground.jwt, &all);
            said.push_str(&text(&output.stderr));
            let stdout = text(&output.stdout);
            if stdout.len() == 57 {
                secrets.push(stdout.trim_end().to_owned());
            } else {
                said.push_str(&stdout);
            }
            if path.exists() {
                secrets.push(secret_in(&path));
            }
        }
    };
    run(&["create", "--name", "printed"]);
    run(&["create", "--name", "written", "--yes", "--write", file]);
    run(&["list"]);
    run(&["list", "--json"]);
    let id = facts_beside(&path)["key_id"].as_str().unwrap().to_owned();
    run(&["show", &id]);
    run(&["rotate", &id, "--write", file]);
    let id = facts_beside(&path)["key_id"].as_str().unwrap().to_owned();
    run(&["rotate", &id, "--yes"]);
    run(&["rotate", &id, "--write", file, "--yes"]);
    run(&["revoke", &id, "--yes"]);
    run(&["delete", &id, "--yes"]);
    run(&["create", "--name", &playground.jwt, "--scopes", &playground.api_key]);
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() >= 6, "{} secrets", secrets.len());
    assert!(said.len() > 10_000, "trace logs something");
    for secret in &secrets {
        let body = &secret[8..];
        // The beginning that lists show is four digits longer than the mark.
        assert!((4..body.len() - 8).all(|start| !said.contains(&body[start..start + 8])), "a secret shows");
    }
    assert!(playground.jwt.split('.').skip(1).all(|part| !said.contains(part)), "the token shows");
}
