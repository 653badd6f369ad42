//! Every operation of the published description of the API, all of which the playground serves: who is let in, and what they are told.

use std::sync::LazyLock;

use videosearch_mcp::playground::{mount::Routes, routes::routes};

use crate::{
    openapi::operations,
    support::{Playground, Reply, http, shared, spelled},
};

/// An operation of the description.
struct Operation {
    method: String,
    path: String,
    /// A scope, or `public`, `any` (any credential), `key` or `session`.
    access: String,
}

impl Operation {
    fn all() -> Vec<Self> {
        let of = |(method, path, operation): (String, &str, &serde_json::Value)| Self {
            method,
            path: path.into(),
            access: operation["x-access"].as_str().unwrap().into(),
        };
        operations().map(of).collect()
    }

    /// A request for it with ids that cannot exist.
    fn ask(&self, headers: &[(&str, &str)]) -> Reply {
        // A stream of all events has no end. That of a run has one.
        let of_none = if self.path.ends_with("/events/stream") { "?run_id=none" } else { "" };
        http(&self.method, &format!("{}{}{of_none}", shared().base_url, nowhere(&self.path)), headers, None)
    }
}

/// A path of a template for ids that cannot exist.
fn nowhere(template: &str) -> String {
    template.split('/').map(|part| if part.starts_with('{') { "none" } else { part }).collect::<Vec<_>>().join("/")
}

/// Whether the playground has a handler for it.
fn is_served(method: &str, path: &str) -> bool {
    static ROUTES: LazyLock<Routes> = LazyLock::new(routes);
    ROUTES.iter().any(|route| route.method.as_str() == method && spelled(route.path).iter().any(|spelled| spelled == path))
}

fn code(reply: &Reply) -> String {
    let body = reply.json();
    assert!(body["error"]["request_id"].is_string() || body["detail"].is_array(), "no envelope: {body}");
    body["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_credential_is_asked_for_first() {
    for operation in Operation::all() {
        for headers in [&[][..], &[("x-api-key", "sk_live_wrong")][..], &[("authorization", "Bearer a.b.c")][..]] {
            let reply = operation.ask(headers);
            let public = operation.access == "public" && headers.is_empty();
            assert_eq!(reply.status == 401, !public, "{} {} answered {}", operation.method, operation.path, reply.status);
            if !public {
                assert!(code(&reply).starts_with("authentication_"), "{}", reply.json());
            }
        }
    }
}

#[test]
fn the_scope_is_asked_for_next() {
    let below = |scope: &str| match scope {
        "read" => Some("search"),
        "write" => Some("read"),
        "admin" | "session" => Some("write"),
        // Nothing is below `search`, and a key without scopes cannot be made.
        _ => None,
    };
    let keys: Vec<(&str, String)> = ["search", "read", "write"].map(|scope| (scope, shared().key(&[scope]).1)).into();
    let mut asked = 0;
    for operation in Operation::all() {
        let Some(held) = below(&operation.access) else { continue };
        let key = &keys.iter().find(|(scope, _)| *scope == held).unwrap().1;
        let reply = operation.ask(&[("x-api-key", key)]);
        let expected = if operation.access == "session" { "session_token_required" } else { "authorization_insufficient_scope" };
        assert_eq!((reply.status, code(&reply).as_str()), (403, expected), "{} {} with {held}", operation.method, operation.path);
        asked += 1;
    }
    assert!(asked > 90, "{asked}");
}

#[test]
fn every_operation_is_served() {
    let token = format!("Bearer {}", shared().jwt);
    for operation in Operation::all() {
        assert!(is_served(&operation.method, &operation.path), "{} {}", operation.method, operation.path);
        let credential =
            if operation.access == "session" { ("authorization", token.as_str()) } else { ("x-api-key", shared().api_key.as_str()) };
        let reply = operation.ask(&[credential]);
        let name = format!("{} {} answered {}", operation.method, operation.path, reply.status);
        assert!(![401, 403, 405].contains(&reply.status) && reply.status < 500, "{name}");
        assert!(reply.status != 404 || code(&reply) != "endpoint_not_found", "{name}");
    }
}

#[test]
fn nothing_is_served_that_the_description_does_not_have() {
    let operations = Operation::all();
    let is_described = |method: &str, path: &str| operations.iter().any(|operation| operation.method == method && operation.path == path);
    for route in routes() {
        for path in spelled(route.path) {
            assert!(is_described(route.method.as_str(), &path), "{} {path}", route.method.as_str());
        }
    }
}

/// Whether a path could be read as one of this template, with a literal of the path in the place of an id.
fn could_be_read_as(path: &str, template: &str) -> bool {
    let (path, template): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
    let fits = |(part, place): (&&str, &&str)| part == place || place.starts_with('{');
    let taken = |(part, place): (&&str, &&str)| place.starts_with('{') && !part.starts_with('{');
    path.len() == template.len() && path.iter().zip(&template).all(fits) && path.iter().zip(&template).any(taken)
}

#[test]
fn a_literal_path_is_never_read_as_an_id() {
    let operations = Operation::all();
    let mut literal: Vec<&str> = Vec::new();
    for operation in &operations {
        let shared_place = operations.iter().any(|other| could_be_read_as(&operation.path, &other.path));
        if shared_place && !literal.contains(&operation.path.as_str()) {
            literal.push(&operation.path);
        }
    }
    for known in ["/search/filter/playground", "/videos/upload", "/webhooks/events", "/videos/batch", "/prompts/generate"] {
        assert!(literal.contains(&known), "{known} in {literal:?}");
    }
    for path in literal {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let url = format!("{}{}", shared().base_url, nowhere(path));
            let reply = http(method, &url, &[("x-api-key", &shared().api_key)], None);
            if operations.iter().any(|operation| operation.method == method && operation.path == path) {
                assert_ne!(reply.status, 405, "{method} {path}");
            } else {
                assert_eq!((reply.status, code(&reply).as_str()), (405, "method_not_allowed"), "{method} {path}");
            }
        }
    }
}

