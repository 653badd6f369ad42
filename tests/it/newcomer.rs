//! What somebody meets who follows the README with nothing but the program: each mistake is told where it is made.

use serde_json::{Value, json};

use crate::support::{Playground, Web, asked, http, run, shared, text};

/// Runs a command that must end with this code: stdout and stderr.
fn ended(arguments: &[&str], environment: &[(&str, &str)], code: i32) -> (String, String) {
    let ran = run(arguments, environment);
    let told = (text(&ran.stdout), text(&ran.stderr));
    assert_eq!(ran.status.code(), Some(code), "{arguments:?}: {told:?}");
    told
}

/// A file with one token of a server, and the token.
fn tokens(dir: &tempfile::TempDir) -> (String, String) {
    let file = dir.path().join("tokens.json").to_str().unwrap().to_owned();
    let (token, _) = ended(&["http", "token", "add", "ann", "--scopes", "read", "--token-file", &file], &[], 0);
    (file, token.trim().to_owned())
}

#[test]
fn a_server_that_can_never_have_a_key_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let (file, _) = tokens(&dir);
    let with_tokens = ["--auth", "token-file", "--token-file", &file];
    for auth in [&with_tokens[..], &["--auth", "none"]] {
        for key in [None, Some(("VIDEOSEARCH_API_KEY", "${KEY}")), Some(("VIDEOSEARCH_API_KEY", "two words"))] {
            let environment: Vec<(&str, &str)> = key.into_iter().collect();
            let (_, told) = ended(&[&["http", "--listen", "127.0.0.1:0"], auth].concat(), &environment, 2);
            assert!(told.contains("all callers use the API key of this server") && told.contains("--api-key-file"), "{told}");
        }
    }
}

#[test]
fn a_server_whose_key_is_missing_or_dead_is_not_ready_and_says_who_can_mend_it() {
    let (dir, playground) = (tempfile::tempdir().unwrap(), Playground::start(&[]));
    let (file, token) = tokens(&dir);
    let key_file = dir.path().join("the-key");
    let flags = ["--auth", "token-file", "--token-file", &file, "--api-key-file", key_file.to_str().unwrap()];
    let web = Web::start(&playground.base_url, &flags, &[]);
    let bearer = format!("Bearer {token}");
    let call = |tool: &str| {
        let message = asked("tools/call", json!({"name": tool, "arguments": {}}));
        web.post(&[("authorization", &bearer)], &message).json()["result"].to_string()
    };
    let ready = || http("GET", &web.at("/readyz"), &[], None).status;
    let doctor = |code| ended(&["doctor", "--url", &web.url], &[], code).0;
    assert_eq!(ready(), 503);
    assert!(doctor(1).contains("the API key of this server cannot be used"), "{}", doctor(1));
    for tool in ["list_indexes", "get_key_info"] {
        let told = call(tool);
        assert!(told.contains("Whoever runs this server has to give it a key that works"), "{told}");
        assert!(!told.contains("the-key") && !told.contains("MCP client gives"), "{told}");
    }
    // A key that comes later is found.
    let (id, key) = playground.key(&["read", "search"]);
    std::fs::write(&key_file, &key).unwrap();
    crate::support::eventually(|| ready() == 200);
    doctor(0);
    crate::support::eventually(|| !call("list_indexes").contains("cannot be used"));
    playground.as_owner("POST", &format!("/api-keys/{id}/revoke"), None);
    let told = call("list_indexes");
    assert!(told.contains("cannot be used") && !told.contains(&key[50..]), "{told}");
    assert!(web.stderr().contains("the-key"), "whoever runs it hears the place: {}", web.stderr());

    let dead = Web::start(&playground.base_url, &["--auth", "none"], &[("VIDEOSEARCH_API_KEY", key.as_str())]);
    assert_eq!(http("GET", &dead.at("/readyz"), &[], None).status, 503);
}

