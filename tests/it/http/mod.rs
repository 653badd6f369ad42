//! MCP over HTTP: who may ask, from where, and what they get in both eras.

mod pages;
mod redis;
mod settings;
mod shares;
mod state;
mod strangers;
mod tokens;

use serde_json::{Value, json};

use crate::support::{Playground, Upstream, Web, asked, core_count, http, modern, run, shared, text};

/// A request of the era without a handshake, and its headers.
fn modern_call(web: &Web, key: &str, method: &str, name: Option<&str>, params: Value) -> crate::support::Reply {
    let mut headers = vec![("x-api-key", key), ("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
    headers.extend(name.map(|name| ("mcp-name", name)));
    web.post(&headers, &asked(method, modern(params)))
}

#[test]
fn http_serves_both_eras_in_json() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let key = &shared().api_key;
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
    let reply = web.post(&[("authorization", &format!("Bearer {key}"))], &asked("initialize", hello));
    assert_eq!((reply.status, reply.content_type.as_str()), (200, "application/json"));
    assert_eq!(reply.json()["result"]["protocolVersion"], "2025-11-25");
    assert!(reply.headers.get("mcp-session-id").is_none(), "there are no sessions");
    let told = web.post(&[("x-api-key", key)], &json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    assert_eq!((told.status, told.body.len()), (202, 0));
    assert_eq!(web.tools(key).len(), core_count());
    let indexes = web.call(key, "list_indexes", json!({}));
    assert_ne!(indexes["isError"], true, "{indexes}");

    let discovered = modern_call(&web, key, "server/discover", None, json!({})).json();
    assert!(discovered["result"]["supportedVersions"].to_string().contains("2026-07-28"), "{discovered}");
    let params = json!({"name": "list_indexes", "arguments": {}});
    let reply = modern_call(&web, key, "tools/call", Some("list_indexes"), params.clone());
    assert_eq!((reply.status, reply.content_type.as_str()), (200, "application/json"));
    assert_eq!(reply.json()["result"]["structuredContent"], indexes["structuredContent"]);
    assert_eq!(reply.json()["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "videosearch-mcp");
    // Headers that say something else than the body are an error of the protocol.
    let wrong = modern_call(&web, key, "tools/call", Some("search_videos"), params);
    assert_eq!((wrong.status, wrong.json()["error"]["code"].clone()), (400, json!(-32020)));
}

#[test]
fn a_stream_is_sent_only_where_progress_is_wanted() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let key = &shared().api_key;
    let run = json!({"name": "wait_for_prompt_run", "arguments": {"run_id": crate::support::example_of("wait_for_prompt_run")["run_id"]}});
    let plain = web.ask(key, "tools/call", run.clone());
    assert_eq!(plain.content_type, "application/json", "{}", plain.json());
    let mut wanted = run;
    wanted["_meta"] = json!({"progressToken": "p"});
    let streamed = web.ask(key, "tools/call", wanted);
    assert_eq!(streamed.content_type, "text/event-stream", "{}", text(&streamed.body));
    let events = text(&streamed.body);
    let messages: Vec<Value> =
        events.lines().filter_map(|line| line.strip_prefix("data: ")).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(messages[0]["method"], "notifications/progress", "{events}");
    assert_eq!(messages[0]["params"]["progressToken"], "p");
    assert_eq!(messages.last().unwrap()["id"], 1);
}

#[test]
fn whoever_does_not_say_who_they_are_hears_the_same_whatever_is_wrong() {
    let web = Web::start(&shared().base_url, &["--log", "trace"], &[]);
    let key = &shared().api_key;
    let bearer = format!("Bearer {key}");
    let attempts: [&[(&str, &str)]; 9] = [
        &[],
        &[("x-api-key", key), ("authorization", &bearer)],
        &[("x-api-key", "not a key")],
        &[("x-api-key", &key[..20])],
        &[("x-api-key", "")],
        &[("authorization", key)],
        &[("authorization", "Bearer")],
        &[("authorization", "Basic c2s6")],
        &[("cookie", "key=1")],
    ];
    let replies: Vec<_> = attempts.iter().map(|headers| web.post(headers, &asked("tools/list", json!({})))).collect();
    for (reply, headers) in replies.iter().zip(attempts) {
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, "Bearer realm=\"videosearch-mcp\""), "{headers:?}");
        assert_eq!(reply.body, replies[0].body, "{headers:?}");
    }
    // Other methods and bodies need a credential, too.
    assert_eq!(http("GET", &web.url, &[], None).status, 401);
    assert_eq!(http("GET", &web.url, &[("x-api-key", key)], None).status, 405);
    web.tools(key);
    web.call(key, "get_key_info", json!({}));
    let stderr = web.stderr();
    assert!(stderr.contains("probed") && !stderr.contains(&key[8..]), "the log holds a key");
}

#[test]
fn each_key_has_the_scopes_that_it_holds() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let web = Web::start(&upstream.base_url, &[], &[("VIDEOSEARCH_API_KEY", playground.api_key.as_str())]);
    let (_, searcher) = playground.key(&["search"]);
    assert!(web.tools(&playground.api_key).contains(&"execute_prompt".to_owned()));
    assert!(!web.tools(&searcher).contains(&"execute_prompt".to_owned()));
    upstream.take();
    let refused = web.call(&searcher, "list_prompts", json!({}));
    assert_eq!((&refused["isError"], upstream.take().len()), (&json!(true), 0), "{refused}");
    let told = refused.to_string();
    assert!(
        told.contains("Send the new key with the request, as X-API-Key or as Authorization: Bearer, in place of this one")
            && !told.contains("VIDEOSEARCH_API_KEY"),
        "{told}"
    );
    assert_ne!(web.call(&playground.api_key, "list_prompts", json!({}))["isError"], true);
    // The key that the server was started with is for nobody.
    assert_eq!(web.post(&[], &asked("tools/list", json!({}))).status, 401);
    let unknown = format!("sk_live_{}", "0".repeat(48));
    let rejected = web.call(&unknown, "list_prompts", json!({}));
    assert!(rejected["content"][0]["text"].as_str().unwrap().contains("Send a live key with the request"), "{rejected}");
    // From now on that is known, and said in the words of HTTP.
    for method in ["tools/list", "tools/call"] {
        let reply = web.post(&[("x-api-key", &unknown)], &asked(method, json!({"name": "list_prompts", "arguments": {}})));
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, "Bearer realm=\"videosearch-mcp\""), "{method}");
        assert!(reply.json()["message"].as_str().unwrap().contains("the API rejects this key"), "{}", reply.json());
    }
}

