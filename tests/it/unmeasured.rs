//! Media whose duration is not known: a run leaves them out and says so, and the reason is the true one.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::{Value, json};

use crate::{
    connectors::connect,
    support::{Playground, Server, png},
};

const PROMPT: &str = "prompt_scene_catalogue";

/// A programme that answers as ffprobe does, but knows the durations of no file but those with a picture in their names.
fn fake_ffprobe(folder: &Path, script: &str) {
    let program = folder.join("ffprobe");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, PermissionsExt::from_mode(0o700)).unwrap();
}

const SOUND_ONLY: &str = r#"echo '{"streams": [{"codec_type": "audio", "codec_name": "aac"}], "format": {}}'"#;

const ENDLESS: &str =
    r#"echo '{"streams": [{"codec_type": "audio", "codec_name": "aac"}], "format": {"duration": "1000000000000.000000"}}'"#;

fn aac() -> Vec<u8> {
    [&[0xff, 0xf1, 0x50, 0x80, 0x01, 0x00, 0xfc][..], &[0; 100]].concat()
}

fn server(playground: &Playground) -> Server {
    Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all"])
}

fn id(item: &Value) -> &str {
    item["video_id"].as_str().unwrap()
}

#[test]
fn a_file_that_claims_to_be_endless_is_kept_and_not_believed() {
    let programs = tempfile::tempdir().unwrap();
    fake_ffprobe(programs.path(), ENDLESS);
    let playground = Playground::among(programs.path(), &[]);
    let item = playground.upload("a.aac", &aac());
    assert_eq!(item["duration_seconds"], Value::Null, "{item}");
    let run = json!({"prompt_id": PROMPT, "target": {"type": "videos", "video_ids": [id(&item)]}});
    let told = server(&playground).error("estimate_prompt_run", run);
    assert!(told.contains("the file says more than 24 hours, which is not believed"), "{told}");
}

#[test]
fn a_file_that_ffprobe_cannot_measure_is_not_blamed_on_a_missing_ffprobe() {
    let programs = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    let directory = data.path().join("data");
    let kept = ["--data-dir", directory.to_str().unwrap()];
    let run = |item: &str| json!({"prompt_id": PROMPT, "target": {"type": "videos", "video_ids": [item]}});
    // Without ffprobe the refusal says how to get it.
    let playground = Playground::among(programs.path(), &kept);
    let item = playground.upload("a.aac", &aac());
    let told = server(&playground).error("estimate_prompt_run", run(id(&item)));
    assert!(told.contains("no ffprobe was there to measure it"), "{told}");
    playground.kill();
    // A later start has one, which knows no better.
    fake_ffprobe(programs.path(), SOUND_ONLY);
    let playground = Playground::among(programs.path(), &kept);
    let later = playground.upload("b.aac", &aac());
    let mut server = server(&playground);
    for item in [id(&later), id(&item)] {
        let mut told = String::new();
        server.wait_until(|server| {
            told = server.error("estimate_prompt_run", run(item));
            !told.contains("no ffprobe was there")
        });
        assert!(told.contains("because ffprobe could not tell it: the file does not say it"), "{told}");
        assert!(told.contains("validation_media_duration_unknown"), "{told}");
    }
}

#[test]
fn what_a_run_leaves_out_is_told_by_the_estimate_the_plan_the_run_and_its_status() {
    let programs = tempfile::tempdir().unwrap();
    fake_ffprobe(programs.path(), SOUND_ONLY);
    let playground = Playground::among(programs.path(), &[]);
    let mut server = server(&playground);
    playground.upload("a.png", &png());
    let without = json!({"prompt_id": PROMPT, "target": {"type": "playground"}});
    let (text, _) = server.ok("estimate_prompt_run", without.clone());
    assert!(!text.contains("left out"), "{text}");
    let first = playground.upload("a.aac", &aac());
    let second = playground.upload("b.aac", &aac());
    let said = "2 items left out (";
    let why = "because ffprobe could not tell it: the file does not say it.";
    let (text, facts) = server.ok("estimate_prompt_run", without.clone());
    assert!(text.contains(said) && text.contains(why), "{text}");
    assert!(text.contains(id(&first)) && text.contains(id(&second)), "{text}");
    assert_eq!(text.matches("ffprobe").count(), 1, "it is said once: {text}");
    assert!(facts["notes"].to_string().contains(said) && facts["breakdown"].get("left_out").is_none(), "{facts}");
    let (text, begun) = server.ok("execute_prompt", without.clone());
    assert!(text.contains(said) && text.contains(why), "{text}");
    assert_eq!(begun["total_media"], 1, "{begun}");
    let (text, _) = server.ok("wait_for_prompt_run", json!({"run_id": begun["run_id"]}));
    assert!(text.contains(said) && text.contains("1 of 1 item"), "{text}");
    let (text, begun) = server.ok("process_media", json!({"prompt_id": PROMPT, "idempotency_key": "another"}));
    assert!(text.contains(said), "{text} {begun}");
    // Whoever names one gets a refusal, and so does a target with nothing else.
    let named = json!({"prompt_id": PROMPT, "target": {"type": "videos", "video_ids": [id(&first)]}});
    assert!(server.error("execute_prompt", named).contains(why), "named");
    let record = playground.with_key(&playground.api_key, "GET", &format!("/prompt-runs/{}", begun["run_id"].as_str().unwrap()), None);
    let left_out = &record.json()["run_context"]["left_out"];
    assert_eq!((&left_out[0]["count"], left_out[0]["video_ids"].as_array().unwrap().len()), (&json!(2), 2), "{left_out}");
}

