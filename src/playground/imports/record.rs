//! Import jobs and their files, as they are kept and as the API shows them.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    api::{
        ids::JobId,
        imports::{
            Attachment, Execution, FailedFile, ImportFile, ImportJob, ImportOutput, Items, ListImportFiles, ListImportOutputs, Progress,
            SkippedFile,
        },
        runs::RunRequest,
    },
    playground::{
        Refusal,
        connectors::bucket::Object,
        cursor::Cursors,
        store::{
            library,
            records::{self, Record, Stored, Which},
        },
        time::{Millis, rfc3339},
    },
};

/// How many outputs, failed files and skipped files a job shows.
const SHOWN: u32 = 100;

/// The state of an output that is there.
const READY: &str = "ready";

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the API")]
pub enum State {
    Pending,
    Scanning,
    Importing,
    Completed,
    Failed,
    Cancelled,
}

impl State {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Scanning => "scanning",
            Self::Importing => "importing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing happens any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// An import job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub job_id: String,
    /// Its state.
    pub state: State,
    /// What it imports from: `connector`, or the word of another source.
    pub source_kind: String,
    /// The connector, if it imports from one.
    pub connector_id: Option<String>,
    /// The index that the media go to.
    pub index_id: Option<String>,
    /// How the paths begin.
    pub prefix: String,
    /// The pattern of the files.
    pub pattern: String,
    /// Whether folders below count.
    pub recursive: bool,
    /// Whether files that were imported before are left out.
    pub new_only: bool,
    /// Whether an automation made it.
    pub automation: bool,
    /// When it was made.
    pub created: Millis,
    /// When it began.
    pub started: Option<Millis>,
    /// When it ended.
    pub completed: Option<Millis>,
    /// Why it failed, or what it left out.
    pub error: Option<String>,
    /// Whether the files were listed.
    pub scanned: bool,
    /// Whether they are to be listed again, for another try.
    #[serde(default)]
    pub relist: bool,
    /// How far it is.
    pub progress: Progress,
    /// The prompt run that follows.
    pub execution: Execution,
    /// That run, if one was asked for. Its target is what was imported.
    pub run: Option<RunRequest>,
    /// The address of the one object that it imports, if somebody registered one: `gs://bucket/path`.
    #[serde(default)]
    pub address: Option<String>,
}

/// The jobs that still import into an index.
pub fn filling(connection: &Connection, index_id: &str) -> Result<Vec<String>, Refusal> {
    let mut filling = Vec::new();
    for state in [State::Pending, State::Scanning, State::Importing] {
        let jobs = records::list::<Job>(connection, &Which { state: Some(state.as_str()), ..Which::default() })?;
        filling
            .extend(jobs.into_iter().map(|job| job.record).filter(|job| job.index_id.as_deref() == Some(index_id)).map(|job| job.job_id));
    }
    Ok(filling)
}

impl Record for Job {
    const KIND: &'static str = "import_job";

    fn id(&self) -> &str {
        &self.job_id
    }

    fn state(&self) -> Option<&str> {
        Some(self.state.as_str())
    }

    fn parent(&self) -> Option<&str> {
        self.connector_id.as_deref()
    }
}

impl Job {
    /// The bucket in its address. Empty if it has none.
    pub fn bucket(&self) -> &str {
        let bucket = self.address.as_deref().and_then(|address| address.strip_prefix("gs://")?.split('/').next());
        bucket.unwrap_or_default()
    }
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Fate {
    Pending,
    Imported,
    Failed,
    Skipped,
    Cancelled,
}

impl Fate {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Imported => "imported",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A file of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its id.
    pub file_id: String,
    /// The job.
    pub job_id: String,
    /// Its place in the order of the job.
    pub ordinal: u64,
    /// What the file is known by, so that it is found again: its connector and its path.
    pub known_by: String,
    /// Its path in the bucket.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was changed.
    pub modified: Millis,
    /// The index that it goes to.
    pub index_id: Option<String>,
    /// What became of it.
    pub fate: Fate,
    /// Why it failed or was left out.
    pub reason: Option<String>,
    /// The media item that it became.
    pub video_id: Option<String>,
    /// The title of that item.
    pub title: String,
    /// The running time of that item in seconds.
    pub duration: f64,
    /// Where it is loaded from, if that is an address.
    #[serde(default)]
    pub attached: Option<Attachment>,
    /// Whether the prompt run that follows an import was started over it.
    #[serde(default)]
    pub submitted: bool,
}

impl Record for SourceFile {
    const KIND: &'static str = "import_file";

    fn id(&self) -> &str {
        &self.file_id
    }

    fn state(&self) -> Option<&str> {
        Some(self.fate.as_str())
    }

    fn parent(&self) -> Option<&str> {
        Some(&self.job_id)
    }

    fn name(&self) -> Option<&str> {
        Some(&self.known_by)
    }
}

impl SourceFile {
    /// What a file is known by.
    pub fn known_by(connector_id: &str, path: &str) -> String {
        format!("{connector_id}/{path}")
    }

    /// The id that callers know it by: that of its attachment, or its own.
    fn shown_id(&self) -> String {
        self.attached.as_ref().map_or(&self.file_id, |attached| &attached.file_id).clone()
    }

    /// Whether it took this object into this index. An object that was changed since is another one.
    pub fn has(&self, object: &Object, index_id: Option<&str>) -> bool {
        self.index_id.as_deref() == index_id && self.size == object.size && self.modified == object.modified
    }

