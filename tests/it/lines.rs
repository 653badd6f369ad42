//! Lines that are hardly JSON-RPC, byte by byte: each is answered once, under its id if that shows.

use serde_json::{Value, json};

use crate::support::{Server, shared};

fn server() -> Server {
    Server::with_key(&shared().base_url, &shared().api_key, &[])
}

/// Sends a line and a ping behind it: all messages that came before the answer to the ping.
fn answers(server: &mut Server, line: &[u8]) -> Vec<Value> {
    server.send_raw(line);
    server.send_raw(br#"{"jsonrpc":"2.0","id":"last","method":"no/such"}"#);
    let mut seen = Vec::new();
    loop {
        let message = server.wait_for(|_| true);
        if message["id"] == "last" {
            return seen;
        }
        seen.push(message);
    }
}

fn answer(server: &mut Server, line: &[u8]) -> Value {
    let mut seen = answers(server, line);
    assert_eq!(seen.len(), 1, "{}: {seen:?}", super::support::text(&line[..line.len().min(100)]));
    seen.remove(0)
}

#[test]
fn what_cannot_be_read_is_answered_under_its_id() {
    let mut server = server();
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let call = |arguments: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"list_indexes","arguments":{arguments}}}}}"#)
    };
    let many = format!(r#"{{"a":[{}1]}}"#, "1,".repeat(1_000_000));
    let lines: Vec<Vec<u8>> = vec![
        call(&deep(128)).into(),
        call(&format!(r#"{{"a":{}}}"#, deep(128))).into(),
        call(&"{\"a\":".repeat(200)).into(),
        format!(r#"{{"jsonrpc":"2.0","method":"ping","params":{},"id":7}}"#, deep(100_000)).into(),
        call(&format!(r#"{{"a":"{}"}}"#, "x".repeat(16 << 20))).into(),
        format!(r#"{{"jsonrpc":"2.0","method":"ping","params":{{"x":"{}"}},"id":7}}"#, "\\\"".repeat(9 << 20)).into(),
        call(&many).into(),
        b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"p\xffing\"}".into(),
        b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"params\":{\"x\":\"\xc3\x28\"}}".into(),
        b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\0".into(),
        b"{\"jsonrpc\":\"2.0\",\0\"id\":7,\"method\":\"ping\"}".into(),
        br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"list_i"#.into(),
        br#"{"jsonrpc":"2.0","id":7,"method":"ping"} and more"#.into(),
        br#"{"jsonrpc":"2.0","id":7,"method":"ping"}}"#.into(),
        br#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":NaN}}"#.into(),
        br#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":1e999}}"#.into(),
        br#"{"jsonrpc":"2.0","id":7,"method":"ping",}"#.into(),
        b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"a\tb\"}".into(),
    ];
    for line in lines {
        let answer = answer(&mut server, &line);
        let shown = super::support::text(&line[..line.len().min(100)]);
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!(-32700)), "{shown}: {answer}");
        assert!(answer.to_string().len() < 400, "{shown}: {answer}");
    }
}

#[test]
fn an_id_inside_of_the_message_is_not_its_own() {
    let mut server = server();
    for line in [
        &br#"{"jsonrpc":"2.0","params":{"id":7},"#[..],
        br#"{"jsonrpc":"2.0","params":{"x":"\"id\":7"},"#,
        br#"[{"jsonrpc":"2.0","id":7,"method":"ping"},"#,
        br#"{"jsonrpc":"2.0","id":[7],"#,
        b"7",
        b"\"id\":7",
    ] {
        assert_eq!(answer(&mut server, line)["id"], Value::Null, "{}", super::support::text(line));
    }
}

#[test]
fn half_a_character_is_read_as_an_unreadable_one() {
    let mut server = server();
    let line = br#"{"jsonrpc":"2.0","id":"x\ud83d","method":"ping"}"#;
    assert_eq!(answer(&mut server, line), json!({"jsonrpc": "2.0", "id": "x\u{fffd}", "result": {}}));
    let line = br#"{"jsonrpc":"2.0","id":1,"method":"a\udc00b"}"#;
    assert_eq!(answer(&mut server, line)["error"]["code"], -32601);
    for (id, arguments) in
        [r#"{"query":"moon \ud83d"}"#, r#"{"query":"moon","\ud83d":1}"#, r#"{"query":"\ud83d\ude00"}"#].iter().enumerate()
    {
        let params = format!(r#"{{"name":"search_videos","arguments":{arguments}}}"#);
        server.send_raw(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{params}}}"#).as_bytes());
        let answer = server.wait_for(|message| message["id"] == id);
        assert!(answer["result"]["content"][0]["text"].is_string(), "{arguments}: {answer}");
    }
}

#[test]
fn objects_may_be_spelt_in_other_ways() {
    for params in [
        json!({"protocolVersion": "2025-11-25", "capabilities": [], "clientInfo": {"name": "php", "version": "1"}}),
        json!({"protocolVersion": "2025-11-25", "capabilities": {"roots": [], "sampling": []}, "clientInfo": []}),
        json!({"protocolVersion": "2025-11-25", "capabilities": {"experimental": []}, "clientInfo": {"name": "x"}, "_meta": []}),
        json!(r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}"#),
    ] {
        let mut server = Server::start(&[], &[]);
        let answer = server.request("initialize", params.clone());
        assert_eq!(answer["result"]["serverInfo"]["name"], "videosearch-mcp", "{params}: {answer}");
    }
    let mut server = server();
    for params in [json!([]), json!({}), json!(null), json!(""), json!("{}"), json!({"_meta": []}), json!({"_meta": null})] {
        for method in ["ping", "tools/list"] {
            let answer = server.request(method, params.clone());
            assert!(answer.get("result").is_some(), "{method} {params}: {answer}");
        }
    }
    for arguments in [json!([]), json!({}), json!(null), json!(""), json!("{}"), json!("[]"), json!(r#"{"include_defaults":true}"#)] {
        let answer = server.request("tools/call", json!({"name": "list_indexes", "arguments": arguments}));
        assert_ne!(answer["result"]["isError"], true, "{arguments}: {answer}");
        assert!(answer["result"]["content"][0]["text"].is_string(), "{arguments}: {answer}");
    }
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": [],
        "io.modelcontextprotocol/clientInfo": [],
    });
    let answer = server.request("tools/list", json!({"_meta": meta}));
    assert!(answer.get("result").is_some(), "{answer}");
}

#[test]
fn a_refusal_repeats_little_of_what_it_got() {
    let mut server = server();
    let long = "long ".repeat(100_000);
    for (method, params) in [
        (&*long, json!({})),
        ("tools/call", json!({"name": long})),
        ("tools/call", json!({"name": "list_indexes", "arguments": long})),
        ("tools/call", json!({"name": "list_indexes", "arguments": [long]})),
        ("tools/call", json!({"name": [long]})),
        ("tools/list", json!({"cursor": long})),
        ("tools/list", json!({"cursor": {"a": long}})),
        ("initialize", json!({"protocolVersion": {"a": long}})),
        ("resources/read", json!({"uri": long})),
        ("prompts/get", json!({"name": long})),
        ("ping", json!(long)),
        (
            "tools/list",
            json!({"_meta": {"io.modelcontextprotocol/protocolVersion": long, "io.modelcontextprotocol/clientCapabilities": {}}}),
        ),
    ] {
        let answer = server.request(method, params);
        assert!(answer.get("error").is_some(), "{answer}");
        assert!(answer.to_string().len() < 1_000, "{} characters", answer.to_string().len());
        assert!(answer.to_string().matches("long").count() <= 40, "{answer}");
    }
}

#[test]
fn odd_ids_come_back_as_they_came() {
    let mut server = server();
    for id in [
        "0",
        "-1",
        "1.5",
        "1.0",
        "-0",
        "1e2",
        "9007199254740993",
        "18446744073709551615",
        "123456789012345678901234567890",
        "\"\"",
        "\"1\"",
        r#""\u0001""#,
        r#""\u0000""#,
        "\"\u{202e}\"",
    ] {
        let value: Value = serde_json::from_str(id).unwrap();
        let pong = answer(&mut server, format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#).as_bytes());
        assert_eq!((&pong["id"], &pong["result"]), (&value, &json!({})), "{id}");
        let unknown = answer(&mut server, format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"no/such"}}"#).as_bytes());
        assert_eq!((&unknown["id"], &unknown["error"]["code"]), (&value, &json!(-32601)), "{id}");
        let refused = answer(&mut server, format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{}}}}"#).as_bytes());
        assert_eq!((&refused["id"], &refused["error"]["code"]), (&value, &json!(-32602)), "{id}");
    }
    let huge = "x".repeat(100_000);
    let pong = answer(&mut server, json!({"jsonrpc": "2.0", "id": huge, "method": "ping"}).to_string().as_bytes());
    assert_eq!(pong["id"], huge);
    for id in ["null", "true", "[1]", "{}"] {
        let refused = answer(&mut server, format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#).as_bytes());
        assert_eq!((&refused["id"], &refused["error"]["code"]), (&Value::Null, &json!(-32600)), "{id}");
    }
    let twice = answer(&mut server, br#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#);
    assert_eq!(twice, json!({"jsonrpc": "2.0", "id": 2, "result": {}}), "the last one counts, as in JavaScript and Python");
}

#[test]
fn a_long_line_within_the_limit_is_read() {
    let mut server = server();
    let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":"{}"}}}}"#, "y".repeat((16 << 20) - 100));
    assert_eq!(answer(&mut server, line.as_bytes())["result"], json!({}));
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_initializes_often_is_watched_once() {
    let mut server = server();
    let memory = |server: &Server| -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let before = memory(&server);
    for _ in 0..30_000 {
        server.send_raw(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    }
    server.request("ping", json!({}));
    let grown = memory(&server) - before;
    assert!(grown < 8 << 10, "{grown} KiB for tasks that all wait for the same");
}
