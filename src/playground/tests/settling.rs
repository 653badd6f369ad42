//! The charges of runs that have ended are visible at once, whoever asks first, and the first search finds their texts.

use serde_json::{Value, json};

use super::{Answer, As, Local, Options};
use crate::playground::runs::Millis;

/// Moves the start of a run back, so that it has ended by now.
pub async fn let_pass(local: &Local, run_id: &str, time: Millis) {
    let run_id = run_id.to_owned();
    let earlier = move |tx: &rusqlite::Transaction<'_>| {
        Ok(tx.execute(
            "UPDATE runs SET started_ms = started_ms - ?2, told_ms = told_ms - ?2 WHERE run_id = ?1",
            rusqlite::params![run_id, time],
        )?)
    };
    assert_eq!(local.handle.store().write(earlier).await.unwrap(), 1);
}

fn request() -> Value {
    json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_arrival_of_a_train_1896"]}})
}

async fn read(local: &Local, path: &str) -> Answer {
    local.get(As::Key(&local.key()), path).await
}

/// The charges that different readers report.
async fn charged(local: &Local, reader: &str) -> f64 {
    let full = crate::playground::runs::billing::STARTING_BALANCE_MT;
    match reader {
        "estimate" => {
            let answer = local.post(As::Key(&local.key()), "/prompt-runs/estimate", request()).await;
            full - answer.body["current_balance_mt"].as_f64().unwrap()
        }
        "usage" => read(local, "/usage").await.body["metrics"]["media_tokens"].as_f64().unwrap(),
        "breakdown" => read(local, "/usage/breakdown").await.body["breakdown"]["media_tokens"].as_f64().unwrap(),
        "history" => read(local, "/usage/history?limit=1").await.body["periods"][0]["metrics"]["media_tokens"].as_f64().unwrap_or(0.0),
        _ => {
            let rows = read(local, "/usage/details?metric_type=media_tokens").await.body;
            rows.as_array()
                .unwrap()
                .iter()
                .filter(|row| row["timestamp"].as_str() > Some("2026-01-06"))
                .map(|row| row["value"].as_f64().unwrap())
                .sum()
        }
    }
}

#[tokio::test]
async fn every_reader_sees_the_charge_as_soon_as_a_run_has_ended() {
    for reader in ["estimate", "usage", "breakdown", "history", "details"] {
        let local = Local::start(Options::default()).await;
        let before = charged(&local, reader).await;
        let run = local.post(As::Key(&local.key()), "/prompt-runs/execute", request()).await.body;
        let run_id = run["run_id"].as_str().unwrap();
        assert!((charged(&local, reader).await - before).abs() < 0.01, "{reader}: nothing is charged before the end");
        let_pass(&local, run_id, 60_000).await;
        let price = run["billing_estimated_mt"].as_f64().unwrap();
        let after = charged(&local, reader).await;
        assert!(price > 0.0 && (after - before - price).abs() < 0.01, "{reader}: {before} and {price} are not {after}");
        let again = charged(&local, reader).await;
        assert!((again - after).abs() < 0.01, "{reader}: charged once only");
    }
}

#[tokio::test]
async fn a_settlement_that_cannot_be_kept_leaves_nothing_open() {
    let local = Local::start(Options::default()).await;
    let run = local.post(As::Key(&local.key()), "/prompt-runs/execute", request()).await.body;
    let run_id = run["run_id"].as_str().unwrap().to_owned();
    // SQLite checks this reference only at the end. So the release of the savepoint fails, and nothing before it.
    let trap = "CREATE TABLE hollow (seq INTEGER REFERENCES runs (seq) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER trap AFTER UPDATE OF settled_ms ON runs BEGIN INSERT INTO hollow VALUES (-1); END;";
    local.handle.store().write(move |tx| Ok(tx.execute_batch(trap)?)).await.unwrap();
    let_pass(&local, &run_id, 60_000).await;
    // Whoever reads gets what was settled until then.
    let search = json!({"query": "train"});
    for answer in [
        read(&local, "/usage").await,
        read(&local, "/usage/breakdown").await,
        local.post(As::Key(&local.key()), "/indexes/idx_early_cinema/search", search).await,
    ] {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    // An answer about this run alone would say that it has no results.
    let search = json!({"query": "train", "run_ids": [run_id]});
    assert_eq!(local.post(As::Key(&local.key()), "/indexes/idx_early_cinema/search", search).await.status, 500);
    // If a savepoint were still open, a transaction could not begin.
    let disarm = |tx: &rusqlite::Transaction<'_>| Ok(tx.execute_batch("DROP TRIGGER trap; DROP TABLE hollow")?);
    local.handle.store().write(disarm).await.unwrap();
    assert_eq!(read(&local, &format!("/prompt-runs/{run_id}")).await.body["status"], "completed");
    let price = run["billing_estimated_mt"].as_f64().unwrap();
    assert!(charged(&local, "usage").await >= price);
}

#[tokio::test]
async fn a_change_that_was_rolled_back_is_not_told() {
    let local = Local::start(Options::default()).await;
    let store = local.handle.store();
    let mut changes = store.changes();
    changes.mark_unchanged();
    let fail = |tx: &rusqlite::Transaction<'_>| {
        tx.execute_batch("UPDATE runs SET told_ms = told_ms")?;
        Err::<(), _>(crate::playground::Refusal::not_found("run"))
    };
    assert!(store.write(fail).await.is_err());
    assert!(!changes.has_changed().unwrap());
    store.write(|tx| Ok(tx.execute_batch("UPDATE runs SET told_ms = told_ms")?)).await.unwrap();
    assert!(changes.has_changed().unwrap());
}