#[test]
fn a_body_that_is_encoded_is_refused_as_such() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let key = ("x-api-key", shared().api_key.as_str());
    for encoding in ["gzip", "identity, br", ""] {
        let reply = web.post(&[key, ("content-encoding", encoding)], &asked("tools/list", json!({})));
        assert_eq!((reply.status, reply.header("accept-encoding")), (415, "identity"), "{encoding}");
    }
    assert_eq!(web.post(&[key, ("content-encoding", "identity")], &asked("tools/list", json!({}))).status, 200);
}

#[test]
fn a_herd_of_first_calls_costs_one_set_of_probes() {
    let upstream = Upstream::before(&shared().base_url);
    let web = Web::start(&upstream.base_url, &[], &[]);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert!(web.tools(&shared().api_key).len() > 1));
        }
    });
    assert_eq!(upstream.take().len(), 4, "validate, write, read, search");
}

#[test]
fn hosts_and_origins_are_checked_on_every_route() {
    let web = Web::start(&shared().base_url, &["--allow-host", "mcp.example.org", "--allow-origin", "https://app.example.org"], &[]);
    let key = shared().api_key.as_str();
    for path in ["/mcp", "/healthz", "/readyz", "/nothing"] {
        for foreign in
            [("host", "evil.example"), ("host", "localhost.evil.example"), ("origin", "https://evil.example"), ("origin", "null")]
        {
            let reply = http("POST", &web.at(path), &[foreign, ("x-api-key", key)], None);
            assert_eq!(reply.status, 403, "{path} {foreign:?}");
            assert!(reply.headers.get("access-control-allow-origin").is_none());
        }
    }
    assert_eq!(http("GET", &web.at("/healthz"), &[("host", "mcp.example.org")], None).status, 200);
    assert_eq!(http("GET", &web.at("/nothing"), &[], None).status, 404);
    let page = [("origin", "https://app.example.org"), ("x-api-key", key)];
    let reply = web.post(&page, &asked("tools/list", json!({})));
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, "https://app.example.org"));
    let preflight = http("OPTIONS", &web.url, &page[..1], None);
    assert_eq!((preflight.status, preflight.header("access-control-allow-methods")), (204, "POST"));
}

