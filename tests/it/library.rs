//! Indexes and media that are made, changed and deleted.

use serde_json::{Value, json};

use crate::{
    openapi::Check,
    support::{Answer, EVERYTHING, Playground, Server, Upstream, form, http, untouched},
};

/// Calls each operation of this family that the other tests do not call, once.
pub fn calls(check: &mut Check<'_>) {
    let index = check.ask("POST /indexes", "/indexes", Some(&json!({"name": "Field notes"})));
    let index = index["index_id"].as_str().unwrap();
    let body = json!({"title": "A reel", "video_uri": "gs://films/reel.mp4", "index_id": index});
    let added = check.ask("POST /videos", "/videos", Some(&body));
    let video = added["video_id"].as_str().unwrap();
    check.ask("GET /playground/videos", "/playground/videos?limit=2", None);
    check.ask("POST /videos/{video_id}/process", "/videos/vid_great_train_robbery_1903/process?segment_duration=20", None);
    let gif = check.ask("GET /videos/{video_id}/gif", "/videos/vid_great_train_robbery_1903/gif", None);
    assert!(gif["gif_data"].as_str().unwrap().starts_with("R0lGODlh"), "it begins like a GIF file");
    for path in ["/videos/upload", "/workflow/upload"] {
        let key = [("x-api-key", check.playground.api_key.as_str())];
        let url = format!("{}{path}", check.playground.base_url);
        let reply = form(&url, &key, &[("title", "Still")], ("still.png", &crate::uploads::picture()));
        check.look(&format!("POST {path}"), &reply);
    }
    let stored = check.playground.upload("still.png", &crate::uploads::picture());
    let link = check.ask("POST /videos/signed-url", "/videos/signed-url", Some(&json!({"gcs_uri": stored["video_uri"]})));
    let streamed = link["signed_url"].as_str().unwrap().strip_prefix(&check.playground.base_url).unwrap().to_owned();
    let streamed = check.playground.with_key(&check.playground.api_key, "GET", &streamed, None);
    check.look("GET /media/stream", &streamed);
    check.ask("DELETE /videos/{video_id}", &format!("/videos/{video}"), None);
    check.ask("GET /videos/{video_id}/deletion", &format!("/videos/{video}/deletion"), None);
    check.ask("DELETE /indexes/{index_id}", &format!("/indexes/{index}"), None);
    check.ask("GET /indexes/{index_id}/deletion", &format!("/indexes/{index}/deletion"), None);
}

fn everything(playground: &Playground) -> Server {
    Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING)
}

/// Deletes in two steps, and returns the text of the plan.
fn delete(server: &mut Server, tool: &str, mut arguments: Value) -> String {
    let (plan, told) = server.plan(tool, arguments.clone());
    arguments["confirm"] = told["confirm"].clone();
    let (said, deletion) = server.ok(tool, arguments);
    let what = &deletion["what"];
    let named = format!("{} \"{}\" ({})", what["kind"].as_str().unwrap(), what["name"].as_str().unwrap(), what["id"].as_str().unwrap());
    assert!(tool == format!("delete_{}", what["kind"].as_str().unwrap()) && said.contains(&format!("what: {named}")), "{said}");
    assert!(["draining", "deleting", "deleted"].contains(&deletion["status"].as_str().unwrap()), "{deletion}");
    plan
}

#[test]
fn an_index_is_made_once_per_key_and_takes_media() {
    let playground = Playground::start(&[]);
    let mut server = everything(&playground);
    let given = json!({"name": "Field notes", "idempotency_key": "k1"});
    let (text, made) = server.ok("create_index", given.clone());
    let index = made["index"]["index_id"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Index created") && text.contains(&index) && made["index"]["name"] == "Field notes", "{text}");
    assert_eq!(server.ok("create_index", given).1["index"]["index_id"], index.as_str(), "the same key makes the same index");
    let (text, listed) = server.ok("list_videos", json!({"index_id": "field NOTES"}));
    assert!(listed["videos_returned"] == 0 && text.contains("is empty"), "{text}");
    let uri = "gs://films/reel.mp4";
    let (text, added) = server.ok("create_video", json!({"title": "A reel", "video_uri": uri, "index_id": "Field notes"}));
    assert!(text.starts_with("Media not imported: ") && !text.contains("skipped_files") && text.contains("retry_import_job"), "{text}");
    let video = added["job"]["video_id"].as_str().unwrap().to_owned();
    assert!(text.contains("cannot read the bucket films"), "{text}");
    let (_, listed) = server.ok("list_videos", json!({"index_id": index}));
    assert_eq!((&listed["by_status"], &listed["by_media_type"]), (&json!({"failed": 1}), &json!({"video": 1})), "{listed}");
    let (text, read) = server.ok("get_video", json!({"video_id": video}));
    assert!(read["title"] == "A reel" && read.get("duration_seconds").is_none(), "{text}");
    // What failed is explained, and no prompt is advised that would be refused.
    assert!(text.contains("says why: the playground cannot read the bucket films") && !text.contains("execute_prompt"), "{text}");
    assert!(read["import_job_id"] == added["job"]["job_id"] && text.contains("get_import_job"), "{text}");
    assert!(!server.ok("get_video_link", json!({"video_id": video})).0.contains("show_moments"));
    let refusal = server.error(
        "execute_prompt",
        json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [video], "index_id": index}}),
    );
    assert!(refusal.contains("validation_media_not_processable"), "{refusal}");
}

