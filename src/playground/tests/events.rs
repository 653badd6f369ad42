//! What runs tell while the clock moves them, and how the log of events is read.

use serde_json::{Value, json};

use super::{As, Local, Options, settling::let_pass};
use crate::{
    api::events::ProcessingEvent,
    playground::{
        events,
        store::records::{self, Which},
    },
};

/// The names of the events in the log, oldest first.
async fn told(local: &Local) -> Vec<String> {
    local.handle.store().settle().await.unwrap();
    let read = |connection: &rusqlite::Connection| events::since(connection, 0, 100);
    local.handle.store().read(read).await.unwrap().into_iter().map(|stored| stored.record.event_type).collect()
}

async fn start(local: &Local, video_id: &str) -> Value {
    let request = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [video_id]}});
    local.post(As::Key(&local.key()), "/prompt-runs/execute", request).await.body
}

#[tokio::test]
async fn a_run_tells_each_step_once() {
    let local = Local::start(Options::default()).await;
    assert_eq!(told(&local).await, [""; 0], "the runs of a new store ended before anybody could listen");
    let run = start(&local, "vid_nosferatu_1922").await;
    let_pass(&local, run["run_id"].as_str().unwrap(), 60_000).await;
    let expected = [
        "prompt_run.started",
        "media.processing.started",
        "prompt_run.progress",
        "prompt_run.progress",
        "prompt_run.progress",
        "media.processing.completed",
        "prompt_run.completed",
    ];
    assert_eq!(told(&local).await, expected);
    assert_eq!(told(&local).await, expected, "nothing is told twice");
}

#[tokio::test]
async fn a_run_that_fails_or_is_stopped_tells_so() {
    let local = Local::start(Options::default()).await;
    let run = start(&local, "vid_damaged_reel_1906").await;
    let_pass(&local, run["run_id"].as_str().unwrap(), 60_000).await;
    let names = told(&local).await;
    assert_eq!(names.last().map(String::as_str), Some("prompt_run.partial_completed"), "{names:?}");
    let run = start(&local, "vid_nosferatu_1922").await;
    let run_id = run["run_id"].as_str().unwrap();
    // Into the first segment.
    let_pass(&local, run_id, 300).await;
    let stopped = local.post(As::Key(&local.key()), &format!("/prompt-runs/{run_id}/cancel"), json!({})).await;
    assert_eq!(stopped.status, 200, "{stopped:?}");
    let before = names.len();
    // All at once, since the clock looks at each change.
    let later = |tx: &rusqlite::Transaction<'_>| {
        let sql = "UPDATE runs SET started_ms = started_ms - 60000, told_ms = told_ms - 60000, stop_ms = stop_ms - 60000 WHERE stop_ms > 0";
        Ok(tx.execute(sql, [])?)
    };
    assert_eq!(local.handle.store().write(later).await.unwrap(), 1);
    let names = told(&local).await;
    // The record calls the item cancelled, and nothing calls it failed.
    assert_eq!(names[before..], ["prompt_run.started", "media.processing.started", "prompt_run.cancelled"], "{names:?}");
}

/// All that a stream sends until it ends.
async fn streamed(local: &Local, key: &str, path: &str) -> String {
    local.request(As::Key(key), crate::api::Method::Get, path).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_stream_says_what_the_log_has_dropped() {
    let local = Local::start(Options::default()).await;
    let run = start(&local, "vid_nosferatu_1922").await;
    let run_id = run["run_id"].as_str().unwrap();
    let path = format!("/processing/events/stream?run_id={run_id}");
    let_pass(&local, run_id, 60_000).await;
    let whole = streamed(&local, &local.key(), &path).await;
    assert!(whole.contains("prompt_run.started") && whole.contains("prompt_run.completed") && !whole.contains("stream_reset"), "{whole}");
    for others in [997, 1_000] {
        let fill = move |tx: &rusqlite::Transaction<'_>| {
            (0..others).try_for_each(|number| events::emit(tx, "media.created", json!({"video_id": format!("vid_{number}")}), None))
        };
        local.handle.store().write(fill).await.unwrap();
        let rest = streamed(&local, &local.key(), &path).await;
        assert!(rest.starts_with("event: processing.stream_reset") && !rest.contains("prompt_run.started"), "{rest}");
        assert_eq!(rest.contains("prompt_run.completed"), others == 997, "{rest}");
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked() {
    let local = Local::start(Options::default()).await;
    let reader = local.key_with(&[crate::api::Scope::Read]).await;
    let open = local.request(As::Key(&reader), crate::api::Method::Get, "/processing/events/stream").send().await.unwrap();
    assert_eq!(open.status(), 200);
    let keys = local.get(As::Token(&local.token()), "/api-keys").await.body;
    let made = keys.as_array().unwrap().iter().find(|key| key["name"] == "test").unwrap();
    let revoke = format!("/api-keys/{}/revoke", made["key_id"].as_str().unwrap());
    assert_eq!(local.post(As::Token(&local.token()), &revoke, json!({})).await.status, 200);
    let text = open.text().await.unwrap();
    assert!(text.contains("processing.stream_error") && text.contains("does not work any more"), "{text}");
}

#[tokio::test]
async fn the_export_of_a_run_is_told_to_those_who_watch_its_index() {
    let local = Local::start(Options::default()).await;
    let made = local.post(As::Key(&local.key()), "/exports/prompt-run/run_scene_catalogue_damaged", json!({})).await;
    assert_eq!(made.status, 202, "{made:?}");
    let mut changes = local.handle.store().changes();
    let ready = async {
        loop {
            changes.mark_unchanged();
            let all = local.handle.store().read(|connection| events::since(connection, 0, 100)).await.unwrap();
            if let Some(ready) = all.into_iter().find(|stored| stored.record.event_type == "export.ready") {
                return ready.record;
            }
            changes.changed().await.unwrap();
        }
    };
    let ready = tokio::time::timeout(super::LONGEST, ready).await.expect("the end of the export is told");
    assert_eq!(ready.index_id.as_deref(), Some("idx_american_life"));
    assert_eq!(ready.payload.unwrap()["index_id"], "idx_american_life");
}

#[tokio::test]
async fn the_log_is_bounded_and_read_on_from_an_event() {
    let local = Local::start(Options::default()).await;
    let fill = |tx: &rusqlite::Transaction<'_>| {
        for number in 0..1_010 {
            events::emit(tx, "media.created", json!({"video_id": format!("vid_{number}")}), Some("idx"))?;
        }
        let kept = records::count::<ProcessingEvent>(tx, &Which::default())?;
        let newest = events::since(tx, 0, 5_000)?.pop().map(|stored| stored.record);
        events::emit(tx, "export.ready", json!({"export_id": "exp_1"}), None)?;
        let place = events::place(tx, &newest.as_ref().map(|event| event.event_id.clone()).unwrap_or_default())?;
        let after = events::since(tx, place.unwrap_or_default(), 10)?;
        Ok((kept, newest, after))
    };
    let (kept, newest, after) = local.handle.store().write(fill).await.unwrap();
    let newest = newest.unwrap();
    assert_eq!(kept, 1_000);
    assert_eq!((newest.video_id.as_deref(), newest.index_id.as_deref()), (Some("vid_1009"), Some("idx")));
    let names: Vec<_> = after.iter().map(|stored| stored.record.event_type.as_str()).collect();
    assert_eq!(names, ["export.ready"]);
}
