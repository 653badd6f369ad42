//! Exports: the jobs, their records as the official clients check them, and their files.

use serde_json::{Value, json};

use crate::{
    openapi::Check,
    support::{Answer, Playground, Server, Upstream, http, shared, untouched},
};

const EXPORTS: [&str; 2] = ["--toolsets", "exports"];
const SAMPLE: &str = "exp_scene_catalogue_damaged";
const INDEX: &str = "idx_early_cinema";
const RUN: &str = "run_scene_catalogue_early_cinema";

/// Calls each operation once.
pub fn calls(check: &mut Check<'_>) {
    let made = check.ask("POST /exports/index/{index_id}", &format!("/exports/index/{INDEX}"), None);
    let body = json!({"result_scope": "matches"});
    check.ask("POST /exports/prompt-run/{run_id}", &format!("/exports/prompt-run/{RUN}"), Some(&body));
    check.ask("GET /exports", "/exports?limit=3", None);
    for id in [made["export_id"].as_str().unwrap(), SAMPLE] {
        check.ask("GET /exports/{export_id}", &format!("/exports/{id}"), None);
        check.ask("POST /exports/{export_id}/download-url", &format!("/exports/{id}/download-url"), None);
    }
    check.ask("GET /exports/{export_id}/download", &format!("/exports/{SAMPLE}/download"), None);
}

fn server(playground: &Playground) -> Server {
    Server::with_key(&playground.base_url, &playground.api_key, &EXPORTS)
}

fn get(playground: &Playground, path: &str) -> Value {
    let reply = playground.with_key(&playground.api_key, "GET", path, None);
    assert_eq!(reply.status, 200, "{path}: {}", reply.json());
    reply.json()
}

/// The rules by which the official server judges the record of an export.
fn assert_agrees(record: &Value) {
    let names = [
        "export_id",
        "user_id",
        "export_type",
        "target_id",
        "created_at",
        "status",
        "queue_status",
        "attempts",
        "max_attempts",
        "available_at",
        "started_at",
        "completed_at",
        "updated_at",
        "download_url",
        "file_size_bytes",
        "error_message",
        "last_error",
        "destination_type",
        "destination_connector_id",
        "destination_base_path",
        "destination_subpath",
        "destination_uri",
        "gcs_uri",
        "export_params",
    ];
    let members = record.as_object().unwrap();
    assert!(names.iter().all(|name| members.contains_key(*name)), "{record}");
    for name in ["created_at", "available_at", "started_at", "completed_at", "updated_at"] {
        assert!(record[name].as_str().is_none_or(|time| chrono::DateTime::parse_from_rfc3339(time).is_ok()), "{name}: {record}");
    }
    assert!(record["max_attempts"].as_u64().unwrap() >= 1 && record["attempts"].is_u64(), "{record}");
    for (name, value) in record["export_params"].as_object().unwrap() {
        let known = ["prompt_run_ids", "destination_connector_id", "destination_base_path", "destination_subpath"];
        assert!(known.contains(&name.as_str()), "{name}");
        assert!(name == "prompt_run_ids" || *value == record[name], "{name}: {record}");
    }
    if record["destination_type"] == "download" {
        assert!(record["destination_connector_id"].is_null() && record["destination_uri"].is_null(), "{record}");
    } else {
        assert!(record["destination_connector_id"].is_string() && record["destination_uri"] == record["gcs_uri"], "{record}");
    }
    let ready = record["status"] == "completed" && record["queue_status"] == "succeeded";
    let link = format!("/api/v2/exports/{}/download", record["export_id"].as_str().unwrap());
    let expected = if ready && record["destination_type"] == "download" { json!(link) } else { Value::Null };
    assert_eq!(record["download_url"], expected, "{record}");
    assert_eq!(record["file_size_bytes"].is_u64(), ready, "{record}");
}

