//! The wire: both eras, broken input, floods, cancellation, and how the process ends.

use serde_json::{Value, json};

use crate::support::{Answer, EVERYTHING, Server, Upstream, core_count, modern, shared};

fn server() -> Server {
    Server::with_key(&shared().base_url, &shared().api_key, &[])
}

/// A server over an upstream of which only GET /prompt-runs/{id} hangs.
fn hanging() -> (Upstream, Server) {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| if seen.target.starts_with("/prompt-runs/") { Answer::Hang } else { Answer::Pass });
    let server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    (upstream, server)
}

const STATUS: &str = "get_prompt_run_status";

fn is_hanging_call(seen: &crate::support::Seen) -> bool {
    seen.target.starts_with("/prompt-runs/hang")
}

#[test]
fn the_older_era_shakes_hands() {
    let mut server = Server::start(&[], &[]);
    let result = server.initialize();
    assert_eq!(result["protocolVersion"], "2025-11-25");
    assert_eq!(result["serverInfo"]["name"], "videosearch-mcp");
    let changing = json!({"listChanged": true});
    assert_eq!(result["capabilities"], json!({"completions": {}, "prompts": changing, "resources": changing, "tools": changing}));
    let instructions = result["instructions"].as_str().unwrap();
    assert!(instructions.contains("search_videos") && instructions.chars().count() <= 2048);
    assert_eq!(server.request("ping", json!({}))["result"], json!({}));
}

