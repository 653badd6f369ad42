//! Automations of indexes: imports of new files at an interval, and exports of the results of runs that have ended.
//!
//! An import automation is a [`Job`] of the clock. When it is due, it makes an import job, and that is all: the import does the rest. An
//! export automation has no clock. [`run_ended`] makes its exports in the transaction that settles a run, so each run is exported once.
//! Nobody knows how the API notices new files and results; `playground --explain` says what is chosen here.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};

use super::{
    Refusal,
    auth::Caller,
    connectors, exports, imports,
    mount::{Mount, Reply},
    naming, prompts,
    runs::Progress,
    store::{
        Store,
        clock::Job,
        library,
        records::{self, Record, Which},
    },
    time::{Millis, SECOND, now, rfc3339},
};
use crate::api::{
    automations::{Automation, AutomationKind, GetAutomation, Interval, PauseAutomation, PromptPreset, ResumeAutomation, SetAutomation},
    connectors::ImportMode,
    ids::{ConnectorId, IndexId, PromptId},
    imports::CreateImportJob,
    runs::{RunRequest, Target},
};

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
    records::insert(connection, &Automatic::of(&call, added)).map(drop)
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
pub struct Automatic {
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
    /// Up to when it has acted, in whole intervals since it was changed.
    #[serde(default)]
    acted: Millis,
    #[serde(default)]
    last: Option<Acted>,
    #[serde(default)]
    count: u64,
}

/// What an automation did last.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Acted {
    at: Millis,
    /// The id of the job or the export, or why there is none.
    started: Result<String, String>,
}

impl Record for Automatic {
    const KIND: &'static str = "automation";

    fn id(&self) -> &str {
        &self.id
    }

    fn parent(&self) -> Option<&str> {
        Some(&self.index_id)
    }

    fn due(&self) -> Option<Millis> {
        let acts = self.is_on() && self.kind == AutomationKind::Import;
        acts.then(|| self.acted.max(self.updated) + self.interval.seconds() * SECOND)
    }
}

impl Job for Automatic {
    /// Imports once, however many intervals have passed: a playground that was stopped for a day does not make up for it.
    fn settle(&mut self, connection: &Connection, now: Millis) -> Result<(), Refusal> {
        let Some(due) = self.due() else { return Ok(()) };
        let interval = self.interval.seconds() * SECOND;
        self.acted = due + (now - due).max(0) / interval * interval;
        if let Some(job_id) = self.started() {
            match imports::last(connection, job_id)? {
                imports::Last::UnderWay => return Ok(()),
                // Otherwise a quiet bucket would fill the list of jobs.
                imports::Last::Empty => records::delete::<imports::Job>(connection, job_id)?,
                imports::Last::Failed(_) | imports::Last::Other => {}
            }
        }
        let begun = self.order().and_then(|(call, run)| imports::begin(connection, call, Some(imports::Automatic { run })));
        self.note(now, begun.map(|job| job.job_id))
    }
}

/// Two automations of one index have different ids.
fn id(index_id: &str, kind: AutomationKind) -> String {
    format!("{index_id}/{}", kind.as_str())
}

