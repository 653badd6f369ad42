//! Connectors to cloud storage: making, reading, testing, browsing and deleting them.
//!
//! `create` makes them and `secret` finds their secrets, which no answer repeats. `update` changes one, which may set automations going. `look`
//! asks the store behind a connector. The other tools pass one call on. Nothing here may know how media are imported.

mod create;
mod look;
mod secret;
mod update;

pub use secret::are_credentials;
use serde_json::{Value, json};

use crate::{
    api::{
        automations::{Automation, AutomationKind},
        connectors::{self, Connector, DeleteConnector, GetConnector},
        imports::{ImportJob, ListImportJobs},
    },
    consent::Stake,
    tools::{
        Answer, Context, Tool, ToolError, automations,
        catalog::Family,
        consent::Plan,
        proxy::{Noun, Planned, must_be},
        refused::InTheWay,
        schema::{Kind, Member},
        text,
    },
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "connectors", about: "connectors to cloud storage", tools: &TOOLS };

/// How many of the newest import jobs are looked at.
const JOBS_LOOKED_AT: u32 = 200;

/// With this scope a bucket is one for exports.
const EXPORTS: &str = "scopes=export";
/// What a plan says of such a connector.
const SENDS: &str = "Exports of the account can go to this bucket from then on.";

static TOOLS: [Tool; 9] = [
    Tool::of::<create::CreateGcsConnector>().words("google cloud storage bucket connect").sends_with(EXPORTS, SENDS).example(
        r#"{"name": "Example Google Cloud", "bucket": "sample-bucket", "gcp_project_id": "example", "credentials_json": {"type": "service_account", "project_id": "example", "private_key_id": "1", "private_key": "not-a-real-key", "client_email": "a@example.com", "token_uri": "https://example.com/token"}, "idempotency_key": "example-gcs"}"#,
    ),
    Tool::of::<create::CreateS3Connector>().words("amazon aws bucket connect cloud storage").sends_with(EXPORTS, SENDS).example(
        r#"{"name": "Example S3", "bucket": "sample-bucket", "region": "eu-central-1", "aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "not-a-real-secret", "idempotency_key": "example-s3"}"#,
    ),
    Tool::of::<create::CreateAzureConnector>().words("microsoft blob container connect cloud storage").sends_with(EXPORTS, SENDS).example(
        r#"{"name": "Example Azure", "storage_account": "example", "container": "sample-bucket", "tenant_id": "t", "client_id": "c", "client_secret": "not-a-real-secret", "idempotency_key": "example-azure"}"#,
    ),
    Tool::proxy::<connectors::ListConnectors>("list_connectors", "List connectors").words("bucket cloud storage connections we have accounts"),
    Tool::proxy::<GetConnector>("get_connector", "Get connector").words("bucket cloud storage connection details state").example(r#"{"connector_id": "conn_sample_bucket"}"#),
    Tool::of::<connectors::UpdateConnector>()
        .words("disable enable; connection bucket name credentials")
        .plans(Stake::Cost)
        .sends_with(EXPORTS, SENDS)
        .example(r#"{"connector_id": "conn_sample_bucket", "status": "active"}"#),
    Tool::deletes::<DeleteConnector>("delete_connector", "Delete connector").words("disconnect; bucket storage account connection").example(r#"{"connector_id": "conn_sample_bucket"}"#),
    Tool::of::<look::TestConnector>().words("connection works reach bucket credentials azure s3 gcs valid access").example(r#"{"connector_id": "conn_sample_bucket"}"#),
    Tool::of::<look::BrowseConnectorFiles>().words("look; bucket folder inside storage contents imported").example(r#"{"connector_id": "conn_sample_bucket"}"#),
];

impl Noun for Connector {
    const NOUN: &'static str = "connector";
    const LIST: &'static str = "connectors";
    const TOTAL: &'static str = "total_connectors";
    const NONE: (&'static str, &'static str) =
        ("No connector was made yet.", "create_gcs_connector, create_s3_connector or create_azure_connector makes one.");
    const COUNTED: &'static [(&'static str, &'static str)] = &[("by_provider", "provider")];
    const LONG: &'static [&'static str] = &["created_at", "updated_at"];
    const TOLD: &'static [&'static str] = &["connector_id", "name", "provider", "bucket", "container", "scopes", "status", "last_test"];
    const ALONE: &'static [Member] =
        &[Member::always("connector_id", Kind::Text), Member::always("provider", Kind::Text), Member::always("status", Kind::Text)];

    fn line(&self) -> String {
        let place = self.place().map(|place| format!(" {}", text::line(place, 80))).unwrap_or_default();
        let uses = if self.scopes.is_empty() { String::new() } else { format!(", {}", text::line(&self.scopes.join(" and "), 40)) };
        let at = self.last_tested_at.as_deref().map(|at| format!(" {}", text::line(at, 40)));
        let tested = match (at, &self.last_test_error, &self.last_test_result) {
            (None, None, None) => ", not tested".to_owned(),
            (at, Some(error), _) => format!(", test failed{}: {}", at.unwrap_or_default(), text::line(error, 200)),
            (Some(at), None, _) => format!(", tested{at}"),
            (None, None, Some(result)) => format!(", tested: {}", text::line(result, 40)),
        };
        format!(
            "{} \"{}\" {}{place}{uses}, {}{tested}",
            text::id(&self.connector_id),
            text::line(&self.name, 80),
            text::line(&self.provider, 20),
            text::line(&self.status, 20)
        )
    }

    /// As the contract has it: what is known of the last test stands together.
    fn facts(&self) -> Value {
        let mut facts = serde_json::to_value(self).unwrap_or_default();
        if let Value::Object(members) = &mut facts {
            let [at, result, error] =
                ["last_tested_at", "last_test_result", "last_test_error"].map(|name| members.shift_remove(name).unwrap_or_default());
            let is_tested = [&at, &result, &error].iter().any(|member| !member.is_null());
            let test = if is_tested { json!({"tested_at": at, "result": result, "error": error}) } else { Value::Null };
            members.insert("last_test".to_owned(), test);
        }
        facts
    }
}

impl Planned for DeleteConnector {
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let get = GetConnector { connector_id: self.connector_id.clone() };
        let list = ListImportJobs { status: None, limit: Some(JOBS_LOOKED_AT), index_id: None, automation_only: None };
        let (connector, jobs) = tokio::join!(cx.session.call(&get, &cx.deadline), cx.session.call(&list, &cx.deadline));
        let connector = connector?;
        must_be(self.connector_id.as_str(), &connector.connector_id)?;
        let id = Some(self.connector_id.as_str());
        let more = jobs.as_ref().is_ok_and(|jobs| jobs.data.len() >= JOBS_LOOKED_AT as usize);
        let jobs = jobs.map(|jobs| jobs.data.into_iter().filter(|job| job.connector_id.as_deref() == id).collect::<Vec<ImportJob>>());
        if let Some(job) = jobs.iter().flatten().find(|job| !job.is_over()) {
            let (job, connector) = (text::id(&job.job_id), text::id(&connector.connector_id));
            let what = format!("the import job {job} still reads from the connector {connector}");
            return Err(InTheWay::new(what, format!("Wait for it (wait_for_import job_id={job}) or stop it (cancel_import_job).")).into());
        }
        let mut answer = Answer::new(format!("Would delete the connector {}", connector.line()));
        answer.facts(json!({"connector": connector.facts()}));
        match jobs {
            Ok(jobs) => {
                answer.fact("import_jobs", jobs.len());
                let at_least = if more { "at least " } else { "" };
                answer.line(format!("Used by {at_least}{}. Imported media stay.", text::count(jobs.len(), "import job")));
                if more {
                    answer.note(format!("Only the newest {JOBS_LOOKED_AT} import jobs were looked at; older ones may have used it, too."));
                }
            }
            Err(_) => answer.note("The import jobs that use it could not be read."),
        }
        let uses = |automation: &Automation| {
            [&automation.connector_id, &automation.destination_connector_id].into_iter().any(|connector| connector.as_deref() == id)
        };
        match automations::using(cx, &[AutomationKind::Import, AutomationKind::Export], uses).await {
            Some(used) if used.found.is_empty() => {
                if used.of_first.is_none() {
                    answer.note("No automation uses it.");
                }
                used.note(&mut answer);
            }
            Some(used) => {
                used.note(&mut answer);
                let used = used.found;
                let named: Vec<String> = used.iter().map(|(index, kind)| format!("{kind} of {}", text::id(index))).collect();
                answer.line(format!("Automations that will fail: {}.", text::names(named.iter().map(String::as_str), 10)));
                let facts = used.iter().map(|(index, kind)| json!({"index_id": index, "kind": kind}));
                answer.fact("automations", facts.collect::<Value>());
            }
            None => answer.note("Which automations use it could not be read. They will fail."),
        }
        // A bucket of which the API does not say what it is for may be one for exports.
        if connector.scopes.is_empty() || connector.scopes.iter().any(|scope| scope == "export") {
            answer.note("Exports to it will fail.");
        }
        Ok(Plan::loss(answer, &connector.name))
    }
}

/// Shows a connector that was made.
fn made(cx: &Context<'_>, connector: Connector, secret: &secret::Found, from: &str) -> Answer {
    let id = text::id(&connector.connector_id);
    let mut answer = crate::tools::proxy::done("Connector created", connector);
    if secret.inline {
        answer.note(format!("the secret was an argument, so this conversation holds it; next time name a file or variable in {from}"));
    }
    if secret.exposed {
        answer.note("the file of the secret is open to other users of this machine");
    }
    if cx.offer.can_call("test_connector") {
        answer.close(format!("Next: test_connector with connector_id={id}."));
    }
    answer
}