#[test]
fn an_index_is_exported_followed_and_downloaded() {
    let playground = shared();
    let mut server = server(playground);
    let (text, made) = server.ok("export_index_metadata", json!({"index_id": "Early cinema", "prompt_run_ids": []}));
    assert_eq!((&made["index_id"], &made["prompt_run_ids"], &made["destination_type"]), (&json!(INDEX), &json!("all"), &json!("download")));
    let id = made["export_id"].as_str().unwrap();
    assert!(text.contains(id) && text.contains("wait_for_export"), "{text}");
    assert_agrees(&get(playground, &format!("/exports/{id}")));
    let (text, ended) = server.ok("wait_for_export", json!({"export_id": id}));
    assert_eq!((&ended["status"], &ended["finished"]), (&json!("completed"), &json!(true)), "{text}");
    assert!(text.contains("download_export") || text.contains("get_export_download_url"), "{text}");
    let record = get(playground, &format!("/exports/{id}"));
    assert_agrees(&record);
    // A range is not for exports: the clients take the whole file or nothing.
    let headers = [("x-api-key", playground.api_key.as_str()), ("range", "bytes=2-5")];
    let file = http("GET", &format!("{}/exports/{id}/download", playground.base_url), &headers, None);
    assert_eq!((file.status, file.content_type.as_str()), (200, "application/json"));
    assert_eq!((file.length, record["file_size_bytes"].as_u64()), (Some(file.body.len() as u64), Some(file.body.len() as u64)));
    let content = file.json();
    let listed = get(playground, &format!("/indexes/{INDEX}/videos?limit=100"));
    assert_eq!(content["videos"].as_array().unwrap().len(), listed["data"].as_array().unwrap().len());
    assert_eq!((&content["export_type"], &content["index"]["index_id"]), (&json!("index"), &json!(INDEX)));
    let video = content["videos"].as_array().unwrap().iter().find(|video| video["video_id"] == "vid_great_train_robbery_1903").unwrap();
    let found = video["results"].as_array().unwrap().iter().find(|results| results["run_id"] == RUN).unwrap();
    let results = get(playground, &format!("/prompt-runs/{RUN}/results?video_id=vid_great_train_robbery_1903&limit=100"));
    assert_eq!(found["segments"], results["data"]);
}

#[test]
fn a_run_is_exported_with_its_results_once_per_key() {
    let playground = shared();
    let mut server = server(playground);
    let call = json!({"run_id": RUN, "idempotency_key": "once"});
    let (_, first) = server.ok("export_prompt_run", call.clone());
    let (_, again) = server.ok("export_prompt_run", call);
    assert_eq!(first["export_id"], again["export_id"]);
    let other = server.error("export_prompt_run", json!({"run_id": RUN, "result_scope": "matches", "idempotency_key": "once"}));
    assert!(other.contains("idempotency_request_mismatch"), "{other}");
    let id = first["export_id"].as_str().unwrap();
    server.ok("wait_for_export", json!({"export_id": id}));
    let content = get(playground, &format!("/exports/{id}/download"));
    let videos = content["videos"].as_array().unwrap();
    assert_eq!(content["prompt_run"]["run_id"], RUN);
    assert!(!videos.is_empty() && videos.iter().all(|video| !video["segments"].as_array().unwrap().is_empty()), "{content}");
    let (text, list) = server.ok("list_exports", json!({"limit": 100}));
    assert!(text.contains(id) && text.contains(SAMPLE), "{text}");
    assert_eq!(list["total_exports"].as_u64().unwrap(), list["exports"].as_array().unwrap().len() as u64);
    assert!(list["by_status"]["completed"].as_u64().unwrap() >= 1, "{list}");
}