impl Automatic {
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
            interval: call.debounce_interval.unwrap_or(Interval::TenMinutes),
            prompt_id: call.prompt_preset.as_ref().map(|preset| preset.prompt_id.to_string()),
            updated: now,
            acted: 0,
            last: None,
            count: 0,
        }
    }

    const fn is_on(&self) -> bool {
        self.enabled && !self.paused
    }

    /// The id of the job or the export that it started last.
    fn started(&self) -> Option<&str> {
        self.last.as_ref()?.started.as_deref().ok()
    }

    /// The import that it makes, and the prompt run after it.
    fn order(&self) -> Reply<(CreateImportJob, Option<RunRequest>)> {
        let run = |prompt_id| RunRequest::plain(prompt_id, Target::Playground);
        let prompt_id = self.prompt_id.as_deref().map(PromptId::parse).transpose().map_err(Refusal::internal)?;
        let call = CreateImportJob {
            connector_id: ConnectorId::parse(self.connector_id.as_deref().unwrap_or_default()).map_err(Refusal::internal)?,
            index_id: IndexId::parse(self.index_id.as_str()).map_err(Refusal::internal)?,
            source_prefix: self.path.clone(),
            file_pattern: self.file_pattern.clone(),
            recursive: Some(self.recursive),
            import_mode_override: Some(ImportMode::NewOnly),
        };
        Ok((call, prompt_id.map(run)))
    }

    /// Notes what it did. A fault of the playground is no outcome, so it is tried again.
    fn note(&mut self, at: Millis, begun: Reply<String>) -> Result<(), Refusal> {
        let started = match begun {
            Ok(id) => Ok(id),
            Err(refusal) if refusal.status.is_server_error() => return Err(refusal),
            Err(refusal) => Err(refusal.message().to_owned()),
        };
        self.count += u64::from(started.is_ok());
        self.last = Some(Acted { at, started });
        Ok(())
    }

    /// Why its last attempt came to nothing.
    fn error(&self, connection: &Connection) -> Reply<Option<String>> {
        let Some(last) = &self.last else { return Ok(None) };
        Ok(match (&last.started, self.kind) {
            (Err(reason), _) => Some(reason.clone()),
            (Ok(id), AutomationKind::Export) => exports::failure(connection, id)?,
            (Ok(id), AutomationKind::Import) => match imports::last(connection, id)? {
                imports::Last::Failed(reason) => Some(reason),
                _ => None,
            },
        })
    }

    fn answer(self, connection: &Connection) -> Reply<Automation> {
        let started = self.started().map(str::to_owned);
        let shared = Automation {
            enabled: self.enabled,
            paused: self.paused,
            last_run_at: self.last.as_ref().map(|last| rfc3339(last.at)),
            last_error: self.error(connection)?,
            run_count: Some(self.count),
            next_run_at: self.due().map(rfc3339),
            updated_at: Some(rfc3339(self.updated)),
            ..Automation::default()
        };
        Ok(match self.kind {
            AutomationKind::Import => Automation {
                last_job_id: started,
                connector_id: self.connector_id,
                source_prefix: self.path,
                file_pattern: self.file_pattern,
                recursive: Some(self.recursive),
                debounce_interval: Some(self.interval.as_str().into()),
                prompt_preset: self.prompt_id.map(|id| serde_json::json!({"prompt_id": id})),
                ..shared
            },
            AutomationKind::Export => Automation {
                last_export_id: started,
                destination_connector_id: self.connector_id,
                destination_subpath: self.path,
                ..shared
            },
        })
    }
}

/// Exports what a run has found, for each index whose automation asks for that. Call it once, when the run is settled.
pub fn run_ended(connection: &Connection, run: &Progress<'_>, now: Millis) -> Result<(), Refusal> {
    if !run.status.is_searchable() {
        return Ok(());
    }
    let indexes: BTreeSet<&str> = run.items.iter().filter_map(|item| item.item.index_id.as_deref()).collect();
    for index_id in indexes {
        let found = records::find::<Automatic>(connection, &id(index_id, AutomationKind::Export))?;
        let Some(mut automatic) = found.filter(Automatic::is_on) else { continue };
        let bucket = automatic.connector_id.as_deref().map(|connector_id| (connector_id, automatic.path.clone()));
        let begun = exports::begin(connection, index_id, &run.facts.run_id, bucket);
        automatic.note(now, begun)?;
        records::update(connection, &automatic)?;
    }
    Ok(())
}

/// The automations that use a connector, in words: `import of idx_films`.
pub fn using(connection: &Connection, connector_id: &str) -> Reply<Vec<String>> {
    let all = records::list::<Automatic>(connection, &Which { after: Some(0), ..Which::default() })?;
    let mut using: Vec<Automatic> = all.into_iter().map(|stored| stored.record).collect();
    using.retain(|automatic| automatic.connector_id.as_deref() == Some(connector_id));
    Ok(using.iter().map(|automatic| format!("{} of {}", automatic.kind.as_str(), automatic.index_id)).collect())
}

