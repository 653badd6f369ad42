//! What was used and what is left.

use serde_json::{Value, json};

use super::{As, Local, Options};
use crate::playground::{store::usage, time::now};

/// The present hour of the clock. The limits of one hour do not apply to the next.
fn hour() -> i64 {
    now() / 3_600_000
}

async fn search(local: &Local, times: usize) -> Vec<u16> {
    let mut answers = Vec::new();
    // The smallest index.
    for _ in 0..times {
        let body = json!({"query": "clock", "top_k": 1});
        answers.push(local.post(As::Key(&local.key()), "/indexes/idx_space_and_nature/search", body).await.status);
    }
    answers
}

async fn read(local: &Local, path: &str) -> Value {
    let answer = local.get(As::Key(&local.key()), path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

#[tokio::test]
async fn every_search_is_counted_where_it_is_asked_for() {
    let local = Local::start(Options::default()).await;
    let began = hour();
    assert_eq!(search(&local, 3).await, [200; 3]);
    let refused = local.post(As::Key(&local.key()), "/indexes/idx_early_cinema/search", json!({"query": ""})).await;
    assert_eq!(refused.status, 422);
    // What needs no more than the scope of a search is none.
    for (path, body) in [
        ("/chat/sessions", json!({})),
        ("/search/sql/idx_early_cinema/catalog", json!({})),
        ("/search/sql/idx_early_cinema/generate", json!({"instruction": "list all"})),
    ] {
        let answer = local.post(As::Key(&local.key()), path, body).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
    }
    let usage = read(&local, "/usage").await;
    assert_eq!((&usage["metrics"]["search_queries"], &usage["totals"]["total_searches"]), (&json!(3.0), &json!(3)));
    assert!(usage["period_start"].as_str().unwrap().ends_with("-01T00:00:00.000Z"));
    assert_eq!(read(&local, "/usage/breakdown").await["breakdown"]["search_queries"], 3.0);
    assert_eq!(read(&local, "/usage/history?limit=1").await["periods"][0]["metrics"]["search_queries"], 3.0);
    assert_eq!(read(&local, "/usage/details?metric_type=search_queries&limit=2").await.as_array().unwrap().len(), 2);
    assert_eq!(read(&local, "/usage/details?metric_type=search_queries&end_date=2001-01-01").await, json!([]));
    // The limits count attempts, so a refused search counts too.
    let limit = &read(&local, "/rate-limit/status").await["categories"]["search"];
    assert_eq!(limit["hour_used"].as_u64().unwrap() + limit["hour_remaining"].as_u64().unwrap(), limit["hour_limit"].as_u64().unwrap());
    assert!(limit["hour_used"] == 4 || hour() != began, "{limit}");
}

#[tokio::test]
async fn what_the_sample_runs_used_is_counted_in_their_month() {
    let local = Local::start(Options::default()).await;
    let month = "start_date=2026-01-01&end_date=2026-01-31";
    let usage = read(&local, &format!("/usage/breakdown?{month}")).await;
    let runs = read(&local, "/prompt-runs").await;
    let sum = |member: &str| runs.as_array().unwrap().iter().map(|run| run[member].as_f64().unwrap()).sum::<f64>();
    let metrics = &usage["breakdown"];
    assert_eq!(metrics["prompt_runs"], f64::from(u32::try_from(runs.as_array().unwrap().len()).unwrap()), "{usage}");
    assert_eq!(metrics["segments_created"], sum("completed_segments"), "{usage}");
    assert!((metrics["media_tokens"].as_f64().unwrap() - sum("billing_actual_mt")).abs() < 0.01, "{usage}");
    assert_eq!(usage["totals"]["total_segments_created"].as_f64(), Some(sum("completed_segments")), "{usage}");
    let history = read(&local, "/usage/history").await;
    let last = history["periods"].as_array().unwrap().last().unwrap();
    assert_eq!(last["totals"]["total_segments_created"], usage["totals"]["total_segments_created"], "{last}");
}

#[tokio::test]
async fn stored_bytes_are_a_level_and_uploaded_bytes_a_sum() {
    let local = Local::start(Options::default()).await;
    let change = |tx: &rusqlite::Transaction<'_>| {
        usage::added(tx, "vid_1", 700)?;
        usage::added(tx, "vid_2", 300)?;
        usage::removed(tx, "vid_1", 700)
    };
    local.handle.store().write(change).await.unwrap();
    let used = read(&local, "/usage").await;
    assert_eq!((&used["metrics"]["ingested_bytes"], &used["metrics"]["storage_bytes"]), (&json!(1000.0), &json!(300.0)));
    assert_eq!((&used["totals"]["total_videos_uploaded"], &used["totals"]["total_storage_bytes"]), (&json!(2), &json!(300)));
    // Before that month nothing was stored.
    let before = read(&local, "/usage/breakdown?start_date=2026-01-01&end_date=2026-01-31").await;
    assert_eq!(before["breakdown"]["storage_bytes"], 0.0);
}

#[tokio::test]
async fn metric_types_name_what_is_recorded() {
    let local = Local::start(Options::default()).await;
    let types = local.get(As::Nobody, "/usage/metric-types").await.body;
    let names: Vec<&str> = types.as_array().unwrap().iter().map(|kind| kind["type"].as_str().unwrap()).collect();
    let metrics = read(&local, "/usage").await["metrics"].clone();
    assert_eq!(metrics.as_object().unwrap().len(), names.len());
    assert!(names.iter().all(|name| metrics.get(name).is_some()), "{names:?} {metrics}");
}

#[tokio::test]
async fn periods_that_make_no_sense_are_refused() {
    let local = Local::start(Options::default()).await;
    for (path, member) in [
        ("/usage/history?start_date=yesterday", "start_date"),
        ("/usage/details?end_date=2026-13-01", "end_date"),
        ("/usage/breakdown?start_date=2026-02-01&end_date=2026-01-01", "end_date"),
        ("/usage/details?limit=0", "limit"),
        ("/usage/history?limit=1001", "limit"),
    ] {
        let answer = local.get(As::Key(&local.key()), path).await;
        assert_eq!((answer.status, &answer.body["detail"][0]["loc"]), (422, &json!(["query", member])), "{path}");
    }
}

#[tokio::test]
async fn enforced_limits_answer_429_and_say_when() {
    let local = Local::start(Options { enforce_limits: true, ..Options::default() }).await;
    // One more than a minute allows, twice, in case the minute ends in between.
    let answers = search(&local, 122).await;
    assert!(answers.contains(&429) && answers[0] == 200, "{answers:?}");
    let answer = local.post(As::Key(&local.key()), "/indexes/idx_early_cinema/search", json!({"query": "clock"})).await;
    if answer.status == 429 {
        assert_eq!(answer.code(), "rate_limit_exceeded");
        let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=3600).contains(&wait), "{wait}");
    }
    assert_eq!(local.get(As::Key(&local.key()), "/indexes").await.status, 200, "only searches are limited");
}

