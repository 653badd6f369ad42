//! MCP over HTTP: settings that cannot work stop the server at its start.

use crate::support::{run, shared, text};

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
