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
    let stopped = local.post(As::Key(&local.key()), &format!("/prompt-runs/{run_id}/cancel"), json!({})).await;
    assert_eq!(stopped.body["status"], "cancelled");
    let_pass(&local, run_id, 60_000).await;
    let names = told(&local).await;
    assert_eq!(names.last().map(String::as_str), Some("prompt_run.cancelled"), "{names:?}");
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