#[test]
fn a_run_after_an_import_takes_what_can_be_processed() {
    let (programs, bucket) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fake_ffprobe(programs.path(), SOUND_ONLY);
    fs::write(bucket.path().join("a.aac"), aac()).unwrap();
    fs::write(bucket.path().join("b.png"), png()).unwrap();
    let argument = format!("films={}", bucket.path().display());
    let playground = Playground::among(programs.path(), &["--bucket", &argument]);
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({}));
    let (_, index) = server.ok("create_index", json!({"name": "Films"}));
    let index = index["index_id"].as_str().or(index["index"]["index_id"].as_str()).unwrap().to_owned();
    let (_, job) = server.ok("create_import_job", json!({"connector_id": connector, "index_id": index}));
    let job = job["job_id"].as_str().or(job["job"]["job_id"].as_str()).unwrap().to_owned();
    server.ok("wait_for_import", json!({"job_id": job}));
    let (text, begun) = server.ok("process_media", json!({"prompt_id": PROMPT, "import_job_id": job}));
    assert!(text.contains("1 item left out (") && text.contains("ffprobe could not tell it"), "{text}");
    assert_eq!(begun["run"]["total_media"], 1, "{begun}");
}

#[test]
fn what_a_playground_cannot_know_is_said_once_wherever_segments_are_shown() {
    let playground = Playground::alone(&[]);
    let mut server = server(&playground);
    let (_, index) = server.ok("create_index", json!({"name": "Stills"}));
    let index = index["index_id"].as_str().or(index["index"]["index_id"].as_str()).unwrap().to_owned();
    let mut videos = Vec::new();
    for name in ["a.png", "b.png"] {
        let told = playground.with_form("/videos/upload", &[("title", name), ("index_id", &index)], ("file", name, &png()));
        videos.push(told.json()["video"]["video_id"].as_str().unwrap().to_owned());
    }
    let schema = json!({"type": "object", "properties": {"title": {"type": "string"}, "color": {"type": "string"}}});
    let prompt = json!({"name": "Looks", "prompt_text": "Say how it looks.", "json_schema": schema});
    let (_, made) = server.ok("create_prompt", prompt);
    let target = json!({"type": "index", "index_id": index});
    let (_, run) = server.ok("execute_prompt", json!({"prompt_id": made["prompt"]["prompt_id"], "target": target}));
    let run = run["run_id"].as_str().unwrap().to_owned();
    server.ok("wait_for_prompt_run", json!({"run_id": run}));
    for (tool, arguments) in [
        ("get_video_segments", json!({"video_id": videos[0]})),
        ("get_video_segments", json!({"video_id": videos[0], "detail": "full"})),
        ("get_videos_segments", json!({"video_ids": videos})),
        ("show_moment", json!({"video_id": videos[0]})),
        ("search_videos", json!({"index_id": index, "query": "a.png"})),
        ("search_videos", json!({"index_id": index, "query": "png", "detail": "full"})),
        (
            "filter_videos",
            json!({"index_id": index, "run_ids": [run], "conditions": [{"field": "title", "operator": "contains", "type": "string", "value": "png"}]}),
        ),
        ("get_prompt_run_results", json!({"run_id": run, "video_id": videos[1]})),
        ("tabulate_prompt_run", json!({"run_id": run})),
    ] {
        let (text, facts) = server.ok(tool, arguments.clone());
        assert_eq!(text.matches("The playground has no model").count(), 1, "{tool} {arguments}: {text}");
        assert!(tool == "show_moment" || facts.to_string().matches("The playground has no model").count() == 1, "{tool}: {facts}");
    }
    // The sample library is described, so there is nothing to say.
    for (tool, arguments) in [
        ("get_video_segments", json!({"video_id": "vid_great_train_robbery_1903"})),
        ("search_videos", json!({"index_id": "idx_early_cinema", "query": "train"})),
    ] {
        assert!(!server.ok(tool, arguments).0.contains("The API warns"), "{tool}");
    }
}
