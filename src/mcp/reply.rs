//! Turns answers of the tools layer into MCP results.
//!
//! An error of a tool is a result, so that a model can read it. Protocol errors are for requests that cannot be routed. Error results carry
//! no structured content, because clients check it against the output schema even then. What programs read of an error is in `_meta`. Only the
//! plan of a tool without an output schema is structured, too.

use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Value, json, map::Entry};

use crate::{
    fence,
    tools::{Answer, Form, Offer, Report, Tool, ToolError, schema::Member, text},
};

/// The `_meta` member of an error result that holds code, request id and the like.
const ERROR_META: &str = "videosearch/error";
/// The `_meta` member of a result that holds what the viewer draws.
const VIEW_META: &str = "videosearch/view";

/// The result of a call: a success, or an error that a model can act on.
pub fn result(tool: &Tool, outcome: Result<Answer, ToolError>, offer: &Offer, form: Form) -> CallToolResult {
    let mut result = match outcome {
        Ok(answer) => success(answer, tool.form(form), tool.output),
        Err(error) => failure(tool, &error.report(tool, offer), form),
    };
    hide_secrets_of_call(&mut result);
    result
}

/// Takes the secrets among the arguments of the running call out of its result. The fence of the process does not know them.
fn hide_secrets_of_call(result: &mut CallToolResult) {
    if !fence::call_has_secrets() {
        return;
    }
    for block in &mut result.content {
        if let ContentBlock::Text(text) = block {
            text.text = fence::text(&text.text).into_owned();
        }
    }
    result.structured_content.iter_mut().for_each(fence::value);
    result.meta.iter_mut().flat_map(|meta| meta.0.values_mut()).for_each(fence::value);
}

/// The result of a call that was given up. A client sees it only when the process is being stopped: rmcp drops the results of cancelled
/// calls.
pub fn stopped(tool: &Tool, form: Form) -> CallToolResult {
    let report = Report {
        code: "stopped".into(),
        message: "the server is being shut down, and the call was stopped before it was through".into(),
        recoverable: true,
        ..Report::default()
    };
    failure(tool, &report, form)
}

/// A success. Clients check its structured content against the output schema, and lose the whole answer if a member is missing. So what the
/// API did not say is empty there.
fn success(answer: Answer, form: Form, promised: &[Member]) -> CallToolResult {
    let mut rendered = answer.render(form);
    if let Some(structured) = &mut rendered.structured {
        for member in promised.iter().filter(|member| member.always) {
            if let (Some(empty), Entry::Vacant(missing)) = (member.kind.empty(), structured.entry(member.name)) {
                missing.insert(empty);
            }
        }
    }
    let mut content = vec![ContentBlock::text(rendered.text)];
    content.extend(rendered.pictures.into_iter().map(|picture| ContentBlock::image(picture.base64, picture.media_type)));
    let mut result = if rendered.failed { CallToolResult::error(content) } else { CallToolResult::success(content) };
    result.structured_content = rendered.structured.map(Value::Object);
    if let Some(view) = rendered.view.filter(|_| !rendered.failed) {
        result.meta.get_or_insert_default().0.insert(VIEW_META.into(), view);
    }
    result
}

fn failure(tool: &Tool, report: &Report, form: Form) -> CallToolResult {
    let text = match form {
        Form::Both | Form::Lines => report.text(tool),
        Form::Json => report.json(),
    };
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    let mut facts = json!({
        "code": report.code,
        "recoverable": report.recoverable,
        "request_id": report.request_id,
        "retry_after": report.retry_after,
        "details": report.shown_details(),
    });
    text::clean_value(&mut facts);
    text::prune(&mut facts);
    let mut meta = MetaObject::new();
    meta.0.insert(ERROR_META.into(), facts);
    result.meta = Some(meta);
    result
}
