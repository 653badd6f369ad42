//! `create_gcs_connector`, `create_s3_connector` and `create_azure_connector`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{made, secret};
use crate::{
    api::{
        connectors::{self, ImportMode, Purpose},
        form::FilePart,
        keys::Secret,
    },
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        schema::{Kind, Member},
    },
};

/// The members of every answer.
const OUTPUT: &[Member] = &[Member::always("message", Kind::Text), Member::always("connector", Kind::Object)];

/// Connect a bucket of Google Cloud Storage for imports or exports.
#[derive(Deserialize, JsonSchema)]
pub struct CreateGcsConnector {
    #[schemars(length(min = 1, max = 100))]
    name: String,
    #[schemars(length(min = 1, max = 255))]
    bucket: String,
    gcp_project_id: String,
    /// As in `create_s3_connector`.
    credentials_from: Option<String>,
    /// Rather `credentials_from`.
    credentials_json: Option<Map<String, Value>>,
    scopes: Option<Vec<Purpose>>,
    export_base_path: Option<String>,
    import_mode: Option<ImportMode>,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for CreateGcsConnector {
    type Endpoint = connectors::CreateGcsConnector;
    const NAME: &'static str = "create_gcs_connector";
    const TITLE: &'static str = "Connect Google Cloud";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = OUTPUT;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let names = ["credentials_json", "credentials_from"];
        let inline = self.credentials_json.map(|members| Value::Object(members).to_string());
        let found = secret::find(cx, names[0], inline, names[1], self.credentials_from).await?;
        secret::account(&found)?;
        let call = connectors::CreateGcsConnector {
            name: self.name,
            bucket: self.bucket,
            gcp_project_id: self.gcp_project_id,
            credentials_file: FilePart::bytes("credentials.json", "application/json", found.value.clone()),
            scopes: self.scopes,
            export_base_path: self.export_base_path,
            import_mode: self.import_mode,
        };
        let (connector, _) = cx.session.call_keyed(&call, self.idempotency_key.as_deref(), &cx.deadline).await?;
        Ok(made(cx, connector, &found, names[1]))
    }
}

/// Connect an S3 bucket for imports or exports.
#[derive(Deserialize, JsonSchema)]
pub struct CreateS3Connector {
    #[schemars(length(min = 1, max = 100))]
    name: String,
    #[schemars(length(min = 1, max = 255))]
    bucket: String,
    region: String,
    aws_access_key_id: String,
    /// `file:NAME` or `env:VIDEOSEARCH_SECRET_...`.
    secret_access_key_from: Option<String>,
    /// Rather `secret_access_key_from`.
    aws_secret_access_key: Option<String>,
    scopes: Option<Vec<Purpose>>,
    export_base_path: Option<String>,
    import_mode: Option<ImportMode>,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for CreateS3Connector {
    type Endpoint = connectors::CreateS3Connector;
    const NAME: &'static str = "create_s3_connector";
    const TITLE: &'static str = "Connect S3";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = OUTPUT;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let names = ["aws_secret_access_key", "secret_access_key_from"];
        let found = secret::find(cx, names[0], self.aws_secret_access_key, names[1], self.secret_access_key_from).await?;
        let call = connectors::CreateS3Connector {
            name: self.name,
            bucket: self.bucket,
            region: self.region,
            aws_access_key_id: self.aws_access_key_id,
            aws_secret_access_key: Secret(found.value.clone()),
            scopes: self.scopes,
            export_base_path: self.export_base_path,
            import_mode: self.import_mode,
        };
        let (connector, _) = cx.session.call_keyed(&call, self.idempotency_key.as_deref(), &cx.deadline).await?;
        Ok(made(cx, connector, &found, names[1]))
    }
}

/// Connect a container of Azure Blob Storage for imports or exports.
#[derive(Deserialize, JsonSchema)]
pub struct CreateAzureConnector {
    #[schemars(length(min = 1, max = 100))]
    name: String,
    storage_account: String,
    #[schemars(length(min = 1, max = 255))]
    container: String,
    tenant_id: String,
    client_id: String,
    /// As in `create_s3_connector`.
    client_secret_from: Option<String>,
    /// Rather `client_secret_from`.
    client_secret: Option<String>,
    scopes: Option<Vec<Purpose>>,
    export_base_path: Option<String>,
    import_mode: Option<ImportMode>,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for CreateAzureConnector {
    type Endpoint = connectors::CreateAzureConnector;
    const NAME: &'static str = "create_azure_connector";
    const TITLE: &'static str = "Connect Azure";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = OUTPUT;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let names = ["client_secret", "client_secret_from"];
        let found = secret::find(cx, names[0], self.client_secret, names[1], self.client_secret_from).await?;
        let call = connectors::CreateAzureConnector {
            name: self.name,
            storage_account: self.storage_account,
            container: self.container,
            tenant_id: self.tenant_id,
            client_id: self.client_id,
            client_secret: Secret(found.value.clone()),
            scopes: self.scopes,
            export_base_path: self.export_base_path,
            import_mode: self.import_mode,
        };
        let (connector, _) = cx.session.call_keyed(&call, self.idempotency_key.as_deref(), &cx.deadline).await?;
        Ok(made(cx, connector, &found, names[1]))
    }
}
