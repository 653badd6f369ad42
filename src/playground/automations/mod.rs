//! Automations of indexes. They are stored and checked, and they say when they would act next.
//!
//! They do not act by themselves: nobody knows how the API notices new files or new results, and an import that nobody asked for would
//! surprise a developer. `playground --explain` says so.

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};

use super::{
    Refusal,
    auth::Caller,
    mount::{Mount, Reply},
    prompts,
    store::{
        Store, library,
        records::{self, Record},
    },
    time::{Millis, SECOND, now, rfc3339},
};
use crate::api::automations::{
    Automation, AutomationKind, GetAutomation, Interval, PauseAutomation, PromptPreset, ResumeAutomation, SetAutomation,
};

/// How often an export runs. The description gives an interval to imports only.
const EXPORT_INTERVAL: Interval = Interval::Hour;

/// Mounts the operations on automations.
pub fn mount(mount: Mount) -> Mount {
    mount.read(get_automation).write(set_automation).write(pause_automation).write(resume_automation)
}

/// Adds a paused automation, so that a new store has one to look at.
pub fn seed(connection: &Connection, added: Millis) -> Result<(), Refusal> {
    let call = SetAutomation {
        enabled: Some(true),
        paused: Some(true),
        ..blank("idx_early_cinema", AutomationKind::Export).ok_or_else(|| Refusal::internal("the id of an index is none"))?
    };
    records::insert(connection, &Stored::of(&call, added)).map(drop)
}

/// A call that sets nothing.
fn blank(index_id: &str, kind: AutomationKind) -> Option<SetAutomation> {
    Some(SetAutomation {
        index_id: crate::api::ids::IndexId::parse(index_id).ok()?,
        kind,
        enabled: None,
        paused: None,
        connector_id: None,
        source_prefix: None,
        file_pattern: None,
        recursive: None,
        debounce_interval: None,
        prompt_preset: None,
        destination_connector_id: None,
        destination_subpath: None,
    })
}

/// An automation as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stored {
    id: String,
    index_id: String,
    kind: AutomationKind,
    enabled: bool,
    paused: bool,
    connector_id: Option<String>,
    path: Option<String>,
    file_pattern: Option<String>,
    recursive: bool,
    interval: Interval,
    prompt_id: Option<String>,
    updated: Millis,
}

impl Record for Stored {
    const KIND: &'static str = "automation";

    fn id(&self) -> &str {
        &self.id
    }

    fn parent(&self) -> Option<&str> {
        Some(&self.index_id)
    }
}

/// Two automations of one index have different ids.
fn id(index_id: &str, kind: AutomationKind) -> String {
    format!("{index_id}/{}", kind.as_str())
}

impl Stored {
    fn of(call: &SetAutomation, now: Millis) -> Self {
        let text = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let import = call.kind == AutomationKind::Import;
        let connector_id = if import { &call.connector_id } else { &call.destination_connector_id };
        Self {
            id: id(call.index_id.as_str(), call.kind),
            index_id: call.index_id.to_string(),
            kind: call.kind,
            enabled: call.enabled.unwrap_or(true),
            paused: call.paused.unwrap_or_default(),
            connector_id: connector_id.as_ref().map(ToString::to_string),
            path: text(if import { &call.source_prefix } else { &call.destination_subpath }),
            file_pattern: text(&call.file_pattern),
            recursive: call.recursive.unwrap_or(true),
            interval: if import { call.debounce_interval.unwrap_or(Interval::TenMinutes) } else { EXPORT_INTERVAL },
            prompt_id: call.prompt_preset.as_ref().map(|preset| preset.prompt_id.to_string()),
            updated: now,
        }
    }

    /// When it would act next: after whole intervals since it was changed.
    fn next(&self, now: Millis) -> Option<Millis> {
        let interval = self.interval.seconds() * SECOND;
        let passed = (now - self.updated).max(0) / interval;
        (self.enabled && !self.paused).then_some(self.updated + (passed + 1) * interval)
    }

    fn answer(self, now: Millis) -> Automation {
        let shared = Automation {
            enabled: self.enabled,
            paused: self.paused,
            next_run_at: self.next(now).map(rfc3339),
            updated_at: Some(rfc3339(self.updated)),
            ..Automation::default()
        };
        match self.kind {
            AutomationKind::Import => Automation {
                connector_id: self.connector_id,
                source_prefix: self.path,
                file_pattern: self.file_pattern,
                recursive: Some(self.recursive),
                debounce_interval: Some(self.interval.as_str().into()),
                prompt_preset: self.prompt_id.map(|id| serde_json::json!({"prompt_id": id})),
                ..shared
            },
            AutomationKind::Export => Automation { destination_connector_id: self.connector_id, destination_subpath: self.path, ..shared },
        }
    }
}

