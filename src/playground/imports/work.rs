//! The work of import jobs: one task does it, one file after the other.
//!
//! What takes long (listing a bucket, copying and measuring a file) happens outside of the store. Then one transaction writes what came of
//! it. It looks at the job again first, since somebody may have cancelled it meanwhile.

use std::{io::Read, sync::Arc, time::Duration};

use rusqlite::{Connection, Transaction};
use serde_json::json;

use super::{Fate, Job, SourceFile, State, attachments, follow, record, relist::relist};
use crate::{
    api::connectors::Purpose,
    playground::{
        Refusal,
        connectors::{
            self, Filter,
            bucket::{Bucket, Listing, Object, blocking},
        },
        events,
        form::MOST_FILE,
        media::{self, Kind, Prepared, Words},
        naming, random,
        service::Service,
        store::records::{self, Which},
        time::now,
    },
};

/// The most files of a job.
const MOST_FILES: usize = 10_000;
/// How long the task waits before it tries again after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How many files there are between two events about the progress of a job.
const TOLD_EVERY: u64 = 10;
/// The most bytes of subtitles beside a file.
const MOST_SUBTITLES: u64 = 4 << 20;
/// The longest title of a media item, in characters.
pub const MOST_TITLE: usize = 255;

/// Does the work of all jobs until the playground stops. While there is none, it does nothing.
pub async fn work(service: Arc<Service>) {
    let mut changes = service.store.changes();
    let stopping = service.stopping.clone();
    loop {
        changes.mark_unchanged();
        let step = tokio::select! {
            () = stopping.cancelled() => return,
            step = step(&service) => step,
        };
        match step {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                () = stopping.cancelled() => return,
                changed = changes.changed() => if changed.is_err() { return },
            },
            Err(refusal) => {
                tracing::error!(%refusal, "a step of an import failed");
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(AFTER_FAILURE) => {}
                }
            }
        }
    }
}

/// What is to be done next.
enum Next {
    Scan(Job),
    Import(Job, Box<SourceFile>),
    End(Job),
}

/// Does one step of the oldest job. Returns false if there is none.
async fn step(service: &Arc<Service>) -> Result<bool, Refusal> {
    let waiting = service.store.read(|connection| Ok(oldest(connection)?.is_some())).await?;
    if !waiting {
        return Ok(false);
    }
    match service.store.write(next).await? {
        None => return Ok(true),
        Some(Next::Scan(job)) => scan(service, job).await?,
        Some(Next::Import(job, file)) => import(service, job, *file).await?,
        Some(Next::End(job)) => service.store.write(move |tx| end(tx, &job.job_id)).await?,
    }
    Ok(true)
}

/// The oldest job that has not ended. Jobs that began go first.
fn oldest(connection: &Connection) -> Result<Option<Job>, Refusal> {
    for state in [State::Importing, State::Scanning, State::Pending] {
        let which = Which { state: Some(state.as_str()), after: Some(0), limit: Some(1), ..Which::default() };
        if let Some(stored) = records::list::<Job>(connection, &which)?.pop() {
            return Ok(Some(stored.record));
        }
    }
    Ok(None)
}

/// Moves the oldest job on, and says what it needs.
fn next(tx: &Transaction<'_>) -> Result<Option<Next>, Refusal> {
    let Some(mut job) = oldest(tx)? else { return Ok(None) };
    if job.state == State::Pending {
        job.state = if job.scanned && !job.relist { State::Importing } else { State::Scanning };
        job.started.get_or_insert_with(now);
        records::update(tx, &job)?;
        // Each try tells that it begins, as it tells how it ends.
        tell(tx, &job, "import_job.started")?;
    }
    if job.state == State::Scanning {
        return Ok(Some(Next::Scan(job)));
    }
    let file = record::files(tx, &job.job_id, Some(Fate::Pending), 0, 1)?.pop();
    Ok(Some(match file {
        Some(stored) => Next::Import(job, Box::new(stored.record)),
        None => Next::End(job),
    }))
}

/// The bucket of a job, or why it cannot be used.
async fn bucket(service: &Arc<Service>, job: &Job) -> Result<Result<Bucket, String>, Refusal> {
    let service = Arc::clone(service);
    let Some(id) = job.connector_id.clone() else {
        let name = job.bucket().to_owned();
        return blocking(move || service.buckets.find(&name)).await;
    };
    let permitted = service.store.read(move |connection| {
        let found = connectors::find(connection, &id).and_then(|kept| kept.permits(Purpose::Import).map(|()| kept));
        Ok(found.map_err(|refusal| refusal.message().to_owned()))
    });
    Ok(match permitted.await? {
        Ok(kept) => blocking(move || service.buckets.find(kept.bucket())).await?,
        Err(reason) => Err(reason),
    })
}

/// Lists the files of a job.
async fn scan(service: &Arc<Service>, job: Job) -> Result<(), Refusal> {
    let filter = Filter::new(&job.prefix, &job.pattern, job.recursive, MOST_FILES);
    let listing = match bucket(service, &job).await? {
        Ok(bucket) => blocking(move || bucket.list(&filter)).await?,
        Err(reason) => Err(reason),
    };
    service.store.write(move |tx| keep_listing(tx, &job.job_id, listing)).await
}

