//! `test_webhook` and the tools of deliveries: what receivers got, and what waits for a webhook that gets nothing now.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{MOST_LISTED, Noun};
use crate::{
    api::{
        ids::WebhookId,
        webhooks::{Delivery, GetDelivery, GetWebhook, ListDeliveries, RetryDelivery, TestWebhook, Webhook},
    },
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        proxy::{DONE, Show, done, may_go_on},
        schema::{Kind, Member},
        text,
    },
};

/// How many deliveries the API lists if nobody says how many.
const UNASKED: u32 = 50;

/// Send a signed test event and say how the receiver answered.
#[derive(Deserialize, JsonSchema)]
pub struct TestWebhookTool {
    #[serde(flatten)]
    call: TestWebhook,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for TestWebhookTool {
    type Endpoint = TestWebhook;
    const NAME: &'static str = "test_webhook";
    const TITLE: &'static str = "Test webhook";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = &[Member::always("webhook_id", Kind::Text), Member::always("success", Kind::Flag)];

    /// A receiver that fails is no error of the tool, as in the contract.
    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let (result, _) = cx.session.call_keyed(&self.call, self.idempotency_key.as_deref(), &cx.deadline).await?;
        let id = text::id(self.call.webhook_id.as_str());
        let taken = if result.success { "took" } else { "did not take" };
        let error = result.error.as_deref().map(|error| text::line(error, 300));
        let said = match (result.status_code, error) {
            (Some(status), Some(error)) if !error.contains(&status.to_string()) => format!("it answered {status}: {error}"),
            // Whether it was asked at all, the error alone tells.
            (_, Some(error)) => error,
            (Some(status), None) => format!("it answered {status}"),
            (None, None) => "it did not answer".to_owned(),
        };
        let mut answer = Answer::new(format!("The receiver of {id} {taken} the test event: {said}"));
        answer.facts(
            json!({"webhook_id": self.call.webhook_id, "success": result.success, "status_code": result.status_code, "error": result.error}),
        );
        // A test reaches a webhook that gets nothing else.
        if let Some(webhook) = webhook(cx, &self.call.webhook_id).await.filter(|webhook| !webhook.is_active()) {
            answer.fact("status", webhook.status.as_str());
            tell(&mut answer, &webhook, ", and gets no other event");
        }
        Ok(answer)
    }
}

/// Says that a webhook gets nothing now, and how it does again.
fn tell(answer: &mut Answer, webhook: &Webhook, what: &str) {
    answer.note(format!("The webhook is {}{what}.", text::line(&webhook.status, 20)));
    answer.close(webhook.woken());
}

/// What waits for a webhook that gets nothing now.
const HELD: &str = ": what waits to be sent is sent once it is active again";

/// The webhook of these deliveries, if one of them waits until it is active again. Then no time of a next attempt holds, and it is taken away.
async fn held(cx: &Context<'_>, webhook_id: &str, deliveries: &mut [Delivery]) -> Option<Webhook> {
    if !deliveries.iter().any(|delivery| matches!(delivery.status.as_str(), "pending" | "retrying")) {
        return None;
    }
    let webhook_id = WebhookId::parse(webhook_id).ok()?;
    let webhook = webhook(cx, &webhook_id).await.filter(|webhook| !webhook.is_active())?;
    for delivery in deliveries {
        delivery.next_retry_at = None;
    }
    Some(webhook)
}

/// The webhook of one delivery, if that waits until the webhook is active again.
async fn holding(cx: &Context<'_>, delivery: &mut Delivery) -> Option<Webhook> {
    let webhook_id = delivery.webhook_id.clone();
    held(cx, &webhook_id, std::slice::from_mut(delivery)).await
}

