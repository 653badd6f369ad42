//! Connectors: their routes, and the buckets behind them.
//!
//! The bucket of a connector is a directory on this machine, see [`bucket`]. So tests of a connector and lists of its files really look.
//! Nobody checks the credentials: they are needed, as the API needs them, and then they are dropped.

pub mod bucket;
mod pattern;
mod sample;
mod walk;

use std::sync::Arc;

use axum::http::StatusCode;
use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Refusal,
    auth::Caller,
    automations,
    exports::{self, check_folder},
    form::Received,
    imports,
    mount::{Mount, Reply},
    naming, random,
    service::Service,
    store::{
        Store,
        records::{self, Record, Which},
    },
    time::{Millis, now, rfc3339},
};
use crate::api::{
    connectors::{
        BrowseConnector, CloudFile, Connector, CreateAzureConnector, CreateGcsConnector, CreateS3Connector, DeleteConnector, GetConnector,
        ImportMode, ListConnectors, Purpose, TestConnector, TestResult, UpdateConnector,
    },
    keys::Message,
    page::Rows,
};

pub use pattern::Filter;
pub use sample::CONNECTOR as SAMPLE_CONNECTOR;

/// The most characters of a name.
const MOST_NAME: usize = 100;
/// The most files of one answer.
pub const MOST_FILES: usize = 10_000;
/// What the credentials of a service account must have, `type` aside.
const ACCOUNT: [&str; 5] = ["project_id", "private_key_id", "private_key", "client_email", "token_uri"];

/// Mounts the operations on connectors.
pub fn mount(mount: Mount) -> Mount {
    mount
        .form_meant(create_gcs, |call| spell_out(&mut call.scopes, &mut call.import_mode))
        .created()
        .write_meant(create_s3, |call| spell_out(&mut call.scopes, &mut call.import_mode))
        .created()
        .write_meant(create_azure, |call| spell_out(&mut call.scopes, &mut call.import_mode))
        .created()
        .read(list)
        .read(get)
        .write(update)
        .write(delete)
        .outward(test)
        .about(browse)
}

/// A connector as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kept(pub Connector);

impl Record for Kept {
    const KIND: &'static str = "connector";

    fn id(&self) -> &str {
        &self.0.connector_id
    }

    fn name(&self) -> Option<&str> {
        Some(&self.0.name)
    }
}

impl Kept {
    /// The name of its bucket. Every connector of this playground has one.
    pub fn bucket(&self) -> &str {
        self.0.place().unwrap_or_default()
    }

    /// The address of its bucket, in the words of its service: `s3://films`.
    pub fn address(&self) -> String {
        match (self.0.provider.as_str(), &self.0.storage_account) {
            ("azure", Some(account)) => format!("https://{account}.blob.core.windows.net/{}", self.bucket()),
            ("s3", _) => format!("s3://{}", self.bucket()),
            _ => format!("gs://{}", self.bucket()),
        }
    }

    /// Refuses if the connector may not be used for this.
    pub fn permits(&self, purpose: Purpose) -> Result<(), Refusal> {
        let word = word(purpose);
        if self.0.status == "disabled" {
            return Err(Refusal::conflict("connector_disabled", "This connector is disabled; set its status to active first."));
        }
        if self.0.scopes.iter().any(|scope| *scope == word) {
            return Ok(());
        }
        Err(Refusal::new(StatusCode::CONFLICT, "connector_scope_missing", format!("This connector does not have the scope `{word}`.")))
    }
}

/// A connector by its id.
pub fn find(connection: &Connection, connector_id: &str) -> Result<Kept, Refusal> {
    records::get(connection, connector_id)
}

/// The first connector of a new store.
pub fn seed(connection: &Connection, created: Millis) -> Result<(), Refusal> {
    records::insert(connection, &Kept(sample::connector(created)))?;
    Ok(())
}

/// Writes the defaults of the API into a call.
fn spell_out(scopes: &mut Option<Vec<Purpose>>, mode: &mut Option<ImportMode>) {
    if scopes.as_ref().is_none_or(Vec::is_empty) {
        *scopes = Some(vec![Purpose::Import]);
    }
    mode.get_or_insert_default();
}

fn word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Import => "import",
        Purpose::Export => "export",
    }
}

/// What all kinds of new connectors have.
struct New<'a> {
    provider: &'static str,
    name: &'a str,
    scopes: Option<Vec<Purpose>>,
    export_base_path: Option<String>,
    import_mode: Option<ImportMode>,
    /// Members that must have a value, by name.
    needed: &'a [(&'static str, &'a str)],
}

