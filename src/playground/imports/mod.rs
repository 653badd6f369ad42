//! Import jobs: their routes, their records, and the work.
//!
//! A job is a record, and each of its files is one, too. `work` takes the jobs one after the other, in the order in which they were made.
//! It takes the files of a bucket in the order of their paths, and those of a call (`attachments`) in the order of the call. It changes a
//! file and its job in one transaction, so a restart goes on where the playground stopped. `record` says what is kept and how the API shows
//! it. Start with [`work()`].

mod attachments;
mod follow;
mod record;
mod registered;
mod relist;
mod sample;
mod work;

use rusqlite::{Connection, Transaction};

use super::{
    Refusal,
    auth::Caller,
    connectors,
    cursor::page_size,
    mount::{Mount, Reply},
    naming, random,
    store::{
        Store, library,
        records::{self, Which},
    },
    time::{Millis, now},
};
use crate::api::{
    connectors::{ImportMode, Purpose},
    imports::{
        Attachment, CancelImportJob, CreateImportJob, Execution, GetImportJob, ImportFile, ImportJob, ImportOutput, Items, ListImportFiles,
        ListImportJobs, ListImportOutputs, Progress, RetryImportJob, STATES,
    },
    page::Rows,
    runs::RunRequest,
    videos::Video,
};

pub use attachments::Fetch;
pub use record::{Fate, Job, SourceFile, State, filling, shown};
pub use registered::{Registered, register};
pub use sample::seed;
pub use work::work;

/// The word for the source of a job that imports what a bucket holds.
const CONNECTOR: &str = "connector";
/// The most jobs of a list, and how many there are by default.
const MOST_JOBS: u32 = 200;
/// How many files or outputs a page has by default, and at most. The API's description names no limit.
const PAGE: (u32, u32) = (100, 1_000);

/// Mounts the operations on import jobs.
pub fn mount(mount: Mount) -> Mount {
    mount
        .write_meant(create, spell_out)
        .accepted()
        .write(attachments::attach)
        .accepted()
        .read(list)
        .read(get)
        .write(cancel)
        .write(retry)
        .read(outputs)
        .read(source_files)
}

/// Writes the defaults of the API into a call.
fn spell_out(call: &mut CreateImportJob) {
    call.source_prefix.get_or_insert_default();
    call.file_pattern.get_or_insert_with(|| "*".to_owned());
    call.recursive.get_or_insert(true);
}

fn create(_: &Caller, tx: &Transaction<'_>, call: CreateImportJob) -> Reply<ImportJob> {
    shown(tx, &begin(tx, call, None)?)
}

/// What an automation asks of its jobs.
pub struct Automatic {
    /// The prompt run over what is imported, if there is to be one. Its target does not matter.
    pub run: Option<RunRequest>,
}

/// Makes a job, if the connector and the index allow that.
pub fn begin(tx: &Connection, mut call: CreateImportJob, automatic: Option<Automatic>) -> Reply<Job> {
    spell_out(&mut call);
    naming::within_path("source_prefix", call.source_prefix.as_deref().unwrap_or_default())?;
    naming::within_path("file_pattern", call.file_pattern.as_deref().unwrap_or_default())?;
    let connector = connectors::find(tx, call.connector_id.as_str())?;
    library::own_index(tx, call.index_id.as_str())?;
    connector.permits(Purpose::Import)?;
    let new_only = match call.import_mode_override {
        Some(mode) => mode == ImportMode::NewOnly,
        None => connector.0.import_mode == ImportMode::NewOnly.as_str(),
    };
    let job = Job {
        connector_id: Some(connector.0.connector_id),
        index_id: Some(call.index_id.as_str().to_owned()),
        prefix: call.source_prefix.unwrap_or_default(),
        pattern: call.file_pattern.filter(|pattern| !pattern.is_empty()).unwrap_or_else(|| "*".to_owned()),
        recursive: call.recursive.unwrap_or(true),
        new_only,
        automation: automatic.is_some(),
        ..Job::new(CONNECTOR, now())?
    };
    let job = match automatic.and_then(|automatic| automatic.run) {
        Some(run) => Job { execution: Execution { status: "pending".to_owned(), ..Execution::default() }, run: Some(run), ..job },
        None => job,
    };
    records::insert(tx, &job)?;
    Ok(job)
}

impl Job {
    /// A job that has not begun.
    pub fn new(source_kind: &str, created: Millis) -> Result<Self, Refusal> {
        Ok(Self {
            job_id: random::id("import_")?,
            state: State::Pending,
            source_kind: source_kind.to_owned(),
            connector_id: None,
            index_id: None,
            prefix: String::new(),
            pattern: "*".to_owned(),
            recursive: true,
            new_only: false,
            automation: false,
            created,
            started: None,
            completed: None,
            error: None,
            scanned: false,
            relist: false,
            progress: Progress::default(),
            execution: Execution::default(),
            run: None,
            address: None,
        })
    }
}

