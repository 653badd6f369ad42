//! What a plan says before somebody agrees to it: what would be lost and paid. What the API would refuse is said at once, and nobody is asked.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    consent::changes,
    support::{Answer, EVERYTHING, Era, Host, Playground, Server, Upstream, said, untouched},
};

const VIDEO: &str = "vid_great_train_robbery_1903";
const DAMAGED: &str = "run_scene_catalogue_damaged";

/// Each call with a part of what is said of it.
fn hopeless(run: &str) -> [(&'static str, Value, String); 11] {
    let retry = |run: &str, video: &str, segment: &str| json!({"run_id": run, "video_id": video, "segment_id": segment});
    let dear = json!({"prompt_id": "prompt_scene_catalogue", "target": {"type": "index", "index_id": "idx_space_and_nature"}, "idempotency_key": "k"});
    [
        ("delete_index", json!({"index_id": "idx_american_life"}), "is shared by all accounts".to_owned()),
        ("delete_index", json!({"index_id": "idx_early_cinema"}), format!("the run {run} still processes the index idx_early_cinema")),
        ("delete_index", json!({"index_id": "idx_space_and_nature"}), "the import job import_sample still fills".to_owned()),
        ("delete_video", json!({"video_id": "vid_duck_and_cover_1951"}), "is shared by all accounts".to_owned()),
        ("delete_video", json!({"video_id": VIDEO}), format!("the run {run} still processes {VIDEO}")),
        ("delete_prompt", json!({"prompt_id": "prompt_action_log"}), "is in use".to_owned()),
        ("delete_connector", json!({"connector_id": "conn_sample_bucket"}), "import_sample still reads from".to_owned()),
        ("cancel_prompt_run", json!({"run_id": DAMAGED}), "has already ended".to_owned()),
        ("retry_prompt_run_segment", retry(run, VIDEO, "seg_great_train_robbery_1903_001"), "is still under way".to_owned()),
        (
            "retry_prompt_run_segment",
            retry(DAMAGED, "vid_damaged_reel_1906", "seg_damaged_reel_1906_001"),
            "is among those that failed".to_owned(),
        ),
        ("execute_prompt", dear, "is not enough".to_owned()),
    ]
}

#[test]
fn nobody_is_asked_about_what_the_api_would_refuse() {
    for era in [Era::Handshake, Era::Modern] {
        let playground = Playground::start(&[]);
        let upstream = Upstream::before(&playground.base_url);
        let fixed = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [VIDEO]}, "video_segmentation_type": "fixed", "video_segment_duration": 1});
        let run = playground.with_key(&playground.api_key, "POST", "/prompt-runs/execute", Some(&fixed)).json();
        let run = run["run_id"].as_str().unwrap();
        upstream.script(|seen| match seen.target.as_str() {
            "/prompt-runs/estimate" => Answer::Changed(Arc::new(|body| body["sufficient_balance"] = json!(false)), Vec::new()),
            target if target.starts_with("/import-jobs?") => Answer::json(200, &json!([{
                "job_id": "import_sample", "status": "processing", "connector_id": "conn_sample_bucket", "target_index_id": "idx_space_and_nature",
            }])),
            _ => Answer::Pass,
        });
        let arguments = [&EVERYTHING[..], &["--confirm", "always"]].concat();
        let mut host = Host::new(&upstream.base_url, &playground.api_key, era, &arguments);
        upstream.take();
        for (tool, arguments, why) in hopeless(run) {
            let (question, result) = host.call(tool, &arguments, |question| panic!("{tool}: {question}"));
            let text = said(&result);
            assert!(question.is_none() && result["isError"] == true, "{tool}: {result}");
            assert!(text.contains("the API would refuse this now") && text.contains(&why), "{era:?} {tool} {arguments}: {text}");
            assert!(text.contains("Nothing was changed."), "{tool}: {text}");
            assert!(changes(&upstream).is_empty(), "{tool}");
        }
    }
}

