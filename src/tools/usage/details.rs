//! `get_usage_details` and `get_usage_history`: lists without pages.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    api::usage::{GetUsageHistory, ListMetricTypes, ListUsageDetails, MOST_LISTED, UsagePeriod},
    client,
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        proxy::{Noun, Show, may_go_on, rows},
        schema::{Kind, Member},
        text,
    },
};

/// How many records the API lists if nobody says how many.
const UNASKED: u32 = 100;
/// How many periods.
const PERIODS_UNASKED: u32 = 12;

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
        let listed = found.data.len();
        let mut answer = found.show();
        if listed == 0 && !client::was_cut() {
            answer.note(why_none(cx, &self.call).await);
        }
        may_go_on(&mut answer, listed, self.call.limit, UNASKED, Some(MOST_LISTED), "for one metric or a shorter period");
        Ok(answer)
    }
}

impl Spec for GetUsageHistory {
    type Endpoint = Self;
    const NAME: &'static str = "get_usage_history";
    const TITLE: &'static str = "Get past usage";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("total_periods", Kind::Count), Member::always("periods", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let history = cx.session.call(&self, &cx.deadline).await?;
        let listed = history.periods.len();
        let mut answer = Answer::new(format!("Usage of {}, newest first", text::count(listed, UsagePeriod::NOUN)));
        answer.fact(UsagePeriod::TOTAL, listed);
        if listed == 0 && !client::was_cut() {
            answer.note("Nothing was used in that time.");
        }
        answer.rows(UsagePeriod::LIST, rows(&history.periods));
        may_go_on(&mut answer, listed, self.limit, PERIODS_UNASKED, Some(MOST_LISTED), "");
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
    let part = || names().find(|name| name.contains(wanted));
    let near = text::nearest(wanted, names()).or_else(part).map(|near| format!("; did you mean `{}`?", text::line(near, 80)));
    format!("`{shown}` is no metric{} Metrics: {}.", near.unwrap_or_else(|| ".".to_owned()), text::names(names(), 30))
}