    /// The file as a job lists it.
    pub fn shown(&self) -> ImportFile {
        let count = |fate: Fate| u64::from(self.fate == fate);
        let failure = self.reason.clone().filter(|_| self.fate == Fate::Failed).map(|reason| {
            let mut failure = Map::new();
            failure.insert("code".to_owned(), Value::from("import_file_failed"));
            failure.insert("message".to_owned(), Value::from(reason));
            failure
        });
        ImportFile {
            file_id: self.shown_id(),
            file_name: self.path.clone(),
            source_ordinal: self.ordinal,
            status: self.fate.as_str().to_owned(),
            part_count: Some(1),
            parts_completed: Some(count(Fate::Imported)),
            parts_failed: Some(count(Fate::Failed)),
            failure,
            skip_reason: self.reason.clone().filter(|_| self.fate == Fate::Skipped),
        }
    }

    /// The media item that it became. Long films are not cut into parts here, so there is one for each file.
    pub fn output(&self, connection: &Connection) -> Result<ImportOutput, Refusal> {
        let there = library::has_item(connection, self.video_id.as_deref().unwrap_or_default())?;
        Ok(ImportOutput {
            file_id: self.shown_id(),
            file_name: self.path.clone(),
            source_ordinal: self.ordinal,
            part_index: 0,
            part_count: 1,
            source_start_seconds: 0.0,
            source_end_seconds: self.duration,
            video_id: self.video_id.clone().unwrap_or_default(),
            title: self.title.clone(),
            status: if there { READY } else { "deleted" }.to_owned(),
        })
    }
}

/// The files of a job with one fate, in the order of the job, after a place.
pub fn files(
    connection: &Connection,
    job_id: &str,
    fate: Option<Fate>,
    after: i64,
    limit: u32,
) -> Result<Vec<Stored<SourceFile>>, Refusal> {
    let which = Which { parent: Some(job_id), state: fate.map(Fate::as_str), after: Some(after), limit: Some(limit), ..Which::default() };
    records::list(connection, &which)
}

/// How many files of a job have a fate.
pub fn count(connection: &Connection, job_id: &str, fate: Option<Fate>) -> Result<u64, Refusal> {
    records::count::<SourceFile>(connection, &Which { parent: Some(job_id), state: fate.map(Fate::as_str), ..Which::default() })
}

/// A page of files, and the cursor of the next one.
pub struct Page {
    /// The files.
    pub files: Vec<SourceFile>,
    /// The cursor of the next page, made by `seal` of the last file's place.
    pub next: Option<String>,
}

/// A page of the files of a job.
pub fn page(
    connection: &Connection,
    job_id: &str,
    fate: Option<Fate>,
    after: i64,
    limit: u32,
    seal: impl FnOnce(&i64) -> Result<String, Refusal>,
) -> Result<Page, Refusal> {
    let mut rows = files(connection, job_id, fate, after, limit.saturating_add(1))?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = match rows.last() {
        Some(last) if more => Some(seal(&last.seq)?),
        _ => None,
    };
    Ok(Page { files: rows.into_iter().map(|stored| stored.record).collect(), next })
}

/// A job as the API shows it.
pub fn shown(connection: &Connection, job: &Job) -> Result<ImportJob, Refusal> {
    let id = JobId::parse(job.job_id.as_str()).map_err(Refusal::internal)?;
    let cursors = Cursors::of(connection)?;
    let outputs_call = ListImportOutputs { job_id: id.clone(), limit: None, cursor: None };
    let made = page(connection, &job.job_id, Some(Fate::Imported), 0, SHOWN, |place| cursors.seal(&outputs_call, place))?;
    let failed_call = ListImportFiles { job_id: id, failed_only: Some(true), limit: None, cursor: None };
    let failed = page(connection, &job.job_id, Some(Fate::Failed), 0, SHOWN, |place| cursors.seal(&failed_call, place))?;
    let skipped = files(connection, &job.job_id, Some(Fate::Skipped), 0, SHOWN)?;
    let outputs: Vec<ImportOutput> = made.files.iter().map(|file| file.output(connection)).collect::<Result<_, _>>()?;
    let reason = |file: &SourceFile| file.reason.clone().unwrap_or_default();
    Ok(ImportJob {
        job_id: job.job_id.clone(),
        status: job.state.as_str().to_owned(),
        phase: (!job.state.is_over()).then(|| job.state.as_str().to_owned()),
        source_kind: job.source_kind.clone(),
        connector_id: job.connector_id.clone(),
        target_index_id: job.index_id.clone(),
        source_prefix: job.prefix.clone(),
        file_pattern: job.pattern.clone(),
        recursive: job.recursive,
        created_at: Some(rfc3339(job.created)),
        started_at: job.started.map(rfc3339),
        completed_at: job.completed.map(rfc3339),
        error_message: job.error.clone(),
        progress: job.progress.clone(),
        video_ids: outputs.iter().filter(|output| output.status == READY).map(|output| output.video_id.clone()).collect(),
        outputs: Items { items: outputs, next_cursor: made.next, total: job.progress.imported },
        execution: job.execution.clone(),
        failed_files: failed.files.iter().map(|file| FailedFile { path: file.path.clone(), error: reason(file) }).collect(),
        failed_files_next_cursor: failed.next,
        skipped_files: skipped
            .iter()
            .map(|stored| SkippedFile { path: stored.record.path.clone(), reason: reason(&stored.record) })
            .collect(),
    })
}
