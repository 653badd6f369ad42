//! Deletes indexes and media items, and tells how far a deletion is.
//!
//! What is deleted is gone at once for everybody: the call that starts the deletion removes all of it in one transaction, so no list,
//! search or count shows it afterwards. The service takes its time, and clients wait for it. So the record of a deletion says `draining`,
//! `deleting` and at last `deleted`, by the clock alone.
//!
//! Media that an unfinished run covers cannot be deleted, nor an index that an import still fills: the call is refused with 409 and names
//! the runs or the import jobs. An ended run forgets the media, and keeps what it has cost.

use std::sync::Arc;

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};

use crate::{
    api::deletions::{DeleteIndex, DeleteVideo, Deletion, GetIndexDeletion, GetVideoDeletion},
    playground::{
        Refusal,
        auth::Caller,
        imports, markers,
        mount::{Mount, Reply},
        random,
        rank::text,
        runs::Progress,
        service::Service,
        store::{
            Store, library,
            records::{self, Record},
            runs::{self, Which},
            settle, usage,
        },
        time::{Millis, SECOND, now},
    },
};

/// For how long a deletion says that it waits for what is under way.
const DRAINING: Millis = 400;
/// After how long everything is deleted.
const DELETED: Millis = 1_200;

/// Mounts the operations on deletions.
pub fn mount(mount: Mount) -> Mount {
    mount.about(delete_index).accepted().read(get_index_deletion).about(delete_video).accepted().read(get_video_deletion)
}

/// Deletions that ended long ago: of an index, and of an item.
pub fn seed(connection: &Connection, at: Millis) -> Result<(), Refusal> {
    for (subject, deletion_id) in [(Subject::Index("idx_test_reels".into()), "del_1"), (Subject::Video("vid_test_reel_3".into()), "del_2")]
    {
        let started = Started { key: subject.key(), subject, deletion_id: deletion_id.into(), at, files: Vec::new() };
        records::insert(connection, &started)?;
    }
    Ok(())
}

/// What is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Subject {
    Index(String),
    Video(String),
}

impl Subject {
    /// The id of the record of its deletion. No id has a slash.
    fn key(&self) -> String {
        match self {
            Self::Index(id) => format!("index/{id}"),
            Self::Video(id) => format!("video/{id}"),
        }
    }

    /// The word of the API's codes.
    fn word(&self) -> &'static str {
        match self {
            Self::Index(_) => "index",
            Self::Video(_) => "video",
        }
    }
}

/// A deletion that was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Started {
    key: String,
    subject: Subject,
    deletion_id: String,
    at: Millis,
    /// The files of the media, relative to the directory of the playground's media.
    files: Vec<String>,
}

impl Record for Started {
    const KIND: &'static str = "deletion";

    fn id(&self) -> &str {
        &self.key
    }
}

impl Started {
    /// How far it is at a moment.
    fn at(&self, now: Millis) -> Deletion {
        let (status, left) = match now - self.at {
            // The clock has gone back.
            since if since < 0 => ("deleted", 0),
            since if since < DRAINING => ("draining", DELETED - since),
            since if since < DELETED => ("deleting", DELETED - since),
            _ => ("deleted", 0),
        };
        let (index_id, video_id) = match self.subject.clone() {
            Subject::Index(id) => (Some(id), None),
            Subject::Video(id) => (None, Some(id)),
        };
        let whole_seconds = u64::try_from((left + SECOND - 1) / SECOND).unwrap_or_default();
        Deletion {
            index_id,
            video_id,
            deletion_id: self.deletion_id.clone(),
            status: status.into(),
            retry_after_seconds: Some(whole_seconds).filter(|seconds| *seconds > 0),
        }
    }
}

async fn delete_index(service: Arc<Service>, _: Caller, call: DeleteIndex) -> Reply<Deletion> {
    delete(&service, Subject::Index(call.index_id.to_string())).await
}

async fn delete_video(service: Arc<Service>, _: Caller, call: DeleteVideo) -> Reply<Deletion> {
    delete(&service, Subject::Video(call.video_id.to_string())).await
}

async fn get_index_deletion(_: Caller, store: Store, call: GetIndexDeletion) -> Reply<Deletion> {
    read(store, Subject::Index(call.index_id.to_string())).await
}

async fn get_video_deletion(_: Caller, store: Store, call: GetVideoDeletion) -> Reply<Deletion> {
    read(store, Subject::Video(call.video_id.to_string())).await
}

async fn read(store: Store, subject: Subject) -> Reply<Deletion> {
    let missing = Refusal::not_found(&format!("{}_deletion", subject.word()));
    store.read(move |conn| Ok(records::find::<Started>(conn, &subject.key())?.ok_or(missing)?.at(now()))).await
}

/// Starts a deletion, or resumes it if it was started before.
async fn delete(service: &Service, subject: Subject) -> Reply<Deletion> {
    let started = service.store.write(move |tx| start(tx, subject)).await?;
    // The files go after the commit. If the process ends before they are gone, a repeated call or the next start removes them.
    remove_files(service, started.files.clone()).await?;
    Ok(started.at(now()))
}

