//! A person who does not answer. The test waits as long as the server does.

use serde_json::json;

use crate::support::{EVERYTHING, Era, Host, Upstream, said, shared};

#[test]
fn a_person_who_says_nothing_has_not_agreed() {
    let upstream = Upstream::before(&shared().base_url);
    let mut host = Host::new(&upstream.base_url, &shared().api_key, Era::Handshake, &EVERYTHING);
    let params = host.params("delete_marker", &json!({"marker_id": "marker_last_shot"}));
    let call = host.server.ask("tools/call", params);
    let question = host.server.wait_for(|message| message["method"] == "elicitation/create");
    upstream.take();
    let taken_back = host.server.wait_for(|message| message["method"] == "notifications/cancelled");
    assert_eq!(taken_back["params"]["requestId"], question["id"], "{taken_back}");
    let result = host.server.answer(call)["result"].clone();
    assert!(result["isError"] == true && said(&result).contains("did not answer"), "{result}");
    assert!(said(&result).contains("Nothing was sent"), "{result}");
    // A reply that comes afterwards does nothing, and the connection goes on.
    host.server.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "accept", "content": {"confirm": true}}}));
    assert!(host.server.request("ping", json!({}))["result"].is_object());
    assert!(upstream.take().is_empty());
}
