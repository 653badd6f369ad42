//! `test_connector` and `browse_connector_files`: the store behind a connector.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    api::{
        connectors::{self, BrowseConnector, CloudFile},
        ids::ConnectorId,
    },
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        answer::Row,
        schema::{Kind, Member},
        text,
    },
};

/// Try whether a connector reaches its bucket.
#[derive(Deserialize, JsonSchema)]
pub struct TestConnector {
    connector_id: ConnectorId,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for TestConnector {
    type Endpoint = connectors::TestConnector;
    const NAME: &'static str = "test_connector";
    const TITLE: &'static str = "Test connector";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] =
        &[Member::always("connector_id", Kind::Text), Member::always("success", Kind::Flag), Member::maybe("error_message", Kind::Text)];
    const INSTEAD: &'static [&'static str] = &["browse_connector_files", "get_connector"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let call = connectors::TestConnector { connector_id: self.connector_id };
        let (result, _) = cx.session.call_keyed(&call, self.idempotency_key.as_deref(), &cx.deadline).await?;
        let id = text::id(call.connector_id.as_str());
        let why = result.error_message.as_deref().map(|why| text::line(why, 600));
        let mut answer = match (result.success, &why) {
            (true, _) => Answer::new(format!("Connector {id} reaches its bucket")),
            (false, Some(why)) => Answer::new(format!("Connector {id} does not work: {why}")),
            (false, None) => Answer::new(format!("Connector {id} does not work; the API does not say why")),
        };
        answer.fact("connector_id", call.connector_id.as_str());
        answer.fact("success", result.success);
        answer.fact("error_message", result.error_message);
        Ok(answer)
    }
}

/// List the files behind a connector: path, size, date.
#[derive(Deserialize, JsonSchema)]
pub struct BrowseConnectorFiles {
    connector_id: ConnectorId,
    /// The prefix.
    prefix: Option<String>,
    /// Like *.mp4.
    pattern: Option<String>,
    recursive: Option<bool>,
    #[schemars(range(min = 1))]
    limit: Option<u32>,
}

impl Spec for BrowseConnectorFiles {
    type Endpoint = BrowseConnector;
    const NAME: &'static str = "browse_connector_files";
    const TITLE: &'static str = "Browse files";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("connector_id", Kind::Text),
        Member::always("total_files", Kind::Count),
        Member::always("total_size", Kind::Count),
        Member::maybe("by_extension", Kind::Object),
        Member::always("files", Kind::Rows),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let filter = json!({
            "prefix": self.prefix.as_deref().unwrap_or_default(),
            "pattern": self.pattern.as_deref().unwrap_or("*"),
            "recursive": self.recursive.unwrap_or(true),
        });
        let call = BrowseConnector {
            connector_id: self.connector_id,
            prefix: self.prefix,
            pattern: self.pattern,
            recursive: self.recursive,
            limit: self.limit,
        };
        let files = cx.session.call(&call, &cx.deadline).await?.data;
        let size: u64 = files.iter().fold(0, |size, file| size.saturating_add(file.size_bytes));
        let kinds = kinds(&files);
        let told: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {}", text::line(kind, 20))).collect();
        let told = if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) };
        let id = text::id(call.connector_id.as_str());
        let mut answer = Answer::new(format!("{} behind {id}, {}{told}", text::count(files.len(), "file"), text::size(size)));
        answer.fact("connector_id", call.connector_id.as_str());
        answer.fact("filter", filter);
        answer.fact("total_files", files.len());
        answer.fact("total_size", size);
        answer.fact("by_extension", Value::Object(kinds));
        if files.is_empty() {
            answer.note("no path begins with the prefix and fits the pattern; both mind upper and lower case, no path begins with `/`, and `*` stands for any text");
        } else if call.limit.is_some_and(|limit| files.len() >= limit as usize) {
            answer.note("there may be more files than `limit`");
        }
        answer.rows("files", files.iter().map(row).collect());
        answer.leave_to_json(["name", "content_type", "extension"]);
        if !files.is_empty() && cx.offer.can_call("create_import_job") {
            answer.close("Next: create_import_job imports them.");
        }
        Ok(answer)
    }
}

/// How many files there are of each extension, the most frequent first.
fn kinds(files: &[CloudFile]) -> Map<String, Value> {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for file in files {
        let kind = if file.extension.is_empty() { "without extension" } else { file.extension.trim_start_matches('.') };
        match counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(kind, count)| (kind.to_owned(), count.into())).collect()
}

fn row(file: &CloudFile) -> Row {
    let size = text::size(file.size_bytes);
    let line = format!("{} {size} {}", text::line(&file.path, 300), text::line(&file.last_modified, 40));
    let mut value = serde_json::to_value(file).unwrap_or_default();
    if let Value::Object(members) = &mut value {
        members.insert("size_human".to_owned(), size.into());
    }
    Row { line, value }
}