#[test]
fn what_came_in_the_way_after_somebody_agreed_is_told_as_that() {
    let upstream = Upstream::before(&untouched().base_url);
    let arguments = [&EVERYTHING[..], &["--confirm", "always"]].concat();
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &arguments);
    upstream.script(|seen| match seen.target.as_str() {
        "/prompt-runs/run_scene_catalogue_early_cinema" => Answer::Changed(Arc::new(|run| run["status"] = json!("processing")), Vec::new()),
        _ => Answer::Pass,
    });
    let mut call = json!({"run_id": "run_scene_catalogue_early_cinema"});
    let plan = said(&server.call("cancel_prompt_run", call.clone())).to_owned();
    call["confirm"] = json!(plan.rsplit("confirm=").next().unwrap());
    upstream.script(|_| Answer::Pass);
    let text = server.error("cancel_prompt_run", call);
    assert!(text.contains("has already ended") && text.contains("Nothing was changed.") && !text.contains("Nobody was asked"), "{text}");
}

/// The words for what goes on are more than those of the description.
#[test]
fn a_run_that_goes_on_by_any_word_is_in_the_way() {
    let playground = untouched();
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    for word in ["queued", "running", "Stopping"] {
        upstream.script(move |seen| {
            let change = move |body: &mut Value| {
                let run = if body["data"].is_array() { &mut body["data"][0] } else { body };
                run["status"] = json!(word);
            };
            let is_run =
                seen.target == format!("/prompt-runs/{DAMAGED}") || seen.target.starts_with("/indexes/idx_early_cinema/prompt-runs");
            if is_run { Answer::Changed(Arc::new(change), Vec::new()) } else { Answer::Pass }
        });
        let text = server.error("delete_index", json!({"index_id": "idx_early_cinema"}));
        assert!(text.contains("still processes the index idx_early_cinema"), "{word}: {text}");
        let segment =
            json!({"run_id": DAMAGED, "video_id": "vid_damaged_reel_1906", "segment_id": "seg_damaged_reel_1906_003", "max_mt": 9});
        let text = server.error("retry_prompt_run_segment", segment);
        assert!(text.contains("is still under way"), "{word}: {text}");
    }
}

#[test]
fn the_plan_names_what_depends_on_it() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    let connector = json!({"connector_id": "conn_sample_bucket"});
    let (text, plan) = server.plan("delete_connector", connector.clone());
    assert!(text.contains("No automation uses it") && plan.get("automations").is_none(), "{text}");
    for (index, given) in [
        ("idx_early_cinema", json!({"kind": "import", "connector_id": "conn_sample_bucket"})),
        ("idx_space_and_nature", json!({"kind": "export", "destination_connector_id": "conn_sample_bucket"})),
    ] {
        let mut given = given;
        given["index_id"] = json!(index);
        server.ok("set_automation", given);
    }
    let (text, plan) = server.plan("delete_connector", connector);
    assert!(text.contains("Automations that will fail: import of idx_early_cinema, export of idx_space_and_nature."), "{text}");
    assert_eq!(plan["automations"][1], json!({"index_id": "idx_space_and_nature", "kind": "export"}), "{plan}");

    let webhook = json!({"webhook_id": "whk_sample"});
    let (text, _) = server.plan("delete_webhook", webhook.clone());
    assert!(text.contains("none is waiting to be sent"), "{text}");
    upstream.script(|seen| {
        if seen.target.contains("/deliveries?") && seen.target.contains("status=retrying") {
            let delivery =
                |id: &str| json!({"delivery_id": id, "webhook_id": "whk_sample", "event_type": "export.ready", "status": "retrying"});
            return Answer::json(200, &json!([delivery("dlv_1"), delivery("dlv_2")]));
        }
        Answer::Pass
    });
    let (text, plan) = server.plan("delete_webhook", webhook);
    assert!(text.contains("2 deliveries that wait will not be sent") && plan["waiting_deliveries"] == 2, "{text}");
}

#[test]
fn the_plan_of_a_run_has_names_numbers_and_what_is_there_already() {
    let playground = untouched();
    for (tool, arguments) in [
        ("execute_prompt", json!({"prompt_id": "prompt_action_log", "target": {"type": "index", "index_id": "Early cinema"}})),
        ("process_media", json!({"prompt_id": "prompt_action_log", "index_id": "idx_early_cinema"})),
    ] {
        let arguments_of_server = [&EVERYTHING[..], &["--confirm", "cost"]].concat();
        let mut host = Host::new(&playground.base_url, &playground.api_key, Era::Handshake, &arguments_of_server);
        let (question, _) = host.call(tool, &arguments, |_| json!({"action": "decline"}));
        let message = question.unwrap()["message"].as_str().unwrap().to_owned();
        for part in [
            "\"Action log\" (prompt_action_log)",
            " media items of the index \"Early cinema\" (idx_early_cinema)",
            "run_action_log_early_cinema",
        ] {
            assert!(message.contains(part), "{tool}: {part}: {message}");
        }
        assert!(!message.contains("all media"), "{message}");
    }
    let mut host = Host::new(&playground.base_url, &playground.api_key, Era::Modern, &["--confirm", "cost"]);
    let one = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_metropolis_1927"]}});
    let (question, _) = host.call("execute_prompt", &one, |_| json!({"action": "decline"}));
    let message = question.unwrap()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("1 media item (\"Metropolis (1927)\" (vid_metropolis_1927))"), "{message}");
}

