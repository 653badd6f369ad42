//! Fixed segmentation: media are cut as the request says, and priced and charged for their whole length.

use serde_json::{Value, json};

use super::{Answer, As, Local, Options, send, settling::let_pass};
use crate::api::Method;

const FILM: &str = "vid_safety_last_1923";
const SECONDS: u32 = 4380;

fn fixed(video: &str, seconds: u32) -> Value {
    json!({
        "prompt_id": "prompt_scene_catalogue",
        "target": {"type": "videos", "video_ids": [video]},
        "video_segmentation_type": "fixed",
        "video_segment_duration": seconds,
    })
}

/// Starts a run and lets it end.
async fn done(local: &Local, request: Value) -> Value {
    let answer = local.post(As::Key(&local.key()), "/prompt-runs/execute", request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let run_id = answer.body["run_id"].as_str().unwrap();
    let_pass(local, run_id, 10_000_000).await;
    read(local, &format!("/prompt-runs/{run_id}")).await.body
}

async fn read(local: &Local, path: &str) -> Answer {
    local.get(As::Key(&local.key()), path).await
}

async fn pages(local: &Local, path: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = read(local, &format!("{path}&limit=100{cursor}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        rows.extend(answer.body["data"].as_array().unwrap().clone());
        let Some(next) = answer.body["pagination"]["next_cursor"].as_str() else { return rows };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn a_film_is_cut_into_pieces_of_the_length_that_was_asked_for() {
    let local = Local::start(Options::default()).await;
    for (seconds, count) in [(60, 73), (300, 15), (61, 72), (7, 626)] {
        let run = done(&local, fixed(FILM, seconds)).await;
        assert_eq!(
            (&run["status"], &run["total_segments"], &run["completed_segments"], &run["created_new_segments"]),
            (&json!("completed"), &json!(count), &json!(count), &json!(true)),
            "{run}"
        );
        assert_eq!((&run["video_segmentation_type"], &run["video_segment_duration"]), (&json!("fixed"), &json!(seconds)));
        let run_id = run["run_id"].as_str().unwrap();
        let results = pages(&local, &format!("/prompt-runs/{run_id}/results?video_id={FILM}")).await;
        let segments = pages(&local, &format!("/videos/{FILM}/segments?run_id={run_id}")).await;
        for rows in [&results, &segments] {
            let spans: Vec<(f64, f64)> =
                rows.iter().map(|row| (row["start_time"].as_f64().unwrap(), row["end_time"].as_f64().unwrap())).collect();
            let expected = (0..count).map(|n| (f64::from(n * seconds), f64::from(((n + 1) * seconds).min(SECONDS))));
            assert_eq!(spans, expected.collect::<Vec<_>>(), "{seconds}");
        }
        let mut ids: Vec<_> = results.iter().map(|row| row["segment_id"].as_str().unwrap()).collect();
        ids.dedup();
        assert_eq!(ids.len(), results.len());
        assert!(results.iter().any(|row| row["metadata"]["scene"].as_str().is_some_and(|scene| !scene.is_empty())));
    }
}

#[tokio::test]
async fn what_is_cut_is_priced_and_charged_by_its_length() {
    let local = Local::start(Options::default()).await;
    let estimate = async |request: Value| local.post(As::Key(&local.key()), "/prompt-runs/estimate", request).await.body;
    let answer = estimate(fixed(FILM, 60)).await;
    assert_eq!(answer["breakdown"]["media_seconds"], json!(f64::from(SECONDS)), "{answer}");
    for seconds in [1, 59, 300] {
        assert_eq!(estimate(fixed(FILM, seconds)).await["estimated_mt"], answer["estimated_mt"], "{seconds}");
    }
    let mut scenes = fixed(FILM, 60);
    scenes["video_segmentation_type"] = json!("content_aware");
    assert_ne!(estimate(scenes).await["estimated_mt"], answer["estimated_mt"], "scenes leave gaps");
    let run = done(&local, fixed(FILM, 60)).await;
    assert_eq!((&run["billing_estimated_mt"], &run["billing_actual_mt"]), (&answer["estimated_mt"], &answer["estimated_mt"]));
}

#[tokio::test]
async fn each_medium_is_cut_by_its_own_setting() {
    let local = Local::start(Options::default()).await;
    let total = async |request: Value| done(&local, request).await["total_segments"].as_u64().unwrap();
    let audio = |kind: &str| {
        json!({
            "prompt_id": "prompt_scene_catalogue",
            "target": {"type": "videos", "video_ids": ["vid_rice_moon_speech_1962"]},
            "audio_segmentation_type": kind,
            "audio_segment_duration": 100,
        })
    };
    assert_eq!(total(audio("fixed")).await, 11);
    assert_eq!(total(audio("content_aware")).await, 5, "a length without `fixed` asks for nothing");
    assert_eq!(total(fixed("vid_rice_moon_speech_1962", 10)).await, 5, "the length of videos is not that of audio");
    assert_eq!(total(fixed("vid_blue_marble_1972", 10)).await, 1, "a picture is one segment");
}

#[tokio::test]
async fn a_piece_has_the_picture_and_the_damage_of_the_scene_that_it_shows() {
    let local = Local::start(Options::default()).await;
    let run = done(&local, fixed("vid_arrival_of_a_train_1896", 10)).await;
    let path = format!("/videos/vid_arrival_of_a_train_1896/segments?run_id={}", run["run_id"].as_str().unwrap());
    for segment in pages(&local, &path).await {
        let thumbnail = format!("/videos/segments/{}/thumbnail", segment["segment_id"].as_str().unwrap());
        let reply = local.request(As::Key(&local.key()), Method::Get, &thumbnail).send().await.unwrap();
        assert_eq!(reply.status() == 200, segment["thumbnail_available"] == true, "{segment}");
    }
    let never_cut = "/videos/segments/seg_arrival_of_a_train_1896_3s_001/thumbnail";
    assert_eq!(read(&local, never_cut).await.code(), "resource_segment_not_found");

    let run = done(&local, fixed("vid_damaged_reel_1906", 5)).await;
    assert_eq!(run["status"], "completed_with_failures");
    let failures = read(&local, &format!("/prompt-runs/{}/failed-segments", run["run_id"].as_str().unwrap())).await.body;
    let segments = failures["videos"][0]["segments"].as_array().unwrap();
    let retried = segments.iter().find(|segment| segment["retryable"] == true).unwrap();
    let path = format!(
        "/prompt-runs/{}/videos/vid_damaged_reel_1906/segments/{}/retry",
        run["run_id"].as_str().unwrap(),
        retried["segment_id"].as_str().unwrap()
    );
    assert_eq!(send(local.request(As::Key(&local.key()), Method::Post, &path)).await.status, 200);
}

#[tokio::test]
async fn searches_find_pieces_beside_scenes() {
    let local = Local::start(Options::default()).await;
    let run = done(&local, fixed(FILM, 60)).await;
    let query = json!({"query": "a man hangs from a clock", "run_ids": [run["run_id"]], "top_k": 3});
    let found = local.post(As::Key(&local.key()), "/indexes/idx_early_cinema/search", query).await;
    let hits = found.body.as_array().unwrap();
    let mut ids = hits.iter().filter_map(|hit| hit["segment_id"].as_str());
    assert!(found.status == 200 && ids.any(|id| id.contains("_60s_")), "{found:?}");
    let condition = json!({"field": "scene", "operator": "contains", "value": "clock", "type": "string"});
    let filter = json!({"conditions": [condition], "page_size": 100});
    let found = local.post(As::Key(&local.key()), "/search/filter/idx_early_cinema", filter).await.body;
    let ids: Vec<_> = found["data"].as_array().unwrap().iter().filter_map(|hit| hit["segment_id"].as_str()).collect();
    assert!(ids.iter().any(|id| id.contains("_60s_")) && ids.iter().any(|id| !id.contains("_60s_")), "{ids:?}");
}

#[tokio::test]
async fn lengths_and_targets_that_cannot_be_meant_are_unprocessable() {
    let local = Local::start(Options::default()).await;
    let mut cases: Vec<(Value, &str)> = [0, 301].map(|seconds| (fixed(FILM, seconds), "video_segment_duration")).into();
    let mut absent = fixed(FILM, 60);
    absent["video_segment_duration"] = Value::Null;
    cases.push((absent, "video_segment_duration"));
    let mut half = fixed(FILM, 60);
    half["video_segment_duration"] = json!(1.5);
    cases.push((half, "video_segment_duration"));
    let mut nobody = fixed(FILM, 60);
    nobody["target"]["video_ids"] = json!([]);
    cases.push((nobody, "target"));
    for (request, member) in cases {
        for path in ["/prompt-runs/estimate", "/prompt-runs/execute"] {
            let answer = local.post(As::Key(&local.key()), path, request.clone()).await;
            assert_eq!((answer.status, &answer.body["detail"][0]["loc"][1]), (422, &json!(member)), "{path} {request}");
        }
    }
    for path in ["/videos/batch", "/videos/batch/status", "/videos/batch/segments"] {
        let answer = local.post(As::Key(&local.key()), path, json!({"video_ids": []})).await;
        assert_eq!(answer.status, 422, "{path} {answer:?}");
    }
}