#[test]
fn only_what_the_prompt_selects_matches() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all"]);
    let schema = json!({"type": "object", "properties": {"outdoor": {"type": "boolean"}}});
    let given = json!({"name": "Outdoors", "prompt_text": "Say whether it is outdoors.", "json_schema": schema});
    let mut with = given.clone();
    with["selection_filter"] = json!({"filters": [{"field": "outdoor", "value": true}]});
    let (_, made) = server.ok("create_prompt", with.clone());
    assert_eq!(made["prompt"]["selection_filter"], with["selection_filter"], "{made}");
    let video = "vid_great_train_robbery_1903";
    let run = json!({"prompt_id": made["prompt"]["prompt_id"], "video_ids": [video, "vid_metropolis_1927"]});
    let (_, started) = server.ok("process_media", run);
    let run = &started["run_id"];
    server.ok("wait_for_prompt_run", json!({"run_id": run}));
    let (text, both) = server.ok("get_run_matches", json!({"run_id": run, "view": "both"}));
    let summary = &both["selection_summary"];
    let (matched, total) = (summary["matched"].as_u64().unwrap(), summary["total"].as_u64().unwrap());
    assert!(0 < matched && matched < total && summary["selection_filter"] == with["selection_filter"], "{text}");
    let rows = |list: &str| both["results"].as_array().unwrap().iter().filter(|row| row["list"] == list).collect::<Vec<_>>();
    assert_eq!((rows("filtered").len() as u64, rows("unfiltered").len() as u64), (matched, total));
    assert!(rows("filtered").iter().all(|row| row["extracted_metadata"]["outdoor"] == true), "{both}");
    // Pages of what matches have no gaps.
    let (_, first) = server.ok("get_run_matches", json!({"run_id": run, "limit": 1}));
    let (_, second) = server.ok("get_run_matches", json!({"run_id": run, "limit": 1, "filtered_cursor": first["filtered_cursor"]}));
    assert_eq!(second["results"][0]["segment_id"], rows("filtered")[1]["segment_id"]);

    let exported = |server: &mut Server, scope: &str| {
        let (_, export) = server.ok("export_prompt_run", json!({"run_id": run, "result_scope": scope}));
        server.ok("wait_for_export", json!({"export_id": export["export_id"]}));
        let content = get(&playground, &format!("/exports/{}/download", export["export_id"].as_str().unwrap()));
        let of = |video: &Value| video["segments"].as_array().unwrap().clone();
        content["videos"].as_array().unwrap().iter().flat_map(of).collect::<Vec<Value>>()
    };
    assert_eq!(exported(&mut server, "all").len() as u64, total);
    let chosen = exported(&mut server, "matches");
    assert_eq!(chosen.len() as u64, matched);
    assert!(chosen.iter().all(|segment| segment["metadata"]["outdoor"] == true), "{}", chosen[0]);

    let prompt = &made["prompt"]["prompt_id"];
    let (_, cleared) = server.ok("update_prompt", json!({"prompt_id": prompt, "clear_selection_filter": true}));
    assert!(cleared["prompt"].get("selection_filter").is_none(), "{cleared}");
    let mut wrong = given;
    wrong["selection_filter"] = json!({"filters": [{"field": "outdoor", "operator": "greater_than", "value": "x"}]});
    assert!(server.error("create_prompt", wrong).contains("selection_filter"));
}

