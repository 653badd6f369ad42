//! `test_webhook` and `list_webhook_deliveries`: what receivers got.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{MOST_LISTED, Noun};
use crate::{
    api::webhooks::{Delivery, ListDeliveries, TestWebhook},
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
        Ok(answer)
    }
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
        let others = if rows.data.is_empty() && self.status.is_some() { others(cx, &self).await } else { None };
        let failed = rows.data.iter().any(|delivery| delivery.status == "failed");
        let listed = rows.data.len();
        let mut answer = rows.show();
        let narrower = if self.status.is_none() { "ask for one status" } else { "" };
        may_go_on(&mut answer, listed, self.limit, UNASKED, Some(MOST_LISTED), narrower);
        answer.leave_out(&["payload", "response_body"]);
        answer.fact("webhook_id", self.webhook_id.as_str());
        answer.fact("filter", self.status.map_or_else(|| json!({}), |status| json!({"status": status})));
        if let Some(others) = others {
            answer.close(others);
        }
        if failed {
            answer.close("get_webhook_delivery shows what was sent and answered");
            answer.close("retry_webhook_delivery sends it again");
        }
        Ok(answer)
    }
}

/// What there is instead of deliveries of the wanted state, if that can be read.
async fn others(cx: &Context<'_>, wanted: &ListDeliveries) -> Option<String> {
    let all = ListDeliveries { status: None, ..wanted.clone() };
    let rows = cx.session.call(&all, &cx.deadline).await.ok()?.data;
    if rows.is_empty() {
        return Some("The webhook has no delivery of any state".to_owned());
    }
    let states: Vec<_> = rows.iter().map(|delivery| json!({"status": delivery.status})).collect();
    Some(format!("Without `status` there are: {}", text::tallied(&text::tally(states.iter(), "status"))))
}