#[test]
fn what_is_deleted_is_gone_everywhere_and_its_deletion_can_be_followed() {
    let playground = Playground::start(&[]);
    let mut server = everything(&playground);
    let video = "vid_great_train_robbery_1903";
    let search = json!({"query": "bandits rob a train", "index_id": "idx_early_cinema", "top_k": 20});
    assert!(server.ok("search_videos", search.clone()).0.contains(video));
    let runs = server.ok("list_prompt_runs", json!({"video_id": video})).1["runs"].as_array().unwrap().len();
    let before = server.ok("get_prompt_run_status", json!({"run_id": "run_scene_catalogue_early_cinema"})).1;
    let plan = delete(&mut server, "delete_video", json!({"video_id": video}));
    assert!(plan.contains("The Great Train Robbery") && plan.contains(&format!("{runs} runs lose their results")), "{plan}");
    assert!(!server.ok("search_videos", search).0.contains(video));
    assert!(!server.ok("list_videos", json!({"index_id": "idx_early_cinema"})).0.contains(video));
    assert!(server.error("get_video", json!({"video_id": video})).contains("resource_video_not_found"));
    let after = server.ok("get_prompt_run_status", json!({"run_id": "run_scene_catalogue_early_cinema"})).1;
    let videos = |run: &Value| run["media_breakdown"]["videos"]["total"].as_u64().unwrap();
    assert_eq!((videos(&after), &after["billing"]), (videos(&before) - 1, &before["billing"]), "{after}");
    let mut ids = std::collections::BTreeSet::new();
    server.wait_until(|server| {
        let (_, deletion) = server.ok("get_video_deletion", json!({"video_id": video}));
        ids.insert(deletion["deletion_id"].as_str().unwrap().to_owned());
        deletion["status"] == "deleted"
    });
    let again = playground.with_key(&playground.api_key, "DELETE", &format!("/videos/{video}"), None);
    ids.insert(again.json()["deletion_id"].as_str().unwrap().to_owned());
    assert_eq!((again.status, ids.len()), (202, 1), "to delete it again resumes the same deletion");
}

#[test]
fn an_index_is_deleted_with_its_media_by_its_name() {
    let playground = Playground::start(&[]);
    let mut server = everything(&playground);
    let (_, listed) = server.ok("list_videos", json!({"index_id": "idx_space_and_nature", "limit": 100}));
    let count = listed["videos_returned"].as_u64().unwrap();
    let name = server.ok("get_index", json!({"index_id": "idx_space_and_nature"})).1["name"].as_str().unwrap().to_owned();
    let (_, runs) = server.ok("list_prompt_runs", json!({"index_id": "idx_space_and_nature"}));
    let run = runs["runs"][0]["run_id"].as_str().unwrap().to_owned();
    assert!(server.ok("list_prompts", json!({})).0.contains(&run));
    let plan = delete(&mut server, "delete_index", json!({"index_id": name}));
    assert!(plan.contains(&format!("with {count} media items")) && plan.contains("1 run loses its results"), "{plan}");
    assert!(!server.ok("list_indexes", json!({})).0.contains("idx_space_and_nature"));
    let first = listed["videos"][0]["video_id"].as_str().unwrap();
    assert!(server.error("get_video", json!({"video_id": first})).contains("resource_video_not_found"));
    let (text, resumed) = server.ok("delete_index", json!({"index_id": "idx_space_and_nature"}));
    assert!(text.contains("Deletion of index idx_space_and_nature") && resumed.get("confirm").is_none(), "{text}");
    server.wait_until(|server| server.ok("get_index_deletion", json!({"index_id": "idx_space_and_nature"})).1["status"] == "deleted");
    let (text, gone) = server.ok("delete_index", json!({"index_id": "idx_space_and_nature"}));
    assert!(text.contains("gone already") && gone["status"] == "deleted" && gone.get("confirm").is_none(), "{text}");
    says_that_its_media_are_gone(&mut server, &run, first);
    let said = server.error("get_index_deletion", json!({"index_id": "Early cinema"}));
    assert!(said.contains("No deletion of it is known") && !said.contains("Check the id"), "{said}");
    let (_, shared) = server.ok("list_indexes", json!({}));
    let shared = shared["default_indexes"][0]["index_id"].as_str().unwrap();
    let reply = playground.with_key(&playground.api_key, "DELETE", &format!("/indexes/{shared}"), None);
    assert_eq!(
        (reply.status, reply.json()["error"]["code"].as_str()),
        (403, Some("authorization_shared_index")),
        "nobody deletes what all share"
    );
}

