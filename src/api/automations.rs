//! Automations of an index: import new files by themselves, export new results by themselves.
//!
//! The API has two automations per index with the same operations. Here they are one set of calls with a kind, since they differ in a few
//! members only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

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

endpoint!(GetAutomation, Get, "/indexes/{index_id}/automations/{kind}", Access::Scope(Scope::Read), Automation, MAY_BE_BLANK = true,);

/// Make an index import files or export results by itself; a prompt costs.
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
    /// The same call with what the automation has in place of what this does not name. Fails with the name of a member that cannot be read.
    pub fn keeping(self, kept: Automation) -> Result<Self, &'static str> {
        let read = |name, value: Option<Value>| (name, value.filter(|value| !value.is_null()));
        Ok(Self {
            index_id: self.index_id,
            kind: self.kind,
            enabled: self.enabled.or(Some(kept.enabled)),
            paused: self.paused.or(Some(kept.paused)),
            connector_id: or(self.connector_id, read("connector_id", kept.connector_id.map(Value::from)))?,
            source_prefix: self.source_prefix.or(kept.source_prefix),
            file_pattern: self.file_pattern.or(kept.file_pattern),
            recursive: self.recursive.or(kept.recursive),
            debounce_interval: or(self.debounce_interval, read("debounce_interval", kept.debounce_interval.map(Value::from)))?,
            prompt_preset: or(self.prompt_preset, read("prompt_preset", kept.prompt_preset))?,
            destination_connector_id: or(
                self.destination_connector_id,
                read("destination_connector_id", kept.destination_connector_id.map(Value::from)),
            )?,
            destination_subpath: self.destination_subpath.or(kept.destination_subpath),
        })
    }

    /// Whether the automation starts runs once it is set so. What is on if nobody says so counts as on.
    pub fn starts_runs(&self) -> bool {
        self.prompt_preset.is_some() && self.enabled != Some(false) && self.paused != Some(true)
    }

    /// The members that can be set: the one kind of automation that each is for, if it is not for both, and whether it was given.
    fn members(&self) -> [(&'static str, Option<AutomationKind>, bool); 9] {
        const IMPORT: Option<AutomationKind> = Some(AutomationKind::Import);
        const EXPORT: Option<AutomationKind> = Some(AutomationKind::Export);
        [
            ("enabled", None, self.enabled.is_some() || self.paused.is_some()),
            ("connector_id", IMPORT, self.connector_id.is_some()),
            ("source_prefix", IMPORT, self.source_prefix.is_some()),
            ("file_pattern", IMPORT, self.file_pattern.is_some()),
            ("recursive", IMPORT, self.recursive.is_some()),
            ("debounce_interval", IMPORT, self.debounce_interval.is_some()),
            ("prompt_preset", IMPORT, self.prompt_preset.is_some()),
            ("destination_connector_id", EXPORT, self.destination_connector_id.is_some()),
            ("destination_subpath", EXPORT, self.destination_subpath.is_some()),
        ]
    }

    /// A member that means something for automations of the other kind only, and which kind that is.
    pub fn foreign(&self) -> Option<(&'static str, &'static str)> {
        let foreign = |(name, of, given): (_, Option<AutomationKind>, bool)| Some((name, of.filter(|of| given && *of != self.kind)?));
        let (name, of) = self.members().into_iter().find_map(foreign)?;
        Some((name, if of == AutomationKind::Import { "an import" } else { "an export" }))
    }

    fn sets_something(&self) -> Result<(), String> {
        one_of(&self.members().map(|(name, _, given)| (name, given)))
    }
}

/// What was given, or else what there is.
fn or<T: DeserializeOwned>(given: Option<T>, (name, kept): (&'static str, Option<Value>)) -> Result<Option<T>, &'static str> {
    match kept {
        Some(kept) if given.is_none() => serde_json::from_value(kept).map(Some).map_err(|_| name),
        _ => Ok(given),
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

/// Resume an automation of an index; a prompt costs.
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

impl Automation {
    /// The prompt that it runs over what it imports, if it does so as it stands. `None` also if what it has is not readable.
    pub fn runs_prompt(&self) -> Option<&str> {
        self.preset_prompt().filter(|_| self.enabled && !self.paused)
    }

    /// The prompt that it has. `None` also if it is not readable.
    pub fn preset_prompt(&self) -> Option<&str> {
        let preset = self.prompt_preset.as_ref()?;
        preset.get("prompt_id").and_then(Value::as_str).or_else(|| preset.as_str())
    }

    /// Whether nothing of it is set: nobody has set it yet.
    pub fn is_blank(&self) -> bool {
        let Self { enabled, paused, connector_id, source_prefix, file_pattern, recursive, .. } = self;
        let import = [connector_id, source_prefix, file_pattern, &self.debounce_interval].iter().all(|text| text.is_none());
        let export = [&self.destination_connector_id, &self.destination_subpath].iter().all(|text| text.is_none());
        !enabled && !paused && import && export && recursive.is_none() && self.prompt_preset.is_none() && self.updated_at.is_none()
    }
}

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
    /// What else the API says of it.
    #[serde(flatten)]
    #[schemars(skip)]
    pub more: Map<String, Value>,
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
    pub prompt_preset: Option<Value>,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_keeps_what_it_does_not_name() {
        let call = |given: Value| serde_json::from_value::<SetAutomation>(given).unwrap();
        let kept = |given: Value| serde_json::from_value::<Automation>(given).unwrap();
        let preset = json!({"prompt_id": "p", "processing_model": "m"});
        let before = json!({"enabled": true, "paused": true, "debounce_interval": "1h", "prompt_preset": preset, "last_run_at": "x"});
        let given = || call(json!({"index_id": "i", "kind": "import", "file_pattern": "*.mov"}));
        let whole = given().keeping(kept(before)).unwrap();
        assert!(
            !whole.starts_runs() && call(json!({"index_id": "i", "kind": "import", "prompt_preset": {"prompt_id": "p"}})).starts_runs()
        );
        let mut whole = serde_json::to_value(whole).unwrap();
        whole.as_object_mut().unwrap().retain(|_, member| !member.is_null());
        let expected = json!({
            "index_id": "i", "kind": "import", "enabled": true, "paused": true, "file_pattern": "*.mov", "debounce_interval": "1h",
            "prompt_preset": preset,
        });
        assert_eq!(whole, expected);
        assert_eq!(given().keeping(kept(json!({"debounce_interval": "1w"}))).unwrap_err(), "debounce_interval");
        assert!(kept(json!({"enabled": false, "paused": null})).is_blank() && !kept(json!({"enabled": true})).is_blank());
    }
}