#[test]
fn paths_and_methods_that_no_operation_has_are_told_to_known_callers_only() {
    let cases = [
        ("GET", "/nowhere", 404, "endpoint_not_found"),
        ("POST", "/indexes/none/nothing", 404, "endpoint_not_found"),
        ("GET", "/indexes/", 404, "endpoint_not_found"),
        ("GET", "/", 404, "endpoint_not_found"),
        ("DELETE", "/indexes", 405, "method_not_allowed"),
        ("PATCH", "/usage", 405, "method_not_allowed"),
        ("PUT", "/webhooks/events", 405, "method_not_allowed"),
    ];
    for (method, path, status, expected) in cases {
        let url = format!("{}{path}", shared().base_url);
        let reply = http(method, &url, &[], None);
        assert_eq!((reply.status, code(&reply).starts_with("authentication_")), (401, true), "{method} {path}");
        let reply = http(method, &url, &[("x-api-key", &shared().key(&["search"]).1)], None);
        assert_eq!((reply.status, code(&reply).as_str()), (status, expected), "{method} {path}");
    }
    // Outside of the API there is nobody to ask.
    let root = shared().base_url.trim_end_matches("/api/v2");
    let reply = http("GET", root, &[], None);
    assert_eq!((reply.status, code(&reply).as_str()), (404, "endpoint_not_found"));
}

#[test]
fn a_missing_run_is_named_as_a_run_everywhere() {
    let playground: &Playground = shared();
    let body = serde_json::json!({"query": "a train", "run_ids": ["run_none"]});
    let segment = "/prompt-runs/none/videos/none/segments/none";
    let replies = [
        ("GET", "/prompt-runs/none".to_owned(), None),
        ("POST", "/prompt-runs/none/cancel".to_owned(), None),
        ("GET", "/prompt-runs/none/results?video_id=none".to_owned(), None),
        ("GET", "/prompt-runs/none/llm-calls".to_owned(), None),
        ("GET", "/prompt-runs/none/failed-segments".to_owned(), None),
        ("GET", "/prompt-runs/none/videos/none/video-result".to_owned(), None),
        ("POST", format!("{segment}/retry"), None),
        ("GET", format!("{segment}/retries/none"), None),
        ("GET", "/videos/vid_nosferatu_1922/segments?run_id=none".to_owned(), None),
        ("POST", "/indexes/idx_early_cinema/search".to_owned(), Some(&body)),
    ];
    for (method, path, body) in replies {
        let reply = playground.with_key(&playground.api_key, method, &path, body);
        // The official client looks for words in the code, `prompt` before `run`, and advises accordingly.
        assert_eq!((reply.status, code(&reply).as_str()), (404, "resource_run_not_found"), "{method} {path}");
    }
}