#[tokio::test]
async fn a_day_takes_so_many_bytes_of_media_where_limits_are_enforced() {
    for (enforce_limits, status) in [(false, 201), (true, 429)] {
        let local = Local::start(Options { enforce_limits, ..Options::default() }).await;
        // A file of the whole day's bytes came before. If the day ends now, this one is of another.
        let day = now() / 86_400_000;
        local.handle.store().write(|tx| usage::added(tx, "vid_1", 50 << 30)).await.unwrap();
        let file = "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nt\r\n--B\r\nContent-Disposition: form-data; \
                    name=\"file\"; filename=\"a.aac\"\r\n\r\n\u{7f}\r\n--B--\r\n";
        let file =
            file.as_bytes().iter().flat_map(|byte| if *byte == 0x7f { vec![0xff, 0xf1, 0x50, 0x80, 1, 0, 0xfc] } else { vec![*byte] });
        let request = local.request(As::Key(&local.key()), crate::api::Method::Post, "/videos/upload");
        let answer = super::send(request.header("content-type", "multipart/form-data; boundary=B").body(file.collect::<Vec<u8>>())).await;
        if now() / 86_400_000 != day {
            continue;
        }
        assert_eq!(answer.status, status, "{answer:?}");
        if enforce_limits {
            assert_eq!(
                (answer.code(), &answer.body["error"]["details"]["resource"]),
                ("resource_rate_quota_exceeded", &json!("ingested_bytes_per_day"))
            );
            let media = local.handle.service.scratch.folder(crate::playground::store::library::MEDIA_FOLDER).unwrap();
            assert_eq!(media.read_dir().unwrap().count(), 0, "the file was not kept");
        }
    }
}

#[tokio::test]
async fn only_bytes_that_are_sent_count_as_downloaded() {
    let local = Local::start(Options::default()).await;
    let path = "/exports/exp_scene_catalogue_damaged/download";
    let asked = super::client().head(local.url(path)).header("X-API-Key", local.key()).send().await.unwrap();
    assert_eq!((asked.status().as_u16(), asked.headers().contains_key("content-length")), (200, true));
    assert_eq!(read(&local, "/usage").await["metrics"]["metadata_export_download_bytes"], 0.0);
    read(&local, path).await;
    assert_ne!(read(&local, "/usage").await["metrics"]["metadata_export_download_bytes"], 0.0);
}

#[tokio::test]
async fn counts_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let on = || Options { data_dir: Some(directory.path().join("data")), ..Options::default() };
    let (local, began) = (Local::start(on()).await, hour());
    search(&local, 2).await;
    local.handle.shutdown().await;
    let local = Local::start(on()).await;
    assert_eq!(read(&local, "/usage").await["metrics"]["search_queries"], 2.0);
    let used = read(&local, "/rate-limit/status").await["categories"]["search"]["hour_used"].clone();
    assert!(used == 2 || hour() != began, "{used}");
}
