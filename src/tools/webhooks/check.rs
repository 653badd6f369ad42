//! What the API refuses of a webhook, as far as that can be known before.

use std::net::IpAddr;

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::{
    api::webhooks::ListWebhookEvents,
    tools::{ArgumentError, Context, ToolError, text},
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

/// Whether an address may be one that is called. The service calls https alone; a playground calls receivers on its own machine, too.
fn is_called(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || url.scheme() == "http" && is_local
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