/// Reads an automation. One that nobody has set is off.
async fn get_automation(_: Caller, store: Store, call: GetAutomation) -> Reply<Automation> {
    store
        .read(move |connection| {
            must_exist(connection, call.index_id.as_str())?;
            let found = records::find::<Stored>(connection, &id(call.index_id.as_str(), call.kind))?;
            Ok(found.map(|stored| stored.answer(now())).unwrap_or_default())
        })
        .await
}

/// Replaces an automation. What the call leaves out gets its default, so a paused automation runs again.
fn set_automation(_: &Caller, tx: &Transaction<'_>, call: SetAutomation) -> Reply<Automation> {
    must_exist(tx, call.index_id.as_str())?;
    check_members(&call)?;
    if let Some(PromptPreset { prompt_id }) = &call.prompt_preset {
        prompts::store::get(tx, prompt_id.as_str())?.ok_or_else(|| Refusal::not_found("prompt"))?;
    }
    let stored = Stored::of(&call, now());
    if let Some(connector_id) = &stored.connector_id {
        check_connector(tx, connector_id, call.kind)?;
    } else if call.kind == AutomationKind::Import && stored.enabled {
        return Err(Refusal::argument(["body", "connector_id"], "An import automation needs a connector", "value_error"));
    }
    if !records::put(tx, &stored)? {
        records::insert(tx, &stored)?;
    }
    Ok(stored.answer(now()))
}

fn pause_automation(_: &Caller, tx: &Transaction<'_>, call: PauseAutomation) -> Reply<Automation> {
    set_paused(tx, call.index_id.as_str(), call.kind, true)
}

fn resume_automation(_: &Caller, tx: &Transaction<'_>, call: ResumeAutomation) -> Reply<Automation> {
    set_paused(tx, call.index_id.as_str(), call.kind, false)
}

fn set_paused(tx: &Transaction<'_>, index_id: &str, kind: AutomationKind, paused: bool) -> Reply<Automation> {
    must_exist(tx, index_id)?;
    let mut stored: Stored = records::get(tx, &id(index_id, kind))?;
    if stored.paused != paused {
        stored.paused = paused;
        stored.updated = now();
        records::update(tx, &stored)?;
    }
    Ok(stored.answer(now()))
}

fn must_exist(connection: &Connection, index_id: &str) -> Result<(), Refusal> {
    library::index(connection, index_id)?.map(drop).ok_or_else(|| Refusal::not_found("index"))
}

/// Refuses the members of the other kind, so that nobody thinks that they do something.
fn check_members(call: &SetAutomation) -> Result<(), Refusal> {
    let import = [
        ("connector_id", call.connector_id.is_some()),
        ("source_prefix", call.source_prefix.is_some()),
        ("file_pattern", call.file_pattern.is_some()),
        ("recursive", call.recursive.is_some()),
        ("debounce_interval", call.debounce_interval.is_some()),
        ("prompt_preset", call.prompt_preset.is_some()),
    ];
    let export = [
        ("destination_connector_id", call.destination_connector_id.is_some()),
        ("destination_subpath", call.destination_subpath.is_some()),
    ];
    let (foreign, of) = match call.kind {
        AutomationKind::Import => (&export[..], "an export"),
        AutomationKind::Export => (&import[..], "an import"),
    };
    match foreign.iter().find(|(_, given)| *given) {
        Some((member, _)) => Err(Refusal::argument(["body", member], format!("Only {of} automation has this"), "value_error")),
        None => Ok(()),
    }
}

/// What this needs to know of a connector.
#[derive(Serialize, Deserialize)]
struct Connector {
    connector_id: String,
    #[serde(default)]
    scopes: Vec<String>,
}

impl Record for Connector {
    const KIND: &'static str = "connector";

    fn id(&self) -> &str {
        &self.connector_id
    }
}

fn check_connector(connection: &Connection, connector_id: &str, kind: AutomationKind) -> Result<(), Refusal> {
    let connector: Connector = records::get(connection, connector_id)?;
    if connector.scopes.iter().any(|scope| scope == kind.as_str()) {
        return Ok(());
    }
    let message = format!("This connector may not {} files; its scopes are: {}.", kind.as_str(), connector.scopes.join(", "));
    Err(Refusal::bad_request("connector_scope_mismatch", message))
}

/// Calls that take more than the parameters of their paths.
#[cfg(test)]
pub const SAMPLES: super::tests::round_trip::Samples = &[
    ("GET /indexes/{index_id}/automations/{kind}", r#"{"kind": "import"}"#),
    (
        "PUT /indexes/{index_id}/automations/{kind}",
        r#"{"kind": "import", "enabled": false, "connector_id": "ID", "source_prefix": "TEXT", "file_pattern": "TEXT", "recursive": false,
            "debounce_interval": "10m", "prompt_preset": {"prompt_id": "ID"}, "destination_connector_id": "ID",
            "destination_subpath": "TEXT"}"#,
    ),
    ("POST /indexes/{index_id}/automations/{kind}/pause", r#"{"kind": "export"}"#),
    ("POST /indexes/{index_id}/automations/{kind}/resume", r#"{"kind": "export"}"#),
];
