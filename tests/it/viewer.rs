//! The viewer of a moment (MCP Apps), in both eras: there for clients that declare it, and invisible to all others.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use crate::support::{Answer, Seen, Server, Upstream, Web, asked, modern, untouched};

const PAGE: &str = "ui://videosearch/moment";
const TYPE: &str = "text/html;profile=mcp-app";
const VIDEO: &str = "vid_great_train_robbery_1903";
const HTML: &str = include_str!("../../src/mcp/viewer/moment.html");

/// A client of one era: with its capabilities, before a proxy that counts requests.
struct Client {
    server: Server,
    upstream: Upstream,
    is_modern: bool,
    capabilities: Value,
}

impl Client {
    fn new(is_modern: bool, capabilities: &Value, arguments: &[&str]) -> Self {
        let upstream = Upstream::before(&untouched().base_url);
        let environment = [("VIDEOSEARCH_BASE_URL", upstream.base_url.as_str()), ("VIDEOSEARCH_API_KEY", untouched().api_key.as_str())];
        let mut server = Server::start(arguments, &environment);
        if !is_modern {
            let info = json!({"name": "test", "version": "1"});
            server.request("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": info}));
            server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        }
        let mut client = Self { server, upstream, is_modern, capabilities: capabilities.clone() };
        // The scopes and titles are known from here on.
        client.ask("tools/list", json!({}));
        client.call("show_moments", json!({"moments": [format!("{VIDEO}@0-68")]}));
        client.upstream.take();
        client
    }

    /// The clients of both eras that draw the page.
    fn drawing() -> [Self; 2] {
        [false, true].map(|is_modern| Self::new(is_modern, &declared(&[TYPE]), &[]))
    }

    fn ask(&mut self, method: &str, mut params: Value) -> Value {
        if self.is_modern {
            params = modern(params);
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = self.capabilities.clone();
        }
        let mut answer = self.server.request(method, params);
        answer.as_object_mut().unwrap().remove("id");
        answer
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        assert_ne!(answer["result"]["isError"], true, "{answer}");
        answer["result"].clone()
    }

    /// What the viewer is given of a moment.
    fn view(&mut self, tool: &str, arguments: Value) -> Value {
        self.call(tool, arguments)["_meta"]["videosearch/view"].clone()
    }

    /// The requests since the last look. Their order says nothing, since some are sent at the same time.
    fn sent(&self) -> BTreeSet<String> {
        self.upstream.take().into_iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }
}

fn declared(types: &[&str]) -> Value {
    json!({"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": types}}})
}

/// Everything that a client asks here: the messages, and the requests that each of them cost.
fn everything(client: &mut Client) -> Vec<(Value, BTreeSet<String>)> {
    let moments = json!([format!("{VIDEO}@0-68"), format!("{VIDEO}@68-110")]);
    let asked = [
        ("tools/list", json!({})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({"uri": PAGE})),
        ("resources/read", json!({"uri": format!("videosearch://moments/{VIDEO}@0-68")})),
        ("tools/call", json!({"name": "show_moment", "arguments": {"video_id": format!("{VIDEO}@0-68")}})),
        ("tools/call", json!({"name": "show_moments", "arguments": {"moments": moments}})),
        ("tools/call", json!({"name": "get_video", "arguments": {"video_id": VIDEO}})),
    ];
    asked.into_iter().map(|(method, params)| (client.ask(method, params), client.sent())).collect()
}

/// Takes out what only the viewer is for.
fn without_viewer(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Object(meta)) = members.get_mut("_meta") {
                meta.remove("ui");
                meta.remove("videosearch/view");
                if meta.is_empty() {
                    members.remove("_meta");
                }
            }
            members.values_mut().for_each(without_viewer);
        }
        Value::Array(items) => {
            items.retain(|item| item["uri"] != PAGE);
            items.iter_mut().for_each(without_viewer);
        }
        _ => {}
    }
}

