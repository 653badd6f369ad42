//! Usage, prices and rate limits: the tools, and how their answers are shown.

mod details;

use std::collections::BTreeMap;

use crate::{
    api::usage::{self, CurrentUsage, MetricType, Pricing, RateLimits, UsageBreakdown, UsageDetail, UsagePeriod, UsageTotals},
    tools::{
        Answer, Tool,
        catalog::Family,
        proxy::{Noun, Show, one},
        schema::{Kind, Member},
        text,
    },
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "usage", about: "usage, prices and rate limits", tools: &TOOLS };

static TOOLS: [Tool; 8] = [
    Tool::proxy::<usage::GetUsage>("get_usage", "Get usage").words("consumption this month spent tokens account"),
    Tool::of::<usage::GetUsageHistory>().words("last month earlier months consumption spent tokens previous year january february march april may june july august september october november december"),
    Tool::of::<details::GetUsageDetails>().words("metric amount cause caused single records item entries expensive"),
    Tool::proxy::<usage::GetUsageBreakdown>("get_usage_breakdown", "Get usage by metric").words("split per metric period between dates share"),
    Tool::proxy::<usage::ListMetricTypes>("list_usage_metrics", "List metrics").words("units counted measured kinds"),
    Tool::proxy::<usage::GetRateLimits>("get_rate_limits", "Get rate limits").words("quota requests left minute hour throttled throttling fast 429 remaining"),
    Tool::proxy::<usage::RefreshRateLimits>("refresh_rate_limits", "Reload rate limits").words("reload; plan upgraded changed again"),
    Tool::proxy::<usage::GetPricing>("get_pricing", "Get prices").words("cost costs price tariff models processing minute much choose available rates per"),
];

impl Show for CurrentUsage {
    const OUTPUT: &'static [Member] = &[
        Member::always("period_start", Kind::Text),
        Member::always("period_end", Kind::Text),
        Member::always("metrics", Kind::Object),
        Member::always("totals", Kind::Object),
    ];

    fn show(self) -> Answer {
        let heading = format!("Usage {}: {}", period(&self.period_start, &self.period_end), metrics(&self.metrics));
        with_totals(one(heading, &self, &["user_id", "period_start", "period_end", "metrics", "totals"]), &self.totals, &self.metrics)
    }
}

impl Show for UsageBreakdown {
    const OUTPUT: &'static [Member] = &[
        Member::always("period_start", Kind::Text),
        Member::always("period_end", Kind::Text),
        Member::always("breakdown", Kind::Object),
        Member::always("totals", Kind::Object),
    ];

    fn show(self) -> Answer {
        let heading = format!("Usage {}: {}", period(&self.period_start, &self.period_end), metrics(&self.breakdown));
        with_totals(one(heading, &self, &["user_id", "period_start", "period_end", "breakdown", "totals"]), &self.totals, &self.breakdown)
    }
}

impl Noun for UsagePeriod {
    const NOUN: &'static str = "period";
    const LIST: &'static str = "periods";
    const TOTAL: &'static str = "total_periods";

    fn line(&self) -> String {
        format!("{}: {}", period(&self.period_start, &self.period_end), metrics(&self.metrics))
    }
}

impl Noun for UsageDetail {
    const NOUN: &'static str = "usage record";
    const LIST: &'static str = "details";
    const TOTAL: &'static str = "total_details";

    fn line(&self) -> String {
        let unit = text::line(&self.unit, 40);
        let (at, metric) = (text::line(&self.timestamp, 40), text::line(&self.metric_type, 80));
        let about = self.metadata.as_ref().filter(|metadata| !metadata.is_empty());
        let about = about.map(|metadata| format!(" {}", crate::tools::excerpt::brief(&metadata.clone().into(), 200)));
        format!("{at} {metric} {} {unit}{}", text::number(self.value), about.unwrap_or_default())
    }
}

impl Noun for MetricType {
    const NOUN: &'static str = "metric";
    const LIST: &'static str = "metrics";
    const TOTAL: &'static str = "total_metrics";

    fn line(&self) -> String {
        format!("{} ({}): {}", text::line(&self.kind, 80), text::line(&self.unit, 40), text::line(&self.description, 300))
    }
}

impl Show for RateLimits {
    const OUTPUT: &'static [Member] = &[Member::maybe("plan_id", Kind::Text), Member::always("categories", Kind::Object)];

    fn show(self) -> Answer {
        let plan = if self.plan_id.is_empty() { String::new() } else { format!(" of the plan {}", text::line(&self.plan_id, 80)) };
        let mut answer = one(format!("Rate limits{plan}"), &self, &["user_id", "plan_id", "categories"]);
        for (category, limit) in &self.categories {
            answer.line(limit.line(category));
        }
        // An account without limits has none to show, which is a fact as well.
        answer.fact("categories", serde_json::to_value(&self.categories).unwrap_or_default());
        answer
    }
}

impl Show for Pricing {
    const OUTPUT: &'static [Member] = &[];

    fn show(self) -> Answer {
        one("Prices, as the API tells them", &self, &[])
    }
}

/// A period in words. Whole days are told without a time. A period that ends within a day includes a part of that day.
fn period(start: &str, end: &str) -> String {
    let told = |time: &str| match time.split_once('T') {
        Some((day, "00:00:00Z" | "00:00:00.000Z" | "00:00:00" | "00:00:00+00:00")) => (text::line(day, 40), true),
        Some((day, hour)) if hour.ends_with('Z') && hour.is_ascii() => (text::line(&format!("{day} {hour:.5} UTC"), 40), false),
        _ => (text::line(time, 40), false),
    };
    let ((start, _), (end, whole)) = (told(start), told(end));
    match (start.is_empty(), end.is_empty()) {
        (true, true) => "of a period that the API does not name".to_owned(),
        (false, true) => format!("from {start} on"),
        (true, false) => format!("until {end}"),
        (false, false) if whole => format!("from {start} to before {end}"),
        (false, false) => format!("from {start} until {end}"),
    }
}

/// The sums that no metric says: the API counts the same things again, rounded and under other names.
fn with_totals(mut answer: Answer, totals: &UsageTotals, metrics: &BTreeMap<String, f64>) -> Answer {
    let count = |sum: Option<i64>| sum.and_then(|sum| u64::try_from(sum).ok()).unwrap_or_default();
    let told: Vec<String> = [
        ("tokens", "media_tokens", totals.total_tokens),
        ("searches", "search_queries", totals.total_searches),
        ("bytes stored", "storage_bytes", count(totals.total_storage_bytes)),
        ("videos uploaded", "videos_uploaded", count(totals.total_videos_uploaded)),
        ("videos processed", "videos_processed", count(totals.total_videos_processed)),
        ("segments created", "segments_created", count(totals.total_segments_created)),
    ]
    .into_iter()
    .filter(|(_, metric, sum)| *sum > 0 && !metrics.contains_key(*metric))
    .map(|(what, _, sum)| format!("{sum} {what}"))
    .collect();
    if !told.is_empty() {
        answer.line(format!("in all: {}", told.join(", ")));
    }
    answer
}

/// Metrics in a row, those that count nothing aside.
fn metrics(metrics: &BTreeMap<String, f64>) -> String {
    let used = metrics.iter().filter(|(_, value)| **value != 0.0);
    let figure = |value: f64| if value.is_nan() { "of a form that is not known".to_owned() } else { text::number(value) };
    let told: Vec<String> = used.map(|(name, value)| format!("{} {}", text::line(name, 80), figure(*value))).collect();
    if told.is_empty() { "nothing was used".to_owned() } else { told.join(", ") }
}
