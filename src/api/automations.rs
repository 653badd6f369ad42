//! Automations of an index: import new files by themselves, export new results by themselves.
//!
//! The API has two automations per index with the same operations. Here they are one set of calls with a kind, since they differ in a few
//! members only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Access, Body, Scope, endpoint,
    ids::{ConnectorId, IndexId, PromptId},
    null_as_default, one_of,
};

/// Which of the two automations of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum AutomationKind {
    Import,
    Export,
}

impl AutomationKind {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
        }
    }
}

/// Read how an index imports or exports by itself.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct GetAutomation {
    pub index_id: IndexId,
    pub kind: AutomationKind,
}

endpoint!(GetAutomation, Get, "/indexes/{index_id}/automations/{kind}", Access::Scope(Scope::Read), Automation);

/// Make an index import new files, or export new results, by itself.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SetAutomation {
    pub index_id: IndexId,
    pub kind: AutomationKind,
    pub enabled: Option<bool>,
    // `pause_automation` is the tool for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub paused: Option<bool>,
    /// Import: source.
    pub connector_id: Option<ConnectorId>,
    #[schemars(length(max = 1024))]
    pub source_prefix: Option<String>,
    #[schemars(length(max = 200))]
    pub file_pattern: Option<String>,
    pub recursive: Option<bool>,
    pub debounce_interval: Option<Interval>,
    pub prompt_preset: Option<PromptPreset>,
    /// Export: target.
    pub destination_connector_id: Option<ConnectorId>,
    #[schemars(length(max = 1024))]
    pub destination_subpath: Option<String>,
}

endpoint!(
    SetAutomation,
    Put,
    "/indexes/{index_id}/automations/{kind}",
    Access::Scope(Scope::Write),
    Automation,
    RULE = SetAutomation::sets_something
);

impl SetAutomation {
    fn sets_something(&self) -> Result<(), String> {
        one_of(&[
            ("enabled", self.enabled.is_some() || self.paused.is_some()),
            ("connector_id", self.connector_id.is_some()),
            ("source_prefix", self.source_prefix.is_some()),
            ("file_pattern", self.file_pattern.is_some()),
            ("recursive", self.recursive.is_some()),
            ("debounce_interval", self.debounce_interval.is_some()),
            ("prompt_preset", self.prompt_preset.is_some()),
            ("destination_connector_id", self.destination_connector_id.is_some()),
            ("destination_subpath", self.destination_subpath.is_some()),
        ])
    }
}

/// Pause the import or export automation of an index.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct PauseAutomation {
    pub index_id: IndexId,
    pub kind: AutomationKind,
}

endpoint!(
    PauseAutomation,
    Post,
    "/indexes/{index_id}/automations/{kind}/pause",
    Access::Scope(Scope::Write),
    Automation,
    BODY = Body::Nothing,
);

/// Resume the import or export automation of an index.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ResumeAutomation {
    pub index_id: IndexId,
    pub kind: AutomationKind,
}

endpoint!(
    ResumeAutomation,
    Post,
    "/indexes/{index_id}/automations/{kind}/resume",
    Access::Scope(Scope::Write),
    Automation,
    BODY = Body::Nothing,
);

/// How long an import waits for further files before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Interval {
    #[serde(rename = "5m")]
    FiveMinutes,
    #[serde(rename = "10m")]
    TenMinutes,
    #[serde(rename = "1h")]
    Hour,
    #[serde(rename = "1d")]
    Day,
}

impl Interval {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::TenMinutes => "10m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }

    /// The same in seconds.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::FiveMinutes => 300,
            Self::TenMinutes => 600,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

/// The preset.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct PromptPreset {
    pub prompt_id: PromptId,
}

/// An automation. An import and an export have `enabled` and `paused` in common. What the other kind has is left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Automation {
    #[serde(default, deserialize_with = "null_as_default")]
    pub enabled: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub paused: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_pattern: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recursive: Option<bool>,
    /// `5m`, `10m`, `1h` or `1d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debounce_interval: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_preset: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_connector_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_subpath: Option<String>,
    /// When it acted last. Not in the published description, like all that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_at: Option<String>,
    /// Why that came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// The import job that it started last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_job_id: Option<String>,
    /// The export that it started last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_export_id: Option<String>,
    /// How many imports or exports it has started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_count: Option<u64>,
    /// When it acts next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run_at: Option<String>,
    /// When somebody changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}