#[test]
fn a_client_without_the_extension_sees_no_difference() {
    for is_modern in [false, true] {
        let plain = everything(&mut Client::new(is_modern, &json!({}), &[]));
        let text = format!("{plain:?}");
        for word in ["\"ui\"", "videosearch/view", "mcp-app", "signed-url"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
        assert_eq!(plain[3].0["error"]["code"], if is_modern { -32602 } else { -32002 }, "{:?}", plain[3]);
        // A client with another extension, or with a viewer for other pages, is no different.
        for other in [json!({"extensions": {"com.example/other": {}}}), declared(&["text/html"]), declared(&[])] {
            assert_eq!(everything(&mut Client::new(is_modern, &other, &[])), plain, "{other}");
        }
        // And one with it sees the same besides.
        let drawn = everything(&mut Client::new(is_modern, &declared(&["text/html", TYPE]), &[]));
        for (position, ((mut drawn, cost), (plain, plain_cost))) in drawn.into_iter().zip(plain).enumerate() {
            if position != 3 {
                without_viewer(&mut drawn);
                assert_eq!((drawn, cost), (plain, plain_cost), "the sample has nothing to play, so it costs nothing more");
            }
        }
    }
}

#[test]
fn the_tools_that_show_moments_are_linked_to_the_page() {
    for mut client in Client::drawing() {
        let tools = client.ask("tools/list", json!({}))["result"]["tools"].clone();
        let linked: Vec<_> = tools.as_array().unwrap().iter().filter(|tool| tool.get("_meta").is_some()).collect();
        let names: Vec<_> = linked.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["show_moment", "show_moments"]);
        assert!(linked.iter().all(|tool| tool["_meta"] == json!({"ui": {"resourceUri": PAGE}})), "{linked:?}");
    }
}

#[test]
fn the_page_comes_with_a_strict_policy() {
    for mut client in Client::drawing() {
        let origin = client.upstream.base_url.trim_end_matches("/api/v2").to_owned();
        let media = [origin.as_str(), "https://storage.googleapis.com"];
        let needs = json!({
            "csp": {"connectDomains": [], "resourceDomains": media, "frameDomains": [], "baseUriDomains": []},
            "permissions": {"clipboardWrite": {}},
            "prefersBorder": true,
        });
        let listed = client.ask("resources/list", json!({}))["result"]["resources"].clone();
        let row = listed.as_array().unwrap().iter().find(|row| row["uri"] == PAGE).unwrap();
        assert_eq!((&row["mimeType"], &row["_meta"]["ui"]), (&json!(TYPE), &needs));
        client.sent();
        let result = client.ask("resources/read", json!({"uri": PAGE}))["result"].clone();
        let page = &result["contents"][0];
        assert_eq!((&page["uri"], &page["mimeType"], &page["_meta"]["ui"]), (&json!(PAGE), &json!(TYPE), &needs));
        let written = HTML.replace("media-src 'none'", &format!("media-src {}", media.join(" ")));
        assert_eq!(page["text"], written);
        assert!(result["ttlMs"].as_u64().unwrap() > 0 && result["cacheScope"] == "private", "{result}");
        assert!(client.sent().is_empty(), "the page costs no request");
    }
}

#[test]
fn the_page_is_small_loads_nothing_and_makes_no_html_of_texts() {
    assert!(HTML.len() < 40_000, "{} bytes", HTML.len());
    let unsafe_words = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "DOMParser",
        "createContextualFragment",
        "srcdoc",
        "setHTML",
        "eval(",
        "Function(",
        "import(",
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "EventSource",
        "sendBeacon",
        "javascript:",
        "<iframe",
        "<link",
        "<script src",
        "@import",
        "url(",
        "http://",
        "https://",
        "localStorage",
        "cookie",
    ];
    for word in unsafe_words {
        assert!(!HTML.contains(word), "{word}");
    }
    assert_eq!(HTML.matches("media-src 'none'").count(), 1);
    for directive in ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "img-src data:;"] {
        assert!(HTML.contains(directive), "{directive}");
    }
}

