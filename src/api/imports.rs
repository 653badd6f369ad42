//! Import jobs: each takes files out of a connector's bucket and makes media of an index from them. Uploads answer with such a job, too.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{
    Access, Body, Repeat, Scope,
    connectors::ImportMode,
    endpoint,
    ids::{ConnectorId, IndexId, JobId},
    null_as_default,
    page::Rows,
    state, time,
};

pub use super::page::Items;

/// The states of an import job.
pub const STATES: [&str; 6] = ["pending", "scanning", "importing", "completed", "failed", "cancelled"];

/// Import files of a connector's bucket into an index.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreateImportJob {
    /// The connector.
    pub connector_id: ConnectorId,
    /// The index.
    pub index_id: IndexId,
    /// The prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_prefix: Option<String>,
    /// The pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_pattern: Option<String>,
    /// Default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recursive: Option<bool>,
    /// The mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_mode_override: Option<ImportMode>,
}

endpoint!(CreateImportJob, Post, "/import-jobs", Access::Scope(Scope::Write), ImportJob, REPEAT = Repeat::Keyed("import-job-create"),);

/// The most files that one call attaches.
const MOST_ATTACHED: usize = 100;

/// Import files from addresses.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct AttachFiles {
    #[schemars(length(min = 1, max = MOST_ATTACHED))]
    pub files: Vec<Attachment>,
    pub title: Option<String>,
    pub index_id: Option<IndexId>,
    /// The name.
    #[schemars(length(max = 100))]
    pub index_name: Option<String>,
}

endpoint!(
    AttachFiles,
    Post,
    "/workflow/attachments",
    Access::Scope(Scope::Write),
    ImportJob,
    REPEAT = Repeat::Keyed("workflow-attachments"),
    RULE = AttachFiles::fits,
);

impl AttachFiles {
    fn fits(&self) -> Result<(), String> {
        if self.files.is_empty() {
            return Err("give at least one of `files`".into());
        }
        if self.files.len() > MOST_ATTACHED {
            return Err(format!("give at most {MOST_ATTACHED} `files`"));
        }
        if self.index_id.is_some() && self.index_name.is_some() {
            return Err("give `index_id` or `index_name`, not both".into());
        }
        let mut seen = std::collections::HashSet::new();
        match self.files.iter().find(|file| !seen.insert(file.file_id.as_str())) {
            Some(twice) => Err(format!("`files` names the `file_id` {:?} twice", twice.file_id)),
            None => Ok(()),
        }
    }
}

// A file at an address. No doc comment: the schema would carry it to every model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Attachment {
    pub download_url: String,
    /// Your own id.
    #[schemars(length(min = 1, max = 200))]
    pub file_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
}

/// List import jobs, newest first, with their progress.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ListImportJobs {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = STATES))]
    pub status: Option<String>,
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_id: Option<IndexId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub automation_only: Option<bool>,
}

endpoint!(ListImportJobs, Get, "/import-jobs", Access::Scope(Scope::Read), Rows<ImportJob>);

/// Reads an import job.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct GetImportJob {
    pub job_id: JobId,
}

endpoint!(GetImportJob, Get, "/import-jobs/{job_id}", Access::Scope(Scope::Read), ImportJob);

/// Stop an import job; files that it has imported stay.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct CancelImportJob {
    pub job_id: JobId,
}

endpoint!(
    CancelImportJob,
    Post,
    "/import-jobs/{job_id}/cancel",
    Access::Scope(Scope::Write),
    ImportJob,
    REPEAT = Repeat::Keyed("import-job-cancel"),
    BODY = Body::Nothing,
);

/// Try the failed and cancelled files of an import job again.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct RetryImportJob {
    pub job_id: JobId,
    /// As in `attach_workflow_file`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-told-elsewhere" = true))]
    pub files: Option<Vec<Attachment>>,
}

endpoint!(
    RetryImportJob,
    Post,
    "/import-jobs/{job_id}/retry",
    Access::Scope(Scope::Write),
    ImportJob,
    REPEAT = Repeat::Keyed("import-job-retry"),
    BODY = Body::MembersIfAny,
);

/// List the media that an import job made, in order.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ListImportOutputs {
    pub job_id: JobId,
    #[schemars(range(min = 1))]
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

endpoint!(ListImportOutputs, Get, "/import-jobs/{job_id}/outputs", Access::Scope(Scope::Read), Items<ImportOutput>);

