//! Posts one payload to a receiver: signed, within ten seconds, without redirects, and to allowed addresses only.

use std::time::Duration;

use reqwest::Client;
use ring::hmac;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use url::Url;

use super::{delivery::Outcome, subscription::Subscription};
use crate::{
    api::{hex, webhooks::SigningSecret},
    playground::{Refusal, outward, random},
    reach::Reach,
};

/// How long a receiver may take for its whole answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many bytes of an answer are kept.
const MOST_BODY: usize = 1_000;

/// Calls receivers. The HTTP clients are made on first use.
pub struct Post {
    reach: Reach,
    https: OnceCell<Client>,
    http: OnceCell<Client>,
}

/// The headers that name a delivery. A test event has none of them.
pub struct Label<'a> {
    /// The delivery. It stays the same in all attempts, so that receivers can drop repeats.
    pub delivery_id: &'a str,
    /// The number of the attempt.
    pub attempt: u64,
}

impl Post {
    /// Receivers may be at these addresses. http goes to this machine only, whatever they are.
    pub fn new(reach: Reach) -> Self {
        Self { reach, https: OnceCell::new(), http: OnceCell::new() }
    }

    /// Posts a payload and says how the receiver took it.
    pub async fn send(&self, to: &Subscription, event: &str, payload: &Map<String, Value>, label: Option<Label<'_>>) -> Outcome {
        match self.answer(to, event, payload, label).await {
            Ok((status, body)) => {
                let error = (!(200..300).contains(&status)).then(|| format!("the receiver answered {status}"));
                Outcome { status: Some(status), body: Some(body), error }
            }
            Err(error) => Outcome { error: Some(error), ..Outcome::default() },
        }
    }

    async fn answer(
        &self,
        to: &Subscription,
        event: &str,
        payload: &Map<String, Value>,
        label: Option<Label<'_>>,
    ) -> Result<(u16, String), String> {
        let url = Url::parse(&to.webhook.url).map_err(|error| error.to_string())?;
        let secure = url.scheme() == "https";
        let reach = if secure { self.reach } else { Reach::Loopback };
        let refused = match reach {
            Reach::Loopback if secure => "this playground calls only this machine",
            Reach::Loopback => "http goes to this machine only",
            Reach::Public | Reach::PublicAndLoopback => "the address is private",
        };
        // The resolver decides about names. A literal address never comes to it.
        if !reach.allows_host_of(&url) {
            return Err(refused.to_owned());
        }
        let client = if secure { &self.https } else { &self.http };
        let client = client.get_or_try_init(async || outward::client(reach, secure, PATIENCE).await).await?;
        let body = serde_json::to_vec(payload).map_err(|error| error.to_string())?;
        let mut request = client
            .post(url)
            .header("Content-Type", "application/json")
            .header("X-Webhook-Signature", signature(&to.secret, &body))
            .header("X-Webhook-ID", &to.webhook.webhook_id)
            .header("X-Event-Type", event);
        if let Some(label) = label {
            request = request
                .header("X-Delivery-ID", label.delivery_id)
                .header("Idempotency-Key", label.delivery_id)
                .header("X-Delivery-Attempt-Id", format!("{}:{}", label.delivery_id, label.attempt));
        }
        let mut response = request.body(body).send().await.map_err(|error| outward::cause(&error, PATIENCE))?;
        let status = response.status().as_u16();
        let mut start = Vec::new();
        // The status is the answer. If the body breaks off, we keep what came.
        while start.len() < MOST_BODY
            && let Ok(Some(chunk)) = response.chunk().await
        {
            start.extend_from_slice(&chunk);
        }
        start.truncate(MOST_BODY);
        Ok((status, String::from_utf8_lossy(&start).into_owned()))
    }
}

/// The header that proves to the receiver who sent a body.
pub fn signature(secret: &SigningSecret, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.0.as_bytes());
    format!("sha256={}", hex(hmac::sign(&key, body).as_ref()))
}

/// A number from 0 to 1, to spread retries.
pub fn jitter() -> Result<f64, Refusal> {
    let bytes = random::bytes::<4>()?;
    Ok(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::webhooks::Webhook;

    #[test]
    fn a_body_is_signed_as_the_contract_says() {
        // RFC 4231, test case 2.
        assert_eq!(
            signature(&SigningSecret("Jefe".into()), b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[tokio::test]
    async fn only_allowed_addresses_are_called() {
        let error = async |reach, url: &str| {
            let webhook = Webhook { webhook_id: "w".into(), url: url.into(), ..Webhook::default() };
            let to = Subscription { webhook, secret: SigningSecret("s".into()), key: None };
            Post::new(reach).send(&to, "test", &Map::new(), None).await.error.unwrap_or_default()
        };
        for url in ["https://10.0.0.1/", "https://[fd00::1]/", "https://[::ffff:192.168.0.1]/", "https://169.254.169.254/latest"] {
            assert_eq!(error(Reach::PublicAndLoopback, url).await, "the address is private", "{url}");
        }
        assert_eq!(error(Reach::Loopback, "https://93.184.216.34/").await, "this playground calls only this machine");
        assert_eq!(error(Reach::PublicAndLoopback, "http://93.184.216.34/").await, "http goes to this machine only");
    }
}
