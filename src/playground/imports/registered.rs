//! The job of one object of a bucket, which somebody registers as a media item.

use rusqlite::Connection;

use super::{Fate, Job, SourceFile, State, work::tell_of_ended};
use crate::{
    api::imports::Progress,
    playground::{mount::Reply, random, store::records, time::now},
};

/// One object of a bucket, which somebody registers as a media item.
pub struct Registered {
    /// Its address: `gs://bucket/path`.
    pub address: String,
    /// Its path in the bucket.
    pub path: String,
    /// The title of the item.
    pub title: String,
    /// The index that it goes to.
    pub index_id: String,
    /// The connector to the bucket, if one is named.
    pub connector_id: Option<String>,
    /// Why it cannot be imported, if that is known already, and the item that says so.
    pub problem: Option<(String, String)>,
}

/// Makes the job that imports one object. With a problem it has failed already.
pub fn register(tx: &Connection, object: Registered) -> Reply<Job> {
    let at = now();
    let failed = object.problem.is_some();
    let job = Job {
        state: if failed { State::Failed } else { State::Pending },
        connector_id: object.connector_id,
        index_id: Some(object.index_id),
        pattern: object.path.clone(),
        recursive: false,
        started: failed.then_some(at),
        completed: failed.then_some(at),
        error: object.problem.as_ref().map(|(reason, _)| reason.clone()),
        scanned: true,
        progress: Progress {
            total_files: 1,
            failed: u64::from(failed),
            parts_total: 1,
            parts_failed: u64::from(failed),
            current_file: (!failed).then(|| object.path.clone()),
            ..Progress::default()
        },
        address: Some(object.address),
        ..Job::new("object", at)?
    };
    records::insert(tx, &job)?;
    let file = SourceFile {
        file_id: random::id("file_")?,
        job_id: job.job_id.clone(),
        ordinal: 0,
        known_by: SourceFile::known_by(job.connector_id.as_deref().unwrap_or(&job.job_id), &object.path),
        path: object.path,
        size: 0,
        modified: at,
        index_id: job.index_id.clone(),
        fate: if failed { Fate::Failed } else { Fate::Pending },
        reason: job.error.clone(),
        video_id: object.problem.map(|(_, video_id)| video_id),
        title: object.title,
        duration: 0.0,
        attached: None,
        submitted: false,
    };
    records::insert(tx, &file)?;
    if failed {
        tell_of_ended(tx, &job)?;
    }
    Ok(job)
}