#[test]
fn media_that_a_run_processes_are_not_deleted() {
    let playground = Playground::start(&[]);
    let mut server = everything(&playground);
    let target = json!({"type": "videos", "video_ids": ["vid_great_train_robbery_1903"]});
    let fixed =
        json!({"prompt_id": "prompt_action_log", "target": target, "video_segmentation_type": "fixed", "video_segment_duration": 1});
    let run = server.ok("execute_prompt", fixed).1["run_id"].as_str().unwrap().to_owned();
    for (tool, arguments) in
        [("delete_video", json!({"video_id": "vid_great_train_robbery_1903"})), ("delete_index", json!({"index_id": "idx_early_cinema"}))]
    {
        let plan = server.error(tool, arguments.clone());
        assert!(plan.contains("the API would refuse this now") && plan.contains(&run), "{plan}");
        // Without a plan, the API says it.
        let mut hasty = Server::with_key(&playground.base_url, &playground.api_key, &[&EVERYTHING[..], &["--confirm", "never"]].concat());
        let refusal = hasty.error(tool, arguments);
        assert!(refusal.contains("_in_use") && refusal.contains(&run), "{refusal}");
    }
    server.ok("cancel_prompt_run", json!({"run_id": run}));
    server.wait_until(|server| server.ok("get_prompt_run_status", json!({"run_id": run})).1["status"] == "cancelled");
    delete(&mut server, "delete_video", json!({"video_id": "vid_great_train_robbery_1903"}));
}

/// Checks what is told of a run whose media were deleted, among them this one.
fn says_that_its_media_are_gone(server: &mut Server, run: &str, video: &str) {
    let (text, status) = server.ok("get_prompt_run_status", json!({"run_id": run}));
    assert!(text.contains("its media are gone (deleted)") && !text.contains("0 of 0") && !text.contains("Next:"), "{text}");
    assert!(status["media_gone"] == true && status.get("next_tool").is_none(), "{status}");
    let (text, _) = server.ok("diagnose_prompt_run", json!({"run_id": run}));
    assert!(text.contains("its media are gone (deleted), and its results with them") && !text.contains("Next:"), "{text}");
    for (tool, given, count) in [
        ("get_prompt_run_results", json!({"run_id": run, "video_id": video}), Some("total_results")),
        ("get_prompt_run_video_result", json!({"run_id": run, "video_id": video}), None),
        ("tabulate_prompt_run", json!({"run_id": run}), Some("total_rows")),
    ] {
        let (text, facts) = server.ok(tool, given);
        assert!(text.contains(&format!("No results: the media of run {run}")) && text.contains("are gone (deleted)"), "{tool}: {text}");
        assert!(count.is_none_or(|count| facts[count] == 0), "{tool}: {facts}");
    }
    let (text, _) = server.ok("list_prompts", json!({}));
    assert!(!text.contains(run), "{text}");
}

