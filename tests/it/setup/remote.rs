//! Entries for a server that others run, at an address.

use std::fs;

use serde_json::{Value, json};
use videosearch_mcp::hosts::{Format, HOSTS, Host, Reference};

use super::{Home, key};
use crate::support::{Web, program, shared, text};

const URL: &str = "https://mcp.example.com/mcp";

/// A configuration with another server in it.
fn other(host: &Host) -> String {
    match host.format {
        Format::Toml => "model = \"x\"\n\n[mcp_servers.other]\nurl = \"https://other.example/mcp\"\n".into(),
        _ => format!(
            "{{\n  \"{}\": {{\n    \"other\": {{ \"url\": \"https://other.example/mcp\" }}\n  }},\n  \"zoom\": 1\n}}\n",
            host.servers
        ),
    }
}

/// What stands in the file about our server.
fn members(host: &Host, text: &str) -> Value {
    host.servers_of(text).unwrap()["videosearch"].take()
}

#[test]
fn each_client_gets_the_address_in_its_own_words_and_no_secret() {
    let bearer = |reference: &str| json!({"Authorization": format!("Bearer {reference}")});
    let expected = |id: &str| match id {
        "claude-code" => json!({"type": "http", "url": URL, "headers": bearer("${VIDEOSEARCH_API_KEY}")}),
        "cursor" => json!({"url": URL, "headers": bearer("${env:VIDEOSEARCH_API_KEY}")}),
        "vscode" => json!({"type": "http", "url": URL, "headers": bearer("${env:VIDEOSEARCH_API_KEY}")}),
        "windsurf" => json!({"serverUrl": URL, "headers": bearer("${env:VIDEOSEARCH_API_KEY}")}),
        "codex" => json!({"url": URL, "bearer_token_env_var": "VIDEOSEARCH_API_KEY"}),
        "gemini-cli" => json!({"httpUrl": URL, "headers": bearer("${VIDEOSEARCH_API_KEY}")}),
        _ => panic!("{id}"),
    };
    for host in HOSTS.iter().filter(|host| host.remote.is_some_and(|remote| remote.reference != Reference::Nothing)) {
        let home = Home::with_key();
        let before = other(host);
        let path = home.write(host.id, &before);
        let said = home.fine(&[host.id, "--url", "https://mcp.example.com", "--yes"]);
        assert!(said.contains("Set VIDEOSEARCH_API_KEY to your API key"), "{said}");
        let after = fs::read_to_string(&path).unwrap();
        assert_eq!(members(host, &after), expected(host.id));
        assert!(!after.contains("sk_live_"), "{after}");
        assert!(home.fine(&[host.id, "--url", URL, "--yes"]).contains("already set up"), "{}", host.id);
        assert!(text(&home.setup(&[]).stdout).contains("set up with a server at an address"), "{}", host.id);

        let printed = home.setup(&[host.id, "--url", URL, "--print"]);
        assert_eq!(members(host, &text(&printed.stdout)), expected(host.id));

        home.fine(&[host.id, "--remove", "--yes"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), before, "{}", host.id);
    }
}