#[test]
fn a_body_that_is_no_message_is_refused_as_over_stdio() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let key = shared().api_key.as_str();
    for (body, status, code) in [
        (json!([asked("ping", json!({}))]), 400, -32600),
        (json!("hello"), 400, -32600),
        (json!({"jsonrpc": "1.0", "id": 1, "method": "ping"}), 400, -32600),
        (asked("tools/call", json!({"name": "list_indexes", "arguments": [1]})), 200, -32602),
        (asked("tools/call", json!({"name": "no_such_tool"})), 200, -32602),
    ] {
        let reply = web.post(&[("x-api-key", key)], &body);
        assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (status, json!(code)), "{body}: {}", text(&reply.body));
    }
    for body in ["", " \n"] {
        let reply = web.post_text(&[("x-api-key", key)], body);
        assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (400, json!(-32700)), "{}", text(&reply.body));
    }
    // Nothing answers a notification, whatever is in it.
    for params in [json!({"requestId": {}}), json!([]), json!(7), json!({"requestId": 5})] {
        let reply = web.post(&[("x-api-key", key)], &json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}));
        assert_eq!((reply.status, text(&reply.body)), (202, String::new()), "{params}");
    }
}

#[test]
fn heads_are_taken_as_they_are_meant_and_refused_in_words_of_the_protocol() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let key = ("x-api-key", shared().api_key.as_str());
    // The test's client sends `Accept: */*`, like curl.
    let ping = asked("ping", json!({}));
    assert_eq!(http("POST", &web.url, &[key], Some(&ping)).status, 200);
    assert_eq!(http("POST", &web.url, &[key, ("accept", "text/html")], Some(&ping)).status, 406);
    let version = |version| ("mcp-protocol-version", version);
    for (headers, code) in [
        (&[version("2025-11-25"), version("2025-06-18")][..], -32020),
        (&[version("2025-06-18"), version("nonsense")], -32020),
        (&[version("1.0")], -32022),
        (&[version("")], -32022),
    ] {
        let reply = web.post(&[&[key], headers].concat(), &ping);
        assert_eq!((reply.status, reply.content_type.as_str()), (400, "application/json"), "{headers:?}");
        assert_eq!((reply.json()["error"]["code"].clone(), reply.json()["id"].clone()), (json!(code), json!(1)), "{headers:?}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
    let unknown = web.post(&[key, version("1.0")], &ping).json();
    assert!(unknown["error"]["data"]["supported"].to_string().contains("2026-07-28"), "{unknown}");
    let reply = modern_call(&web, key.1, "resources/subscribe", None, json!({"uri": "videosearch://key"}));
    assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (404, json!(-32601)), "{}", text(&reply.body));
    let reply = http("POST", &web.url, &[key, ("content-type", "text/plain")], None);
    assert_eq!((reply.status, reply.header("x-content-type-options")), (400, "nosniff"), "an empty body");
}

#[test]
fn nobody_but_this_machine_may_use_a_server_without_credentials() {
    let refused = run(&["http", "--listen", "0.0.0.0:0", "--auth", "none", "--playground"], &[]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    let web = Web::start(&shared().base_url, &["--auth", "none"], &[("VIDEOSEARCH_API_KEY", shared().api_key.as_str())]);
    let reply = web.post(&[], &asked("tools/call", json!({"name": "list_indexes", "arguments": {}})));
    assert_ne!(reply.json()["result"]["isError"], true, "{}", reply.json());
}

#[test]
fn objects_are_read_in_every_spelling_as_over_stdio() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let key = [("x-api-key", shared().api_key.as_str())];
    for arguments in [json!([]), json!("{\"include_defaults\": false}"), json!(""), json!(null)] {
        let reply = web.post(&key, &asked("tools/call", json!({"name": "list_indexes", "arguments": arguments})));
        assert_eq!((reply.status, &reply.json()["result"]["isError"]), (200, &json!(false)), "{arguments}: {}", text(&reply.body));
    }
    for client in [json!({"name": "n"}), json!({}), json!([])] {
        let begin = json!({"protocolVersion": "2025-11-25", "capabilities": {"roots": true}, "clientInfo": client});
        let reply = web.post(&key, &asked("initialize", begin));
        assert_eq!((reply.status, &reply.json()["result"]["serverInfo"]["name"]), (200, &json!("videosearch-mcp")), "{client}");
    }
}
