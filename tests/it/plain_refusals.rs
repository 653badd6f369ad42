//! Calls that cannot be meant, or that name things by what they are not called: what the caller is told.

use serde_json::{Value, json};

use crate::support::{Answer, EVERYTHING, Server, Upstream, shared};

const SAMPLE: &str = "exp_scene_catalogue_damaged";

#[test]
fn an_update_that_changes_nothing_says_what_can_be_changed() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    upstream.take();
    for (tool, given, members) in [
        ("update_connector", json!({"connector_id": "conn_sample_bucket"}), ["name", "status"]),
        ("update_webhook", json!({"webhook_id": "whk_sample", "url": ""}), ["url", "events"]),
        ("update_prompt", json!({"prompt_id": "prompt_action_log"}), ["prompt_text", "clear_video_level"]),
        ("set_automation", json!({"index_id": "idx_early_cinema", "kind": "export"}), ["enabled", "destination_subpath"]),
        ("set_marker", json!({"resource_type": "video", "resource_id": "vid_great_train_robbery_1903"}), ["color", "note"]),
    ] {
        let said = server.error(tool, given);
        assert!(said.contains("nothing to change: give at least one of"), "{tool}: {said}");
        assert!(members.iter().all(|member| said.contains(&format!("`{member}`"))), "{tool}: {said}");
        let sent = upstream.take();
        assert!(sent.is_empty(), "{tool}: {sent:?}");
    }
}

#[test]
fn a_tool_for_one_index_says_so_when_it_is_given_all() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &EVERYTHING);
    for (tool, more) in [
        ("list_sql_tables", json!({})),
        ("search_sql", json!({"query": "SELECT 1"})),
        ("write_sql", json!({"instruction": "count the scenes"})),
        ("export_index_metadata", json!({})),
        ("get_index", json!({})),
        ("get_automation", json!({"kind": "import"})),
        ("delete_index", json!({})),
    ] {
        for (index, part) in [("all", "takes one index at a time: "), ("No such index", "no index `No such index`")] {
            let mut given = more.clone();
            given["index_id"] = json!(index);
            let said = server.error(tool, given);
            assert!(said.contains(part), "{tool} {index}: {said}");
            assert!(index != "all" || said.contains("idx_early_cinema \"Early cinema\""), "{tool}: {said}");
        }
    }
}

#[test]
fn an_export_without_a_file_to_download_says_why() {
    let (upstream, directory) = (Upstream::before(&shared().base_url), tempfile::tempdir().unwrap());
    let arguments = ["--toolsets", "exports", "--download-dir", directory.path().to_str().unwrap()];
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &arguments);
    server.ok("list_exports", json!({}));
    for (status, kind, parts) in [
        ("failed", "connector", ["which was to go into a bucket", "failed: the bucket said no"]),
        ("failed", "download", ["The export failed: the bucket said no", "There will be no file"]),
        ("completed", "connector", ["went into a bucket", "gs://films/out.json"]),
        ("pending", "connector", ["goes into a bucket", "nothing to download"]),
    ] {
        upstream.script(move |seen| {
            let record = json!({"export_id": SAMPLE, "export_type": "index", "target_id": "i", "status": status, "destination_type": kind,
                "destination_connector_id": "conn_1", "destination_uri": "gs://films/out.json", "download_url": null,
                "error_message": if status == "failed" { json!("the bucket said no.") } else { Value::Null }});
            match seen.target.rsplit('/').next().unwrap() {
                "download" => Answer::json(409, &json!({"error": {"code": "resource_export_not_downloadable", "message": "no"}})),
                _ => Answer::json(200, &record),
            }
        });
        let (link, _) = server.ok("get_export_download_url", json!({"export_id": SAMPLE}));
        let saved = server.error("download_export", json!({"export_id": SAMPLE}));
        for said in [link, saved] {
            assert!(parts.iter().all(|part| said.contains(part)), "{status} {kind}: {said}");
        }
    }
}

#[test]
fn a_tool_that_does_not_exist_has_neighbours() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &[]);
    for (pair, name, part) in [
        ("use_read_tool", "get_usages_historie", "did you mean `get_usage_history`?"),
        ("use_read_tool", "deliveries_of_my_webhook", "list_webhook_deliveries"),
        ("use_write_tool", "webhook_remove_please", "list_webhooks"),
        ("use_read_tool", "fly", "there is no tool `fly`. find_tools finds tools"),
    ] {
        let said = server.error(pair, json!({"name": name}));
        assert!(said.contains(part) && !said.contains("delete_webhook"), "{name}: {said}");
    }
}

#[test]
fn a_quota_that_is_used_up_says_how_much_and_until_when() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    let run = json!({"prompt_id": "prompt_action_log", "target": {"type": "index", "index_id": "idx_early_cinema"}, "idempotency_key": "used up"});
    for (tool, given, path, status, code, details, parts) in [
        (
            "create_index",
            json!({"name": "Reels"}),
            "/indexes",
            409,
            "resource_quota_exceeded",
            json!({"resource": "indexes", "limit": 5, "used": 5, "reserved": 0}),
            ["Indexes: 5 of 5 are used.", "Trying again does not help"],
        ),
        (
            "execute_prompt",
            run.clone(),
            "/prompt-runs/execute",
            429,
            "llm_user_budget_exceeded",
            json!({"reset_time": "2999-11-29T00:00:00Z"}),
            ["It is new at 2999-11-29 00:00 UTC, in ", "until then the same call fails"],
        ),
        ("execute_prompt", run, "/prompt-runs/execute", 503, "llm_budget_guard_open", json!({}), ["does not say for how long", "no call"]),
    ] {
        let body = json!({"error": {"code": code, "message": "Used up.", "details": details}});
        upstream.script(move |seen| if seen.target == path && seen.method == "POST" { Answer::json(status, &body) } else { Answer::Pass });
        upstream.take();
        let result = server.call(tool, given);
        let said = result["content"][0]["text"].as_str().unwrap();
        assert!(result["isError"] == true && parts.iter().all(|part| said.contains(part)), "{code}: {said}");
        assert!(!said.contains("Trying again later can help") && !said.contains("read that state first"), "{code}: {said}");
        let facts = &result["_meta"]["videosearch/error"];
        assert!(facts["code"] == code && (details == json!({}) || facts["details"] == details), "{facts}");
        let sent = upstream.take().iter().filter(|seen| seen.target == path && seen.method == "POST").count();
        assert!(sent == 1 || status == 503, "{code}: sent {sent} times");
    }
}

#[test]
fn a_path_that_the_api_lacks_is_not_told_as_a_wrong_id() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    upstream.script(|_| Answer::json(404, &json!({"detail": "Not Found"})));
    for (tool, given) in [
        ("get_pricing", json!({})),
        ("list_markers", json!({})),
        ("list_webhook_events", json!({})),
        ("search_media", json!({"query": "a clock"})),
        ("draft_prompt", json!({"instruction": "Count hats"})),
        ("ask_library", json!({"message": "Where is a clock?"})),
    ] {
        let said = server.error(tool, given);
        assert!(said.contains("This API has no such function") && !said.contains("Check the id"), "{tool}: {said}");
    }
    let said = server.error("get_webhook", json!({"webhook_id": "whk_sample"}));
    assert!(said.contains("Check the id") && said.contains("this API may not have the function"), "{said}");
}