impl Spec for GetDelivery {
    type Endpoint = Self;
    const NAME: &'static str = "get_webhook_delivery";
    const TITLE: &'static str = "Get delivery";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = Delivery::ALONE;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut delivery = cx.session.call(&self, &cx.deadline).await?;
        let held_by = holding(cx, &mut delivery).await;
        let mut answer = delivery.show();
        if let Some(webhook) = held_by {
            tell(&mut answer, &webhook, HELD);
        }
        Ok(answer)
    }
}

impl Spec for RetryDelivery {
    type Endpoint = Self;
    const NAME: &'static str = "retry_webhook_delivery";
    const TITLE: &'static str = "Retry delivery";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = DONE;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut delivery = cx.session.call(&self, &cx.deadline).await?;
        let held_by = holding(cx, &mut delivery).await;
        let mut answer = done("Delivery queued again", delivery);
        if let Some(webhook) = held_by {
            tell(&mut answer, &webhook, HELD);
        }
        Ok(answer)
    }
}

/// The webhook, if it can be read.
async fn webhook(cx: &Context<'_>, webhook_id: &WebhookId) -> Option<Webhook> {
    cx.session.call(&GetWebhook { webhook_id: webhook_id.clone() }, &cx.deadline).await.ok()
}

impl Spec for ListDeliveries {
    type Endpoint = Self;
    const NAME: &'static str = "list_webhook_deliveries";
    const TITLE: &'static str = "List deliveries";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("webhook_id", Kind::Text),
        Member::always("filter", Kind::Object),
        Member::always(Delivery::TOTAL, Kind::Count),
        Member::always(Delivery::LIST, Kind::Rows),
    ];

    /// Lists deliveries without what was sent and answered, which can be long.
    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut rows = cx.session.call(&self, &cx.deadline).await?;
        let held_by = held(cx, self.webhook_id.as_str(), &mut rows.data).await;
        let all = if rows.data.is_empty() { without_status(cx, &self).await } else { None };
        let failed = rows.data.iter().any(|delivery| delivery.status == "failed");
        let listed = rows.data.len();
        let mut answer = rows.show();
        let narrower = if self.status.is_none() { "ask for one status" } else { "" };
        may_go_on(&mut answer, listed, self.limit, UNASKED, Some(MOST_LISTED), narrower);
        answer.leave_out(&["payload", "response_body"]);
        answer.fact("webhook_id", self.webhook_id.as_str());
        answer.fact("filter", self.status.as_ref().map_or_else(|| json!({}), |status| json!({"status": status})));
        match all.as_deref() {
            Some([]) => nothing(cx, &self.webhook_id, &mut answer).await,
            Some(others) => {
                let states: Vec<_> = others.iter().map(|delivery| json!({"status": delivery.status})).collect();
                answer.close(format!("Without `status` there are: {}", text::tallied(&text::tally(states.iter(), "status"))));
            }
            None => {}
        }
        if let Some(webhook) = held_by {
            tell(&mut answer, &webhook, HELD);
        }
        if failed {
            answer.close("get_webhook_delivery shows what was sent and answered");
            answer.close("retry_webhook_delivery sends it again");
        }
        Ok(answer)
    }
}

/// Says why a webhook has no delivery at all.
async fn nothing(cx: &Context<'_>, webhook_id: &WebhookId, answer: &mut Answer) {
    answer.note("The webhook has no delivery of any state; test events need not be listed.");
    let Some(webhook) = webhook(cx, webhook_id).await else { return };
    answer.note(format!("{}.", webhook.hears()));
    if webhook.is_active() {
        answer.close(webhook.advice().unwrap_or_default());
    } else {
        tell(answer, &webhook, ", and gets no event");
    }
}

/// The deliveries of any state, if those of the wanted one are none. `None` if they cannot be read.
async fn without_status(cx: &Context<'_>, wanted: &ListDeliveries) -> Option<Vec<Delivery>> {
    if wanted.status.is_none() {
        return Some(Vec::new());
    }
    let all = ListDeliveries { status: None, ..wanted.clone() };
    Some(cx.session.call(&all, &cx.deadline).await.ok()?.data)
}
