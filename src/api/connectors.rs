//! Connectors: the buckets of an account in cloud storage, from which media are imported and to which exports are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Access, Body, Repeat, Scope, endpoint,
    form::FilePart,
    ids::ConnectorId,
    keys::{Message, Secret},
    null_as_default, one_of,
    page::Rows,
    state, time,
};

/// What a connector may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a description per word would turn the schema into a union")]
pub enum Purpose {
    Import,
    Export,
}

/// Which files an import takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a description per word would turn the schema into a union")]
pub enum ImportMode {
    #[default]
    All,
    NewOnly,
}

impl ImportMode {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::NewOnly => "new_only",
        }
    }
}

/// Makes a connector to a bucket of Google Cloud Storage. The credentials of its service account are a file of the form.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct CreateGcsConnector {
    pub name: String,
    pub bucket: String,
    pub gcp_project_id: String,
    #[serde(skip)]
    pub credentials_file: FilePart,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Purpose>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_base_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_mode: Option<ImportMode>,
}

endpoint!(
    CreateGcsConnector,
    Post,
    "/connectors/gcs",
    Access::Scope(Scope::Write),
    Connector,
    form(credentials_file),
    REPEAT = Repeat::Keyed("connector-create-gcs"),
);

/// Makes a connector to an S3 bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct CreateS3Connector {
    pub name: String,
    pub bucket: String,
    pub region: String,
    pub aws_access_key_id: String,
    pub aws_secret_access_key: Secret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Purpose>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_base_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_mode: Option<ImportMode>,
}

endpoint!(CreateS3Connector, Post, "/connectors/s3", Access::Scope(Scope::Write), Connector, REPEAT = Repeat::Keyed("connector-create-s3"),);

/// Makes a connector to a container of Azure Blob Storage.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct CreateAzureConnector {
    pub name: String,
    pub storage_account: String,
    pub container: String,
    pub tenant_id: String,
    pub client_id: String,
    pub client_secret: Secret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Purpose>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_base_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_mode: Option<ImportMode>,
}

endpoint!(
    CreateAzureConnector,
    Post,
    "/connectors/azure",
    Access::Scope(Scope::Write),
    Connector,
    REPEAT = Repeat::Keyed("connector-create-azure"),
);

/// List connectors to cloud storage and how their last test went.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListConnectors {}

endpoint!(ListConnectors, Get, "/connectors", Access::Scope(Scope::Read), Rows<Connector>);

/// Read a connector and its last test.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct GetConnector {
    pub connector_id: ConnectorId,
}

endpoint!(GetConnector, Get, "/connectors/{connector_id}", Access::Scope(Scope::Read), Connector);

/// Change a connector's name, uses or state; its bucket stays.
///
/// The API's description names no members of this call. These are the ones of the record that a user can expect to change.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
#[schemars(description = "Change a connector's name, uses or state; its bucket stays.")]
pub struct UpdateConnector {
    pub connector_id: ConnectorId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Purpose>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_base_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_mode: Option<ImportMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Settable>,
}

endpoint!(
    UpdateConnector,
    Patch,
    "/connectors/{connector_id}",
    Access::Scope(Scope::Write),
    Connector,
    RULE = UpdateConnector::changes_something
);

impl UpdateConnector {
    fn changes_something(&self) -> Result<(), String> {
        one_of(&[
            ("name", self.name.is_some()),
            ("scopes", self.scopes.is_some()),
            ("export_base_path", self.export_base_path.is_some()),
            ("import_mode", self.import_mode.is_some()),
            ("status", self.status.is_some()),
        ])
    }
}

/// The states that a caller can give a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Settable {
    Active,
    Disabled,
}

impl Settable {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// Delete a connector; media that were imported through it stay.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct DeleteConnector {
    pub connector_id: ConnectorId,
}

endpoint!(DeleteConnector, Delete, "/connectors/{connector_id}", Access::Scope(Scope::Admin), Message);

/// Tries whether the bucket can be reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct TestConnector {
    pub connector_id: ConnectorId,
}

endpoint!(
    TestConnector,
    Post,
    "/connectors/{connector_id}/test",
    Access::Scope(Scope::Write),
    TestResult,
    REPEAT = Repeat::Keyed("connector-test"),
    BODY = Body::Nothing,
);

/// Lists the files in the bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BrowseConnector {
    /// The connector.
    pub connector_id: ConnectorId,
    /// How the paths begin; the API's default is that any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// A pattern with `*` and `?`; the API's default is `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Whether folders below count; the API's default is yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recursive: Option<bool>,
    /// At most so many files.
    pub limit: Option<u32>,
}

endpoint!(BrowseConnector, Post, "/connectors/{connector_id}/browse", Access::Scope(Scope::Read), Rows<CloudFile>, REPEAT = Repeat::Read,);

/// A connector. Its credentials are never a part of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Connector {
    pub connector_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// `gcs`, `s3` or `azure`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub provider: String,
    /// `active`, `testing`, `failed` or `disabled`.
    #[serde(default, deserialize_with = "state::folded")]
    pub status: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub scopes: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub import_mode: String,
    #[serde(default)]
    pub export_base_path: Option<String>,
    #[serde(default)]
    pub bucket: Option<String>,
    #[serde(default)]
    pub region: Option<String>,
    #[serde(default)]
    pub storage_account: Option<String>,
    #[serde(default)]
    pub container: Option<String>,
    #[serde(default)]
    pub gcp_project_id: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub updated_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub last_tested_at: Option<String>,
    #[serde(default)]
    pub last_test_result: Option<String>,
    #[serde(default)]
    pub last_test_error: Option<String>,
}

impl Connector {
    /// The bucket or the container.
    pub fn place(&self) -> Option<&str> {
        self.bucket.as_deref().or(self.container.as_deref())
    }
}

/// What became of a test.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TestResult {
    /// Whether the bucket could be reached.
    pub success: bool,
    /// Why not.
    #[serde(default)]
    pub error_message: Option<String>,
}

/// A file in a bucket.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct CloudFile {
    pub path: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub size_bytes: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub last_modified: String,
    #[serde(default)]
    pub content_type: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub extension: String,
}
