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
    let over = async {
        loop {
            changes.mark_unchanged();
            let job = local.get(As::Key(&key), &path).await.body;
            if !["pending", "scanning", "importing"].contains(&job["status"].as_str().unwrap()) {
                return job;
            }
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(super::LONGEST, over).await.expect("the job ends")
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
    // So is another try.
    let retry = format!("/import-jobs/{}/retry", job["job_id"].as_str().unwrap());
    assert_eq!(local.post(As::Key(&local.key()), &retry, json!({})).await.status, 200);
    assert_eq!(ended(&local, job["job_id"].as_str().unwrap()).await["status"], "completed");
    assert_eq!(told(&local).await[6..], ["import_job.started", "import_job.partial_completed"]);
}

#[tokio::test]
async fn what_cannot_be_read_stops_no_import() {
    let local = Local::start(Options::default()).await;
    // A job that goes before all others, and the first of the files of each new job.
    let spoil = |tx: &rusqlite::Transaction<'_>| {
        Ok(tx.execute_batch(
            "INSERT INTO records (kind, id, state, body) VALUES ('import_job', 'job_spoilt', 'importing', '{}');
             CREATE TEMP TRIGGER spoilt AFTER INSERT ON records WHEN new.kind = 'import_file' AND new.state = 'pending'
                 AND NOT EXISTS (SELECT 1 FROM records WHERE kind = 'import_file' AND parent = new.parent AND id <> new.id AND state = 'pending')
                 BEGIN UPDATE records SET body = '{}' WHERE seq = new.seq; END;",
        )?)
    };
    local.handle.store().write(spoil).await.unwrap();
    let job = import(&local, "").await;
    assert_eq!((&job["status"], &job["progress"]["total_files"]), (&json!("completed"), &json!(4)), "{job}");
    let done = job["progress"]["imported"].as_u64().unwrap() + job["progress"]["failed"].as_u64().unwrap();
    assert_eq!(done, 2, "{job}");
}

#[tokio::test]
async fn an_item_that_waited_for_its_file_stays_the_same_item() {
    let directory = tempfile::tempdir().unwrap();
    let local = Local::start(Options { data_dir: Some(directory.path().join("data")), ..Options::default() }).await;
    let key = local.key();
    let object = json!({"title": "Late", "index_id": "idx_early_cinema", "video_uri": "gs://late/a.aac"});
    let added = local.post(As::Key(&key), "/videos", object).await.body;
    let (video, job) = (added["video_id"].as_str().unwrap(), added["job_id"].as_str().unwrap());
    let first = local.get(As::Key(&key), &format!("/videos/{video}")).await.body;
    let bucket = directory.path().join("data/buckets/late");
    std::fs::create_dir_all(&bucket).unwrap();
    std::fs::write(bucket.join("a.aac"), [0xff, 0xf1, 0x50, 0x80, 1, 0, 0xfc]).unwrap();
    assert_eq!(local.post(As::Key(&key), &format!("/import-jobs/{job}/retry"), json!({})).await.status, 200);
    let over = ended(&local, job).await;
    assert_eq!((&over["status"], &over["video_ids"]), (&json!("completed"), &json!([video])), "{over}");
    let now = local.get(As::Key(&key), &format!("/videos/{video}")).await.body;
    assert_eq!((&now["created_at"], &now["title"]), (&first["created_at"], &json!("Late")), "{now}");
    let all = local.handle.store().read(|connection| events::since(connection, 0, 100)).await.unwrap();
    assert_eq!(all.iter().filter(|stored| stored.record.event_type == "media.created").count(), 1);
    // What is deleted is no output that is there, and a job whose index is gone cannot go on.
    assert_eq!(local.delete(As::Key(&key), &format!("/videos/{video}")).await.status, 202);
    let over = local.get(As::Key(&key), &format!("/import-jobs/{job}")).await.body;
    assert_eq!((&over["video_ids"], &over["outputs"]["items"][0]["status"]), (&json!([]), &json!("deleted")), "{over}");
}
