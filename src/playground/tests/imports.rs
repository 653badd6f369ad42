//! What an import job tells while it runs.

use serde_json::json;

use super::{As, Local};
use crate::playground::{Options, events};

/// Imports from the sample bucket and waits for the end: the job.
async fn import(local: &Local, prefix: &str) -> serde_json::Value {
    let key = local.key();
    let given = json!({"connector_id": "conn_sample_bucket", "index_id": "idx_early_cinema", "source_prefix": prefix});
    let made = local.post(As::Key(&key), "/import-jobs", given).await;
    assert_eq!(made.status, 202, "{made:?}");
    ended(local, made.body["job_id"].as_str().unwrap()).await
}

/// Waits for the end of a job: the job.
pub async fn ended(local: &Local, job_id: &str) -> serde_json::Value {
    let (key, path) = (local.key(), format!("/import-jobs/{job_id}"));
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
