//! What an import job tells while it runs, and the prompt run that follows it.

use serde_json::json;

use super::{As, Local};
use crate::playground::{Options, events, imports};

/// Imports from the sample bucket and waits for the end: the job.
async fn import(local: &Local, prefix: &str) -> serde_json::Value {
    let key = local.key();
    let given = json!({"connector_id": "conn_sample_bucket", "index_id": "idx_early_cinema", "source_prefix": prefix});
    let made = local.post(As::Key(&key), "/import-jobs", given).await;
    assert_eq!(made.status, 202, "{made:?}");
    let path = format!("/import-jobs/{}", made.body["job_id"].as_str().unwrap());
    let mut changes = local.handle.store().changes();
    loop {
        changes.mark_unchanged();
        let job = local.get(As::Key(&key), &path).await.body;
        if !["pending", "scanning", "importing"].contains(&job["status"].as_str().unwrap()) {
            return job;
        }
        changes.changed().await.unwrap();
    }
}

/// The names of the events about import jobs, oldest first.
async fn told(local: &Local) -> Vec<String> {
    let all = local.handle.store().read(|connection| events::since(connection, 0, 1_000)).await.unwrap();
    all.into_iter().map(|stored| stored.record.event_type).filter(|name| name.starts_with("import_job.")).collect()
}

#[tokio::test]
async fn the_beginning_and_the_end_of_a_job_are_told() {
    let local = Local::start(Options::default()).await;
    assert_eq!(import(&local, "nothing/").await["status"], "completed");
    assert_eq!(told(&local).await, ["import_job.started", "import_job.completed"]);
    let job = import(&local, "films/").await;
    assert_eq!((&job["status"], &job["error_message"]), (&json!("failed"), &json!("The only file failed.")));
    assert_eq!(told(&local).await[2..], ["import_job.started", "import_job.failed"]);
    let job = import(&local, "").await;
    assert_eq!((&job["progress"]["imported"], &job["progress"]["failed"], &job["progress"]["skipped"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(told(&local).await[4..], ["import_job.started", "import_job.partial_completed"]);
}

#[tokio::test]
async fn a_run_that_was_asked_for_follows_or_says_why_not() {
    let local = Local::start(Options::default()).await;
    let request = || serde_json::from_value(json!({"prompt_id": "prompt_action_log", "target": {"type": "playground"}})).unwrap();
    let after = async |job: &str| {
        let (job, request) = (job.to_owned(), request());
        local.handle.store().write(move |tx| imports::run_after(tx, &job, request)).await.unwrap().execution
    };
    assert_eq!(import(&local, "nothing/").await["execution"]["status"], "not_requested");
    let submitted = after("import_sample").await;
    assert_eq!(submitted.status, "submitted", "{submitted:?}");
    let run = local.get(As::Key(&local.key()), &format!("/prompt-runs/{}", submitted.run_id.unwrap())).await;
    assert_eq!((run.status, &run.body["total_videos"]), (200, &json!(2)), "the run covers what was imported");
    let empty = import(&local, "nothing/").await;
    let blocked = after(empty["job_id"].as_str().unwrap()).await;
    assert_eq!((blocked.status.as_str(), blocked.error_code.as_deref()), ("blocked", Some("import_job_without_media")));
}
