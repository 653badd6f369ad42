//! `get_usage_details`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    api::usage::{ListMetricTypes, ListUsageDetails},
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        proxy::Show,
        schema::{Kind, Member},
        text,
    },
};

/// Read single usage records, newest first.
#[derive(Deserialize, JsonSchema)]
pub struct GetUsageDetails {
    #[serde(flatten)]
    call: ListUsageDetails,
}

impl Spec for GetUsageDetails {
    type Endpoint = ListUsageDetails;
    const NAME: &'static str = "get_usage_details";
    const TITLE: &'static str = "Get usage records";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("total_details", Kind::Count), Member::maybe("next_cursor", Kind::Text), Member::always("details", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let found = cx.session.call(&self.call, &cx.deadline).await?;
        let is_empty = found.data.is_empty();
        let mut answer = found.show();
        if is_empty {
            answer.note(why_none(cx, &self.call).await);
        }
        Ok(answer)
    }
}

/// Why there is no record: there is no such metric, or nothing was used.
async fn why_none(cx: &Context<'_>, call: &ListUsageDetails) -> String {
    let period = if call.start_date.is_some() || call.end_date.is_some() { " in this period" } else { "" };
    let Some(wanted) = call.metric_type.as_deref() else { return format!("Nothing was used{period}.") };
    let known = cx.session.call(&ListMetricTypes {}, &cx.deadline).await.map(|known| known.data).unwrap_or_default();
    let shown = text::line(wanted, 80);
    if known.is_empty() || known.iter().any(|metric| metric.kind == wanted) {
        return format!("There is no record of `{shown}`{period}.");
    }
    let names = || known.iter().map(|metric| metric.kind.as_str());
    let near = text::nearest(wanted, names()).map(|near| format!("; did you mean `{}`?", text::line(near, 80)));
    format!("`{shown}` is no metric{} Metrics: {}.", near.unwrap_or_else(|| ".".to_owned()), text::names(names(), 30))
}