/// Reads an automation. One that nobody has set is off.
async fn get_automation(_: Caller, store: Store, call: GetAutomation) -> Reply<Automation> {
    store
        .read_settled(move |connection| {
            must_exist(connection, call.index_id.as_str())?;
            let found = records::find::<Automatic>(connection, &id(call.index_id.as_str(), call.kind))?;
            found.map_or_else(|| Ok(Automation::default()), |stored| stored.answer(connection))
        })
        .await
}

/// Replaces an automation. What the call leaves out gets its default, so a paused automation runs again.
fn set_automation(_: &Caller, tx: &Transaction<'_>, call: SetAutomation) -> Reply<Automation> {
    if call.kind == AutomationKind::Import {
        // Each import into another index would fail.
        library::own_index(tx, call.index_id.as_str())?;
    }
    must_exist(tx, call.index_id.as_str())?;
    check_members(&call)?;
    if let Some(PromptPreset { prompt_id, .. }) = &call.prompt_preset {
        prompts::store::get(tx, prompt_id.as_str())?.ok_or_else(|| Refusal::not_found("prompt"))?;
    }
    let subpath = exports::check_folder("destination_subpath", call.destination_subpath.clone())?;
    naming::within_path("source_prefix", call.source_prefix.as_deref().unwrap_or_default())?;
    naming::within_path("file_pattern", call.file_pattern.as_deref().unwrap_or_default())?;
    let mut stored = Automatic::of(&SetAutomation { destination_subpath: subpath, ..call }, now());
    // What it did before stays known.
    if let Some(earlier) = records::find::<Automatic>(tx, &stored.id)? {
        (stored.last, stored.count) = (earlier.last, earlier.count);
    }
    if let Some(connector_id) = &stored.connector_id {
        check_connector(tx, connector_id, stored.kind)?;
    } else if stored.kind == AutomationKind::Import && stored.enabled {
        return Err(Refusal::argument(["body", "connector_id"], "An import automation needs a connector", "value_error"));
    }
    if !records::put(tx, &stored)? {
        records::insert(tx, &stored)?;
    }
    stored.answer(tx)
}

fn pause_automation(_: &Caller, tx: &Transaction<'_>, call: PauseAutomation) -> Reply<Automation> {
    set_paused(tx, call.index_id.as_str(), call.kind, true)
}

fn resume_automation(_: &Caller, tx: &Transaction<'_>, call: ResumeAutomation) -> Reply<Automation> {
    set_paused(tx, call.index_id.as_str(), call.kind, false)
}

fn set_paused(tx: &Transaction<'_>, index_id: &str, kind: AutomationKind, paused: bool) -> Reply<Automation> {
    must_exist(tx, index_id)?;
    let mut stored: Automatic = records::get(tx, &id(index_id, kind))?;
    if stored.paused != paused {
        stored.paused = paused;
        stored.updated = now();
        records::update(tx, &stored)?;
    }
    stored.answer(tx)
}

fn must_exist(connection: &Connection, index_id: &str) -> Result<(), Refusal> {
    library::index(connection, index_id)?.map(drop).ok_or_else(|| Refusal::not_found("index"))
}

/// Refuses the members of the other kind, so that nobody thinks that they do something.
fn check_members(call: &SetAutomation) -> Result<(), Refusal> {
    match call.foreign() {
        Some((member, of)) => Err(Refusal::argument(["body", member], format!("Only {of} automation has this"), "value_error")),
        None => Ok(()),
    }
}

fn check_connector(connection: &Connection, connector_id: &str, kind: AutomationKind) -> Result<(), Refusal> {
    let connector = connectors::find(connection, connector_id)?.0;
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