/// The job of an upload. It is over when the answer comes, because the file is measured by then.
pub fn uploaded(tx: &Transaction<'_>, name: &str, bytes: u64, video: &Video, index_id: Option<&str>) -> Result<ImportJob, Refusal> {
    let at = now();
    let job = Job {
        state: State::Completed,
        index_id: index_id.map(str::to_owned),
        recursive: false,
        started: Some(at),
        completed: Some(at),
        scanned: true,
        progress: Progress {
            total_files: 1,
            imported: 1,
            bytes_transferred: bytes,
            parts_total: 1,
            parts_completed: 1,
            ..Progress::default()
        },
        ..Job::new("upload", at)?
    };
    records::insert(tx, &job)?;
    let file = SourceFile {
        file_id: random::id("file_")?,
        job_id: job.job_id.clone(),
        ordinal: 0,
        known_by: SourceFile::known_by(&job.job_id, name),
        path: name.to_owned(),
        size: bytes,
        modified: at,
        index_id: index_id.map(str::to_owned),
        fate: Fate::Imported,
        reason: None,
        video_id: Some(video.video_id.clone()),
        title: video.title.clone(),
        duration: video.duration_seconds.unwrap_or_default(),
        attached: None,
        submitted: false,
    };
    records::insert(tx, &file)?;
    work::tell_of_ended(tx, &job)?;
    shown(tx, &job)
}