#[test]
fn nobody_is_asked_about_what_does_not_exist() {
    let playground = untouched();
    let arguments = [&EVERYTHING[..], &["--confirm", "always"]].concat();
    let mut host = Host::new(&playground.base_url, &playground.api_key, Era::Modern, &arguments);
    let s3 = json!({"name": "S", "bucket": "b", "region": "r", "aws_access_key_id": "a", "secret_access_key_from": "file:nothere"});
    let gcs = json!({"name": "g", "bucket": "b", "gcp_project_id": "p", "credentials_json": {"type": "service_account"}});
    for (tool, arguments, why) in [
        ("get_export_download_url", json!({"export_id": "exp_nope"}), "This export does not exist"),
        ("retry_import_job", json!({"job_id": "nope"}), "does not exist"),
        ("update_prompt", json!({"prompt_id": "nope", "name": "abc"}), "does not exist"),
        ("cancel_import_job", json!({"job_id": "nope"}), "does not exist"),
        ("cancel_import_job", json!({"job_id": "import_sample"}), "has already ended"),
        ("upload_media", json!({"file_path": "/etc/passwd", "index_name": "N"}), "no directory is set from which files may be uploaded"),
        ("create_s3_connector", s3, "no directory is set from which secrets may be read"),
        ("create_gcs_connector", gcs, "`project_id` is missing"),
        ("process_media", json!({"prompt_instruction": "Count hats", "video_ids": ["nope"]}), "This video does not exist"),
    ] {
        let (question, result) = host.call(tool, &arguments, |question| panic!("{tool}: {question}"));
        assert!(question.is_none() && result["isError"] == true, "{tool}: {result}");
        assert!(said(&result).contains(why), "{tool}: {}", said(&result));
    }
    let (question, _) = host.call(
        "create_webhook",
        &json!({"name": "w", "url": "https://hooks.example/", "events": ["export.ready"]}),
        |_| json!({"action": "decline"}),
    );
    let message = question.unwrap()["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("Would create webhook (create_webhook)\n"), "{message}");
}

#[test]
fn a_retry_shows_the_balance_before_and_after() {
    let playground = Playground::start(&[]);
    let mut server =
        Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all", "--confirm", "cost", "--output", "json"]);
    let segment = json!({"run_id": DAMAGED, "video_id": "vid_damaged_reel_1906", "segment_id": "seg_damaged_reel_1906_003"});
    let result = server.call("retry_prompt_run_segment", segment);
    let plan: Value = serde_json::from_str(said(&result)).unwrap();
    let mt = |member: &str| plan[member].as_f64().unwrap_or_else(|| panic!("{member}: {plan}"));
    assert!(mt("estimated_mt") > 0.0 && (mt("current_balance_mt") - mt("balance_after_mt") - mt("estimated_mt")).abs() < 0.01, "{plan}");
}

#[test]
fn a_question_says_what_is_lost_however_long_its_lines_are() {
    let playground = Playground::start(&[]);
    let fields: serde_json::Map<String, Value> =
        (0..115).map(|number| (format!("attribute_number_{number:03}_of_a_scene"), json!({"type": "string"}))).collect();
    let schema = json!({"type": "object", "properties": fields, "required": ["attribute_number_000_of_a_scene"]});
    let made = json!({"name": "Long", "prompt_text": "Describe the scene.", "json_schema": schema});
    let made = playground.with_key(&playground.api_key, "POST", "/prompts", Some(&made)).json();
    let prompt = made["prompt_id"].as_str().unwrap_or_else(|| panic!("{made}"));
    let run = json!({"prompt_id": prompt, "target": {"type": "videos", "video_ids": [VIDEO]}});
    playground.with_key(&playground.api_key, "POST", "/prompt-runs/execute", Some(&run));
    let mut host = Host::new(&playground.base_url, &playground.api_key, Era::Handshake, &EVERYTHING);
    let (question, _) = host.call("delete_prompt", &json!({"prompt_id": prompt, "force": true}), |_| json!({"action": "decline"}));
    let message = question.unwrap()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("Used by 1 run") && message.chars().count() < 4_000, "{message}");
}