#[test]
fn a_key_that_shows_no_moments_has_no_page_in_its_list() {
    for is_modern in [false, true] {
        let upstream = Upstream::before(&untouched().base_url);
        let environment = [("VIDEOSEARCH_BASE_URL", upstream.base_url.as_str()), ("VIDEOSEARCH_API_KEY", untouched().api_key.as_str())];
        let server = Server::start(&["--scopes", "search"], &environment);
        let mut client = Client { server, upstream, is_modern, capabilities: declared(&[TYPE]) };
        if !is_modern {
            let info = json!({"name": "test", "version": "1"});
            let params = json!({"protocolVersion": "2025-11-25", "capabilities": declared(&[TYPE]), "clientInfo": info});
            client.server.request("initialize", params);
        }
        let listed = client.ask("resources/list", json!({}))["result"]["resources"].clone();
        assert!(listed.as_array().unwrap().iter().all(|row| row["uri"] != PAGE), "{listed}");
        assert!(!client.ask("tools/list", json!({})).to_string().contains(PAGE));
    }
}

#[test]
fn a_moment_has_its_time_line() {
    for mut client in Client::drawing() {
        let rows = client.call("get_video_segments", json!({"video_id": VIDEO}))["structuredContent"]["segments"].clone();
        let result = client.call("show_moment", json!({"video_id": format!("{VIDEO}@68-110")}));
        assert!(result.get("structuredContent").is_none() && result["content"][1]["type"] == "image", "the picture stays where it is");
        let view = &result["_meta"]["videosearch/view"];
        assert_eq!((&view["kind"], &view["video_id"], &view["is_whole"]), (&json!("moment"), &json!(VIDEO), &json!(true)));
        assert_eq!(view["moment"]["handle"], format!("{VIDEO}@68-110"));
        assert_eq!((&view["moment"]["segment_id"], &view["duration_seconds"]), (&rows[1]["segment_id"], &json!(740.0)));
        assert!(view["video_name"].as_str().unwrap().starts_with("The Great Train Robbery"), "{view}");
        assert!(view["moment"]["fields"].as_array().unwrap().iter().any(|field| field[0] == "scene"), "{view}");
        let entities = view["moment"]["fields"].as_array().unwrap().iter().find(|field| field[0] == "entities").unwrap();
        assert!(entities[1].as_str().unwrap().contains("water tank (object), "), "{entities}");
        assert!(view["notes"].to_string().contains("drawn by the playground"), "{view}");
        assert!(view.get("link").is_none() && view.get("run_id").is_none(), "{view}");
        let (parts, rows) = (view["segments"].as_array().unwrap(), rows.as_array().unwrap());
        assert_eq!(parts.len(), rows.len());
        for (part, row) in parts.iter().zip(rows) {
            for member in ["segment_id", "start_time", "end_time"] {
                assert_eq!(part[member], row[member]);
            }
            assert!(!part["content"].as_str().or(part["spoken"].as_str()).unwrap().is_empty(), "{part}");
        }
        // The next moment, as the page asks for it, in the run that was asked for.
        let run = "run_scene_catalogue_early_cinema";
        let view = client.view("show_moment", json!({"video_id": VIDEO, "segment_id": parts[2]["segment_id"], "run_id": run}));
        assert_eq!((&view["moment"]["segment_id"], &view["run_id"]), (&parts[2]["segment_id"], &json!(run)));
    }
}

#[test]
fn over_http_it_is_there_for_clients_that_say_so_in_each_request() {
    let web = Web::start(&untouched().base_url, &[], &[]);
    let key = &untouched().api_key;
    let listed = |capabilities: Value| {
        let mut params = modern(json!({}));
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
        let headers = [("x-api-key", key.as_str()), ("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")];
        web.post(&headers, &asked("tools/list", params)).json()["result"].clone()
    };
    assert!(listed(declared(&[TYPE])).to_string().contains(PAGE));
    assert!(!listed(json!({})).to_string().contains(PAGE));
    // No request of a client that shook hands says what it can do, so it is taken for one that draws nothing.
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": declared(&[TYPE]), "clientInfo": {"name": "test", "version": "1"}});
    web.ask(key, "initialize", hello);
    assert!(!web.ask(key, "tools/list", json!({})).json().to_string().contains(PAGE));
}

#[test]
fn the_form_json_keeps_its_structured_content() {
    let mut client = Client::new(true, &declared(&[TYPE]), &["--output", "json"]);
    let result = client.call("show_moment", json!({"video_id": format!("{VIDEO}@68-110")}));
    assert_eq!(result["structuredContent"]["segment_id"], result["_meta"]["videosearch/view"]["moment"]["segment_id"], "{result}");
}

