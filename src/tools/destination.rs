//! Where a call sends data, so that whoever agrees to it can see that.
//!
//! An address can be long, and then a plan shows only its beginning. The beginning is not where it leads: the host is. So hosts are shown
//! whole, and an address that hides its host is refused. So is one that programs read differently: the service sends the data, and nobody
//! here knows how it reads an address. What an argument names by its id is looked up.

use serde_json::{Map, Value};
use url::Url;

use super::{ArgumentError, Context, ToolError, proxy::Noun, text};
use crate::api::{
    connectors::GetConnector,
    exports::GetExport,
    ids::{ConnectorId, DeliveryId, ExportId, JobId, PromptId, WebhookId},
    imports::GetImportJob,
    prompts::GetPrompt,
    webhooks::{GetDelivery, GetWebhook},
};

/// The most characters of all hosts together. A person must be able to see all of them.
const MOST_HOSTS: usize = 2_000;

/// Refuses addresses that hide where they lead, or that programs read differently.
pub fn check(arguments: &Map<String, Value>) -> Result<(), ArgumentError> {
    for (name, value) in arguments {
        each_text(name, value, &mut |member, text| {
            let refused = match address(text) {
                Some(url) if !url.username().is_empty() || url.password().is_some() => Err(HIDES.to_owned()),
                _ if is_place(member) && is_web(text) => plain(text).map(drop),
                _ => Ok(()),
            };
            refused.map_err(|why| ArgumentError(format!("`{}`: {why}", text::line(name, 80))))
        })?;
    }
    Ok(())
}

/// Whether a call sends data because of its arguments: `""` for every call, `name` for one with this argument, `name=word` for one whose
/// argument is a list with this word.
pub fn is_given(because: &str, arguments: &Map<String, Value>) -> bool {
    match because.split_once('=') {
        Some((name, word)) => arguments.get(name).and_then(Value::as_array).is_some_and(|words| words.iter().any(|one| one == word)),
        None => because.is_empty() || arguments.contains_key(because),
    }
}

/// What is wrong with a user name in an address.
const HIDES: &str = "an address may not have a user name or a password before its host, since that hides where it leads";

/// Whether a member of this name is a place that data come from or go to. Other texts may speak of addresses.
fn is_place(member: &str) -> bool {
    member == "url" || member.ends_with("_url")
}

/// Whether some program may take a text for an address of the web.
fn is_web(text: &str) -> bool {
    let start: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take("https:".len()).collect();
    let start = start.to_ascii_lowercase();
    start.starts_with("http:") || start.starts_with("https:")
}

/// An address that every program reads alike, or why it is none.
fn plain(text: &str) -> Result<Url, String> {
    if text.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control()) {
        return Err(
            "programs read an address with backslashes, spaces or control characters differently; a space in a path is written %20".into(),
        );
    }
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next()).filter(|found| !found.is_empty());
    let (Some(authority), Ok(url)) = (authority, Url::parse(text)) else {
        return Err("this is no address of the form https://host/path".into());
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HIDES.to_owned());
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    if [host.to_owned(), format!("{host}:{port}")].iter().any(|read| authority.eq_ignore_ascii_case(read)) {
        return Ok(url);
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Err(format!("programs may read this host differently; write {host}{port} if that is meant"))
}

/// A place where a call sends data. Two are equal if they lead to the same.
#[derive(Debug)]
pub struct Place {
    /// What a plan says of it.
    pub said: String,
    /// Where it leads. What is said also tells how it fares, which changes by itself.
    leads: String,
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.leads == other.leads
    }
}

/// Where places lead, as the part of a plan that is agreed to.
pub fn meaning(places: &[Place]) -> String {
    places.iter().map(|place| place.leads.as_str()).collect::<Vec<_>>().join("\n")
}

/// Where a call sends data.
pub async fn places(arguments: &Map<String, Value>, cx: &Context<'_>) -> Result<Vec<Place>, ToolError> {
    let mut lines = Vec::new();
    let hosts = hosts(arguments)?;
    if !hosts.is_empty() {
        let said = format!("Hosts of these addresses: {}", hosts.join(", "));
        lines.push(Place { leads: said.clone(), said });
    }
    for (name, value) in arguments {
        let Some(id) = value.as_str() else { continue };
        match name.as_str() {
            "webhook_id" => {
                if let Ok(webhook_id) = WebhookId::parse(id) {
                    lines.push(webhook(webhook_id, cx).await?);
                }
            }
            "delivery_id" => {
                if let Ok(delivery_id) = DeliveryId::parse(id) {
                    let delivery = cx.session.call(&GetDelivery { delivery_id }, &cx.deadline).await?;
                    if let Ok(webhook_id) = WebhookId::parse(delivery.webhook_id) {
                        lines.push(webhook(webhook_id, cx).await?);
                    }
                }
            }
            "connector_id" | "destination_connector_id" => {
                if let Ok(connector_id) = ConnectorId::parse(id) {
                    lines.push(connector(connector_id, cx).await?);
                }
            }
            // These send nothing. But what does not exist is no question for anybody.
            "job_id" => {
                if let Ok(job_id) = JobId::parse(id) {
                    let job = cx.session.call(&GetImportJob { job_id }, &cx.deadline).await?;
                    lines.push(Place { said: format!("Import job: {}", job.line()), leads: job.job_id });
                }
            }
            "export_id" => {
                if let Ok(export_id) = ExportId::parse(id) {
                    let export = cx.session.call(&GetExport { export_id }, &cx.deadline).await?.0;
                    lines.push(Place { said: format!("Export: {}", export.line()), leads: export.export_id });
                }
            }
            "prompt_id" => {
                if let Ok(prompt_id) = PromptId::parse(id) {
                    let prompt = cx.session.call(&GetPrompt { prompt_id }, &cx.deadline).await?;
                    lines.push(Place { said: format!("Prompt: {}", prompt.line()), leads: prompt.prompt_id });
                }
            }
            _ => {}
        }
    }
    Ok(lines)
}

