//! Resources: what a host attaches to a conversation. Which there are, and what reads them, says [`crate::tools::resources`].
//!
//! A reading that fails is a protocol error, since a resource has no other way to say so: -32002 (-32602 without a handshake) if there is no
//! such thing, -32602 if the address cannot be right, -32600 if the key or the configuration does not allow it, and -32603 for all else.

use std::time::Duration;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CacheScope, ErrorCode, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource as McpResource,
        ResourceContents, ResourceTemplate,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use super::{instructions::instructions, request::progress, server::Server, viewer};
use crate::{
    consent::Person,
    gate::RefusalCause,
    session::{CallError, Deadline},
    tools::{
        Answer, Form, Offer, Tool, ToolError,
        resources::{self, Found, GUIDE, Resource},
        text,
    },
};

/// How long the list waits for the names of the indexes.
const NAMES_WITHIN: Duration = Duration::from_secs(3);
/// The most indexes in the list. A host shows the list to a person.
const MOST_INDEXES: usize = 50;
/// The most characters of an address that an error repeats.
const MOST_REPEATED: usize = 150;

impl Server {
    /// What can be read without knowing an id: the guide, the key and the indexes.
    pub(super) async fn resources(&self, context: &RequestContext<RoleServer>) -> ListResourcesResult {
        let offer = self.settled().await;
        let guide = McpResource::new(GUIDE, "guide").with_title("Guide").with_mime_type("text/markdown");
        let mut whole = true;
        let mut listed = vec![guide.with_description("How to work with this server, and what this key can do.")];
        for (_, resource) in resources::offered(&offer) {
            match resource.variable() {
                None => listed.push(row(resource.template(), resource, resource.title.to_owned())),
                Some("index") => {
                    let cx = self.context(&offer, None);
                    let known = resources::indexes(&cx, &Deadline::default().at_most(NAMES_WITHIN)).await;
                    whole = known.is_some();
                    let rows = known.iter().flatten().take(MOST_INDEXES);
                    listed.extend(rows.map(|(id, name)| row(resource.address(id), resource, text::line(name, 200))));
                }
                Some(_) => {}
            }
        }
        listed.extend(self.viewer(&offer, context).await);
        // A list without the indexes is asked for again.
        let ttl = self.list_ttl(&offer);
        ListResourcesResult::with_all_items(listed).with_ttl_ms(if whole { ttl } else { 0 }).with_cache_scope(CacheScope::Private)
    }

    /// The addresses that need an id or a name.
    pub(super) async fn resource_templates(&self) -> ListResourceTemplatesResult {
        let offer = self.settled().await;
        let with_variable = resources::offered(&offer).filter(|(_, resource)| resource.variable().is_some());
        let templates = with_variable.map(|(_, resource)| {
            ResourceTemplate::new(resource.template(), resource.name)
                .with_title(resource.title)
                .with_description(resource.about)
                .with_mime_type(resource.media_type)
        });
        ListResourceTemplatesResult::with_all_items(templates.collect())
            .with_ttl_ms(self.list_ttl(&offer))
            .with_cache_scope(CacheScope::Private)
    }

