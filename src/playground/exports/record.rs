//! The record of an export, and where it is at a moment.

use serde::{Deserialize, Serialize};

use super::bare;
use crate::{
    api::{
        self,
        exports::{ExportParams, ResultScope},
    },
    playground::{
        ACCOUNT, BASE_PATH,
        store::records::Record,
        time::{Millis, SECOND, now, rfc3339},
    },
};

/// How long an export waits in the queue.
const QUEUED: Millis = SECOND / 5;
/// How often writing a file is tried. What fails here would fail again.
const ATTEMPTS: u64 = 1;
/// Where the files that can be downloaded are, in the words of the service.
const PLACE: &str = "gs://videosearch-playground-exports";

/// When the sample export was asked for: 2026-01-06, 09:00 UTC.
const SAMPLED: Millis = 1_767_690_000_000;

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An index with its media and their results.
    Index,
    /// A run with its results.
    PromptRun,
}

impl Kind {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::PromptRun => "prompt_run",
        }
    }
}

/// The bucket that a file goes into.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Destination {
    /// The connector.
    pub connector_id: String,
    /// The folder that the connector names for exports.
    pub base_path: Option<String>,
    /// The folder below that.
    pub subpath: Option<String>,
    /// The bucket, in the words of the service: `s3://films`.
    pub bucket: String,
}

impl Destination {
    /// The path of a file in the bucket.
    pub fn path(&self, export_id: &str) -> String {
        let folders = [&self.base_path, &self.subpath].into_iter().flatten().map(|path| bare(path));
        let mut parts: Vec<&str> = folders.filter(|path| !path.is_empty()).collect();
        let name = format!("{export_id}.json");
        parts.push(&name);
        parts.join("/")
    }
}

/// An export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Export {
    /// Its id.
    pub export_id: String,
    /// What is exported.
    pub kind: Kind,
    /// The index or the run.
    pub target_id: String,
    /// The runs whose results an export of an index holds. `None` means all.
    pub run_ids: Option<Vec<String>>,
    /// Which results it was asked for.
    pub scope: ResultScope,
    /// The bucket. Without one, the file can be downloaded.
    pub destination: Option<Destination>,
    /// When it was asked for.
    pub created: Millis,
    /// When it leaves the queue.
    pub begins: Millis,
    /// What came of it.
    pub outcome: Option<Outcome>,
}

/// What came of an export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// When.
    pub at: Millis,
    /// The size of the file, or why there is none.
    pub result: Result<u64, String>,
}

impl Record for Export {
    const KIND: &'static str = "export";

    fn id(&self) -> &str {
        &self.export_id
    }

    fn due(&self) -> Option<Millis> {
        self.outcome.is_none().then_some(self.begins)
    }
}

impl Export {
    /// An export that somebody asks for now.
    pub fn new(
        export_id: String,
        kind: Kind,
        target_id: String,
        run_ids: Option<Vec<String>>,
        destination: Option<Destination>,
        scope: ResultScope,
    ) -> Self {
        let created = now();
        Self { export_id, kind, target_id, run_ids, scope, destination, created, begins: created + QUEUED, outcome: None }
    }

    /// The export that every new store holds.
    pub fn sample() -> Self {
        let target_id = "run_scene_catalogue_damaged".to_owned();
        let export_id = "exp_scene_catalogue_damaged".to_owned();
        let sample = Self::new(export_id, Kind::PromptRun, target_id, None, None, ResultScope::All);
        Self { created: SAMPLED, begins: SAMPLED + QUEUED, ..sample }
    }

    /// Notes that the file is there.
    pub fn ready(&mut self, at: Millis, bytes: u64) {
        self.outcome = Some(Outcome { at, result: Ok(bytes) });
    }

    /// Notes why there will be no file.
    pub fn failed(&mut self, at: Millis, reason: String) {
        self.outcome = Some(Outcome { at, result: Err(reason) });
    }

    /// The states of the export and of its place in the queue.
    pub fn state(&self, now: Millis) -> (&'static str, &'static str) {
        match &self.outcome {
            Some(Outcome { result: Ok(_), .. }) => ("completed", "succeeded"),
            Some(Outcome { result: Err(_), .. }) => ("failed", "failed"),
            None if now < self.begins => ("pending", "queued"),
            None => ("processing", "running"),
        }
    }

    /// Why the file cannot be downloaded.
    pub fn undownloadable(&self, now: Millis) -> Option<String> {
        match (&self.destination, &self.outcome) {
            (Some(destination), _) => Some(format!("This export goes into a bucket: {}.", self.uri(destination))),
            (None, Some(Outcome { result: Ok(_), .. })) => None,
            (None, Some(Outcome { result: Err(reason), .. })) => Some(format!("This export has failed: {reason}")),
            (None, None) => Some(format!("This export is {}; there is no file yet.", self.state(now).0)),
        }
    }

    fn uri(&self, destination: &Destination) -> String {
        format!("{}/{}", destination.bucket, destination.path(&self.export_id))
    }

    /// The API's record of it.
    pub fn shown(&self, now: Millis) -> api::exports::Export {
        let (status, queue_status) = self.state(now);
        let begun = self.outcome.is_some() || now >= self.begins;
        let bytes = self.outcome.as_ref().and_then(|outcome| outcome.result.as_ref().ok()).copied();
        let reason = self.outcome.as_ref().and_then(|outcome| outcome.result.as_ref().err()).cloned();
        let ended = self.outcome.as_ref().map(|outcome| outcome.at);
        let destination = self.destination.clone();
        let destination_uri = self.destination.as_ref().filter(|_| bytes.is_some()).map(|destination| self.uri(destination));
        let downloadable = bytes.is_some() && destination.is_none();
        let gcs_uri = if downloadable { Some(format!("{PLACE}/{}.json", self.export_id)) } else { destination_uri.clone() };
        let (connector_id, base_path, subpath) = match destination {
            Some(Destination { connector_id, base_path, subpath, .. }) => (Some(connector_id), base_path, subpath),
            None => (None, None, None),
        };
        api::exports::Export {
            export_id: self.export_id.clone(),
            user_id: Some(ACCOUNT.to_owned()),
            export_type: self.kind.as_str().to_owned(),
            target_id: self.target_id.clone(),
            created_at: Some(rfc3339(self.created)),
            status: status.to_owned(),
            queue_status: Some(queue_status.to_owned()),
            attempts: u64::from(begun),
            max_attempts: ATTEMPTS,
            available_at: Some(rfc3339(self.begins)),
            started_at: begun.then(|| rfc3339(self.begins)),
            completed_at: ended.map(rfc3339),
            updated_at: Some(rfc3339(ended.unwrap_or(if begun { self.begins } else { self.created }))),
            download_url: downloadable.then(|| format!("{BASE_PATH}/exports/{}/download", self.export_id)),
            file_size_bytes: bytes,
            error_message: reason.clone(),
            last_error: reason,
            destination_type: if connector_id.is_some() { "connector" } else { "download" }.to_owned(),
            destination_uri,
            gcs_uri,
            export_params: Some(ExportParams {
                prompt_run_ids: self.run_ids.clone(),
                destination_connector_id: connector_id.clone(),
                destination_base_path: base_path.clone(),
                destination_subpath: subpath.clone(),
            }),
            destination_connector_id: connector_id,
            destination_base_path: base_path,
            destination_subpath: subpath,
        }
    }
}