/// Where a webhook leads.
async fn webhook(webhook_id: WebhookId, cx: &Context<'_>) -> Result<Place, ToolError> {
    let webhook = cx.session.call(&GetWebhook { webhook_id }, &cx.deadline).await?;
    let host = plain(&webhook.url).ok().and_then(|url| host(&url)).unwrap_or_else(|| "not clear".to_owned());
    let said = format!("Webhook: {} (host {host})", webhook.line());
    Ok(Place { said, leads: format!("{} {}", webhook.webhook_id, webhook.url) })
}

/// The bucket behind a connector.
pub async fn connector(connector_id: ConnectorId, cx: &Context<'_>) -> Result<Place, ToolError> {
    let connector = cx.session.call(&GetConnector { connector_id }, &cx.deadline).await?;
    let leads = format!("{} {} {}", connector.connector_id, connector.provider, connector.place().unwrap_or_default());
    Ok(Place { said: format!("Connector: {}", connector.line()), leads })
}

/// The hosts of all addresses, each once.
fn hosts(arguments: &Map<String, Value>) -> Result<Vec<String>, ArgumentError> {
    let mut hosts: Vec<String> = Vec::new();
    for (name, value) in arguments {
        each_text(name, value, &mut |_, text| {
            if let Some(host) = address(text).and_then(|url| host(&url)).filter(|host| !hosts.contains(host)) {
                hosts.push(host);
            }
            Ok(())
        })?;
    }
    if hosts.iter().map(String::len).sum::<usize>() > MOST_HOSTS {
        return Err(ArgumentError("the addresses lead to more hosts than the user can be shown at once; use fewer in one call".into()));
    }
    Ok(hosts)
}

/// The host of an address, with the port if it is not the usual one.
fn host(url: &Url) -> Option<String> {
    let host = text::clean_line(url.host_str()?).into_owned();
    Some(url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
}

/// The address that a text is.
fn address(text: &str) -> Option<Url> {
    let text = text.trim();
    let is_address =
        ["http://", "https://"].iter().any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    is_address.then(|| Url::parse(text).ok()).flatten()
}

/// Takes all texts in a value, each with the name of the member that holds it.
fn each_text(name: &str, value: &Value, take: &mut impl FnMut(&str, &str) -> Result<(), ArgumentError>) -> Result<(), ArgumentError> {
    match value {
        Value::String(text) => take(name, text),
        Value::Array(items) => items.iter().try_for_each(|item| each_text(name, item, take)),
        Value::Object(members) => members.iter().try_for_each(|(name, member)| each_text(name, member, take)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_programs_read_differently_is_refused() {
        for (url, why) in [
            ("https://example.org\\@evil.com/x", "backslashes"),
            ("https:\\\\example.org/x", "backslashes"),
            ("https://exa\nmple.org/x", "control"),
            ("https://example.org\t.evil.com/x", "control"),
            (" https://example.org/x", "spaces"),
            ("ht\ntps://example.org/x", "control"),
            ("https:///evil.com/x", "of the form"),
            ("https:/evil.com/x", "of the form"),
            ("https:evil.com", "of the form"),
            ("http://?x", "of the form"),
            ("https://1.1/x", "write 1.0.0.1"),
            ("https://ex%61mple.org:8443/x", "write example.org:8443"),
            ("https://b\u{fc}cher.example/x", "write xn--bcher-kva.example"),
            ("https://example.org:/x", "write example.org"),
            ("https://user@example.org/x", "hides where it leads"),
        ] {
            for arguments in [serde_json::json!({"url": url}), serde_json::json!({"files": [{"download_url": url}]})] {
                let refused = check(arguments.as_object().unwrap()).unwrap_err().0;
                assert!(refused.contains(why), "{url}: {refused}");
            }
        }
        for url in [
            "https://example.org",
            "HTTPS://Example.org:443/a%20b?c=d#e",
            "http://127.0.0.1:8080/x",
            "https://[2001:db8::1]:8443/x",
            "https://xn--bcher-kva.example/x",
            "nonsense",
        ] {
            assert!(check(serde_json::json!({"url": url}).as_object().unwrap()).is_ok(), "{url}");
        }
        let text = serde_json::json!({"prompt_text": "https://example.org\\x speaks of addresses"});
        assert!(check(text.as_object().unwrap()).is_ok());
    }
}