impl New<'_> {
    fn connector(self) -> Reply<Connector> {
        let name = naming::named("name", self.name, MOST_NAME)?;
        if let Some((name, _)) = self.needed.iter().find(|(_, value)| value.trim().is_empty()) {
            return Err(Refusal::argument(["body", *name], "Field required", "missing"));
        }
        for (name, value) in self.needed {
            naming::within_path(name, value)?;
        }
        let (mut scopes, mut mode) = (self.scopes, self.import_mode);
        spell_out(&mut scopes, &mut mode);
        let created = rfc3339(now());
        Ok(Connector {
            connector_id: random::id("conn_")?,
            name,
            provider: self.provider.to_owned(),
            status: "active".to_owned(),
            scopes: words(&scopes.unwrap_or_default()),
            import_mode: mode.unwrap_or_default().as_str().to_owned(),
            export_base_path: base_path(self.export_base_path)?,
            created_at: Some(created.clone()),
            updated_at: Some(created),
            ..Connector::default()
        })
    }
}

/// The folder of all exports. It is shown with the slashes that it was given.
fn base_path(given: Option<String>) -> Result<Option<String>, Refusal> {
    check_folder("export_base_path", given.clone())?;
    Ok(given.map(|path| path.trim().to_owned()).filter(|path| !path.is_empty()))
}

fn words(scopes: &[Purpose]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for scope in scopes {
        if !words.iter().any(|known| known == word(*scope)) {
            words.push(word(*scope).to_owned());
        }
    }
    words
}

fn add(tx: &Transaction<'_>, connector: Connector) -> Reply<Connector> {
    let kept = Kept(connector);
    records::insert(tx, &kept)?;
    Ok(kept.0)
}

fn create_gcs(_: &Caller, tx: &Transaction<'_>, call: CreateGcsConnector, credentials: &Received) -> Reply<Connector> {
    check_account(credentials.bytes())?;
    let new = New {
        provider: "gcs",
        name: &call.name,
        scopes: call.scopes,
        export_base_path: call.export_base_path,
        import_mode: call.import_mode,
        needed: &[("bucket", &call.bucket), ("gcp_project_id", &call.gcp_project_id)],
    };
    let connector = new.connector()?;
    add(tx, Connector { bucket: Some(call.bucket), gcp_project_id: Some(call.gcp_project_id), ..connector })
}

/// Refuses what cannot be the credentials of a service account. The refusal repeats nothing of them.
fn check_account(credentials: &[u8]) -> Result<(), Refusal> {
    let refuse = |what: &str| Err(Refusal::bad_request("validation_connector_credentials", format!("The credentials file {what}.")));
    let Ok(Value::Object(members)) = serde_json::from_slice(credentials) else { return refuse("is not a JSON object") };
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    if text("type") != Some("service_account") {
        return refuse("is not of the type `service_account`");
    }
    match ACCOUNT.iter().find(|name| text(name).is_none()) {
        Some(missing) => refuse(&format!("lacks the member `{missing}`")),
        None => Ok(()),
    }
}

fn create_s3(_: &Caller, tx: &Transaction<'_>, call: CreateS3Connector) -> Reply<Connector> {
    let new = New {
        provider: "s3",
        name: &call.name,
        scopes: call.scopes,
        export_base_path: call.export_base_path,
        import_mode: call.import_mode,
        needed: &[
            ("bucket", &call.bucket),
            ("region", &call.region),
            ("aws_access_key_id", &call.aws_access_key_id),
            ("aws_secret_access_key", &call.aws_secret_access_key.0),
        ],
    };
    let connector = new.connector()?;
    add(tx, Connector { bucket: Some(call.bucket), region: Some(call.region), ..connector })
}

fn create_azure(_: &Caller, tx: &Transaction<'_>, call: CreateAzureConnector) -> Reply<Connector> {
    let new = New {
        provider: "azure",
        name: &call.name,
        scopes: call.scopes,
        export_base_path: call.export_base_path,
        import_mode: call.import_mode,
        needed: &[
            ("storage_account", &call.storage_account),
            ("container", &call.container),
            ("tenant_id", &call.tenant_id),
            ("client_id", &call.client_id),
            ("client_secret", &call.client_secret.0),
        ],
    };
    let connector = new.connector()?;
    add(tx, Connector { storage_account: Some(call.storage_account), container: Some(call.container), ..connector })
}

async fn list(_: Caller, store: Store, _: ListConnectors) -> Reply<Rows<Connector>> {
    store
        .read(|connection| {
            let all = records::list::<Kept>(connection, &Which::default())?;
            Ok(Rows::all(all.into_iter().map(|stored| stored.record.0).collect()))
        })
        .await
}

async fn get(_: Caller, store: Store, call: GetConnector) -> Reply<Connector> {
    store.read(move |connection| Ok(find(connection, call.connector_id.as_str())?.0)).await
}

fn update(_: &Caller, tx: &Transaction<'_>, call: UpdateConnector) -> Reply<Connector> {
    let mut kept = find(tx, call.connector_id.as_str())?;
    let connector = &mut kept.0;
    if let Some(name) = call.name {
        connector.name = naming::named("name", &name, MOST_NAME)?;
    }
    if let Some(scopes) = call.scopes {
        if scopes.is_empty() {
            return Err(Refusal::argument(["body", "scopes"], "List should have at least 1 item", "too_short"));
        }
        connector.scopes = words(&scopes);
    }
    if let Some(path) = call.export_base_path {
        connector.export_base_path = base_path(Some(path))?;
    }
    if let Some(mode) = call.import_mode {
        mode.as_str().clone_into(&mut connector.import_mode);
    }
    if let Some(status) = call.status {
        status.as_str().clone_into(&mut connector.status);
    }
    connector.updated_at = Some(rfc3339(now()));
    records::update(tx, &kept)?;
    Ok(kept.0)
}

