//! MCP over HTTP: settings that cannot work stop the server at its start.

use crate::support::{Web, run, shared, text};

/// Starts a server that must not start: what it says.
fn refused(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let ran = run(&[&["http", "--base-url", shared().base_url.as_str()], arguments].concat(), environment);
    assert_eq!(ran.status.code(), Some(2), "{arguments:?} {environment:?}: {}", text(&ran.stderr));
    text(&ran.stderr)
}

#[test]
fn hosts_and_origins_that_no_request_can_name_are_refused() {
    for host in [
        "*",
        "",
        " ",
        "*.example.org",
        "https://mcp.example.org",
        "mcp.example.org/mcp",
        "user@mcp.example.org",
        "mcp..example.org",
        "mcp.example.org:0",
        "mcp.example.org:99999",
        "::1",
    ] {
        assert!(refused(&["--listen", "127.0.0.1:0", "--allow-host", host], &[]).contains("--allow-host: "), "{host}");
    }
    for origin in ["*", "", "https://*.example.org", "app.example.org", "https://app.example.org/", "null"] {
        assert!(refused(&["--listen", "127.0.0.1:0", "--allow-origin", origin], &[]).contains("--allow-origin: "), "{origin}");
    }
    assert!(refused(&["--listen", "127.0.0.1:0"], &[("VIDEOSEARCH_HTTP_ALLOW_HOST", "a.example, *")]).contains("`*`"));
}

#[test]
fn an_address_to_listen_on_has_a_host_and_a_port() {
    for address in ["8080", "", "127.0.0.1", ":8080", "127.0.0.1:99999", "127.0.0.1:", "::1:80", "http://127.0.0.1:80", "*:80"] {
        let told = refused(&["--listen", address], &[]);
        assert!(told.contains("--listen: ") && told.contains("127.0.0.1:8080"), "{told}");
        let told = refused(&["--listen", "127.0.0.1:0", "--metrics", address], &[]);
        assert!(told.contains("--metrics: ") && told.contains("127.0.0.1:8080"), "{told}");
    }
    assert!(refused(&[], &[("VIDEOSEARCH_HTTP_LISTEN", "8080")]).contains("VIDEOSEARCH_HTTP_LISTEN: "));
}

#[test]
fn a_secret_of_confirmations_that_cannot_be_used_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let (short, none) = (dir.path().join("short"), dir.path().join("none"));
    std::fs::write(&short, "too short").unwrap();
    let state = [("VIDEOSEARCH_STATE_DIR", dir.path().to_str().unwrap())];
    for (file, why) in [(&short, "32"), (&none, "not"), (&dir.path().to_owned(), "directory")] {
        let told = refused(&["--listen", "127.0.0.1:0", "--state-secret-file", file.to_str().unwrap()], &state);
        assert!(told.contains("--state-secret-file: ") && told.contains(why), "{told}");
    }
}

#[test]
fn a_state_directory_that_cannot_be_used_stops_the_start_where_something_is_counted_there() {
    let dir = tempfile::tempdir().unwrap();
    let (file, secret) = (dir.path().join("file"), dir.path().join("secret"));
    std::fs::write(&file, "").unwrap();
    std::fs::write(&secret, "s".repeat(40)).unwrap();
    let below = file.join("state").to_str().unwrap().to_owned();
    let state = [("VIDEOSEARCH_STATE_DIR", below.as_str())];
    for flags in [["--state-secret-file", secret.to_str().unwrap()], ["--max-mt-per-day", "5"]] {
        let told = refused(&[&["--listen", "127.0.0.1:0"][..], &flags].concat(), &state);
        assert!(told.contains(&below) && told.contains("cannot be used"), "{told}");
    }
    // Without either, nothing is counted there.
    let web = Web::start(&shared().base_url, &[], &state);
    assert!(web.tools(&shared().api_key).len() > 1);
}

#[cfg(unix)]
#[test]
fn a_token_file_that_others_can_change_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tokens.json");
    std::fs::write(&file, r#"{"tokens":[]}"#).unwrap();
    let allow = |mode| std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    allow(0o666);
    let arguments = ["--listen", "127.0.0.1:0", "--auth", "token-file", "--token-file", file.to_str().unwrap()];
    let key = [("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
    let told = refused(&arguments, &key);
    assert!(told.contains("other users can write to it (mode 666)") && told.contains("chmod 600"), "{told}");
    allow(0o644);
    let web = Web::start(&shared().base_url, &arguments[2..], &key);
    assert!(web.stderr().contains("the token file can be read by other users"), "{}", web.stderr());
}

#[test]
fn flags_of_one_caller_are_refused_where_each_brings_a_key() {
    for flag in ["--api-key-file", "--upload-root", "--download-dir", "--secrets-dir"] {
        let told = refused(&["--listen", "127.0.0.1:0", flag, "/nowhere"], &[]);
        assert!(told.contains(&format!("{flag}: the server would not use it")), "{told}");
    }
}

#[test]
fn a_log_in_json_has_no_other_lines() {
    let web = Web::start(&shared().base_url, &["--log-format", "json", "--metrics", "127.0.0.1:0"], &[]);
    web.call(&format!("sk_live_{}", "0".repeat(48)), "list_indexes", serde_json::json!({}));
    for line in web.stderr().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["fields"]["message"].is_string() && line["level"].is_string(), "{line}");
    }
}