#[tokio::test]
async fn a_job_that_leaves_a_transaction_open_does_not_take_others_with_it() {
    let local = Local::start(Options::default()).await;
    let store = local.handle.store();
    let open = |connection: &rusqlite::Connection| {
        connection.execute_batch("SAVEPOINT left; DELETE FROM unindexed_runs; DELETE FROM run_items; DELETE FROM runs;")?;
        Ok(())
    };
    store.read(open).await.unwrap();
    let runs = read(&local, "/prompt-runs").await.body;
    assert!(!runs.as_array().unwrap().is_empty(), "what was left open is rolled back");
    local.handle.store().write(|tx| Ok(tx.execute_batch("SELECT 1")?)).await.unwrap();
}

/// What a search in the texts of one run finds.
async fn found_in(local: &Local, run_id: &str) -> Vec<Value> {
    let body = json!({"query": "train station", "run_ids": [run_id]});
    let answer = local.post(As::Key(&local.key()), "/indexes/idx_early_cinema/search", body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body.as_array().unwrap().clone()
}

#[tokio::test]
async fn the_texts_of_a_run_that_ended_before_a_restart_are_found_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let on = || Options { data_dir: Some(directory.path().join("data")), ..Options::default() };
    let local = Local::start(on()).await;
    let run = local.post(As::Key(&local.key()), "/prompt-runs/execute", request()).await.body;
    let run_id = run["run_id"].as_str().unwrap();
    let_pass(&local, run_id, 60_000).await;
    assert_eq!(read(&local, "/usage").await.status, 200);
    local.handle.shutdown().await;

    let local = Local::start(on()).await;
    let first = found_in(&local, run_id).await;
    assert!(!first.is_empty());
    assert_eq!(found_in(&local, run_id).await, first);
}

#[tokio::test]
async fn a_search_that_would_miss_what_cannot_be_indexed_is_refused() {
    let local = Local::start(Options::default()).await;
    let search = async || local.post(As::Key(&local.key()), "/indexes/idx_early_cinema/search", json!({"query": "vampire"})).await;
    let trap = "CREATE TRIGGER trap BEFORE DELETE ON unindexed_runs BEGIN SELECT RAISE(FAIL, 'the disk is full'); END";
    local.handle.store().write(move |tx| Ok(tx.execute_batch(trap)?)).await.unwrap();
    let answer = search().await;
    assert!(answer.status == 500 && answer.body.to_string().contains("cannot be searched"), "{answer:?}");
    local.handle.store().write(|tx| Ok(tx.execute_batch("DROP TRIGGER trap")?)).await.unwrap();
    let answer = search().await;
    assert!(answer.status == 200 && !answer.body.as_array().unwrap().is_empty(), "{answer:?}");
}

#[tokio::test]
async fn an_item_that_is_deleted_before_the_first_search_is_not_found() {
    let local = Local::start(Options::default()).await;
    let run = json!({
        "prompt_id": "prompt_action_log",
        "target": {"type": "videos", "video_ids": ["vid_arrival_of_a_train_1896", "vid_metropolis_1927"]}
    });
    let run = local.post(As::Key(&local.key()), "/prompt-runs/execute", run).await.body;
    let run_id = run["run_id"].as_str().unwrap();
    let_pass(&local, run_id, 600_000).await;
    assert_eq!(local.delete(As::Key(&local.key()), "/videos/vid_arrival_of_a_train_1896").await.status, 202);
    let found = found_in(&local, run_id).await;
    let ids: Vec<_> = found.iter().map(|hit| hit["video_id"].as_str().unwrap()).collect();
    assert!(ids.iter().all(|id| *id == "vid_metropolis_1927"), "{ids:?}");
}
