//! What is stored of a webhook, and its rules.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::{
    api::{
        events::ProcessingEvent,
        webhooks::{EVENTS, SigningSecret, Webhook},
    },
    playground::{
        Refusal, naming, random,
        store::records::Record,
        time::{Millis, rfc3339},
    },
};

/// The most characters of a name.
const MOST_NAME_CHARS: usize = 100;
/// The most bytes of a URL.
const MOST_URL: usize = 2_048;
/// The most bytes of metadata as JSON.
const MOST_METADATA: usize = 16 << 10;
/// After so many failures in a row a webhook is disabled. The API's own number is not known.
pub const MOST_FAILURES: u64 = 20;

/// A webhook with its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscription {
    /// What the API shows.
    pub webhook: Webhook,
    /// What signs its deliveries.
    pub secret: SigningSecret,
    /// The idempotency key of the request that created it.
    pub key: Option<String>,
}

impl Record for Subscription {
    const KIND: &'static str = "webhook";

    fn id(&self) -> &str {
        &self.webhook.webhook_id
    }

    fn state(&self) -> Option<&str> {
        Some(&self.webhook.status)
    }
}

impl Subscription {
    /// Whether the webhook takes events and deliveries.
    pub fn is_active(&self) -> bool {
        self.webhook.status == "active"
    }

    /// Whether it wants to know of an event. One that is limited to some indexes wants no event without an index.
    pub fn wants(&self, event: &ProcessingEvent) -> bool {
        let of_index = match self.webhook.index_ids.as_deref() {
            None | Some([]) => true,
            Some(indexes) => event.index_id.as_ref().is_some_and(|index_id| indexes.contains(index_id)),
        };
        self.is_active() && of_index && self.webhook.events.contains(&event.event_type)
    }

    /// Counts an attempt that succeeded.
    pub fn succeeded(&mut self, at: Millis) {
        self.webhook.failure_count = 0;
        self.webhook.last_success_at = Some(rfc3339(at));
    }

    /// Counts an attempt that failed. Too many in a row disable the webhook.
    pub fn failed(&mut self, at: Millis) {
        self.webhook.failure_count += 1;
        self.webhook.last_failure_at = Some(rfc3339(at));
        if self.webhook.failure_count >= MOST_FAILURES && self.is_active() {
            self.webhook.status = "disabled".into();
        }
    }
}

/// A new secret.
pub fn secret() -> Result<SigningSecret, Refusal> {
    Ok(SigningSecret(random::id("whsec_").and_then(|start| Ok(start + &random::hex(20)?))?))
}

fn refuse(member: &'static str, message: String) -> Refusal {
    Refusal::argument(["body", member], message, "value_error")
}

/// A name on one line. Refuses one that is blank or too long.
pub fn checked_name(name: &str) -> Result<String, Refusal> {
    naming::named("name", name, MOST_NAME_CHARS)
}

/// Refuses an empty list, and names that no event has. Returns each event once.
pub fn checked_events(events: Vec<String>) -> Result<Vec<String>, Refusal> {
    let mut checked: Vec<String> = Vec::new();
    for event in events {
        if !EVENTS.contains(&event.as_str()) {
            return Err(refuse("events", format!("There is no event `{event}`. Events: {}", EVENTS.join(", "))));
        }
        if !checked.contains(&event) {
            checked.push(event);
        }
    }
    if checked.is_empty() { Err(refuse("events", "A webhook subscribes to at least one event".to_owned())) } else { Ok(checked) }
}

/// Refuses metadata that would make every list of webhooks long. All of them are read for every event.
pub fn check_metadata(metadata: Option<&Map<String, Value>>) -> Result<(), Refusal> {
    let bytes = metadata.map(serde_json::to_vec).transpose()?.map_or(0, |json| json.len());
    if bytes > MOST_METADATA {
        return Err(refuse("metadata", format!("Give at most {} KiB of JSON", MOST_METADATA >> 10)));
    }
    Ok(())
}

/// Refuses a URL that is neither https, nor http to this machine. The service takes https only. A playground also takes http, so that
/// receivers can be tried without a certificate.
pub fn check_url(url: &str) -> Result<(), Refusal> {
    let wrong = |message: &str| Err(refuse("url", message.to_owned()));
    if url.len() > MOST_URL {
        return Err(refuse("url", format!("String should have at most {MOST_URL} characters")));
    }
    let Ok(parsed) = Url::parse(url) else { return wrong("This is not a URL") };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return wrong("A URL with a user name or password is not called");
    }
    let local = match parsed.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        None => return wrong("The URL names no host"),
    };
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if local => Ok(()),
        _ => wrong("A webhook has an https URL; http is only for receivers on this machine"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_https_unless_they_are_on_this_machine() {
        for good in ["https://hooks.example/a?b=c", "https://10.0.0.1/", "http://127.0.0.1:9/x", "http://localhost/", "http://[::1]:80/"] {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for bad in ["http://hooks.example/", "http://10.0.0.1/", "ftp://127.0.0.1/", "hooks.example", "", "https://u:p@hooks.example/"] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn twenty_failures_in_a_row_disable_a_webhook() {
        let webhook = Webhook { webhook_id: "w".into(), status: "active".into(), ..Webhook::default() };
        let mut subscription = Subscription { webhook, secret: secret().unwrap(), key: None };
        (1..MOST_FAILURES).for_each(|at| subscription.failed(at.cast_signed()));
        assert!(subscription.is_active());
        subscription.succeeded(0);
        (1..MOST_FAILURES).for_each(|at| subscription.failed(at.cast_signed()));
        assert!(subscription.is_active());
        subscription.failed(0);
        assert_eq!(subscription.webhook.status, "disabled");
    }

    #[test]
    fn a_webhook_of_some_indexes_wants_their_events_only() {
        let webhook = Webhook {
            webhook_id: "w".into(),
            status: "active".into(),
            events: vec!["media.created".into()],
            index_ids: Some(vec!["i".into()]),
            ..Webhook::default()
        };
        let mut subscription = Subscription { webhook, secret: secret().unwrap(), key: None };
        let event = |name: &str, index: Option<&str>| ProcessingEvent {
            event_type: name.into(),
            index_id: index.map(Into::into),
            ..ProcessingEvent::default()
        };
        assert!(subscription.wants(&event("media.created", Some("i"))));
        assert!(!subscription.wants(&event("media.created", Some("j"))));
        assert!(!subscription.wants(&event("media.created", None)));
        assert!(!subscription.wants(&event("export.ready", Some("i"))));
        subscription.webhook.index_ids = None;
        assert!(subscription.wants(&event("media.created", None)));
        subscription.webhook.status = "paused".into();
        assert!(!subscription.wants(&event("media.created", None)));
    }
}