/// Whether an import from a connector is under way.
pub fn under_way(connection: &Connection, connector_id: &str) -> Result<bool, Refusal> {
    for state in [State::Pending, State::Scanning, State::Importing] {
        let which = Which { parent: Some(connector_id), state: Some(state.as_str()), ..Which::default() };
        if records::count::<Job>(connection, &which)? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How an automation's last job went.
pub enum Last {
    /// It is still under way.
    UnderWay,
    /// It found no file that was new.
    Empty,
    /// It failed, or the run after it could not start, for this reason.
    Failed(String),
    /// It imported something, or somebody cancelled or deleted it.
    Other,
}

/// How an automation's last job went.
pub fn last(connection: &Connection, job_id: &str) -> Result<Last, Refusal> {
    Ok(match records::find::<Job>(connection, job_id)? {
        Some(job) if !job.state.is_over() => Last::UnderWay,
        Some(job) if job.state == State::Completed && job.progress.total_files == 0 => Last::Empty,
        Some(Job { state: State::Failed, error, .. }) => Last::Failed(error.unwrap_or_default()),
        Some(Job { execution: Execution { status, error: Some(error), .. }, .. }) if status == "blocked" => Last::Failed(error),
        _ => Last::Other,
    })
}

async fn list(_: Caller, store: Store, call: ListImportJobs) -> Reply<Rows<ImportJob>> {
    let limit = page_size::<ListImportJobs>("limit", call.limit, MOST_JOBS, MOST_JOBS)?;
    if call.status.as_ref().is_some_and(|status| !STATES.contains(&status.as_str())) {
        return Err(Refusal::argument(["query", "status"], format!("Input should be one of {}", STATES.join(", ")), "enum"));
    }
    store
        .read(move |connection| {
            let all = records::list::<Job>(connection, &Which { state: call.status.as_deref(), ..Which::default() })?;
            let fits = |job: &Job| {
                call.index_id.as_ref().is_none_or(|index| job.index_id.as_deref() == Some(index.as_str()))
                    && (job.automation || call.automation_only != Some(true))
            };
            let fitting = all.iter().map(|stored| &stored.record).filter(|job| fits(job));
            let jobs: Result<Vec<_>, _> = fitting.take(limit as usize).map(|job| shown(connection, job)).collect();
            Ok(Rows::all(jobs?))
        })
        .await
}

async fn get(_: Caller, store: Store, call: GetImportJob) -> Reply<ImportJob> {
    store.read(move |connection| shown(connection, &records::get(connection, call.job_id.as_str())?)).await
}

/// Stops a job. What was imported stays. If the job has ended already, nothing changes and the answer is its record: the caller wants it
/// not to go on, and it does not.
fn cancel(_: &Caller, tx: &Transaction<'_>, call: CancelImportJob) -> Reply<ImportJob> {
    let mut job: Job = records::get(tx, call.job_id.as_str())?;
    if !job.state.is_over() {
        for stored in record::files(tx, &job.job_id, Some(Fate::Pending), 0, u32::MAX)? {
            records::update(tx, &SourceFile { fate: Fate::Cancelled, ..stored.record })?;
        }
        job.state = State::Cancelled;
        job.completed = Some(now());
        job.progress.current_file = None;
        follow::block(&mut job);
        records::update(tx, &job)?;
    }
    shown(tx, &job)
}

/// Tries what failed or was cancelled again.
///
/// The service was seen to refuse jobs of connectors here with 400, and to take jobs of attachments only. That is of no use on a playground,
/// and a client cannot tell a fault of its own from it. So this playground takes both.
fn retry(_: &Caller, tx: &Transaction<'_>, call: RetryImportJob) -> Reply<ImportJob> {
    let mut job: Job = records::get(tx, call.job_id.as_str())?;
    if !job.state.is_over() {
        return Err(Refusal::conflict("import_job_under_way", "This import is still under way; there is nothing to try again yet."));
    }
    if let Some(index_id) = &job.index_id {
        library::own_index(tx, index_id)?;
    }
    for fresh in call.files.into_iter().flatten() {
        refresh(tx, &job, fresh)?;
    }
    let mut again = 0;
    for fate in [Fate::Failed, Fate::Cancelled] {
        for stored in record::files(tx, &job.job_id, Some(fate), 0, u32::MAX)? {
            records::update(tx, &SourceFile { fate: Fate::Pending, reason: None, ..stored.record })?;
            again += 1;
        }
    }
    // A job that never listed its files begins anew.
    if again > 0 || !job.scanned {
        job.state = State::Pending;
        job.relist = job.scanned && job.source_kind == CONNECTOR;
        follow::unblock(&mut job);
        job.completed = None;
        job.error = None;
        job.progress.failed = 0;
        job.progress.parts_failed = 0;
        records::update(tx, &job)?;
    }
    shown(tx, &job)
}

/// Gives a file that failed or was cancelled another address. Addresses that are good for a while only may have ended meanwhile.
fn refresh(tx: &Transaction<'_>, job: &Job, fresh: Attachment) -> Reply<()> {
    attachments::check(&fresh)?;
    let known_by = SourceFile::known_by(&job.job_id, &fresh.file_id);
    let found = records::list::<SourceFile>(tx, &Which { name: Some(&known_by), ..Which::default() })?.pop();
    let file = found.map(|stored| stored.record).filter(|file| matches!(file.fate, Fate::Failed | Fate::Cancelled));
    let Some(file) = file.filter(|file| file.attached.is_some()) else {
        let message = format!("No failed or cancelled file of this job was attached as `{}`", fresh.file_id);
        return Err(Refusal::argument(["body", "files"], message, "value_error"));
    };
    records::update(tx, &SourceFile { attached: Some(fresh), ..file })
}

async fn outputs(_: Caller, store: Store, call: ListImportOutputs) -> Reply<Items<ImportOutput>> {
    let limit = page_size::<ListImportOutputs>("limit", call.limit.map(|limit| limit.min(PAGE.1)), PAGE.0, PAGE.1)?;
    let cursors = store.clone();
    store
        .read(move |connection| {
            let job: Job = records::get(connection, call.job_id.as_str())?;
            let after: i64 = cursors.cursors().position(&call, call.cursor.as_deref())?.unwrap_or_default();
            let page =
                record::page(connection, &job.job_id, Some(Fate::Imported), after, limit, |place| cursors.cursors().seal(&call, place))?;
            let total = record::count(connection, &job.job_id, Some(Fate::Imported))?;
            let items = page.files.iter().map(|file| file.output(connection)).collect::<Reply<_>>()?;
            Ok(Items { items, next_cursor: page.next, total })
        })
        .await
}

async fn source_files(_: Caller, store: Store, call: ListImportFiles) -> Reply<Items<ImportFile>> {
    let limit = page_size::<ListImportFiles>("limit", call.limit.map(|limit| limit.min(PAGE.1)), PAGE.0, PAGE.1)?;
    let cursors = store.clone();
    store
        .read(move |connection| {
            let job: Job = records::get(connection, call.job_id.as_str())?;
            let fate = call.failed_only.unwrap_or_default().then_some(Fate::Failed);
            let after: i64 = cursors.cursors().position(&call, call.cursor.as_deref())?.unwrap_or_default();
            let page = record::page(connection, &job.job_id, fate, after, limit, |place| cursors.cursors().seal(&call, place))?;
            let total = record::count(connection, &job.job_id, fate)?;
            Ok(Items { items: page.files.iter().map(SourceFile::shown).collect(), next_cursor: page.next, total })
        })
        .await
}

#[cfg(test)]
pub(crate) const SAMPLES: super::tests::round_trip::Samples = &[
    (
        "POST /import-jobs",
        r#"{"connector_id": "ID", "index_id": "ID", "source_prefix": "TEXT", "file_pattern": "TEXT", "recursive": false, "import_mode_override": "new_only"}"#,
    ),
    ("GET /import-jobs", r#"{"status": "failed", "limit": 7, "index_id": "ID", "automation_only": true}"#),
    ("POST /import-jobs/{job_id}/retry", r#"{"files": [{"download_url": "TEXT", "file_id": "TEXT", "mime_type": "TEXT"}]}"#),
    (
        "POST /workflow/attachments",
        r#"{"files": [{"download_url": "TEXT", "file_id": "TEXT", "file_name": "TEXT", "mime_type": "TEXT"}], "title": "TEXT", "index_id": "ID",
            "index_name": null}"#,
    ),
    ("GET /import-jobs/{job_id}/outputs", r#"{"limit": 7, "cursor": "TEXT"}"#),
    ("GET /import-jobs/{job_id}/files", r#"{"failed_only": true, "limit": 7, "cursor": "TEXT"}"#),
];
