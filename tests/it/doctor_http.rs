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
