//! Automations act by the clock, which the tests move.

use serde_json::{Value, json};

use super::{As, Local, imports::ended, send};
use crate::{
    api::Method,
    playground::{
        Options, exports,
        time::{self, Millis},
    },
};

const INDEX: &str = "idx_early_cinema";
/// Ten minutes, the interval that applies if none is given.
const INTERVAL: Millis = 600_000;

/// Makes an automation of imports believe that this much time has passed.
async fn let_pass(local: &Local, time: Millis) {
    let earlier = move |tx: &rusqlite::Transaction<'_>| {
        Ok(tx.execute(
            "UPDATE records SET due = due - ?2, body = json_set(body, '$.updated', (body ->> '$.updated') - ?2,
                 '$.acted', (body ->> '$.acted') - ?2) WHERE kind = 'automation' AND id = ?1",
            rusqlite::params![format!("{INDEX}/import"), time],
        )?)
    };
    assert_eq!(local.handle.store().write(earlier).await.unwrap(), 1);
}

async fn read(local: &Local) -> Value {
    local.get(As::Key(&local.key()), &format!("/indexes/{INDEX}/automations/import")).await.body
}

async fn set(local: &Local, body: Value) -> Value {
    let path = format!("/indexes/{INDEX}/automations/import");
    let answer = send(local.request(As::Key(&local.key()), Method::Put, &path).body(body.to_string())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// The jobs that automations made.
async fn jobs(local: &Local) -> Vec<Value> {
    local.get(As::Key(&local.key()), "/import-jobs?automation_only=true").await.body.as_array().unwrap().clone()
}

fn milliseconds(time: &Value) -> i64 {
    chrono::DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap().timestamp_millis()
}

#[tokio::test]
async fn a_connector_stays_while_an_export_to_it_is_queued_and_its_end_names_automations() {
    let local = Local::start(Options::default()).await;
    let made = json!({
        "name": "Out", "bucket": "out", "region": "r", "aws_access_key_id": "a", "aws_secret_access_key": "not-a-secret",
        "scopes": ["import", "export"],
    });
    let made = local.post(As::Key(&local.key()), "/connectors/s3", made).await.body["connector_id"].as_str().unwrap().to_owned();
    let path = format!("/connectors/{made}");
    set(&local, json!({"connector_id": made})).await;
    // The export begins in an hour. The worker never sees it with an earlier time.
    let queue = move |tx: &rusqlite::Transaction<'_>| {
        let export = exports::begin(tx, INDEX, "run_scene_catalogue_damaged", Some((&made, None)))?;
        let sql = "UPDATE records SET due = ?2, body = json_set(body, '$.begins', ?2) WHERE kind = 'export' AND id = ?1";
        Ok(tx.execute(sql, rusqlite::params![export, time::now() + 3_600_000])?)
    };
    assert_eq!(local.handle.store().write(queue).await.unwrap(), 1);
    let refused = local.delete(As::Key(&local.key()), &path).await;
    assert_eq!((refused.status, refused.code()), (409, "connector_in_use"), "{refused:?}");
    local.handle.store().write(|tx| Ok(tx.execute("DELETE FROM records WHERE kind = 'export'", [])?)).await.unwrap();
    let deleted = local.delete(As::Key(&local.key()), &path).await;
    assert_eq!(deleted.status, 200, "{deleted:?}");
    assert!(deleted.body["message"].as_str().unwrap().contains("will fail: import of idx_early_cinema."), "{deleted:?}");
}

#[tokio::test]
async fn new_files_are_imported_at_each_interval_and_a_run_follows() {
    let local = Local::start(Options::default()).await;
    let given = json!({"connector_id": "conn_sample_bucket", "prompt_preset": {"prompt_id": "prompt_action_log"}});
    let before = set(&local, given).await;
    assert_eq!((&before["run_count"], &before["last_run_at"]), (&json!(0), &Value::Null));
    assert_eq!(milliseconds(&before["next_run_at"]) - milliseconds(&before["updated_at"]), INTERVAL);
    let_pass(&local, INTERVAL - 60_000).await;
    assert_eq!(read(&local).await["run_count"], 0, "it waits for the whole interval");
    // Two and a half intervals at once are one import.
    let_pass(&local, 2 * INTERVAL).await;
    let after = read(&local).await;
    assert_eq!((&after["run_count"], &after["last_error"]), (&json!(1), &Value::Null), "{after}");
    assert_eq!((milliseconds(&after["next_run_at"]) - milliseconds(&after["updated_at"])) / INTERVAL, 3, "{after}");
    let job = ended(&local, after["last_job_id"].as_str().unwrap()).await;
    assert_eq!((&job["progress"]["imported"], &job["progress"]["failed"], &job["progress"]["skipped"]), (&json!(2), &json!(1), &json!(0)));
    assert_eq!(job["target_index_id"], INDEX, "{job}");
    // Without ffprobe the files are there, but no run can take them.
    if job["outputs"]["items"][0]["source_end_seconds"].as_f64() > Some(0.0) {
        assert_eq!(job["execution"]["status"], "submitted", "{job}");
        let run = local.get(As::Key(&local.key()), &format!("/prompt-runs/{}", job["execution"]["run_id"].as_str().unwrap())).await;
        assert_eq!((run.status, &run.body["total_audios"]), (200, &json!(2)), "the run covers what was imported");
    } else {
        let told = (&job["execution"]["status"], &job["execution"]["error_code"]);
        assert_eq!(told, (&json!("blocked"), &json!("validation_media_duration_unknown")), "{job}");
    }

    // Another try brings nothing more, and what was processed is not processed again.
    let retried = local.post(As::Key(&local.key()), &format!("/import-jobs/{}/retry", job["job_id"].as_str().unwrap()), json!({})).await;
    assert_eq!(retried.body["execution"]["status"], "pending", "{retried:?}");
    let again = ended(&local, job["job_id"].as_str().unwrap()).await;
    assert_eq!(again["execution"], job["execution"], "{again}");

    // The second look finds nothing new, not even the file that failed. No run follows, and the third look removes its job.
    let_pass(&local, INTERVAL).await;
    let empty = read(&local).await["last_job_id"].as_str().unwrap().to_owned();
    let job = ended(&local, &empty).await;
    assert_eq!(
        (&job["status"], &job["progress"]["total_files"], &job["execution"]["status"]),
        (&json!("completed"), &json!(0), &json!("blocked"))
    );
    let_pass(&local, INTERVAL).await;
    let third = read(&local).await;
    assert_eq!(third["run_count"], 3);
    let kept = jobs(&local).await;
    assert!(kept.len() == 2 && kept.iter().all(|job| job["job_id"] != empty.as_str()), "{kept:?}");
}

#[tokio::test]
async fn what_is_paused_or_off_does_nothing() {
    let local = Local::start(Options::default()).await;
    set(&local, json!({"connector_id": "conn_sample_bucket"})).await;
    let key = local.key();
    let verb = async |verb: &str| local.post(As::Key(&key), &format!("/indexes/{INDEX}/automations/import/{verb}"), json!({})).await.body;
    assert_eq!(verb("pause").await["next_run_at"], Value::Null);
    let_pass(&local, 3 * INTERVAL).await;
    assert_eq!(read(&local).await["run_count"], 0);
    let resumed = verb("resume").await;
    assert_eq!(
        milliseconds(&resumed["next_run_at"]) - milliseconds(&resumed["updated_at"]),
        INTERVAL,
        "what was missed is not made up for"
    );
    assert_eq!(read(&local).await["run_count"], 0);
    set(&local, json!({"enabled": false, "connector_id": "conn_sample_bucket"})).await;
    let_pass(&local, 3 * INTERVAL).await;
    let off = read(&local).await;
    assert_eq!((&off["run_count"], &off["next_run_at"], jobs(&local).await.len()), (&json!(0), &Value::Null, 0));
}

#[tokio::test]
async fn an_automation_that_cannot_import_says_why_and_goes_on() {
    let local = Local::start(Options::default()).await;
    set(&local, json!({"connector_id": "conn_sample_bucket", "source_prefix": "films/"})).await;
    let key = local.key();
    let scopes = async |scopes: &[&str]| {
        let change = json!({"scopes": scopes}).to_string();
        let changed = send(local.request(As::Key(&key), Method::Patch, "/connectors/conn_sample_bucket").body(change)).await;
        assert_eq!(changed.status, 200);
    };
    scopes(&["export"]).await;
    let_pass(&local, INTERVAL).await;
    let refused = read(&local).await;
    assert!(refused["last_error"].as_str().unwrap().contains("does not have the scope `import`"), "{refused}");
    assert_eq!((&refused["run_count"], &refused["last_job_id"]), (&json!(0), &Value::Null));
    scopes(&["import"]).await;
    let_pass(&local, INTERVAL).await;
    let begun = read(&local).await;
    ended(&local, begun["last_job_id"].as_str().unwrap()).await;
    let failed = read(&local).await;
    assert_eq!(
        (&failed["run_count"], &failed["last_error"]),
        (&json!(1), &json!("The only file failed.")),
        "the reason is that of the job"
    );
}