async fn remove_files(service: &Service, files: Vec<String>) -> Result<(), Refusal> {
    if files.is_empty() {
        return Ok(());
    }
    let folder = service.scratch.folder(library::MEDIA_FOLDER).map_err(Refusal::internal)?;
    let removed = tokio::task::spawn_blocking(move || {
        // One file that cannot be removed does not keep the others.
        let removed = files.iter().map(|file| std::fs::remove_file(folder.join(file)));
        removed
            .filter(|removed| removed.as_ref().is_err_and(|error| error.kind() != std::io::ErrorKind::NotFound))
            .fold(Ok(()), Result::and)
    });
    removed.await.map_err(Refusal::internal)?.map_err(Refusal::internal)
}

fn start(tx: &Transaction<'_>, subject: Subject) -> Result<Started, Refusal> {
    let key = subject.key();
    if let Some(started) = records::find::<Started>(tx, &key)? {
        return Ok(started);
    }
    let now = now();
    settle::settle(tx, now)?;
    let files = match &subject {
        Subject::Index(index_id) => remove_index(tx, index_id, now)?,
        Subject::Video(video_id) => remove_videos(tx, &subject, std::slice::from_ref(video_id), now)?,
    };
    let started = Started { key, subject, deletion_id: random::id("del_")?, at: now, files };
    records::insert(tx, &started)?;
    Ok(started)
}

fn remove_index(tx: &Transaction<'_>, index_id: &str, now: Millis) -> Result<Vec<String>, Refusal> {
    library::own_index(tx, index_id)?;
    let media = library::media(tx)?;
    let inside = media.values().filter(|item| item.index_id.as_deref() == Some(index_id));
    let video_ids: Vec<String> = inside.map(|item| item.video_id.clone()).collect();
    let files = remove_videos(tx, &Subject::Index(index_id.to_owned()), &video_ids, now)?;
    remove_attached(tx, index_id)?;
    tx.prepare_cached("DELETE FROM indexes WHERE index_id = ?1")?.execute([index_id])?;
    Ok(files)
}

/// Removes items with everything that is known of them, and returns the names of their files.
fn remove_videos(tx: &Transaction<'_>, subject: &Subject, video_ids: &[String], now: Millis) -> Result<Vec<String>, Refusal> {
    let media = library::media(tx)?;
    refuse_if_in_use(tx, subject, video_ids, now)?;
    let mut files = Vec::new();
    for video_id in video_ids {
        let item = media.get(video_id).ok_or_else(|| Refusal::not_found("video"))?;
        if let Some(index_id) = &item.index_id {
            library::own_index(tx, index_id)?;
        }
        if let Some(source) = &item.source {
            files.extend(source.file.clone());
            if let Some(bytes) = source.size {
                usage::removed(tx, video_id, bytes)?;
            }
        }
        text::remove_video(tx, video_id)?;
        remove_attached(tx, video_id)?;
        markers::remove_of_segments(tx, item)?;
        for table in ["run_items", "segments", "videos"] {
            tx.prepare_cached(&format!("DELETE FROM {table} WHERE video_id = ?1"))?.execute([video_id])?;
        }
    }
    Ok(files)
}

/// Removes what belongs to an index, an item or a prompt and means nothing without it.
pub fn remove_attached(conn: &Connection, id: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM records WHERE kind IN ('automation', 'marker') AND parent = ?1")?.execute([id])?;
    Ok(())
}

fn refuse_if_in_use(conn: &Connection, subject: &Subject, video_ids: &[String], now: Millis) -> Result<(), Refusal> {
    let media = library::media(conn)?;
    let unfinished = runs::list(conn, &media, Which::Unsettled, None, usize::MAX)?;
    let using: Vec<Progress<'_>> = unfinished
        .iter()
        .map(|run| Progress::at(&run.facts, now))
        .filter(|run| video_ids.iter().any(|id| run.item(id).is_some()))
        .collect();
    let word = subject.word();
    if let Subject::Index(index_id) = subject {
        let importing = imports::filling(conn, index_id)?;
        if let Some(job) = importing.first() {
            let message = format!("This index cannot be deleted yet: the import job {job} still fills it. Wait for the job, or cancel it.");
            return Err(Refusal::conflict("resource_index_in_use", message).with("import_job_ids", importing));
        }
    }
    let Some(first) = using.first() else { return Ok(()) };
    let run_id = &first.facts.run_id;
    let retry = first.facts.retries.iter().find(|retry| retry.settled.is_none()).filter(|_| first.status.is_terminal());
    let why = match retry {
        Some(retry) => format!("the retry {} of the run {run_id} still processes it. Wait for the retry.", retry.retry_id),
        None => format!("the run {run_id} still processes it. Wait for the run, or cancel it."),
    };
    let code = if word == "index" { "resource_index_in_use" } else { "resource_video_in_use" };
    let run_ids: Vec<String> = using.iter().map(|run| run.facts.run_id.clone()).collect();
    Err(Refusal::conflict(code, format!("This {word} cannot be deleted yet: {why}")).with("run_ids", run_ids))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_alone_moves_a_deletion() {
        let subject = Subject::Video("v".into());
        let started = Started { key: subject.key(), subject, deletion_id: "del_1".into(), at: 1_000, files: Vec::new() };
        let told = |now| {
            let deletion = started.at(now);
            (deletion.status, deletion.retry_after_seconds)
        };
        for (now, status, left) in [
            (1_000, "draining", Some(2)),
            (1_399, "draining", Some(1)),
            (1_400, "deleting", Some(1)),
            (2_199, "deleting", Some(1)),
            (2_200, "deleted", None),
            (i64::MAX, "deleted", None),
        ] {
            assert_eq!(told(now), (status.to_owned(), left), "{now}");
        }
    }
}