/// List the files of an import job, with what became of each.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ListImportFiles {
    pub job_id: JobId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_only: Option<bool>,
    #[schemars(range(min = 1))]
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

endpoint!(ListImportFiles, Get, "/import-jobs/{job_id}/files", Access::Scope(Scope::Read), Items<ImportFile>);

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Progress {
    #[serde(deserialize_with = "null_as_default")]
    pub total_files: u64,
    #[serde(deserialize_with = "null_as_default")]
    pub imported: u64,
    #[serde(deserialize_with = "null_as_default")]
    pub failed: u64,
    #[serde(deserialize_with = "null_as_default")]
    pub skipped: u64,
    #[serde(deserialize_with = "null_as_default")]
    pub bytes_transferred: u64,
    pub current_file: Option<String>,
    /// Long media are imported in parts, and each part is a media item.
    #[serde(deserialize_with = "null_as_default")]
    pub parts_total: u64,
    #[serde(deserialize_with = "null_as_default")]
    pub parts_completed: u64,
    #[serde(deserialize_with = "null_as_default")]
    pub parts_failed: u64,
}

/// The prompt run that follows an import, if one was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Execution {
    /// `not_requested`, `pending`, `submitted` or `blocked`.
    #[serde(deserialize_with = "null_as_not_requested")]
    pub status: String,
    /// The run.
    pub run_id: Option<String>,
    /// Why there is none.
    pub error_code: Option<String>,
    /// The same in words.
    pub error: Option<String>,
}

fn null_as_not_requested<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(|| Execution::default().status))
}

impl Default for Execution {
    fn default() -> Self {
        Self { status: "not_requested".to_owned(), run_id: None, error_code: None, error: None }
    }
}

/// A media item that a job made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ImportOutput {
    #[serde(default, deserialize_with = "null_as_default")]
    pub file_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub file_name: String,
    /// The place of the file in the order of the job.
    #[serde(default, deserialize_with = "null_as_default")]
    pub source_ordinal: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub part_index: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub part_count: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub source_start_seconds: f64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub source_end_seconds: f64,
    /// Empty while the item is being made.
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub title: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
}

/// A file that a job found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ImportFile {
    pub file_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub file_name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub source_ordinal: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    pub part_count: Option<u64>,
    pub parts_completed: Option<u64>,
    pub parts_failed: Option<u64>,
    pub failure: Option<Map<String, Value>>,
    pub skip_reason: Option<String>,
}

/// A file that could not be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FailedFile {
    /// Where it is in the bucket.
    #[serde(deserialize_with = "null_as_default")]
    pub path: String,
    /// Why it could not be imported.
    #[serde(deserialize_with = "null_as_default")]
    pub error: String,
}

/// A file that was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SkippedFile {
    /// Where it is in the bucket.
    #[serde(deserialize_with = "null_as_default")]
    pub path: String,
    /// Why it was left out.
    #[serde(deserialize_with = "null_as_default")]
    pub reason: String,
}

/// An import job.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ImportJob {
    pub job_id: String,
    /// One of [`STATES`].
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default)]
    pub phase: Option<String>,
    #[serde(default = "connector", deserialize_with = "null_as_default")]
    pub source_kind: String,
    #[serde(default)]
    pub connector_id: Option<String>,
    #[serde(default)]
    pub target_index_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub source_prefix: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub file_pattern: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub recursive: bool,
    #[serde(default, deserialize_with = "time::maybe")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub started_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub completed_at: Option<String>,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub progress: Progress,
    #[serde(default, deserialize_with = "null_as_default")]
    pub outputs: Items<ImportOutput>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub execution: Execution,
    /// The media of this page of outputs that are ready.
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_ids: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub failed_files: Vec<FailedFile>,
    #[serde(default)]
    pub failed_files_next_cursor: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub skipped_files: Vec<SkippedFile>,
}

/// What a job imports from, if it does not say.
fn connector() -> String {
    "connector".to_owned()
}

impl ImportJob {
    /// Whether nothing will change any more.
    pub fn is_over(&self) -> bool {
        state::is_one_of(&self.status, &["completed", "failed", "cancelled"])
    }

    /// How many files failed. Those that it names are a page of them.
    pub fn failed(&self) -> u64 {
        self.progress.failed.max(u64::try_from(self.failed_files.len()).unwrap_or(u64::MAX))
    }
}
