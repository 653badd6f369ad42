//! `test_webhook` and `list_webhook_deliveries`: what receivers got.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{MOST_LISTED, Noun};
use crate::{
    api::{
        ids::WebhookId,
        webhooks::{Delivery, GetWebhook, ListDeliveries, TestWebhook, Webhook},
    },
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        proxy::{Show, may_go_on},
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
        let said = match result.status_code {
            Some(status) => format!("it answered {status}"),
            None => "it did not answer".to_owned(),
        };
        let mut answer = Answer::new(format!("The receiver of {id} {taken} the test event: {said}"));
        if let Some(error) = &result.error {
            answer.line(format!("error: {}", text::line(error, 300)));
        }
        answer.facts(
            json!({"webhook_id": self.call.webhook_id, "success": result.success, "status_code": result.status_code, "error": result.error}),
        );
        // A test reaches a webhook that gets nothing else.
        if let Some(webhook) = webhook(cx, &self.call.webhook_id).await.filter(|webhook| !webhook.is_active()) {
            answer.fact("status", webhook.status.as_str());
            answer.note(format!("The webhook is {}, and gets no other event.", text::line(&webhook.status, 20)));
            answer.close(webhook.advice().unwrap_or_default());
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
        let rows = cx.session.call(&self, &cx.deadline).await?;
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
    if !webhook.is_active() {
        answer.note(format!("The webhook is {}, and gets no event.", text::line(&webhook.status, 20)));
    }
    answer.note(format!("{}.", webhook.hears()));
    answer.close(webhook.advice().unwrap_or_default());
}

/// The deliveries of any state, if those of the wanted one are none. `None` if they cannot be read.
async fn without_status(cx: &Context<'_>, wanted: &ListDeliveries) -> Option<Vec<Delivery>> {
    if wanted.status.is_none() {
        return Some(Vec::new());
    }
    let all = ListDeliveries { status: None, ..wanted.clone() };
    Some(cx.session.call(&all, &cx.deadline).await.ok()?.data)
}
