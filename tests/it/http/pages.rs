//! MCP over HTTP: what pages of a browser may read, and completions for whoever types.

use serde_json::{Value, json};

use super::modern_call;
use crate::support::{Upstream, Web, asked, shared};

#[test]
fn an_allowed_page_reads_how_to_go_on_after_a_refusal() {
    let web = Web::start(&shared().base_url, &["--allow-origin", "https://app.example.org", "--max-per-minute", "1"], &[]);
    let page = ("origin", "https://app.example.org");
    let unknown = web.post(&[page], &asked("tools/list", json!({})));
    let key = ("x-api-key", shared().api_key.as_str());
    let replies: Vec<_> = (0..4).map(|_| web.post(&[page, key], &asked("ping", json!({})))).collect();
    let late = replies.iter().find(|reply| reply.status == 429).unwrap();
    for (reply, header) in [(&unknown, "www-authenticate"), (late, "retry-after")] {
        let exposed = reply.header("access-control-expose-headers");
        assert!(!reply.header(header).is_empty() && exposed.split(", ").any(|name| name == header), "{header}: {exposed}");
    }
    // Other pages and programs get no such headers.
    let reply = web.post(&[], &asked("tools/list", json!({})));
    assert!(reply.headers.get("access-control-expose-headers").is_none());
}

#[test]
fn completions_come_in_both_eras_from_what_the_key_may_see() {
    let upstream = Upstream::before(&shared().base_url);
    let web = Web::start(&upstream.base_url, &[], &[]);
    let key = shared().api_key.as_str();
    let params = |typed: &str| json!({"ref": {"type": "ref/resource", "uri": "videosearch://indexes/{index}"}, "argument": {"name": "index", "value": typed}});
    let values = |answer: &Value| answer["result"]["completion"]["values"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    let older = web.ask(key, "completion/complete", params("early")).json();
    let newer = modern_call(&web, key, "completion/complete", None, params("early")).json();
    assert_eq!((values(&older), values(&newer)), (vec![json!("Early cinema")], vec![json!("Early cinema")]));
    // Nobody else sees the names of this account.
    upstream.take();
    let stranger = web.ask(&format!("sk_live_{}", "1".repeat(48)), "completion/complete", params("early")).json();
    assert_eq!(values(&stranger), Vec::<Value>::new());
    assert!(upstream.take().iter().all(|seen| !seen.target.starts_with("/indexes?")), "{stranger}");
}
