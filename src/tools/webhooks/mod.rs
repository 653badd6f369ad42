//! Webhooks and their deliveries.

mod check;
mod secret;
mod sent;
mod update;

use serde_json::json;

use crate::{
    api::{
        ids::{IndexId, WebhookId},
        page::Rows,
        webhooks::{
            DeleteWebhook, Delivery, GetDelivery, GetWebhook, ListDeliveries, ListWebhookEvents, ListWebhooks, RetryDelivery,
            UpdateWebhook, Webhook,
        },
    },
    tools::{
        Answer, Context, Local, Tool, ToolError,
        answer::Row,
        catalog::Family,
        consent::Plan,
        names::{ALL, folded},
        proxy::{Noun, Planned, Show, must_be, one},
        schema::{Kind, Member},
        text,
        together::together,
    },
};

pub use check::check;

/// The tools of this family.
pub static FAMILY: Family = Family { name: "webhooks", about: "calls to your own address when something happens", tools: &TOOLS };

static TOOLS: [Tool; 11] = [
    Tool::of::<secret::CreateWebhook>()
        .words("notify tell inform alert subscribe; callback finished server address when happens")
        .local(Local::Secret)
        .sends("Facts about what happens in the account will go to this address.")
        .example(r#"{"name": "Runs", "url": "https://receiver.example/videovector", "events": ["prompt_run.completed"]}"#),
    Tool::proxy::<ListWebhooks>("list_webhooks", "List webhooks").words("notifications subscriptions hooks receivers"),
    Tool::proxy::<GetWebhook>("get_webhook", "Get webhook").words("details state subscription receiver").example(WEBHOOK),
    Tool::of::<update::UpdateWebhookTool>()
        .ruled::<UpdateWebhook>()
        .words("disable enable move; pause resume notifications address url go events")
        .sends("Facts about what happens in the account will go to this address.")
        .example(r#"{"webhook_id": "whk_sample", "name": "Sample receiver"}"#),
    Tool::deletes::<DeleteWebhook>("delete_webhook", "Delete webhook")
        .words("unsubscribe stop; notifications calls address server")
        .example(WEBHOOK),
    Tool::proxy::<ListWebhookEvents>("list_webhook_events", "List events").words("what can be notified event types subscribe kinds about"),
    Tool::of::<sent::TestWebhookTool>().words("ping try send; sample receiver reachable endpoint server").example(WEBHOOK),
    Tool::of::<ListDeliveries>()
        .words("why messages sent failed fail deliver delivered notifications arrived reached received called calls server log")
        .example(r#"{"webhook_id": "whk_sample", "status": "failed"}"#),
    Tool::of::<GetDelivery>().words("payload body response of one message content sent exactly").example(DELIVERY),
    Tool::of::<RetryDelivery>().words("resend redeliver deliver repeat; send message again event once more").example(DELIVERY),
    Tool::of::<secret::RotateWebhookSecret>()
        .words("renew replace change sign; new signing key leaked compromised signature different")
        .local(Local::Secret)
        .example(WEBHOOK),
];

/// The most deliveries that the API lists at once.
const MOST_LISTED: u32 = 100;

const WEBHOOK: &str = r#"{"webhook_id": "whk_sample"}"#;
const DELIVERY: &str = r#"{"delivery_id": "dlv_sample_failed"}"#;

impl Noun for Webhook {
    const NOUN: &'static str = "webhook";
    const LIST: &'static str = "webhooks";
    const TOTAL: &'static str = "total_webhooks";
    const NONE: (&'static str, &'static str) = ("No webhook was made yet.", "create_webhook makes one.");
    const COUNTED: &'static [(&'static str, &'static str)] = &[("by_status", "status")];
    const TOLD: &'static [&'static str] = &["webhook_id", "name", "url", "status", "failure_count", "events", "index_ids"];
    const ALONE: &'static [Member] = &[Member::always("webhook_id", Kind::Text), Member::always("status", Kind::Text)];

    fn line(&self) -> String {
        let failures = usize::try_from(self.failure_count).unwrap_or(usize::MAX);
        let failures = if failures == 0 { String::new() } else { format!(", {} in a row", text::count(failures, "failure")) };
        let limited = self.index_ids.as_deref().filter(|ids| !ids.is_empty());
        let of = limited.map_or_else(|| "all indexes".to_owned(), |ids| text::names(ids.iter().map(String::as_str), 10));
        let events = text::names(self.events.iter().map(String::as_str), 20);
        let events = if events.is_empty() { "events that the API does not name" } else { &events };
        format!(
            "{} \"{}\" {}{failures}: {} for {events} in {of}",
            text::id(&self.webhook_id),
            text::line(&self.name, 100),
            text::line(&self.status, 20),
            text::line(&self.url, 300),
        )
    }

    fn advice(&self) -> Option<String> {
        let id = text::id(&self.webhook_id);
        match self.status.as_str() {
            "disabled" => Some(format!(
                "Too many deliveries failed in a row. When the receiver works again, call update_webhook with webhook_id={id} status=active"
            )),
            "paused" => Some(format!("It gets no event while it is paused: update_webhook webhook_id={id} status=active ends that")),
            _ if self.failure_count > 0 => Some(format!("list_webhook_deliveries webhook_id={id} says why deliveries failed")),
            _ => None,
        }
    }
}

impl Webhook {
    /// Whether it gets events.
    fn is_active(&self) -> bool {
        !matches!(self.status.as_str(), "paused" | "disabled")
    }

    /// How it gets events again that gets none.
    fn woken(&self) -> String {
        let first = if self.status == "disabled" { "When the receiver works again: " } else { "" };
        format!("{first}update_webhook webhook_id={} status=active ends that", text::id(&self.webhook_id))
    }

    /// To what it listens, for somebody who misses a delivery.
    fn hears(&self) -> String {
        let of = match self.index_ids.as_deref().unwrap_or_default() {
            [] => String::new(),
            ids => format!(", and only in {}", text::names(ids.iter().map(String::as_str), 10)),
        };
        let since = self.created_at.as_deref().map(|at| format!(" since {}", text::line(at, 40))).unwrap_or_default();
        format!("It listens{since} to {}{of}", text::names(self.events.iter().map(String::as_str), 20))
    }
}

impl Noun for Delivery {
    const NOUN: &'static str = "delivery";
    const LIST: &'static str = "deliveries";
    const TOTAL: &'static str = "total_deliveries";
    const COUNTED: &'static [(&'static str, &'static str)] = &[("by_status", "status"), ("by_event_type", "event_type")];
    const TOLD: &'static [&'static str] = &[
        "delivery_id",
        "webhook_id",
        "event_type",
        "status",
        "attempts",
        "response_status_code",
        "error_message",
        "next_retry_at",
        "last_attempt_at",
    ];
    const ALONE: &'static [Member] = &[Member::always("delivery_id", Kind::Text), Member::always("status", Kind::Text)];
    /// What was sent is read here and nowhere else.
    const ROOM: usize = 8_000;

    fn line(&self) -> String {
        let attempts = usize::try_from(self.attempts).unwrap_or(usize::MAX);
        let mut line = format!(
            "{} {} {} after {}",
            text::id(&self.delivery_id),
            text::line(&self.event_type, 60),
            text::line(&self.status, 20),
            text::count(attempts, "attempt")
        );
        if let Some(at) = &self.last_attempt_at {
            line.push_str(&format!(", last {}", text::line(at, 40)));
        }
        if let Some(error) = &self.error_message {
            line.push_str(&format!(": {}", text::line(error, 200)));
        } else if let Some(status) = self.response_status_code {
            line.push_str(&format!(": answered {status}"));
        }
        if let Some(at) = &self.next_retry_at {
            line.push_str(&format!("; next attempt {}", text::line(at, 40)));
        }
        line
    }

    fn advice(&self) -> Option<String> {
        (self.status == "failed").then(|| format!("retry_webhook_delivery delivery_id={} sends it again", text::id(&self.delivery_id)))
    }
}

/// The names of events, by what they are about.
impl Show for Rows<String> {
    const OUTPUT: &'static [Member] =
        &[Member::always("total_events", Kind::Count), Member::always("by_category", Kind::Object), Member::always("events", Kind::Words)];

    fn show(self) -> Answer {
        let mut categories: Vec<(&str, Vec<&str>)> = Vec::new();
        for event in &self.data {
            let category = event.split('.').next().unwrap_or_default();
            match categories.iter_mut().find(|(known, _)| *known == category) {
                Some((_, events)) => events.push(event),
                None => categories.push((category, vec![event])),
            }
        }
        let mut answer = Answer::new(text::count(self.data.len(), "event"));
        answer.fact("total_events", self.data.len());
        answer.fact(
            "by_category",
            json!(categories.iter().map(|(name, events)| (*name, events.len())).collect::<std::collections::BTreeMap<_, _>>()),
        );
        answer.rows("events", self.data.iter().map(|event| Row { line: text::line(event, 80), value: json!(event) }).collect());
        answer
    }
}

impl Planned for DeleteWebhook {
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let webhook = cx.session.call(&GetWebhook { webhook_id: self.webhook_id.clone() }, &cx.deadline).await?;
        must_be(self.webhook_id.as_str(), &webhook.webhook_id)?;
        let mut answer = one(format!("Would delete the webhook {}", webhook.line()), &webhook, Webhook::TOLD);
        match waiting(cx, &self.webhook_id).await {
            Some((0, _)) => answer.line("Its deliveries go with it; none is waiting to be sent."),
            Some((count, at_least)) => {
                let at_least = if at_least { "at least " } else { "" };
                answer.line(format!(
                    "Its deliveries go with it, and {at_least}{} that wait will not be sent.",
                    text::count(count, "delivery")
                ));
                answer.fact("waiting_deliveries", count);
            }
            None => answer.line("Its deliveries go with it, also those that were not sent yet; how many wait could not be read."),
        }
        // Each delivery changes its times and counters. A busy webhook must be deletable, too.
        let meaning = json!([webhook.webhook_id, webhook.name, webhook.url, webhook.events, webhook.index_ids]);
        Ok(Plan::loss(answer, &webhook.name).meaning(meaning.to_string()))
    }
}

/// Whether a list of indexes is the word for all of them.
fn means_all(ids: &[IndexId]) -> bool {
    matches!(ids, [only] if folded(only.as_str()) == ALL)
}

/// How many deliveries of a webhook are to be sent yet, and whether there may be more. `None` if they cannot be read.
async fn waiting(cx: &Context<'_>, webhook_id: &WebhookId) -> Option<(usize, bool)> {
    let lists = ["pending", "processing", "retrying"].map(|status| ListDeliveries {
        webhook_id: webhook_id.clone(),
        status: Some(status.to_owned()),
        limit: Some(MOST_LISTED),
    });
    let lists = together(lists.iter().map(|list| cx.session.call(list, &cx.deadline))).await;
    let counts = lists.into_iter().map(|list| list.ok().map(|list| list.data.len())).collect::<Option<Vec<_>>>()?;
    Some((counts.iter().sum(), counts.iter().any(|count| *count >= MOST_LISTED as usize)))
}