    /// Reads one.
    pub(super) async fn read(&self, uri: &str, context: &RequestContext<RoleServer>) -> Result<ReadResourceResult, ErrorData> {
        let (tool, resource, arguments) = match resources::find(uri) {
            None if viewer::is_at(uri) && viewer::is_wanted(context) => return Ok(self.page(uri).await),
            None if viewer::is_at(uri) => {
                return Err(missing(uri, "this page is only for hosts that show pages (MCP Apps) and declare it".into()));
            }
            None => {
                let forms = "there is nothing at this address; resources/list and resources/templates/list have what this key can read";
                return Err(missing(uri, forms.into()));
            }
            Some(Found::Guide) => {
                let offer = self.settled().await;
                let guide = resources::guide(&instructions(&|tool| offer.can_call(tool.name)), &self.context(&offer, None)).await;
                let guide = ResourceContents::text(guide, uri).with_mime_type("text/markdown");
                return Ok(read(vec![guide]).with_ttl_ms(self.list_ttl(&offer)));
            }
            Some(Found::Read(tool, resource, arguments)) => (tool, resource, arguments),
        };
        if let Err(setting) = self.selection().check(tool) {
            let message = format!("`{}` is switched off by this server's configuration; see {setting}", resource.template());
            return Err(ErrorData::new(ErrorCode::INVALID_REQUEST, message, Some(json!({"uri": text::line(uri, MOST_REPEATED)}))));
        }
        if let Some(why) = resource.refuses(&arguments) {
            return Err(ErrorData::invalid_params(why, Some(json!({"uri": text::line(uri, MOST_REPEATED)}))));
        }
        let given = arguments.get(resource.argument).and_then(Value::as_str).map(str::to_owned);
        let progress = progress(context);
        let (outcome, offer) = self.outcome(tool, arguments, Person::Nobody, progress.as_deref(), false).await;
        match outcome {
            Ok(mut answer) => {
                answer.called_by(resource.call(tool, given.as_deref(), Some(&answer), &offer));
                Ok(read(contents(uri, resource, answer)))
            }
            Err(error) => Err(failed(uri, tool, &error, &offer, || resource.call(tool, given.as_deref(), None, &offer))),
        }
    }
}

/// The row of the list for an address.
fn row(uri: String, resource: &Resource, title: String) -> McpResource {
    McpResource::new(uri, resource.name).with_title(title).with_description(resource.about).with_mime_type(resource.media_type)
}

/// A result that may not be kept: what it tells can change at any time.
fn read(contents: Vec<ResourceContents>) -> ReadResourceResult {
    ReadResourceResult::new(contents).with_ttl_ms(0).with_cache_scope(CacheScope::Private)
}

/// The text of an answer and its pictures, or its table and what else there is to say.
fn contents(uri: &str, resource: &Resource, answer: Answer) -> Vec<ResourceContents> {
    if resource.is_table() {
        let (table, remarks) = answer.table(true);
        let mut contents = vec![ResourceContents::text(table, uri).with_mime_type(resource.media_type)];
        // A table has no place for remarks.
        contents.extend((!remarks.is_empty()).then(|| ResourceContents::text(remarks, uri).with_mime_type("text/plain")));
        return contents;
    }
    let rendered = answer.render(Form::Lines);
    let mut contents = vec![ResourceContents::text(rendered.text, uri).with_mime_type(resource.media_type)];
    contents.extend(
        rendered.pictures.into_iter().map(|picture| ResourceContents::blob(picture.base64, uri).with_mime_type(picture.media_type)),
    );
    contents
}

/// There is nothing at this address.
fn missing(uri: &str, message: String) -> ErrorData {
    ErrorData::resource_not_found(message, Some(json!({"uri": text::line(uri, MOST_REPEATED)})))
}

/// Why a reading failed. `call` is the call that would give the same.
fn failed(uri: &str, tool: &Tool, error: &ToolError, offer: &Offer, call: impl FnOnce() -> String) -> ErrorData {
    let mut report = error.report(tool, offer);
    if error.is_missing() {
        return missing(uri, report.text(tool));
    }
    let wants = error.wants();
    if let Some((why, arguments)) = wants {
        report.message = why.into();
        report.suggestion = format!("An address has no place for {arguments}; {} does.", call());
    }
    let message = report.text(tool);
    let code = match error {
        // The address is right. What is missing is in no address.
        _ if wants.is_some() => ErrorCode::INTERNAL_ERROR,
        // However it is wrapped.
        _ if report.code == "invalid_arguments" => ErrorCode::INVALID_PARAMS,
        // A scope that could not be verified is no refusal: the API did not answer.
        ToolError::Call(CallError::Refused(refusal)) if !matches!(refusal.cause, RefusalCause::Unverified(_)) => ErrorCode::INVALID_REQUEST,
        _ => ErrorCode::INTERNAL_ERROR,
    };
    let mut data = json!({"uri": text::line(uri, MOST_REPEATED), "code": report.code, "request_id": report.request_id, "retry_after": report.retry_after});
    text::prune(&mut data);
    ErrorData::new(code, message, Some(data).filter(Value::is_object))
}
