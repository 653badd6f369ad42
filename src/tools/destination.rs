//! Where a call sends data, so that whoever agrees to it can see that.
//!
//! An address can be long, and then a plan shows only its beginning. The beginning is not where it leads: the host is. So hosts are shown
//! whole, and an address that hides its host is refused. What an argument names by its id is looked up.

use serde_json::{Map, Value};
use url::Url;

use super::{ArgumentError, Context, ToolError, proxy::Noun, text};
use crate::api::{
    connectors::GetConnector,
    ids::{ConnectorId, DeliveryId, WebhookId},
    webhooks::{GetDelivery, GetWebhook},
};

/// The most characters of all hosts together. A person must be able to see all of them.
const MOST_HOSTS: usize = 2_000;

/// Refuses addresses that hide where they lead.
pub fn check(arguments: &Map<String, Value>) -> Result<(), ArgumentError> {
    for (name, value) in arguments {
        each_address(value, &mut |url| {
            if url.username().is_empty() && url.password().is_none() {
                return Ok(());
            }
            Err(ArgumentError(format!(
                "`{}`: an address may not have a user name or a password before its host, since that hides where it leads",
                text::line(name, 80)
            )))
        })?;
    }
    Ok(())
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
            _ => {}
        }
    }
    Ok(lines)
}

/// Where a webhook leads.
async fn webhook(webhook_id: WebhookId, cx: &Context<'_>) -> Result<Place, ToolError> {
    let webhook = cx.session.call(&GetWebhook { webhook_id }, &cx.deadline).await?;
    let host = Url::parse(&webhook.url).ok().and_then(|url| host(&url)).unwrap_or_else(|| "unknown".to_owned());
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
    for value in arguments.values() {
        each_address(value, &mut |url| {
            if let Some(host) = host(url).filter(|host| !hosts.contains(host)) {
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

/// Takes all addresses in a value.
fn each_address(value: &Value, take: &mut impl FnMut(&Url) -> Result<(), ArgumentError>) -> Result<(), ArgumentError> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            let is_address = ["http://", "https://"]
                .iter()
                .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
            match Url::parse(text) {
                Ok(url) if is_address => take(&url),
                _ => Ok(()),
            }
        }
        Value::Array(items) => items.iter().try_for_each(|item| each_address(item, take)),
        Value::Object(members) => members.values().try_for_each(|member| each_address(member, take)),
        _ => Ok(()),
    }
}
