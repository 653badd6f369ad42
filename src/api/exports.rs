//! Exports: files with the metadata of an index or the results of a run, to be downloaded or written into a bucket.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Access, Body, Repeat, Scope, endpoint,
    ids::{ConnectorId, ExportId, IndexId, RunId},
    null_as_default,
    page::Rows,
    stream::FileBody,
    time,
};

/// Which results an export holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a description per word would turn the schema into a union")]
pub enum ResultScope {
    #[default]
    All,
    Matches,
}

/// Starts an export of an index: its media and what runs found in them.
///
/// A call without any member has no body at all: the service counts the body to the request that an idempotency key stands for. For the
/// same reason, give no empty lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ExportIndex {
    pub index_id: IndexId,
    /// Only results of these runs. The default is all runs.
    pub prompt_run_ids: Option<Vec<RunId>>,
    /// The connector to write to. Without one, the file can be downloaded.
    pub destination_connector_id: Option<ConnectorId>,
    pub destination_subpath: Option<String>,
    pub result_scope: Option<ResultScope>,
}

endpoint!(
    ExportIndex,
    Post,
    "/exports/index/{index_id}",
    Access::Scope(Scope::Write),
    ExportStarted,
    REPEAT = Repeat::Keyed("export-index-create"),
    BODY = Body::MembersIfAny,
);

/// Starts an export of a run: what it found in its media.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ExportRun {
    pub run_id: RunId,
    /// The connector to write to. Without one, the file can be downloaded.
    pub destination_connector_id: Option<ConnectorId>,
    pub destination_subpath: Option<String>,
    pub result_scope: Option<ResultScope>,
}

endpoint!(
    ExportRun,
    Post,
    "/exports/prompt-run/{run_id}",
    Access::Scope(Scope::Write),
    ExportStarted,
    REPEAT = Repeat::Keyed("export-prompt-run-create"),
    BODY = Body::MembersIfAny,
);

/// List exports with their states, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct ListExports {
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
}

endpoint!(ListExports, Get, "/exports", Access::Scope(Scope::Read), Rows<Export>);

/// Read how an export stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct GetExport {
    pub export_id: ExportId,
}

endpoint!(GetExport, Get, "/exports/{export_id}", Access::Scope(Scope::Read), ExportStatus);

/// Make a short-lived download link for a finished export.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct MintDownloadUrl {
    pub export_id: ExportId,
}

// Each call makes a new credential, so it is never repeated.
endpoint!(
    MintDownloadUrl,
    Post,
    "/exports/{export_id}/download-url",
    Access::Scope(Scope::Read),
    DownloadUrl,
    REPEAT = Repeat::Never,
    BODY = Body::Nothing,
);

/// Downloads the file of a finished export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DownloadExport {
    /// The export.
    pub export_id: ExportId,
}

endpoint!(DownloadExport, Get, "/exports/{export_id}/download", Access::Scope(Scope::Read), FileBody);

/// An export that was accepted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ExportStarted {
    pub export_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
}

/// What an export was asked for. The official server refuses a record with any other member here.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ExportParams {
    #[serde(default)]
    pub prompt_run_ids: Option<Vec<String>>,
    #[serde(default)]
    pub destination_connector_id: Option<String>,
    #[serde(default)]
    pub destination_base_path: Option<String>,
    #[serde(default)]
    pub destination_subpath: Option<String>,
}

/// The record of an export. All members are written, null where there is nothing to say, since the official clients rely on that.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Export {
    pub export_id: String,
    #[serde(default)]
    pub user_id: Option<String>,
    /// `index` or `prompt_run`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub export_type: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub target_id: String,
    #[serde(default, deserialize_with = "time::maybe")]
    pub created_at: Option<String>,
    /// `pending`, `processing`, `completed` or `failed`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default)]
    pub queue_status: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub attempts: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub max_attempts: u64,
    #[serde(default, deserialize_with = "time::maybe")]
    pub available_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub started_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub completed_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub updated_at: Option<String>,
    /// A path that needs the key; never a credential.
    #[serde(default)]
    pub download_url: Option<String>,
    #[serde(default)]
    pub file_size_bytes: Option<u64>,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(default)]
    pub last_error: Option<String>,
    /// `download` or `connector`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub destination_type: String,
    #[serde(default)]
    pub destination_connector_id: Option<String>,
    #[serde(default)]
    pub destination_base_path: Option<String>,
    #[serde(default)]
    pub destination_subpath: Option<String>,
    #[serde(default)]
    pub destination_uri: Option<String>,
    #[serde(default)]
    pub gcs_uri: Option<String>,
    #[serde(default)]
    pub export_params: Option<ExportParams>,
}

impl Export {
    /// Whether nothing more will happen.
    pub fn is_over(&self) -> bool {
        self.is_ready() || self.has_failed()
    }

    /// Whether the file is there.
    pub fn is_ready(&self) -> bool {
        self.status.eq_ignore_ascii_case("completed")
    }

    /// Whether there will be no file.
    pub fn has_failed(&self) -> bool {
        self.status.eq_ignore_ascii_case("failed")
    }

    /// Whether the file goes into a bucket.
    pub fn goes_to_a_bucket(&self) -> bool {
        self.destination_type.eq_ignore_ascii_case("connector")
    }
}

/// The record of one export. It is a type of its own, since a tool that reads one shows more than a list does.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExportStatus(pub Export);

/// A link to a file. It holds a credential, so nobody logs it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct DownloadUrl {
    pub export_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub destination_type: String,
    #[serde(default)]
    pub destination_connector_id: Option<String>,
    /// An https link with a token, or null if the export is not ready, goes into a bucket, or the API is not reached by https.
    #[serde(default)]
    pub download_url: Option<String>,
}

impl std::fmt::Debug for DownloadUrl {
    /// Leaves the link out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DownloadUrl").field("export_id", &self.export_id).field("status", &self.status).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Request;

    #[test]
    fn an_export_without_members_has_no_body() {
        let index_id = IndexId::parse("i").unwrap();
        let mut call =
            ExportIndex { index_id, prompt_run_ids: None, destination_connector_id: None, destination_subpath: None, result_scope: None };
        assert!(Request::of(&call, None).unwrap().body().is_none());
        call.result_scope = Some(ResultScope::Matches);
        assert_eq!(Request::of(&call, None).unwrap().body().unwrap().as_ref(), br#"{"result_scope":"matches"}"#);
    }
}