#[test]
fn the_plan_of_an_index_names_its_webhooks_and_says_what_could_not_be_read() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let made = playground.as_owner("POST", "/indexes", Some(&json!({"name": "Mine"}))).json();
    let index = made["index_id"].as_str().or(made["index"]["index_id"].as_str()).unwrap().to_owned();
    let webhook = json!({"name": "w", "url": "https://hooks.example/x", "events": ["export.ready"], "index_ids": [index]});
    let webhook = playground.as_owner("POST", "/webhooks", Some(&webhook)).json();
    let webhook = webhook["webhook_id"].as_str().or(webhook["webhook"]["webhook_id"].as_str()).unwrap().to_owned();
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    let which = json!({"index_id": index});
    let (text, plan) = server.plan("delete_index", which.clone());
    assert!(text.contains(&format!("Webhooks that name it hear nothing of it any more: {webhook}")), "{text}");
    assert!(plan["webhooks"] == json!([webhook]) && !text.contains("could not be read"), "{text}");
    upstream.script(|seen| {
        let is_lost = ["/automations/", "/webhooks"].iter().any(|part| seen.target.contains(part));
        if is_lost { Answer::json(400, &json!({"error": {"code": "x", "message": "no"}})) } else { Answer::Pass }
    });
    let (text, _) = server.plan("delete_index", which);
    for part in ["Which automations end with it is not known", "Which webhooks name it is not known"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn only_a_bucket_for_exports_is_said_to_get_them() {
    let arguments = [&EVERYTHING[..], &["--confirm", "always"]].concat();
    let mut host = Host::new(&untouched().base_url, &untouched().api_key, Era::Modern, &arguments);
    for (scopes, gets) in [(json!(["import"]), false), (json!(["import", "export"]), true)] {
        let s3 =
            json!({"name": "c", "bucket": "b", "region": "r", "aws_access_key_id": "a", "aws_secret_access_key": "s", "scopes": scopes});
        for (tool, arguments) in
            [("create_s3_connector", s3), ("update_connector", json!({"connector_id": "conn_sample_bucket", "scopes": scopes}))]
        {
            let (question, _) = host.call(tool, &arguments, |_| json!({"action": "decline"}));
            let message = question.unwrap()["message"].as_str().unwrap().to_owned();
            assert_eq!(message.contains("can go to this bucket from then on"), gets, "{tool}: {message}");
        }
    }
}

#[test]
fn the_plan_of_a_deletion_names_the_markers_that_go_with_it() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let mut mark = |kind: &str, id: &str, note: &str| {
        server.ok("set_marker", json!({"resource_type": kind, "resource_id": id, "note": note}));
    };
    mark("video", "vid_metropolis_1927", "the robot");
    mark("index", "idx_early_cinema", "by hand");
    mark("prompt", "prompt_action_log", "used weekly");
    mark("video", "vid_apollo_11_1969", "elsewhere");
    let (text, plan) = server.plan("delete_index", json!({"index_id": "idx_early_cinema"}));
    for part in ["3 markers go with it:", "the robot", "by hand", "The famous last shot.", "Filled by 1 import job: import_sample"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(plan["total_markers"] == 3 && plan["markers"].to_string().contains("by hand") && !text.contains("elsewhere"), "{plan}");
    assert_eq!(plan["import_jobs"], json!(["import_sample"]));
    for (video, part, other) in [
        ("vid_great_train_robbery_1903", "1 marker goes with it:\nmarker_last_shot on segment", "robot"),
        ("vid_metropolis_1927", "the robot", "last shot"),
    ] {
        let (text, plan) = server.plan("delete_video", json!({"video_id": video}));
        assert!(text.contains(part) && plan["total_markers"] == 1 && !text.contains(other), "{text}");
    }
    let (text, plan) = server.plan("delete_prompt", json!({"prompt_id": "prompt_action_log", "force": true}));
    assert!(text.contains("used weekly") && plan["total_markers"] == 1, "{text}");
    let (text, plan) = server.plan("delete_video", json!({"video_id": "vid_nosferatu_1922"}));
    assert!(!text.contains("go with it:") && plan.get("markers").is_none(), "{text}");
}