#[test]
fn the_sample_is_there_from_the_start() {
    let playground = untouched();
    let record = get(playground, &format!("/exports/{SAMPLE}"));
    assert_agrees(&record);
    let file = playground.with_key(&playground.api_key, "GET", &format!("/exports/{SAMPLE}/download"), None);
    assert_eq!((file.status, Some(file.body.len() as u64)), (200, record["file_size_bytes"].as_u64()));
    assert_eq!(file.json()["prompt_run"]["run_id"], "run_scene_catalogue_damaged");
    assert_eq!(get(playground, &format!("/exports/{SAMPLE}")), record, "writing the file changes nothing");
    let (text, status) = server(playground).ok("get_export_status", json!({"export_id": SAMPLE}));
    assert!(status["file_size_human"].as_str().is_some_and(|size| text.contains(size)), "{text}");
    assert_eq!(status["download_url"], format!("/api/v2/exports/{SAMPLE}/download"));
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let playground = shared();
    let code = |path: &str, body: Option<&Value>| {
        let reply = playground.with_key(&playground.api_key, "POST", path, body);
        let told = reply.json();
        (reply.status, told["error"]["code"].as_str().or(told["detail"][0]["loc"][1].as_str()).unwrap_or_default().to_owned())
    };
    let request = json!({"prompt_id": "prompt_action_log", "target": {"type": "index", "index_id": INDEX}});
    let run = playground.with_key(&playground.api_key, "POST", "/prompt-runs/execute", Some(&request)).json()["run_id"].clone();
    let run = run.as_str().unwrap();
    let cases = [
        ("/exports/index/none".to_owned(), None, 404, "resource_index_not_found"),
        ("/exports/prompt-run/none".to_owned(), None, 404, "resource_run_not_found"),
        (format!("/exports/prompt-run/{run}"), None, 409, "resource_run_not_finished"),
        (format!("/exports/index/{INDEX}"), Some(json!({"prompt_run_ids": [RUN, run]})), 409, "resource_run_not_finished"),
        (format!("/exports/index/{INDEX}"), Some(json!({"destination_connector_id": "none"})), 404, "resource_connector_not_found"),
        (format!("/exports/index/{INDEX}"), Some(json!({"destination_subpath": "a"})), 422, "destination_subpath"),
        (
            format!("/exports/index/{INDEX}"),
            Some(json!({"destination_connector_id": "c", "destination_subpath": "a/../b"})),
            422,
            "destination_subpath",
        ),
        (format!("/exports/index/{INDEX}"), Some(json!({"result_scope": "some"})), 422, "result_scope"),
    ];
    for (path, body, status, expected) in cases {
        assert_eq!(code(&path, body.as_ref()), (status, expected.to_owned()), "{path} {body:?}");
    }
    playground.with_key(&playground.api_key, "POST", &format!("/prompt-runs/{run}/cancel"), None);
    for path in ["/exports/none", "/exports/none/download"] {
        let reply = playground.with_key(&playground.api_key, "GET", path, None);
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (404, &json!("resource_export_not_found")), "{path}");
    }
}

#[test]
fn an_export_that_fails_says_why_and_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    // A file where the folder of the exports should be.
    std::fs::write(data.join("exports"), "in the way").unwrap();
    let playground = Playground::start(&["--data-dir", data.to_str().unwrap()]);
    let mut server = server(&playground);
    let (_, made) = server.ok("export_prompt_run", json!({"run_id": RUN}));
    let text = server.call("wait_for_export", json!({"export_id": made["export_id"]}));
    assert_eq!(text["isError"], true, "{text}");
    let record = get(&playground, &format!("/exports/{}", made["export_id"].as_str().unwrap()));
    assert_agrees(&record);
    assert_eq!((&record["status"], &record["queue_status"]), (&json!("failed"), &json!("failed")));
    let reason = record["error_message"].as_str().unwrap();
    assert!(reason.starts_with("The file could not be written:"), "{reason}");
    let status = server.call("get_export_status", json!({"export_id": made["export_id"]}));
    assert_eq!(status["isError"], true, "{status}");
    assert!(status["content"][0]["text"].as_str().unwrap().contains(reason), "{status}");
    let link = server.ok("get_export_download_url", json!({"export_id": made["export_id"]})).0;
    assert!(link.contains("no download link"), "{link}");
}

#[test]
fn an_export_goes_on_after_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["--data-dir", directory.path().to_str().unwrap()];
    let playground = Playground::start(&arguments);
    let made = playground.with_key(&playground.api_key, "POST", &format!("/exports/index/{INDEX}"), None).json();
    playground.kill();
    let playground = Playground::start(&arguments);
    let (_, ended) = server(&playground).ok("wait_for_export", json!({"export_id": made["export_id"]}));
    assert_eq!(ended["status"], "completed");
    let id = made["export_id"].as_str().unwrap();
    let file = playground.with_key(&playground.api_key, "GET", &format!("/exports/{id}/download"), None);
    assert_eq!((file.status, Some(file.body.len() as u64)), (200, ended["file_size_bytes"].as_u64()));
    assert!(file.json()["videos"].is_array());
}