/// Deletes a connector. While it is imported from or exported to, it stays: the API's description has a 409 here and does not say for what.
/// Automations do not keep it, and the answer names those that will fail.
fn delete(_: &Caller, tx: &Transaction<'_>, call: DeleteConnector) -> Reply<Message> {
    let id = call.connector_id.as_str();
    find(tx, id)?;
    if imports::under_way(tx, id)? {
        return Err(Refusal::conflict("connector_in_use", "An import from this connector is under way; cancel it or wait for its end."));
    }
    if exports::under_way(tx, id)? {
        return Err(Refusal::conflict("connector_in_use", "An export to this connector is under way; wait for its end."));
    }
    records::delete::<Kept>(tx, id)?;
    let left = automations::using(tx, id)?;
    let failing = if left.is_empty() { String::new() } else { format!(" Automations that use it will fail: {}.", left.join(", ")) };
    Ok(Message { message: format!("The connector {id} is deleted; imported media stay.{failing}") })
}

async fn test(service: Arc<Service>, _: Caller, call: TestConnector) -> Reply<TestResult> {
    let id = call.connector_id.as_str().to_owned();
    let kept = service.store.read(move |connection| find(connection, &id)).await?;
    let looking = Arc::clone(&service);
    let error = bucket::blocking(move || looking.buckets.find(kept.bucket())?.look()).await?.err();
    service.store.write(move |tx| keep_test(tx, call.connector_id.as_str(), error)).await
}

fn keep_test(tx: &Transaction<'_>, connector_id: &str, error: Option<String>) -> Reply<TestResult> {
    let mut kept = find(tx, connector_id)?;
    let connector = &mut kept.0;
    let success = error.is_none();
    connector.last_tested_at = Some(rfc3339(now()));
    connector.last_test_result = Some(if success { "success" } else { "failed" }.to_owned());
    connector.last_test_error.clone_from(&error);
    // A test switches no connector on that its owner switched off.
    if connector.status != "disabled" {
        if success { "active" } else { "failed" }.clone_into(&mut connector.status);
    }
    records::update(tx, &kept)?;
    Ok(TestResult { success, error_message: error })
}

async fn browse(service: Arc<Service>, _: Caller, call: BrowseConnector) -> Reply<Rows<CloudFile>> {
    let id = call.connector_id.as_str().to_owned();
    let kept = service.store.read(move |connection| find(connection, &id)).await?;
    let most = call.limit.map_or(MOST_FILES, |limit| usize::try_from(limit).unwrap_or(MOST_FILES));
    if most == 0 {
        return Err(Refusal::argument(["body", "limit"], "Input should be 1 or more", "greater_than_equal"));
    }
    let (prefix, pattern) = (call.prefix.unwrap_or_default(), call.pattern.filter(|pattern| !pattern.is_empty()));
    let filter = Filter::new(&prefix, pattern.as_deref().unwrap_or("*"), call.recursive.unwrap_or(true), most.min(MOST_FILES));
    let found = bucket::blocking(move || service.buckets.find(kept.bucket())?.list(&filter)).await?;
    let found = found.map_err(|reason| Refusal::bad_request("connector_unreachable", reason))?;
    Ok(Rows::all(found.objects.iter().map(bucket::Object::shown).collect()))
}

#[cfg(test)]
pub(crate) const SAMPLES: super::tests::round_trip::Samples = &[
    (
        "POST /connectors/gcs",
        r#"{"name": "TEXT", "bucket": "TEXT", "gcp_project_id": "TEXT", "scopes": ["import", "export"], "export_base_path": "TEXT", "import_mode": "new_only"}"#,
    ),
    (
        "POST /connectors/s3",
        r#"{"name": "TEXT", "bucket": "TEXT", "region": "TEXT", "aws_access_key_id": "TEXT", "aws_secret_access_key": "TEXT",
            "scopes": ["export"], "export_base_path": "TEXT", "import_mode": "all"}"#,
    ),
    (
        "POST /connectors/azure",
        r#"{"name": "TEXT", "storage_account": "TEXT", "container": "TEXT", "tenant_id": "TEXT", "client_id": "TEXT",
            "client_secret": "TEXT", "scopes": ["import"]}"#,
    ),
    (
        "PATCH /connectors/{connector_id}",
        r#"{"name": "TEXT", "scopes": ["import"], "export_base_path": "", "import_mode": "all", "status": "disabled"}"#,
    ),
    ("POST /connectors/{connector_id}/browse", r#"{"prefix": "TEXT", "pattern": "TEXT", "recursive": false, "limit": 3}"#),
];
