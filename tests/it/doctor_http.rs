//! `doctor --url`: a server over HTTP as its callers find it.

use serde_json::Value;

use crate::support::{Upstream, Web, run, shared, text};

/// What each check found, by its name, and the exit code.
struct Told(Value, Option<i32>);

impl Told {
    fn at(url: &str) -> Self {
        let key = [("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
        let output = run(&["doctor", "--url", url, "--json"], &key);
        let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
        Self(report, output.status.code())
    }

    fn tells(&self, name: &str, verdict: &str, words: &str) {
        let found = self.0["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(found["verdict"], verdict, "{}", self.0);
        let said = format!("{}{}", found["found"], found["remedy"]);
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_healthy_server_is_told_to_be_one_and_gets_no_key() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let told = Told::at(&web.url);
    told.tells("connection", "ok", "connected to 127.0.0.1");
    told.tells("health", "ok", "a videosearch-mcp server lives there");
    told.tells("readiness", "ok", "the API answers");
    told.tells("callers", "ok", "has to send a key or a token");
    assert_eq!(told.1, Some(0));

    // The proxy of the test takes the challenge out of the refusal.
    let before = Upstream::before(&web.at(""));
    Told::at(&format!("{}/mcp", before.base_url)).tells("callers", "fail", "something before the server refuses the request (401)");
    let seen = before.take();
    let targets: Vec<&str> = seen.iter().map(|seen| seen.target.as_str()).collect();
    assert!(targets.contains(&"/mcp") && targets.contains(&"/readyz"), "{targets:?}");
    assert!(seen.iter().all(|seen| !seen.keyed), "a key was sent");

    let open = Web::start(&shared().base_url, &["--auth", "none"], &[("VIDEOSEARCH_API_KEY", &shared().api_key)]);
    Told::at(&open.url).tells("callers", "ok", "everybody on this machine may call");
}

#[test]
fn each_fault_is_told_apart() {
    let lonely = Web::start("http://127.0.0.1:9/api/v2", &[], &[]);
    let told = Told::at(&lonely.url);
    told.tells("health", "ok", "lives there");
    told.tells("readiness", "fail", "run `videosearch-mcp doctor` where the server runs");
    assert_eq!(told.1, Some(1));

    let other = Told::at(&shared().base_url);
    other.tells("connection", "ok", "connected");
    other.tells("health", "fail", "is not that of a videosearch-mcp server");
    other.tells("callers", "skipped", "not known to be this program");

    let wrong = Told::at(&lonely.at("/wrong"));
    wrong.tells("callers", "fail", "does not speak MCP: it answers 404");

    let nobody = Told::at("http://127.0.0.1:9/mcp");
    nobody.tells("connection", "fail", "Start the server");
    nobody.tells("health", "skipped", "there is no connection");

    let insecure = run(&["doctor", "--url", "http://mcp.example.com/mcp"], &[]);
    assert_eq!(insecure.status.code(), Some(2));
    assert!(text(&insecure.stderr).contains("https://"), "{}", text(&insecure.stderr));
}

/// What doctor says of the settings of `http` in this environment, and its exit code.
fn here(settings: &[(&str, &str)]) -> Told {
    let base = [("VIDEOSEARCH_BASE_URL", shared().base_url.as_str()), ("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
    let output = run(&["doctor", "--json"], &[&base, settings].concat());
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    Told(report, output.status.code())
}

#[test]
fn what_http_refuses_doctor_tells_in_the_same_words() {
    let listen = ("VIDEOSEARCH_HTTP_LISTEN", "127.0.0.1:0");
    let tokens = ("VIDEOSEARCH_HTTP_AUTH", "token-file");
    for (settings, name) in [
        (&[("VIDEOSEARCH_HTTP_LISTEN", "nonsense")][..], "VIDEOSEARCH_HTTP_LISTEN"),
        (&[listen, ("VIDEOVECTOR_HTTP_AUTH", "wrong")], "VIDEOVECTOR_HTTP_AUTH"),
        (&[listen, tokens], "VIDEOSEARCH_HTTP_AUTH"),
        (&[listen, tokens, ("VIDEOSEARCH_HTTP_TOKEN_FILE", "/nope")], "VIDEOSEARCH_HTTP_TOKEN_FILE"),
        (&[("VIDEOSEARCH_HTTP_LISTEN", "0.0.0.0:0"), ("VIDEOSEARCH_HTTP_AUTH", "none")], "VIDEOSEARCH_HTTP_AUTH"),
        (&[listen, ("VIDEOSEARCH_HTTP_ALLOW_HOST", "*.example.org")], "VIDEOSEARCH_HTTP_ALLOW_HOST"),
        (&[listen, ("VIDEOSEARCH_HTTP_ALLOW_ORIGIN", "app.example.org")], "VIDEOSEARCH_HTTP_ALLOW_ORIGIN"),
        (&[listen, ("VIDEOSEARCH_HTTP_MAX_PER_MINUTE", "many")], "VIDEOSEARCH_HTTP_MAX_PER_MINUTE"),
        (&[listen, ("VIDEOSEARCH_HTTP_METRICS", "9090")], "VIDEOSEARCH_HTTP_METRICS"),
        (&[listen, ("VIDEOSEARCH_HTTP_SHARED_STATE", "")], "VIDEOSEARCH_HTTP_SHARED_STATE"),
        (&[listen, ("VIDEOSEARCH_HTTP_SHARED_STATE", "nonsense")], "VIDEOSEARCH_HTTP_SHARED_STATE"),
        (&[listen, ("VIDEOSEARCH_HTTP_SHARED_STATE", "redis://127.0.0.1:9/0")], "VIDEOSEARCH_HTTP_SHARED_STATE"),
    ] {
        let told = here(settings);
        told.tells(name, "fail", "until then `http` does not start");
        assert_eq!(told.1, Some(1), "{settings:?}");
        let found = told.0["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()["found"].as_str().unwrap();
        let base = [("VIDEOSEARCH_BASE_URL", shared().base_url.as_str()), ("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
        let refused = run(&["http"], &[&base, settings].concat());
        let said = text(&refused.stderr);
        assert!(refused.status.code() == Some(2) && said.contains(found), "{found}: {said}");
        assert!(said.ends_with("See videosearch-mcp http --help.\n"), "{said}");
    }
}

#[test]
fn settings_of_http_that_are_good_are_told_and_no_password_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tokens.json").to_str().unwrap().to_owned();
    assert!(run(&["http", "token", "add", "ci", "--scopes", "read", "--token-file", &file], &[]).status.success());
    let secret = dir.path().join("secret");
    videosearch_mcp::disk::keep(&secret, "s".repeat(40).as_bytes()).unwrap();
    let settings = [
        ("VIDEOSEARCH_HTTP_LISTEN", "127.0.0.1:0"),
        ("VIDEOSEARCH_HTTP_AUTH", "token-file"),
        ("VIDEOSEARCH_HTTP_TOKEN_FILE", &file),
        ("VIDEOSEARCH_HTTP_ALLOW_HOST", "mcp.example.org"),
        ("VIDEOSEARCH_HTTP_ALLOW_ORIGIN", "https://app.example.org"),
        ("VIDEOSEARCH_HTTP_MAX_PER_MINUTE", "5"),
        ("VIDEOSEARCH_HTTP_METRICS", "127.0.0.1:0"),
    ];
    let told = here(&settings);
    for (name, value) in settings {
        let words = if name.ends_with("TOKEN_FILE") { "with 1 token" } else { value };
        told.tells(name, "ok", words);
    }
    assert_eq!(told.1, Some(0), "{}", told.0);
    let alone = here(&[("VIDEOSEARCH_HTTP_TOKEN_FILE", "/nope")]);
    alone.tells("VIDEOSEARCH_HTTP_TOKEN_FILE", "warn", "http token add");
    assert_eq!(alone.1, Some(0), "no token is asked for");

    let redis = [
        ("VIDEOSEARCH_HTTP_SHARED_STATE", "redis://user:hunter2@127.0.0.1:9/0"),
        ("VIDEOSEARCH_STATE_SECRET_FILE", secret.to_str().unwrap()),
        ("VIDEOSEARCH_STATE_DIR", dir.path().to_str().unwrap()),
        ("VIDEOSEARCH_BASE_URL", shared().base_url.as_str()),
        ("VIDEOSEARCH_API_KEY", shared().api_key.as_str()),
    ];
    let told = here(&redis[..3]);
    told.tells("VIDEOSEARCH_HTTP_SHARED_STATE", "fail", "Redis cannot be reached");
    assert!(told.1 == Some(1) && !told.0.to_string().contains("hunter2"), "{}", told.0);
    let table = text(&run(&["doctor"], &redis).stdout);
    assert!(table.contains("Settings of `http`") && table.contains("but `http` would not: 1 check failed"), "{table}");
}

#[test]
fn an_address_where_http_cannot_listen_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for name in ["VIDEOSEARCH_HTTP_LISTEN", "VIDEOSEARCH_HTTP_METRICS"] {
        let told = here(&[(name, &address)]);
        told.tells(name, "warn", &format!("something listens at {address} already"));
        assert_eq!(told.1, Some(0), "it may be `http` itself: {}", told.0);
        // An address of nobody's, kept for documentation.
        let told = here(&[(name, "192.0.2.1:8080")]);
        told.tells(name, "fail", "cannot listen on 192.0.2.1:8080");
        assert_eq!(told.1, Some(1));
    }
    drop(taken);
    here(&[("VIDEOSEARCH_HTTP_LISTEN", &address), ("VIDEOSEARCH_HTTP_METRICS", &address)]).tells(
        "VIDEOSEARCH_HTTP_METRICS",
        "fail",
        "is the address of --listen, too",
    );
}

#[test]
fn clients_that_connect_to_an_address_need_no_key_here() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let home = tempfile::tempdir().unwrap();
    let here = [("HOME", home.path().to_str().unwrap()), ("MY_KEY", shared().api_key.as_str())];
    let setup = run(&["setup", "cursor", "--yes", "--url", &web.url, "--key-variable", "MY_KEY"], &here);
    assert!(setup.status.success(), "{setup:?}");
    let output = run(&["doctor"], &here);
    let told = text(&output.stdout);
    assert!(output.status.success() && told.contains("start none") && told.contains("client started now would work"), "{told}");
    // What is set for a server of one's own is looked at all the same.
    let output = run(&["doctor"], &[here[0], here[1], ("VIDEOSEARCH_HTTP_AUTH", "none")]);
    assert!(text(&output.stdout).contains("no key is set"), "{}", text(&output.stdout));
}

#[test]
fn callers_who_bring_their_keys_need_none_here() {
    let settings = [("VIDEOSEARCH_HTTP_AUTH", "key"), ("VIDEOSEARCH_BASE_URL", shared().base_url.as_str())];
    let output = run(&["doctor"], &settings);
    let table = text(&output.stdout);
    assert!(table.contains("`http` would work, since its callers bring their keys; a client started now would not"), "{table}");
    assert!(!table.contains("First thing to do") && output.status.code() == Some(1), "{table}");
    let nobody = [settings[1], ("VIDEOSEARCH_HTTP_AUTH", "none")];
    let table = text(&run(&["doctor"], &nobody).stdout);
    assert!(table.contains("A client started now would not work") && table.contains("First thing to do"), "{table}");
}