fn keep_listing(tx: &Transaction<'_>, job_id: &str, listing: Result<Listing, String>) -> Result<(), Refusal> {
    let mut job: Job = records::get(tx, job_id)?;
    if job.state != State::Scanning {
        return Ok(());
    }
    let listing = match listing {
        Ok(listing) => listing,
        // The files that wait are tried all the same. Each of them then says what is wrong.
        Err(_) if job.relist => Listing { objects: Vec::new(), more: false },
        Err(reason) => return fail(tx, job, reason),
    };
    if job.relist {
        job.error = relist(tx, &job, &listing)?;
        (job.relist, job.state) = (false, State::Importing);
        job.progress.current_file = upcoming(tx, job_id)?;
        return records::update(tx, &job);
    }
    if listing.more {
        job.error = Some(format!("The bucket has more files than one import takes; {} of them were taken.", listing.objects.len()));
    }
    for (ordinal, object) in (0_u64..).zip(&listing.objects) {
        let skipped = skipped(tx, &job, object)?;
        // An automation looks again and again. What it left out once is no news.
        if job.automation && skipped.is_some() {
            continue;
        }
        let counts = &mut job.progress;
        counts.total_files += 1;
        counts.parts_total += u64::from(skipped.is_none());
        counts.skipped += u64::from(skipped.is_some());
        records::insert(tx, &found(&job, ordinal, object, skipped)?)?;
    }
    job.scanned = true;
    job.state = State::Importing;
    job.progress.current_file = upcoming(tx, job_id)?;
    records::update(tx, &job)
}

fn found(job: &Job, ordinal: u64, object: &Object, skipped: Option<String>) -> Result<SourceFile, Refusal> {
    Ok(SourceFile {
        file_id: random::id("file_")?,
        job_id: job.job_id.clone(),
        ordinal,
        known_by: SourceFile::known_by(job.connector_id.as_deref().unwrap_or_default(), &object.path),
        path: object.path.clone(),
        size: object.size,
        modified: object.modified,
        index_id: job.index_id.clone(),
        fate: if skipped.is_some() { Fate::Skipped } else { Fate::Pending },
        reason: skipped,
        video_id: None,
        title: naming::titled(object.name(), MOST_TITLE),
        duration: 0.0,
        attached: None,
        submitted: false,
    })
}

/// Why a file is left out.
pub fn skipped(tx: &Transaction<'_>, job: &Job, object: &Object) -> Result<Option<String>, Refusal> {
    let extension = object.extension();
    if Kind::named(object.name()).is_none() {
        let what = if extension.is_empty() { "files without an extension".to_owned() } else { format!("files of the kind .{extension}") };
        return Ok(Some(format!("{what} are no media")));
    }
    if !job.new_only {
        return Ok(None);
    }
    let known_by = SourceFile::known_by(job.connector_id.as_deref().unwrap_or_default(), &object.path);
    let before = records::list::<SourceFile>(tx, &Which { name: Some(&known_by), ..Which::default() })?;
    // One that failed is tried again by whoever asks for it, and not by an automation.
    let done = |file: &SourceFile| file.fate == Fate::Imported || job.automation && file.fate == Fate::Failed;
    let known = before.iter().any(|stored| done(&stored.record) && stored.record.has(object, job.index_id.as_deref()));
    Ok(known.then(|| "it was imported into this index before".to_owned()))
}

/// Copies and measures a file, and adds it. If the job ends meanwhile, because somebody has cancelled it, the file is not waited for.
async fn import(service: &Arc<Service>, job: Job, file: SourceFile) -> Result<(), Refusal> {
    let bringing = async {
        Ok::<_, Refusal>(match &file.attached {
            Some(attached) => attachments::bring(service, &file, attached).await,
            None => match bucket(service, &job).await? {
                Ok(bucket) => bring(service, bucket, &file).await.map(|brought| brought.known_as(job.address.clone())),
                Err(reason) => Err(reason),
            },
        })
    };
    let brought = tokio::select! {
        brought = bringing => brought?,
        over = over(service, &job.job_id) => return over,
    };
    let (job_id, file_id) = (job.job_id, file.file_id);
    let (kept_job, kept_file) = (job_id.clone(), file_id.clone());
    let kept = service.store.write(move |tx| keep_file(tx, &job_id, &file_id, brought)).await;
    if let Err(refusal) = kept {
        // One file that cannot be written down must not stop all others.
        let reason = refusal.message().to_owned();
        service.store.write(move |tx| keep_file(tx, &kept_job, &kept_file, Err(reason))).await?;
    }
    Ok(())
}

