//! What the API refuses of a webhook, as far as that can be known before.

use serde_json::{Map, Value};
use url::Url;

use crate::{
    api::webhooks::ListWebhookEvents,
    reach::Reach,
    tools::{Answer, ArgumentError, Context, ToolError, text},
};

/// Refuses an address that the service does not call, and events that it does not have.
pub async fn check(arguments: &Map<String, Value>, cx: &Context<'_>) -> Result<(), ToolError> {
    if let Some(Value::String(url)) = arguments.get("url")
        && !is_called(url)
    {
        return Err(ArgumentError("`url`: a webhook has an https address".into()).into());
    }
    let Some(Value::Array(wanted)) = arguments.get("events") else { return Ok(()) };
    // Without the list, the API has to find out.
    let Ok(known) = cx.session.call(&ListWebhookEvents {}, &cx.aside()).await else { return Ok(()) };
    let unknown: Vec<&str> = wanted.iter().filter_map(Value::as_str).filter(|name| !known.data.iter().any(|event| event == name)).collect();
    if unknown.is_empty() || known.data.is_empty() {
        return Ok(());
    }
    let (unknown, known) = (text::names(unknown.into_iter(), 5), text::names(known.data.iter().map(String::as_str), 40));
    Err(ArgumentError(format!("`events`: there is no event {unknown}; the events are: {known}")).into())
}

/// Notes the events for jobs that succeed in part, if a webhook hears only of those that succeed as a whole.
pub fn note_parts(answer: &mut Answer, events: &[String]) {
    for job in ["import_job", "prompt_run"] {
        let hears = |end: &str| events.iter().any(|event| event.strip_prefix(job).and_then(|rest| rest.strip_prefix('.')) == Some(end));
        if hears("completed") && !hears("partial_completed") {
            answer.note(format!(
                "Of one that ends with failures the API tells by {job}.partial_completed, which this webhook does not hear."
            ));
        }
    }
}

/// Whether an address may be one that is called. The service calls https alone; a playground calls receivers on its own machine, too.
fn is_called(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.scheme() == "https" || url.scheme() == "http" && Reach::Loopback.allows_host_of(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_called_and_http_on_this_machine() {
        for (url, expect) in [
            ("https://receiver.example/x", true),
            ("http://localhost:8080/", true),
            ("http://[::1]/", true),
            ("http://127.0.0.1/", true),
            ("http://169.254.169.254/", false),
            ("http://receiver.example/", false),
            ("ftp://localhost/", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_called(url), expect, "{url}");
        }
    }
}