#[test]
fn a_link_needs_https_and_then_no_key() {
    let playground = shared();
    let mint = |headers: &[(&str, &str)]| {
        let credential = ("x-api-key", playground.api_key.as_str());
        http("POST", &format!("{}/exports/{SAMPLE}/download-url", playground.base_url), &[&[credential], headers].concat(), None).json()
    };
    let plain = mint(&[]);
    let mut names: Vec<&str> = plain.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["destination_connector_id", "destination_type", "download_url", "export_id", "status"]);
    assert!(plain["download_url"].is_null());
    let minted = mint(&[("x-forwarded-proto", "https")]);
    let link = minted["download_url"].as_str().unwrap();
    let origin = playground.base_url.replace("http:", "https:");
    let token = link.strip_prefix(&format!("{origin}/exports/{SAMPLE}/download?token=")).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let plain_part = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    assert!(parts.len() == 3 && parts[0] == "v1" && parts.iter().all(plain_part) && (32..=2048).contains(&token.len()), "{token}");
    let get = |path: &str, token: &str, headers: &[(&str, &str)]| {
        http("GET", &format!("{}{path}?token={token}", playground.base_url), headers, None).status
    };
    let download = format!("/exports/{SAMPLE}/download");
    assert_eq!(get(&download, token, &[]), 200);
    let other = if token.ends_with('A') { 'E' } else { 'A' };
    assert_eq!(get(&download, &format!("{}{other}", &token[..token.len() - 1]), &[]), 401);
    assert_eq!(get(&download, &playground.jwt, &[]), 401);
    assert_eq!(get("/exports/none/download", token, &[]), 401, "it is for one file");
    assert_eq!(get(&format!("/exports/{SAMPLE}"), token, &[]), 401, "and for nothing else");
    assert_eq!(get(&download, token, &[("x-api-key", "sk_live_wrong")]), 401, "a key that is sent counts");
    assert_eq!(get(&download, "wrong", &[("x-api-key", &playground.api_key)]), 200);
}

#[test]
fn a_missing_link_is_explained_and_a_mint_is_never_repeated() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EXPORTS);
    let (text, told) = server.ok("get_export_download_url", json!({"export_id": SAMPLE}));
    assert!(text.contains("https") && told["download_url"].is_null(), "{text}");
    // A tool that could not save anything is no way out.
    assert!(text.contains("no directory to save in") && !text.contains("gets the file"), "{text}");
    let link = "https://api.example.com/api/v2/exports/e/download?token=v1.abcdefghijklmnop.qrstuvwxyz0123456789";
    let body = json!({"export_id": "e", "status": "completed", "destination_type": "download", "destination_connector_id": null, "download_url": link});
    upstream.script(move |_| Answer::json(200, &body));
    let (text, told) = server.ok("get_export_download_url", json!({"export_id": "e"}));
    assert!(told["download_url"] == link && text.contains(link), "{text}");
    // A signed link can be long, and half of it leads nowhere.
    let long = format!("https://storage.example.com/e.json?X-Goog-Signature={}", "a".repeat(950));
    let body = json!({"export_id": "e", "status": "completed", "download_url": long});
    upstream.script(move |_| Answer::json(200, &body));
    assert!(server.ok("get_export_download_url", json!({"export_id": "e"})).0.contains(&format!("\n{long}")));
    upstream.script(|_| Answer::json(503, &json!({"error": {"code": "metadata_export_token_configuration_invalid", "message": "no"}})));
    upstream.take();
    server.error("get_export_download_url", json!({"export_id": "e"}));
    let seen = upstream.take();
    assert_eq!((seen.len(), &seen[0].idempotency_key), (1, &None));
}
