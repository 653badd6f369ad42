//! The prompt run that follows an import.

use rusqlite::Transaction;
use serde_json::Value;

use super::{Fate, Job, SourceFile, record};
use crate::{
    api::{
        ids::{IndexId, VideoId},
        imports::Execution,
        runs::{RunRequest, Target},
    },
    playground::{
        ACCOUNT, Refusal,
        auth::{Caller, Credential},
        routes::execute_on_imported,
        store::records,
    },
};

/// The state of a run that was started.
const SUBMITTED: &str = "submitted";

/// Starts the prompt run that was asked for over what was imported. A run that cannot start blocks nothing else.
pub fn submit(tx: &Transaction<'_>, job: &mut Job) -> Result<(), Refusal> {
    if job.execution.status != "pending" {
        return Ok(());
    }
    let Some(request) = job.run.clone() else { return Ok(()) };
    let mut imported = record::files(tx, &job.job_id, Some(Fate::Imported), 0, u32::MAX)?;
    // What an earlier run was started over is not paid for again.
    imported.retain(|stored| !stored.record.submitted);
    let videos: Vec<VideoId> = imported.iter().filter_map(|stored| VideoId::parse(stored.record.video_id.as_deref()?).ok()).collect();
    if videos.is_empty() {
        block(job);
        return Ok(());
    }
    let index_id = job.index_id.as_deref().and_then(|id| IndexId::parse(id).ok());
    let request = RunRequest { target: Target::Videos { video_ids: videos, index_id }, ..request };
    let caller = Caller { account: ACCOUNT, credential: Credential::Session, idempotency_key: None };
    job.execution = match execute_on_imported(&caller, tx, request) {
        Ok(run) => {
            for stored in imported {
                records::update(tx, &SourceFile { submitted: true, ..stored.record })?;
            }
            Execution { status: SUBMITTED.to_owned(), run_id: Some(run.run_id), ..Execution::default() }
        }
        Err(refusal) if refusal.status.is_server_error() => return Err(refusal),
        Err(refusal) => {
            let code =
                refusal.body("", String::new()).pointer("/error/code").and_then(Value::as_str).unwrap_or("invalid_request").to_owned();
            blocked(&code, refusal.message())
        }
    };
    Ok(())
}

/// Says that the run that was asked for cannot start. A run that an earlier try started stays the run of the job.
pub fn block(job: &mut Job) {
    if job.execution.status != "pending" {
        return;
    }
    match job.execution.run_id {
        Some(_) => SUBMITTED.clone_into(&mut job.execution.status),
        None => job.execution = blocked("import_job_without_media", "Nothing was imported that a run could process."),
    }
}

fn blocked(code: &str, error: &str) -> Execution {
    Execution { status: "blocked".to_owned(), run_id: None, error_code: Some(code.to_owned()), error: Some(error.to_owned()) }
}

/// Lets a run start over what another try imports.
pub fn unblock(job: &mut Job) {
    if job.run.is_some() {
        job.execution = Execution { status: "pending".to_owned(), run_id: job.execution.run_id.take(), ..Execution::default() };
    }
}
