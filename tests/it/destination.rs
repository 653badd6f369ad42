//! Whoever agrees to a call can see where it sends data, however the call names that.

use serde_json::{Value, json};

use crate::support::{EVERYTHING, Era, Host, Upstream, said, untouched};

fn asking(upstream: &Upstream, key: &str, era: Era) -> Host {
    let arguments = [&EVERYTHING[..], &["--confirm", "always"]].concat();
    Host::new(&upstream.base_url, key, era, &arguments)
}

#[test]
fn a_plan_says_where_data_goes() {
    let playground = untouched();
    let upstream = Upstream::before(&playground.base_url);
    let long = format!("https://hooks.good.example.{}evil.example:8443/x", format!("{}.", "a".repeat(60)).repeat(3));
    let files: Vec<Value> = (0..40)
        .map(|n| json!({"file_id": n.to_string(), "download_url": format!("https://{}.example/reel.mp4", if n == 37 { "hidden" } else { "films" })}))
        .collect();
    for era in [Era::Handshake, Era::Modern] {
        let mut host = asking(&upstream, &playground.api_key, era);
        let sample = host.call("get_webhook", &json!({"webhook_id": "whk_sample"}), |_| unreachable!()).1;
        let address = sample["structuredContent"]["url"].as_str().unwrap().to_owned();
        let bucket = host.call("get_connector", &json!({"connector_id": "conn_sample_bucket"}), |_| unreachable!()).1;
        let bucket = bucket["structuredContent"]["bucket"].as_str().unwrap().to_owned();
        for (tool, arguments, where_to) in [
            ("create_webhook", json!({"name": "T", "url": long, "events": ["prompt_run.completed"]}), "evil.example:8443"),
            ("attach_workflow_file", json!({"files": files}), "hidden.example"),
            ("update_webhook", json!({"webhook_id": "whk_sample", "status": "active"}), &address),
            ("test_webhook", json!({"webhook_id": "whk_sample"}), &address),
            ("retry_webhook_delivery", json!({"delivery_id": "dlv_sample_failed"}), &address),
            (
                "export_prompt_run",
                json!({"run_id": "run_scene_catalogue_damaged", "destination_connector_id": "conn_sample_bucket"}),
                &bucket,
            ),
            (
                "set_automation",
                json!({"index_id": "idx_early_cinema", "kind": "export", "destination_connector_id": "conn_sample_bucket"}),
                &bucket,
            ),
        ] {
            let (question, result) = host.call(tool, &arguments, |_| json!({"action": "decline"}));
            let message = question.unwrap_or_else(|| panic!("{era:?} {tool}: {result}"))["message"].as_str().unwrap().to_owned();
            assert!(message.contains(where_to), "{era:?} {tool}: {message}");
        }
    }
}

#[test]
fn a_resumed_automation_is_named_with_its_bucket() {
    let playground = crate::support::Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut host = asking(&upstream, &playground.api_key, Era::Modern);
    let set = json!({
        "index_id": "idx_early_cinema", "kind": "export", "enabled": true, "destination_connector_id": "conn_sample_bucket",
        "destination_subpath": "weekly",
    });
    let yes = |_: &Value| json!({"action": "accept", "content": {"confirm": true}});
    assert!(host.call("set_automation", &set, yes).1["isError"] != true);
    let which = json!({"index_id": "idx_early_cinema", "kind": "export"});
    assert!(host.call("pause_automation", &which, yes).1["isError"] != true);
    let (question, _) = host.call("resume_automation", &which, |_| json!({"action": "decline"}));
    let message = question.unwrap()["message"].as_str().unwrap().to_owned();
    for part in ["export automation", "idx_early_cinema", "conn_sample_bucket", "weekly"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn an_address_that_hides_its_host_is_refused_before_anybody_is_asked() {
    let playground = untouched();
    let upstream = Upstream::before(&playground.base_url);
    let mut host = asking(&upstream, &playground.api_key, Era::Modern);
    upstream.take();
    for url in [
        format!("https://hooks.good.example{}@evil.example/hook", "%20".repeat(70)),
        "HTTPS://good.example@evil.example".to_owned(),
        " https://user:word@evil.example/".to_owned(),
        // Programs read these differently, so nobody knows which host a person would agree to.
        "https://good.example\\@evil.example/x".to_owned(),
        "https:\\\\evil.example/x".to_owned(),
        "https://go\nod.example/x".to_owned(),
        "https:///evil.example/x".to_owned(),
        "https://1.1/x".to_owned(),
    ] {
        for (tool, arguments) in [
            ("create_webhook", json!({"name": "T", "url": url, "events": ["prompt_run.completed"]})),
            ("update_webhook", json!({"webhook_id": "whk_sample", "url": url})),
            ("attach_workflow_file", json!({"files": [{"file_id": "1", "download_url": url}]})),
        ] {
            let (question, result) = host.call(tool, &arguments, |_| unreachable!());
            assert!(question.is_none() && result["isError"] == true, "{tool} {url}: {result}");
            let why = if url.contains("%20") || url.contains("user") || url.contains("HTTPS") { "hides where it leads" } else { "`" };
            assert!(said(&result).contains(why), "{tool} {url}: {}", said(&result));
        }
    }
    let hosts: Vec<Value> = (0..60)
        .map(|n| json!({"file_id": n.to_string(), "download_url": format!("https://{}{n}.example/reel.mp4", "h".repeat(50))}))
        .collect();
    let (_, result) = host.call("attach_workflow_file", &json!({"files": hosts}), |_| unreachable!());
    assert!(said(&result).contains("more hosts than the user can be shown"), "{}", said(&result));
    assert!(upstream.take().is_empty());
}