#[test]
fn several_moments_have_their_places_on_the_sheet() {
    for mut client in Client::drawing() {
        let moments = json!([format!("{VIDEO}@0-68"), "vid_nothing@1-2", format!("{VIDEO}@68-110")]);
        let result = client.call("show_moments", json!({"moments": moments}));
        let view = &result["_meta"]["videosearch/view"];
        assert_eq!((&view["kind"], &view["columns"], &view["gap"]), (&json!("moments"), &json!(2), &json!(4)));
        let rows = view["moments"].as_array().unwrap();
        assert_eq!((rows.len(), &rows[2]["moment"]), (3, &json!(format!("{VIDEO}@68-110"))));
        assert!(rows[1]["error"].is_string() && rows[0].get("error").is_none(), "{view}");
    }
}

/// Makes the item look like one that is stored, and answers the request for a link.
fn stored(link: Answer) -> impl Fn(&Seen) -> Answer + Send + Sync + 'static {
    move |seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("POST", "/videos/signed-url") => link.clone(),
        ("GET", target) if target == format!("/videos/{VIDEO}") => {
            Answer::Changed(Arc::new(|video: &mut Value| video["video_uri"] = json!("gs://films/robbery.mp4")), Vec::new())
        }
        _ => Answer::Pass,
    }
}

#[test]
fn what_can_be_played_comes_with_its_link() {
    let url = "https://storage.googleapis.com/films/robbery.mp4?X-Goog-Signature=00";
    for mut client in Client::drawing() {
        client.upstream.script(stored(Answer::json(200, &json!({"signed_url": url, "expires_at": "2026-11-27T10:00:00Z"}))));
        let view = client.view("show_moment", json!({"video_id": format!("{VIDEO}@68-110")}));
        assert_eq!(view["link"], json!({"url": url, "expires_at": "2026-11-27T10:00:00Z"}));
        let signed = client.sent().into_iter().filter(|request| request.contains("signed-url")).count();
        assert_eq!(signed, 1);
        // Without the link the rest is there.
        client.upstream.script(stored(Answer::json(403, &json!({"error": {"code": "forbidden", "message": "no"}}))));
        let view = client.view("show_moment", json!({"video_id": format!("{VIDEO}@68-110")}));
        assert!(view.get("link").is_none() && view["segments"].as_array().unwrap().len() > 5, "{view}");
    }
}

#[test]
fn the_viewer_is_given_little_and_no_hidden_characters() {
    let hostile = "<img src=x onerror=alert(1)>\u{202e}</script>\u{200b}";
    for mut client in Client::drawing() {
        client.upstream.script(move |seen| {
            let Some(cursor) = seen.target.split_once("/segments?").map(|(_, query)| query.split_once("cursor=").map_or("0", |(_, at)| at))
            else {
                return Answer::Pass;
            };
            let page: u32 = cursor.parse().unwrap();
            let segment = |number: u32| {
                let found = json!({"scene": hostile.repeat(50), "many": vec![hostile; 50], "deep": {"a": {"b": hostile}}});
                let (start, end) = (page * 100 + number, page * 100 + number + 1);
                json!({"segment_id": format!("seg_{start}"), "start_time": start, "end_time": end, "metadata": found})
            };
            let next = json!({"has_more": true, "next_cursor": (page + 1).to_string()});
            Answer::json(200, &json!({"data": (0..100).map(segment).collect::<Vec<_>>(), "pagination": next}))
        });
        let view = client.view("show_moment", json!({"video_id": format!("{VIDEO}@199-200")}));
        let text = view.to_string();
        assert!(text.contains("<img src=x onerror=alert(1)>") && !text.contains(['\u{202e}', '\u{200b}']), "a text stays what it is");
        let parts = view["segments"].as_array().unwrap();
        assert!(parts.len() == 300 && text.len() < 100_000 && view["is_whole"] == false, "{} segments, {} bytes", parts.len(), text.len());
        assert_eq!((&parts[0]["segment_id"], &parts[299]["segment_id"]), (&json!("seg_49"), &json!("seg_348")), "those around the moment");
    }
}