#[test]
fn who_shows_no_credential_hears_what_this_server_takes() {
    let dir = tempfile::tempdir().unwrap();
    let (file, _) = tokens(&dir);
    let key = [("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
    let by_key = Web::start(&shared().base_url, &[], &[]);
    let by_token = Web::start(&shared().base_url, &["--auth", "token-file", "--token-file", &file], &key);
    for (web, takes) in [
        (by_key, "an API key, sk_live_ and 48 hexadecimal digits, as X-API-Key or as Authorization: Bearer"),
        (by_token, "a token of this server as Authorization: Bearer"),
    ] {
        let reply = web.post(&[], &asked("tools/list", json!({})));
        assert_eq!((reply.status, reply.json()["error"].clone()), (401, json!("unauthorized")));
        assert!(reply.json()["message"].as_str().unwrap().contains(takes), "{}", reply.json());
    }
    let broken = Web::start(&shared().base_url, &[], &[]).post_text(&[("x-api-key", &shared().api_key)], "{\n\"jsonrpc\":");
    let told = broken.json()["error"]["message"].to_string();
    assert!(told.contains("the body is not valid JSON") && !told.contains("line breaks"), "{told}");
}

#[test]
fn a_token_file_that_nobody_reads_is_refused_and_a_key_that_nobody_takes_is_not_printed() {
    let dir = tempfile::tempdir().unwrap();
    let (file, _) = tokens(&dir);
    let (_, told) = ended(&["http", "--playground", "--listen", "127.0.0.1:0", "--token-file", &file], &[], 2);
    assert!(told.contains("--auth token-file"), "{told}");
    let mut command = crate::support::program();
    command.args(["http", "--playground", "--listen", "127.0.0.1:0", "--auth", "token-file", "--token-file", &file]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    assert!(told["url"].is_string() && told.get("api_key").is_none(), "{told}");

    let none = dir.path().join("none.json");
    for command in [&["list"][..], &["remove", "ann"]] {
        let (_, told) = ended(&[&["http", "token"], command, &["--token-file", none.to_str().unwrap()]].concat(), &[], 1);
        assert!(told.contains("there is no file"), "{told}");
    }
}

#[test]
fn the_list_of_tools_says_what_is_wrong_with_the_key() {
    let dead = format!("sk_live_{}", "0".repeat(48));
    for (key, why) in
        [(None, "no API key is configured"), (Some(dead.as_str()), "the API rejects the key"), (Some("a b"), "not an API key")]
    {
        let mut environment = vec![("VIDEOSEARCH_BASE_URL", shared().base_url.as_str())];
        environment.extend(key.map(|key| ("VIDEOSEARCH_API_KEY", key)));
        let (_, told) = ended(&["tools"], &environment, 0);
        assert!(told.contains(why), "{told}");
    }
    let live = [("VIDEOSEARCH_BASE_URL", shared().base_url.as_str()), ("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
    assert_eq!(ended(&["tools"], &live, 0).1, "");
}

#[test]
fn a_token_for_a_playground_that_never_was_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = dir.path().join("wrong");
    let (printed, told) = ended(&["playground", "token", "--data-dir", wrong.to_str().unwrap()], &[], 2);
    assert!(printed.is_empty() && told.contains("is no data directory of a playground") && !wrong.exists(), "{told}");
}

#[test]
fn a_setting_that_a_command_does_not_use_is_refused_and_not_in_its_help() {
    for (arguments, advice) in [
        (&["tools"][..], "use --json"),
        (&["doctor"], "use --json"),
        (&["keys", "list"], "use --json"),
        (&["playground", "--explain"], "use --json"),
        (&["setup"], "goes into the entry"),
        (&["http", "token", "list", "--token-file", "t.json"], "does not use"),
        (&["webhooks", "verify", "--secret-file", "s", "--print"], "does not use"),
        (&["manifest"], "does not use"),
    ] {
        for line in [[arguments, &["--output", "json"]].concat(), [&["--output", "json"], arguments].concat()] {
            let (printed, told) = ended(&line, &[], 2);
            assert!(printed.is_empty() && told.contains("--output") && told.contains(advice), "{line:?}: {told}");
        }
        // A variable is there for other commands.
        let told = run(arguments, &[("VIDEOSEARCH_OUTPUT", "json")]);
        assert!(!text(&told.stderr).contains("--output"), "{}", text(&told.stderr));
    }
    let listed = ended(&["tools", "--json", "--output", "lines"], &[], 0).0;
    assert!(!listed.contains("outputSchema"), "the form of answers shows in this list");
    let help = |command: &[&str]| ended(&[command, &["--help"]].concat(), &[], 0).0;
    for command in [&["keys", "list"][..], &["http", "token", "add"], &["webhooks", "verify"], &["playground"], &["manifest"], &["tools"]] {
        assert!(!help(command).contains("--upload-root"), "{command:?}");
    }
    let flags = |text: &str| text.lines().filter(|line| line.trim_start().starts_with("--")).count();
    assert!(flags(&help(&["http", "token", "list"])) <= 2, "{}", help(&["http", "token", "list"]));
    assert!(help(&["http", "token", "add"]).contains("What the token may do at most"), "{}", help(&["http", "token", "add"]));
    assert!(!help(&["keys", "rotate", "x"]).contains("--scopes") && help(&["keys", "create"]).contains("--scopes"));
    assert!(help(&["call"]).contains("--upload-root") && help(&[]).contains("--upload-root"));
}

#[test]
fn a_misspelt_variable_is_warned_of_by_every_command_that_reads_settings() {
    let base = ("VIDEOSEARCH_BASE_URL", shared().base_url.as_str());
    for (name, meant) in [("VIDEOSEARCH_READONLY", "VIDEOSEARCH_READ_ONLY"), ("VIDEOSEARCH_SCOPE", "VIDEOSEARCH_SCOPES")] {
        let environment = [base, ("VIDEOSEARCH_API_KEY", shared().api_key.as_str()), (name, "read")];
        for command in [&["call", "list_indexes"][..], &["serve"], &["tools"], &["keys", "list", "--playground", "/nowhere"]] {
            let told = text(&run(command, &environment).stderr);
            assert!(told.contains("WARN") && told.contains(&format!("{name} (meant: {meant}?)")), "{command:?}: {told}");
        }
        let web = Web::start(base.1, &[], &[(name, "read")]);
        assert!(web.stderr().contains(&format!("meant: {meant}?")), "{}", web.stderr());
    }
    let fine = [base, ("VIDEOSEARCH_SECRET_BUCKET", "x"), ("VIDEOSEARCH_HTTP_AUTH", "key"), ("VIDEOVECTOR_TIMEOUT", "1000")];
    assert!(!text(&run(&["serve"], &fine).stderr).contains("WARN"));
}

#[test]
fn a_call_that_is_no_call_fails_in_json_where_answers_are_json() {
    for (call, words) in [
        (&["nonexistent_tool"][..], "unknown tool"),
        (&["list_indexes", "{oops"], "not valid JSON"),
        (&["use_read_tool", "{}"], "missing argument `name`"),
        (&["delete_index", r#"{"index_id":"x"}"#], "switched off"),
    ] {
        let (printed, told) = ended(&[&["call"], call, &["--output", "json"]].concat(), &[], 2);
        let error: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed} {told}"));
        assert!(error["error"] == true && error["message"].as_str().unwrap().contains(words) && told.is_empty(), "{error} {told}");
        assert!(ended(&[&["call"], call].concat(), &[], 2).1.contains(words));
    }
    let (_, told) = ended(&["call", "use_read_tool", r#"{"name":"nope"}"#], &[], 2);
    assert!(told.contains("there is no tool `nope`. find_tools"), "{told}");
}

#[test]
fn small_mistakes_are_told_in_plain_words() {
    assert!(ended(&["serve", "--playground", "--bucket", "films=./nodir"], &[], 2).1.contains("there is no such directory"));
    let twice = ["--bucket", "films=/", "--bucket", "films=."];
    for command in [&["serve", "--playground"][..], &["playground"]] {
        let (_, told) = ended(&[command, &twice].concat(), &[], 2);
        assert!(told.contains("--bucket: the name `films` is given twice"), "{told}");
        assert!(told.ends_with(&format!("See videosearch-mcp {} --help.\n", command[0])), "{told}");
    }
    let (_, told) = ended(&["keys", "list", "--read-only"], &[], 2);
    assert!(told.contains("Usage: videosearch-mcp keys list"), "{told}");
    let (_, told) = ended(&["keys", "create", "--name", "x", "--scopes", "raed"], &[], 2);
    assert!(told.ends_with("See videosearch-mcp keys create --help.\n"), "{told}");
    let (_, told) = ended(&["doctor", "--url", "nonsense"], &[], 2);
    assert!(told.contains("https://mcp.example.com/mcp") && !told.contains("/api/v2"), "{told}");
    #[cfg(target_os = "linux")]
    {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = crate::support::program().args(["tools", "--playground"]).stdout(full).output().unwrap();
        assert_eq!(ran.status.code(), Some(1));
        assert!(text(&ran.stderr).contains("the output could not be written"), "{}", text(&ran.stderr));
        let ran = crate::support::program().args(["playground", "--port", "0"]).stdout(std::process::Stdio::null()).output().unwrap();
        let told = text(&ran.stderr);
        assert!(ran.status.code() == Some(2) && told.contains("stdout leads nowhere") && told.contains("--data-dir"), "{told}");
        let serve = ["http", "--playground", "--listen", "127.0.0.1:0"];
        let ran = crate::support::program().args(serve).stdout(std::process::Stdio::null()).output().unwrap();
        let told = text(&ran.stderr);
        assert!(ran.status.code() == Some(2) && told.contains("nobody would see the key of the playground"), "{told}");
    }
}

#[test]
fn variables_that_a_command_does_not_use_do_not_stop_it() {
    let bad = [("VIDEOSEARCH_MAX_MT_PER_DAY", "abc"), ("VIDEOSEARCH_OUTPUT", "abc"), ("VIDEOSEARCH_TOOLSETS", "abc")];
    let address = [("VIDEOSEARCH_BASE_URL", shared().base_url.as_str()), ("VIDEOSEARCH_JWT", shared().jwt.as_str())];
    ended(&["keys", "list"], &[&bad[..], &address].concat(), 0);
    let nonsense = [("VIDEOSEARCH_BASE_URL", "nonsense"), ("VIDEOSEARCH_SCOPES", "abc")];
    let dir = tempfile::tempdir().unwrap();
    let (_, told) = ended(&["playground", "token", "--data-dir", dir.path().to_str().unwrap()], &nonsense, 2);
    assert!(told.contains("is no data directory"), "{told}");
    assert!(ended(&["keys", "list"], &nonsense, 2).1.contains("VIDEOSEARCH_BASE_URL"));
}

#[test]
fn the_list_of_tools_says_that_it_does_not_know_only_where_it_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let state = ("VIDEOSEARCH_STATE_DIR", dir.path().to_str().unwrap());
    let api = [("VIDEOSEARCH_BASE_URL", shared().base_url.as_str()), ("VIDEOSEARCH_API_KEY", shared().api_key.as_str()), state];
    for flags in [&[][..], &[], &["--json"], &["--allow-destructive"]] {
        let (listed, told) = ended(&[&["tools"], flags].concat(), &api, 0);
        assert!(told.is_empty() && listed.contains("execute_prompt") && !listed.contains("unknown"), "{flags:?}: {told}");
    }
    let nobody = [("VIDEOSEARCH_BASE_URL", "http://127.0.0.1:9"), ("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
    assert!(!ended(&["tools"], &nobody, 0).1.is_empty());
}

#[test]
fn the_help_that_stands_in_for_a_missing_command_is_the_help() {
    for command in [&["keys"][..], &["http", "token"], &["webhooks"]] {
        let (_, told) = ended(command, &[], 2);
        assert_eq!(told, ended(&[command, &["--help"]].concat(), &[], 0).0, "{command:?}");
    }
}

#[test]
fn a_mistake_is_answered_with_what_would_be_right() {
    let dir = tempfile::tempdir().unwrap();
    let here = |arguments: &[&str]| {
        let ran = crate::support::program().args(arguments).current_dir(dir.path()).output().unwrap();
        assert_eq!(ran.status.code(), Some(2), "{arguments:?}: {}", text(&ran.stderr));
        text(&ran.stderr)
    };
    for arguments in [
        &["keys", "create", "--name", "x", "--write", "-"][..],
        &["keys", "rotate", "key_1", "--write", "-"],
        &["call", "show_moment", "{}", "--picture", "-"],
    ] {
        assert!(here(arguments).contains("give ./-"), "{arguments:?}");
    }
    assert!(here(&["call", "nope"]).contains("unknown tool `nope`; `videosearch-mcp tools` lists the tools"));
    assert!(here(&["call", "list-indexes"]).contains("did you mean `list_indexes`? `videosearch-mcp tools` lists the tools"));
    // A secret that is shown once is not asked for where nobody would see it.
    #[cfg(unix)]
    {
        let hook = r#"{"name":"w","url":"https://receiver.example/","events":["export.ready"]}"#;
        let mut command = crate::support::program();
        command.args(["call", "create_webhook", hook, "--reveal-secrets", "--playground"]).stdout(std::process::Stdio::null());
        let ran = command.stderr(std::process::Stdio::piped()).output().unwrap();
        let said = text(&ran.stderr);
        assert!(ran.status.code() == Some(2) && said.contains("stdout leads nowhere") && said.contains("was not called"), "{said}");
    }
    assert!(here(&["call", "list_indexes", "--output", "xml"]).contains("expected one of both, lines, json, not"));
    assert!(here(&["playground", "--fail", "500,every=0"]).contains("every=K with K from 1"));
    assert!(here(&["tools", "--state-dir", "st"]).contains("write the whole path"));
    let placeholder = [("VIDEOSEARCH_JWT", "${JWT}")];
    assert!(ended(&["keys", "list"], &placeholder, 2).1.contains("VIDEOSEARCH_JWT holds a placeholder"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_sum_of_tokens_is_that_of_the_tools_shown() {
    for find in [&["--find", "webhook"][..], &[]] {
        let (listed, _) = ended(&[&["tools", "--playground", "--tokens"], find].concat(), &[], 0);
        let count = listed.lines().filter(|line| line.ends_with("  listed")).count();
        let words = if count == 1 { "for the one listed tool".to_owned() } else { format!("for the {count} listed tools") };
        assert!(listed.contains(&words), "{listed}");
    }
    ended(&["tools", "--playground", "--tokens", "--json"], &[], 2);
}

#[test]
fn a_secret_in_the_place_of_its_file_is_not_repeated() {
    let key = format!("sk_live_{}", "0a1b2c3d".repeat(6));
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJvd25lciIsImV4cCI6MX0.c2lnbmF0dXJlLW9mLWEtdGVzdA";
    let random = "9f8e7d6c5b4a39281706f5e4d3c2b1a0".repeat(2);
    let ended = |arguments: &[&str], environment: &[(&str, &str)], secret: &str| {
        let state = tempfile::tempdir().unwrap();
        let environment = [environment, &[("VIDEOSEARCH_STATE_DIR", state.path().to_str().unwrap())]].concat();
        let output = run(arguments, &environment);
        let told = text(&output.stdout) + &text(&output.stderr);
        assert!(!output.status.success() && !told.contains(&secret[secret.len() - 24..]), "{arguments:?}: {told}");
        told
    };
    for secret in [key.as_str(), jwt, &random] {
        for flag in [
            &["keys", "list", "--jwt-file"][..],
            &["keys", "create", "--name", "n", "--yes", "--write"],
            &["webhooks", "verify", "--print", "--secret-file"],
            &["http", "token", "list", "--token-file"],
            &["setup", "cursor", "--yes", "--key-file"],
        ] {
            let told = ended(&[flag, &[secret]].concat(), &[], secret);
            assert!(told.contains("name a file that holds the secret, not the secret itself"), "{flag:?}: {told}");
        }
        let (state, tokens) = ("VIDEOSEARCH_STATE_SECRET_FILE", "VIDEOVECTOR_HTTP_TOKEN_FILE");
        let http = ["http", "--listen", "127.0.0.1:0"];
        for (arguments, environment) in [
            (vec!["call", "list_indexes", "--api-key-file", secret], None),
            ([&http[..], &["--state-secret-file", secret]].concat(), None),
            (vec!["call", "list_indexes"], Some(("VIDEOSEARCH_API_KEY_FILE", secret))),
            (http.to_vec(), Some((state, secret))),
            (vec!["doctor"], Some((state, secret))),
            ([&http[..], &["--auth", "token-file", "--playground"]].concat(), Some((tokens, secret))),
        ] {
            let told = ended(&arguments, environment.as_slice(), secret);
            assert!(told.contains("[a secret, not the path of a file]"), "{arguments:?} {environment:?}: {told}");
        }
        let told = ended(&["doctor"], &[("VIDEOSEARCH_API_KEY_FILE", secret)], secret);
        assert!(told.contains("VIDEOSEARCH_API_KEY_FILE holds a secret, not the path of a file"), "{told}");
    }
}