#[test]
fn unknown_versions_are_negotiated() {
    for asked in ["1999-01-01", "2026-07-28", "nonsense"] {
        let mut server = Server::start(&[], &[]);
        let params = json!({"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        assert_eq!(server.request("initialize", params)["result"]["protocolVersion"], "2025-11-25", "{asked}");
    }
}

#[test]
fn the_newer_era_needs_no_handshake() {
    let mut server = Server::start(&[], &[("VIDEOSEARCH_BASE_URL", &shared().base_url), ("VIDEOSEARCH_API_KEY", &shared().api_key)]);
    let discovered = server.request("server/discover", modern(json!({})))["result"].clone();
    assert!(discovered["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")));
    assert!(discovered["instructions"].as_str().unwrap().contains("search_videos"));
    assert_eq!((&discovered["cacheScope"], discovered["ttlMs"].is_u64()), (&json!("private"), true));

    let listed = server.request("tools/list", modern(json!({})))["result"].clone();
    assert_eq!(listed["tools"].as_array().unwrap().len(), core_count());
    assert_eq!((&listed["cacheScope"], &listed["ttlMs"], &listed["resultType"]), (&json!("private"), &json!(60_000), &json!("complete")));
    assert!(listed.get("nextCursor").is_none());
    let called = server.request("tools/call", modern(json!({"name": "list_indexes", "arguments": {}})))["result"].clone();
    assert_eq!(called["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "videosearch-mcp");
    assert_eq!(called["resultType"], "complete");

    let mut wrong = modern(json!({}));
    wrong["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2999-01-01");
    assert_eq!(server.request("tools/list", wrong)["error"]["code"], -32022);
}

#[test]
fn every_tool_is_described_for_clients() {
    let mut server = Server::start(&[&["--playground"][..], &EVERYTHING].concat(), &[]);
    server.initialize();
    let listed = server.request("tools/list", json!({}))["result"]["tools"].clone();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let order: Vec<_> = videosearch_mcp::tools::catalog::all().map(|tool| tool.name).collect();
    assert_eq!(names, order);
    for tool in listed.as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        assert!(name.len() <= 52 && name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
        assert!(tool["title"].is_string(), "{name}");
        let declared = videosearch_mcp::tools::catalog::find(name).unwrap();
        let reads = declared.effect == videosearch_mcp::tools::Effect::Read;
        let hints = tool["annotations"].as_object().unwrap();
        if declared.core {
            for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
                assert!(hints[hint].is_boolean(), "{name} {hint}");
            }
        } else if reads {
            assert_eq!(*hints, json!({"readOnlyHint": true}).as_object().unwrap().clone(), "{name}");
        } else {
            assert!(hints["destructiveHint"].is_boolean() && hints.len() == 1, "{name}");
        }
        assert_eq!(hints.get("readOnlyHint").is_some_and(|hint| hint == true), reads, "{name}");
        assert!(tool["description"].as_str().unwrap().len() <= 700, "{name}");
        lint(&tool["inputSchema"], name, true);
        // A tool that answers with a picture has none.
        if let Some(schema) = tool.get("outputSchema") {
            lint(schema, name, true);
        }
    }
    let sum: usize = listed.as_array().unwrap().iter().map(|tool| tool["description"].as_str().unwrap().len()).sum();
    let average = sum / order.len();
    assert!(average <= 200, "descriptions average {average} characters");
}

/// The portable subset: what no client is known to choke on.
fn lint(schema: &Value, tool: &str, root: bool) {
    let node = schema.as_object().unwrap_or_else(|| panic!("{tool}: {schema}"));
    let allowed = ["type", "description", "properties", "required", "items", "enum", "minimum", "maximum", "minLength", "maxLength"];
    let bare = root && node["properties"].as_object().is_some_and(serde_json::Map::is_empty);
    // A list without arguments stays open: where it is cut, it goes on with `from_row`.
    let closed = node.get("additionalProperties");
    assert!(closed.is_none() || (bare && closed == Some(&json!(false))), "{tool}: only a schema without arguments is closed");
    for keyword in node.keys().filter(|keyword| *keyword != "additionalProperties") {
        assert!(allowed.contains(&keyword.as_str()), "{tool}: {keyword}");
    }
    let kind = node["type"].as_str().unwrap_or_else(|| panic!("{tool}: one type per node: {schema}"));
    assert!(!root || kind == "object", "{tool}");
    assert_eq!(kind == "object" && (root || node.contains_key("properties")), node.contains_key("properties"), "{tool}");
    assert_eq!(kind == "array", node.contains_key("items"), "{tool}: {schema}");
    for (name, property) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{tool}: {name}");
        lint(property, tool, false);
    }
    if let Some(items) = node.get("items") {
        lint(items, tool, false);
    }
    for required in node.get("required").and_then(Value::as_array).into_iter().flatten() {
        assert!(node["properties"].get(required.as_str().unwrap()).is_some(), "{tool}: {required}");
    }
}

#[test]
fn broken_lines_are_answered_and_do_no_harm() {
    let mut server = server();
    let long = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"ping","params":{{"x":"{}"}}}}"#, "y".repeat(17 << 20));
    let cases: [(&[u8], i64); 8] = [
        (b"garbage", -32700),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,", -32700),
        (b"\xff\xfe\xfd", -32700),
        (long.as_bytes(), -32700),
        (br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        (br#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (b"42", -32600),
    ];
    for (line, code) in cases {
        server.send_raw(line);
        let answer = server.wait_for(|message| message.get("error").is_some());
        assert_eq!(answer["error"]["code"], code, "{}", String::from_utf8_lossy(&line[..line.len().min(60)]));
        assert!(!answer["error"]["message"].as_str().unwrap().is_empty());
    }
    for harmless in [&b""[..], b"  ", b"\r"] {
        server.send_raw(harmless);
    }
    assert_eq!(server.request("ping", json!({}))["result"], json!({}));
    assert!(server.kept().is_empty(), "each broken line is answered once: {:?}", server.kept());
}

#[test]
fn misrouted_requests_are_protocol_errors() {
    let mut server = server();
    let mut code = |method: &str, params: Value| {
        let answer = server.request(method, params);
        (answer["error"]["code"].as_i64().unwrap_or_default(), answer["error"]["message"].as_str().unwrap_or_default().to_owned())
    };
    let (unknown, message) = code("tools/call", json!({"name": "serch_videos", "arguments": {}}));
    assert_eq!(unknown, -32602);
    assert!(message.contains("did you mean `search_videos`?"), "{message}");
    for name in ["toString", "constructor", ""] {
        assert_eq!(code("tools/call", json!({"name": name})).0, -32602, "{name}");
    }
    assert_eq!(code("tools/call", json!({"name": "list_indexes", "arguments": [1]})).0, -32602);
    assert_eq!(code("tools/call", json!({})).0, -32602);
    assert_eq!(code("tools/list", json!({"cursor": "beyond"})).0, -32602);
    assert_eq!(code("no/such/method", json!({})).0, -32601);
    assert_eq!(code("resources/subscribe", json!({"uri": "videosearch://key"})).0, -32601, "not declared");
}

#[test]
fn a_notification_may_come_first() {
    let mut server = Server::start(&[], &[]);
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}));
    server.send(&json!({"jsonrpc": "2.0", "id": 99, "result": {}}));
    assert_eq!(server.initialize()["serverInfo"]["name"], "videosearch-mcp");
}