/// Waits until a job imports no more.
async fn over(service: &Service, job_id: &str) -> Result<(), Refusal> {
    let mut changes = service.store.changes();
    loop {
        changes.mark_unchanged();
        let job_id = job_id.to_owned();
        let job: Job = service.store.read(move |connection| records::get(connection, &job_id)).await?;
        if job.state != State::Importing || changes.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// Copies and measures a file, or says why that is not possible.
async fn bring(service: &Arc<Service>, bucket: Bucket, file: &SourceFile) -> Result<Prepared, String> {
    let path = file.path.clone();
    let opened = blocking(move || bucket.open(&path).map(|(content, size)| (content, size, subtitles(&bucket, &path))));
    let said = |refusal: Refusal| refusal.message().to_owned();
    let (content, size, words) = opened.await.map_err(said)??;
    if size == 0 {
        return Err("the file is empty".to_owned());
    }
    if size > MOST_FILE {
        return Err(format!("the file has more than {} GiB", MOST_FILE >> 30));
    }
    media::prepare_from(service, &file.path, content, &file.title, file.index_id.as_deref(), words).await.map_err(said)
}

/// The words of subtitles beside a file.
fn subtitles(bucket: &Bucket, path: &str) -> Option<Vec<Words>> {
    let (stem, _) = path.rsplit_once('.')?;
    ["srt", "vtt"].iter().find_map(|extension| {
        let (content, size) = bucket.open(&format!("{stem}.{extension}")).ok()?;
        let mut text = Vec::new();
        content.take(MOST_SUBTITLES).read_to_end(&mut text).ok()?;
        (size <= MOST_SUBTITLES).then(|| media::subtitles::parse(&String::from_utf8_lossy(&text)))
    })
}

/// Writes down what became of a file.
fn keep_file(tx: &Transaction<'_>, job_id: &str, file_id: &str, brought: Result<Prepared, String>) -> Result<(), Refusal> {
    let mut job: Job = records::get(tx, job_id)?;
    let mut file: SourceFile = records::get(tx, file_id)?;
    if job.state != State::Importing || file.fate != Fate::Pending {
        return Ok(());
    }
    let counts = &mut job.progress;
    match brought {
        Ok(brought) => {
            let size = brought.size();
            // An object that was registered before it was there has an item without a file. That one gets the file.
            let video = brought.in_place_of(file.video_id.take()).keep(tx)?;
            file.fate = Fate::Imported;
            file.size = size;
            file.duration = video.duration_seconds.unwrap_or_default();
            file.title = video.title;
            file.video_id = Some(video.video_id);
            counts.imported += 1;
            counts.parts_completed += 1;
            counts.bytes_transferred += size;
        }
        Err(reason) => {
            file.fate = Fate::Failed;
            file.reason = Some(reason);
            counts.failed += 1;
            counts.parts_failed += 1;
        }
    }
    records::update(tx, &file)?;
    job.progress.current_file = upcoming(tx, job_id)?;
    records::update(tx, &job)?;
    let counts = &job.progress;
    if (counts.imported + counts.failed).is_multiple_of(TOLD_EVERY) && counts.current_file.is_some() {
        tell(tx, &job, "import_job.progress")?;
    }
    Ok(())
}

/// The file that comes next.
fn upcoming(tx: &Transaction<'_>, job_id: &str) -> Result<Option<String>, Refusal> {
    Ok(record::files(tx, job_id, Some(Fate::Pending), 0, 1)?.pop().map(|stored| stored.record.path))
}

/// Ends a job whose files are all done. One that cannot be read is waited for by nobody.
fn end(tx: &Transaction<'_>, job_id: &str) -> Result<(), Refusal> {
    let mut job: Job = records::get(tx, job_id)?;
    if job.state != State::Importing || upcoming(tx, job_id)?.is_some() {
        return Ok(());
    }
    if job.progress.failed > 0 && job.progress.imported == 0 {
        let files = if job.progress.failed == 1 { "The only file" } else { "All files" };
        let note = job.error.take().map(|note| format!(" {note}")).unwrap_or_default();
        return fail(tx, job, format!("{files} failed.{note}"));
    }
    job.state = State::Completed;
    job.completed = Some(now());
    follow::submit(tx, &mut job)?;
    records::update(tx, &job)?;
    tell(tx, &job, if job.progress.failed > 0 { "import_job.partial_completed" } else { "import_job.completed" })
}

fn fail(tx: &Transaction<'_>, mut job: Job, reason: String) -> Result<(), Refusal> {
    job.state = State::Failed;
    job.completed = Some(now());
    job.error = Some(reason);
    job.progress.current_file = None;
    follow::block(&mut job);
    records::update(tx, &job)?;
    tell(tx, &job, "import_job.failed")
}

/// Tells of a job that was over when it was made: that it began, and how it ended.
pub fn tell_of_ended(tx: &Connection, job: &Job) -> Result<(), Refusal> {
    tell(tx, job, "import_job.started")?;
    tell(tx, job, if job.state == State::Failed { "import_job.failed" } else { "import_job.completed" })
}

/// Tells of a job.
fn tell(tx: &Connection, job: &Job, event: &str) -> Result<(), Refusal> {
    let data = json!({
        "job_id": job.job_id,
        "status": job.state.as_str(),
        "connector_id": job.connector_id,
        "index_id": job.index_id,
        "progress": job.progress,
        "error_message": job.error,
    });
    events::emit(tx, event, data, job.index_id.as_deref())
}