#[test]
fn many_items_are_read_at_once_and_missing_ones_are_named() {
    let playground = crate::support::untouched();
    let mut server = everything(playground);
    let given = json!({"video_ids": ["vid_great_train_robbery_1903", "vid_damaged_reel_1906", "vid_nowhere"]});
    let (text, found) = server.ok("get_videos", given.clone());
    assert!(
        found["total_videos"] == 2 && found["missing_video_ids"] == json!(["vid_nowhere"]) && text.contains("Not found: vid_nowhere"),
        "{text}"
    );
    let (_, states) = server.ok("get_videos_status", given.clone());
    let rows = states["statuses"].as_array().unwrap();
    let runs: usize = rows.iter().map(|row| row["processing_status"].as_array().unwrap().len()).sum();
    let counted: u64 = states["by_run_status"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!((rows.len(), counted, &states["videos_with_processing_details"]), (2, runs as u64, &json!(2)), "{states}");
    assert!(states["segment_status_totals"]["failed"].as_u64().unwrap() > 0, "{states}");
    let (text, segments) = server.ok("get_videos_segments", given);
    assert_eq!(segments["total_videos"], 2, "{text}");
    assert!(text.contains("From run run_scene_catalogue_damaged: vid_damaged_reel_1906"), "each item has its run: {text}");
    let (one, _) = server.ok("get_videos_segments", json!({"video_ids": ["vid_damaged_reel_1906"]}));
    assert!(one.contains("\nFrom run run_scene_catalogue_damaged\n"), "{one}");
    let of = |id: &str| segments["segments"].as_array().unwrap().iter().filter(|row| row["video_id"] == id).count();
    assert!(of("vid_great_train_robbery_1903") > 0 && of("vid_damaged_reel_1906") > 0, "{text}");
    let (text, _) = server.ok("list_playground_videos", json!({}));
    assert!(text.contains("All media are in indexes"), "{text}");
    let (text, _) = server.ok("get_video_link", json!({"video_id": "vid_great_train_robbery_1903"}));
    assert!(text.contains("There is no link") && text.contains("they have stills only"), "{text}");
}

#[test]
fn a_link_to_stored_media_needs_no_key_and_ends_with_the_item() {
    let playground = Playground::start(&[]);
    let mut server = everything(&playground);
    let bytes = crate::uploads::picture();
    let stored = playground.upload("still.png", &bytes);
    let video = stored["video_id"].as_str().unwrap();
    let (text, link) = server.ok("get_video_link", json!({"video_id": video}));
    let url = link["signed_url"].as_str().unwrap();
    assert!(text.contains(url) && link["expires_at"].is_string(), "{text}");
    let whole = http("GET", url, &[], None);
    assert_eq!((whole.status, whole.content_type.as_str(), &whole.body[..]), (200, "image/png", &bytes[..]));
    let part = http("GET", url, &[("range", "bytes=1-3")], None);
    assert_eq!((part.status, &part.body[..]), (206, &bytes[1..4]));
    let forged = url.replace("token=", "token=A");
    for bad in [forged.as_str(), url.split_once('?').unwrap().0] {
        assert!(matches!(http("GET", bad, &[], None).status, 401 | 422), "{bad}");
    }
    delete(&mut server, "delete_video", json!({"video_id": video}));
    assert_eq!(http("GET", url, &[], None).status, 404);
}

#[test]
fn what_is_no_link_is_not_handed_out() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &["--toolsets", "all"]);
    server.tools();
    for (link, is_link) in
        [("", false), ("javascript:alert(1)", false), ("https://a:b@evil.example/", false), ("https://s.example/a?token=x", true)]
    {
        upstream.script(move |seen| match seen.target.as_str() {
            "/videos/signed-url" => Answer::json(200, &json!({"signed_url": link, "expires_in": 900})),
            "/workflow/media-grants" => Answer::json(200, &json!({"url": link})),
            "/exports/exp_a/download-url" => Answer::json(200, &json!({"export_id": "exp_a", "status": "completed", "download_url": link})),
            _ => Answer::Pass,
        });
        for (tool, arguments, member) in [
            ("get_video_link", json!({"video_id": "vid_metropolis_1927"}), "signed_url"),
            ("get_video_link", json!({"gcs_uri": "gs://a/b"}), "signed_url"),
            ("grant_media_access", json!({"video_id": "vid_metropolis_1927"}), "url"),
            ("get_export_download_url", json!({"export_id": "exp_a"}), "download_url"),
        ] {
            let (text, facts) = server.ok(tool, arguments);
            assert_eq!(facts[member] == link, is_link, "{tool} {link}: {text}");
            assert!(
                is_link || (text.starts_with("There is no ") && !text.contains("evil") && !text.contains("Whoever")),
                "{tool} {link}: {text}"
            );
        }
    }
    // The link of another export is none of this one.
    upstream.script(|_| {
        Answer::json(200, &json!({"export_id": "other", "status": "completed", "download_url": "https://evil.example/x?token=v1.a.b"}))
    });
    let told = server.error("get_export_download_url", json!({"export_id": "exp_a"}));
    assert!(told.contains("export_id") && !told.contains("evil"), "{told}");
}

#[test]
fn an_item_is_processed_with_a_prompt() {
    let playground = Playground::start(&[]);
    let mut server = everything(&playground);
    let given = json!({"video_id": "vid_great_train_robbery_1903", "segment_duration": 60, "prompt_id": "prompt_action_log"});
    let (text, _) = server.ok("process_video", given);
    let run = text.split_whitespace().find(|word| word.starts_with("run_")).unwrap().trim_end_matches('.').to_owned();
    let (_, status) = server.ok("get_prompt_run_status", json!({"run_id": run}));
    assert_eq!(status["prompt_id"], "prompt_action_log", "{status}");
    let (text, _) = server.ok("process_video", json!({"video_id": "vid_great_train_robbery_1903"}));
    assert!(text.contains("segments already"), "{text}");
}