#[test]
fn a_flood_against_a_stalled_reader_loses_nothing() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &[]);
    let pid = server.pid();
    // Nothing is read from the server's stdout but by the reader thread of the test, so the lines pile up in this channel; the server's
    // own memory is what is looked at.
    let first = server.ask("ping", json!({}));
    for _ in 1..1_800 {
        server.ask("tools/list", json!({}));
    }
    for id in first..first + 1_800 {
        assert!(server.answer(id).get("result").is_some());
    }
    if let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        // The answers have about 34 MiB in all, and the server without them nearly 40.
        assert!(kib < 60 << 10, "{kib} KiB at the peak");
    }
}

#[test]
fn cancelling_a_call_aborts_its_request() {
    let (upstream, mut server) = hanging();
    let id = server.ask("tools/call", json!({"name": STATUS, "arguments": {"run_id": "hang"}}));
    upstream.wait_for(is_hanging_call);
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}));
    upstream.wait_for_abort();
    assert_eq!(server.request("ping", json!({}))["result"], json!({}));
    assert!(server.kept().iter().all(|message| message["id"] != id), "a cancelled call is not answered");
    // Nobody needs the reason, so none keeps a call going.
    let id = server.ask("tools/call", json!({"name": STATUS, "arguments": {"run_id": "hang"}}));
    upstream.wait_for(is_hanging_call);
    let odd = json!({"requestId": id, "reason": 5, "_meta": "no"});
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": odd}));
    upstream.wait_for_abort();
}

#[test]
fn calls_under_way_are_answered_after_the_end_of_input() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    let id = server.ask("tools/call", json!({"name": "list_indexes", "arguments": {}}));
    server.close();
    let (status, rest, _) = server.finish();
    assert!(status.success());
    assert!(rest.iter().any(|message| message["id"] == id && message["result"]["structuredContent"]["total_indexes"].is_u64()), "{rest:?}");
}

#[test]
fn a_hanging_call_does_not_keep_a_closed_server_alive() {
    let (upstream, mut server) = hanging();
    server.ask("tools/call", json!({"name": STATUS, "arguments": {"run_id": "hang"}}));
    upstream.wait_for(is_hanging_call);
    let (status, ..) = server.finish();
    assert!(status.success());
    upstream.wait_for_abort();
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_server_and_its_requests() {
    let (upstream, mut server) = hanging();
    server.ask("tools/call", json!({"name": STATUS, "arguments": {"run_id": "hang"}}));
    upstream.wait_for(is_hanging_call);
    let killed = std::process::Command::new("kill").args(["-TERM", &server.pid().to_string()]).status().unwrap();
    assert!(killed.success());
    let (status, ..) = server.finish();
    assert_eq!(status.code(), Some(0));
    upstream.wait_for_abort();
}

#[test]
fn input_that_ends_at_once_is_a_normal_end() {
    let (status, rest, _) = Server::start(&[], &[]).finish();
    assert!(status.success() && rest.is_empty());
}

#[test]
fn a_one_shot_pipe_is_answered() {
    let mut server = Server::start(&["--playground"], &[]);
    server.ask("initialize", json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}));
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let id = server.ask("tools/call", json!({"name": "list_indexes", "arguments": {}}));
    let (status, rest, stderr) = server.finish();
    assert!(status.success(), "{stderr}");
    let answer = rest.iter().find(|message| message["id"] == id).unwrap();
    assert!(answer["result"]["structuredContent"]["total_indexes"].as_u64().unwrap() >= 2, "{answer}");
}

#[test]
fn listeners_hear_of_changes_and_end_with_the_input() {
    let upstream = Upstream::before(&shared().base_url);
    let (_, key) = shared().key(&["admin"]);
    let mut server = Server::start(&[], &[("VIDEOSEARCH_BASE_URL", &upstream.base_url), ("VIDEOSEARCH_API_KEY", &key)]);
    let id = server.ask("subscriptions/listen", modern(json!({"notifications": {"toolsListChanged": true}})));
    server.wait_for(|message| message["method"] == "notifications/subscriptions/acknowledged");
    assert_eq!(server.request("tools/list", modern(json!({})))["result"]["tools"].as_array().unwrap().len(), core_count());
    upstream.script(|seen| {
        if seen.target.starts_with("/prompt-runs?") {
            Answer::json(403, &json!({"error": {"code": "authorization_insufficient_scope", "message": "no"}}))
        } else {
            Answer::Pass
        }
    });
    let refused = server.request("tools/call", modern(json!({"name": "list_prompt_runs", "arguments": {}})));
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    let changed = server.wait_for(|message| message["method"] == "notifications/tools/list_changed");
    assert_eq!(changed["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
    let (status, ..) = server.finish();
    assert!(status.success());
}