#[test]
fn a_key_is_written_only_if_that_is_asked_for() {
    for id in ["zed", "codex"] {
        let host = Host::find(id).unwrap();
        let home = Home::with_key();
        let path = home.write(id, &other(host));
        let said = home.fine(&[id, "--url", URL, "--inline-key", "--yes"]);
        assert!(!said.contains(&key('a')) && said.contains("--inline-key puts the key into"), "{said}");
        let written = members(host, &fs::read_to_string(&path).unwrap());
        let headers = if id == "codex" { "http_headers" } else { "headers" };
        assert_eq!(written, json!({"url": URL, headers: {"Authorization": format!("Bearer {}", key('a'))}}));
        let said = home.fine(&[id, "--remove", "--yes"]);
        assert!(said.contains("A key that it sent still works") && !said.contains(&key('a')), "{said}");
    }
    let home = Home::with_key();
    let refused = home.setup(&["zed", "--url", URL, "--yes"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--inline-key writes the key itself"), "{}", text(&refused.stderr));
    home.fine(&["zed", "--url", "http://127.0.0.1:8080/mcp", "--no-key", "--yes"]);
    let written = fs::read_to_string(home.config("zed")).unwrap();
    assert_eq!(members(Host::find("zed").unwrap(), &written), json!({"url": "http://127.0.0.1:8080/mcp"}));
}

#[test]
fn an_entry_may_change_between_program_and_address() {
    let home = Home::with_key();
    let host = Host::find("cursor").unwrap();
    let path = home.write("cursor", &other(host));
    let before = fs::read_to_string(&path).unwrap();
    home.fine(&["cursor", "--yes"]);
    home.fine(&["cursor", "--url", URL, "--key-variable", "TEAM_TOKEN", "--yes"]);
    let written = members(host, &fs::read_to_string(&path).unwrap());
    assert_eq!(written, json!({"url": URL, "headers": {"Authorization": "Bearer ${env:TEAM_TOKEN}"}}));
    home.fine(&["cursor", "--yes"]);
    let entry = home.entry("cursor", "videosearch").unwrap();
    assert!(entry.url.is_none() && entry.extra.is_empty() && !entry.command.is_empty(), "{entry:?}");
    home.fine(&["cursor", "--remove", "--yes"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}

#[test]
fn what_a_user_added_stays_and_another_server_is_left_alone() {
    let home = Home::with_key();
    let host = Host::find("claude-code").unwrap();
    let own = json!({"mcpServers": {"videosearch": {"type": "http", "url": URL, "disabled": true,
        "headers": {"X-Team": "films", "Authorization": "Bearer ${VIDEOSEARCH_API_KEY}"}}}});
    let path = home.write("claude-code", &own.to_string());
    home.fine(&["claude-code", "--url", URL, "--key-variable", "TOKEN", "--yes"]);
    let written = members(host, &fs::read_to_string(&path).unwrap());
    assert_eq!(written["headers"], json!({"X-Team": "films", "Authorization": "Bearer ${TOKEN}"}));
    assert_eq!(written["disabled"], true);

    let home = Home::with_key();
    let foreign = json!({"mcpServers": {"videosearch": {"type": "http", "url": "https://other.example/mcp"}}}).to_string();
    let path = home.write("claude-code", &foreign);
    let refused = home.setup(&["claude-code", "--remove", "--yes"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("it leads to another server"), "{}", text(&refused.stderr));
    assert_eq!(fs::read_to_string(&path).unwrap(), foreign);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let home = Home::with_key();
    for (arguments, why) in [
        (&["claude-desktop", "--url", URL][..], "takes no address"),
        (&["cursor", "--url", "http://mcp.example.com/mcp"], "https://"),
        (&["cursor", "--url", "https://u:p@mcp.example.com/mcp"], "user name or password"),
        (&["cursor", "--url", URL, "--read-only"], "VIDEOSEARCH_READ_ONLY"),
        (&["cursor", "--url", URL, "--base-url", "https://api.example/v2"], "VIDEOSEARCH_BASE_URL"),
        (&["cursor", "--url", URL, "--key-file", "k"], "--inline-key copies the key"),
        (&["cursor", "--url", URL, "--key-variable", "A}B"], "a variable has letters"),
        (&["cursor", "--url", URL, "--remove"], "cannot be used with"),
        (&["cursor", "--no-key"], "--url"),
        (&["cursor", "--url", URL, "--inline-key", "--key-variable", "TEAM"], "cannot be used with"),
        (&["cursor", "--url", "nonsense"], "such as https://mcp.example.com/mcp"),
        (&["cursor", "--url", "https://api.vectormethods.com/api/v2/"], "the address of the API"),
    ] {
        let output = home.setup(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(why), "{arguments:?}: {said}");
    }
    assert_eq!(home.files().len(), 1, "only the key file is there");
}

/// What the doctor says about the entries of clients.
fn clients(home: &Home, variable: Option<&str>) -> Vec<Value> {
    let mut command = program();
    command.args(["doctor", "--json", "--playground"]).envs(home.environment());
    command.envs(variable.map(|value| ("VIDEOSEARCH_API_KEY", value)));
    let mut told: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let Value::Array(mut checks) = told["checks"].take() else { panic!("{told}") };
    checks.retain(|check| check["group"] == "clients");
    checks
}

#[test]
fn an_entry_that_setup_wrote_is_known_whatever_it_sends() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (more, left) in [(&["--no-key"][..], "It sent no key"), (&["--key-variable", "TEAM_TOKEN"], "A key that it sent still works")] {
        let home = Home::with_key();
        home.fine(&[&["cursor", "--url", &format!("http://{free}/mcp"), "--yes"], more].concat());
        let listed = text(&home.setup(&[]).stdout);
        let line = listed.lines().find(|line| line.starts_with("cursor ")).unwrap();
        assert!(line.contains("set up with a server at an address"), "{line}");
        assert_eq!(clients(&home, None)[0]["verdict"], "fail");
        let told = home.fine(&["cursor", "--remove", "--yes"]);
        assert!(told.contains(left), "{told}");
        assert!(told.contains("Restart Cursor if it still shows the server") && !told.contains("switch the server on"), "{told}");
    }
}

#[test]
fn servers_that_do_not_answer_hide_no_other_entry() {
    let home = Home::with_key();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", silent.local_addr().unwrap());
    let silent_ones = ["cursor", "claude-code", "gemini-cli", "vscode", "windsurf", "codex"];
    for client in silent_ones {
        home.fine(&[client, "--url", &url, "--no-key", "--yes"]);
    }
    home.fine(&["claude-desktop", "--demo", "--yes"]);
    let told = clients(&home, None);
    let verdicts = |verdict: &str| told.iter().filter(|check| check["verdict"] == verdict).count();
    assert_eq!((told.len(), verdicts("fail")), (7, 6), "{told:?}");
    assert!(told.iter().all(|check| !check["found"].as_str().unwrap().contains("not finished")), "{told:?}");
}

#[test]
fn the_doctor_looks_whether_a_server_lives_at_an_address() {
    let home = Home::with_key();
    let web = Web::start(&shared().base_url, &[], &[]);
    home.fine(&["cursor", "--url", &web.url, "--yes"]);
    let look = |variable: Option<&str>| clients(&home, variable).remove(0);
    let unset = look(None);
    assert_eq!(unset["verdict"], "warn", "{unset}");
    assert!(unset["found"].as_str().unwrap().contains("VIDEOSEARCH_API_KEY, which is not set here"), "{unset}");
    let set = look(Some(&key('b')));
    assert_eq!(set["verdict"], "ok", "{set}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    home.fine(&["cursor", "--remove", "--yes"]);
    home.fine(&["cursor", "--url", &format!("http://{free}/token-in-the-path/mcp"), "--yes"]);
    let dead = look(Some(&key('b')));
    assert_eq!(dead["verdict"], "fail", "{dead}");
    assert!(!dead.to_string().contains("token-in-the-path"), "{dead}");
}
