//! Usage and rate limits.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{Access, Body, Repeat, Scope, endpoint, null_as_default, page::Rows, reader};

/// The most rows of an answer that are asked for. The API states no limit of its own.
pub const MOST_LISTED: u32 = 1000;

/// Read what the account used in the current month, by metric.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-present" = "get_usage_history has earlier months, and get_usage_breakdown takes start_date and end_date"))]
pub struct GetUsage {}

endpoint!(GetUsage, Get, "/usage", Access::Scope(Scope::Read), CurrentUsage);

/// Read the usage of past months, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetUsageHistory {
    /// Like 2026-01-31.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("x-date" = "start"))]
    pub start_date: Option<String>,
    /// The end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("x-date" = "end"))]
    pub end_date: Option<String>,
    /// The limit.
    #[schemars(range(min = 1, max = MOST_LISTED))]
    pub limit: Option<u32>,
}

endpoint!(GetUsageHistory, Get, "/usage/history", Access::Scope(Scope::Read), UsageHistory);

/// Read single usage records, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListUsageDetails {
    /// The metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub metric_type: Option<String>,
    /// The start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("x-date" = "start"))]
    pub start_date: Option<String>,
    /// The end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("x-date" = "end"))]
    pub end_date: Option<String>,
    /// The limit.
    #[schemars(range(min = 1, max = MOST_LISTED))]
    pub limit: Option<u32>,
}

endpoint!(ListUsageDetails, Get, "/usage/details", Access::Scope(Scope::Read), Rows<UsageDetail>);

/// Read the usage of a period by metric. Default: this month.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetUsageBreakdown {
    /// The start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("x-date" = "start"))]
    pub start_date: Option<String>,
    /// The end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("x-date" = "end"))]
    pub end_date: Option<String>,
}

endpoint!(GetUsageBreakdown, Get, "/usage/breakdown", Access::Scope(Scope::Read), UsageBreakdown);

/// List the metrics that usage is counted in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListMetricTypes {}

endpoint!(ListMetricTypes, Get, "/usage/metric-types", Access::Public, Rows<MetricType>);

/// Read how many requests the rate limits leave.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetRateLimits {}

endpoint!(GetRateLimits, Get, "/rate-limit/status", Access::AnyKeyOrSession, RateLimits);

/// Reload the rate limits, for example after a change of plan.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefreshRateLimits {}

// Doing it twice does no more than doing it once.
endpoint!(RefreshRateLimits, Post, "/rate-limit/refresh", Access::AnyKeyOrSession, RateLimits, REPEAT = Repeat::Read, BODY = Body::Nothing);

/// Read the prices of processing and the models to choose from.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetPricing {}

endpoint!(GetPricing, Get, "/billing/pricing", Access::AnyKeyOrSession, Pricing);

/// Prices. The vendor does not say which members there are, so all are passed on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pricing(pub Map<String, Value>);

/// Sums of a period.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct UsageTotals {
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_tokens: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_searches: u64,
    #[serde(default)]
    pub total_storage_bytes: Option<i64>,
    #[serde(default)]
    pub total_videos_uploaded: Option<i64>,
    #[serde(default)]
    pub total_videos_processed: Option<i64>,
    #[serde(default)]
    pub total_segments_created: Option<i64>,
}

/// Usage of the current period.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct CurrentUsage {
    #[serde(default, deserialize_with = "null_as_default")]
    pub user_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub period_start: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub period_end: String,
    #[serde(default, deserialize_with = "figures")]
    pub metrics: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_usage: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_usage: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub totals: UsageTotals,
}

/// Usage of one past period.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct UsagePeriod {
    #[serde(default, deserialize_with = "null_as_default")]
    pub summary_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub period_start: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub period_end: String,
    #[serde(default, deserialize_with = "figures")]
    pub metrics: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_usage: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_usage: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "counts")]
    pub totals: BTreeMap<String, u64>,
}

/// Usage of past periods, newest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct UsageHistory {
    #[serde(default, deserialize_with = "null_as_default")]
    pub user_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub periods: Vec<UsagePeriod>,
}

/// One usage record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct UsageDetail {
    #[serde(default, deserialize_with = "null_as_default")]
    pub event_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub metric_type: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub value: f64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub unit: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub timestamp: String,
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
}

/// Usage by metric.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct UsageBreakdown {
    #[serde(default, deserialize_with = "null_as_default")]
    pub user_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub period_start: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub period_end: String,
    #[serde(default, deserialize_with = "figures")]
    pub breakdown: BTreeMap<String, f64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub totals: UsageTotals,
}

/// A metric and its unit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct MetricType {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub description: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub unit: String,
}

/// The counters of all rate-limited categories.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct RateLimits {
    #[serde(default, deserialize_with = "null_as_default")]
    pub user_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub plan_id: String,
    #[serde(default, deserialize_with = "categories")]
    pub categories: BTreeMap<String, RateLimit>,
}

/// The counters of one category; `reset_at` is Unix seconds. A limit that is absent, null or negative is none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct RateLimit {
    #[serde(default, deserialize_with = "null_as_default")]
    pub minute_used: u64,
    #[serde(default, deserialize_with = "count")]
    pub minute_limit: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    pub minute_remaining: Option<u64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub hour_used: u64,
    #[serde(default, deserialize_with = "count")]
    pub hour_limit: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    pub hour_remaining: Option<u64>,
    #[serde(default)]
    pub reset_at: Option<i64>,
}

impl RateLimit {
    /// What is left, in words, with the category.
    pub fn line(&self, category: &str) -> String {
        format!("Rate limit {category}: {}", self.left())
    }

    /// What is left, in words.
    pub fn left(&self) -> String {
        let of = |remaining: Option<u64>, limit: Option<u64>, of: &str, a: &str| match (remaining, limit) {
            (Some(remaining), Some(limit)) => Some(format!("{remaining} of {limit} {of}")),
            (Some(remaining), None) => Some(format!("{remaining} {of}")),
            (None, Some(limit)) => Some(format!("at most {limit} {a}")),
            (None, None) => None,
        };
        let minute = of(self.minute_remaining, self.minute_limit, "left this minute", "a minute");
        let hour = of(self.hour_remaining, self.hour_limit, if minute.is_some() { "this hour" } else { "left this hour" }, "an hour");
        let told: Vec<String> = minute.into_iter().chain(hour).collect();
        if told.is_empty() { "no limit is given".to_owned() } else { told.join(", ") }
    }
}

/// The names under which a list, in place of an object, has the name of each of its items.
const NAMES: [&str; 5] = ["category", "metric", "metric_type", "name", "type"];
/// The names under which a figure stands in an object.
const FIGURES: [&str; 5] = ["used", "value", "total", "count", "amount"];

/// What an answer has by name, as an object or as a list of objects with names.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, Value)>, D::Error> {
    let name = |item: &Value| NAMES.iter().find_map(|name| item.get(*name)?.as_str()).map(str::to_owned);
    Ok(match Value::deserialize(deserializer)? {
        Value::Object(members) => members.into_iter().collect(),
        Value::Array(items) => items.into_iter().filter_map(|item| Some((name(&item)?, item))).collect(),
        _ => Vec::new(),
    })
}

/// The limits by category. One of another form is one of which nothing is known.
fn categories<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, RateLimit>, D::Error> {
    Ok(named(deserializer)?.into_iter().map(|(name, limit)| (name, reader::tolerant(limit).unwrap_or_default())).collect())
}

/// The figures by metric. One that cannot be read is no number, and JSON has null for it.
fn figures<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, f64>, D::Error> {
    let plain = |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|figure| figure.is_finite());
    let figure = |value: &Value| plain(value).or_else(|| FIGURES.iter().find_map(|name| plain(value.get(*name)?)));
    let known = named(deserializer)?.into_iter().filter(|(_, value)| !value.is_null());
    Ok(known.map(|(name, value)| (name, figure(&value).unwrap_or(f64::NAN))).collect())
}

/// Whole figures by name, without those of another form.
fn counts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, u64>, D::Error> {
    Ok(named(deserializer)?.into_iter().filter_map(|(name, value)| Some((name, whole(&value)?))).collect())
}

/// A whole figure that may be absent.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(whole(&Value::deserialize(deserializer)?))
}

/// A whole figure, also with a fraction of zeros or in quotes.
fn whole(value: &Value) -> Option<u64> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    whole.parse().ok().filter(|_| fraction.bytes().all(|digit| digit == b'0'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_limit_that_is_not_told_is_not_used_up() {
        for (limit, told) in [
            (
                json!({"minute_limit": 60.0, "minute_remaining": 59, "hour_limit": "600", "hour_remaining": 0}),
                "59 of 60 left this minute, 0 of 600 this hour",
            ),
            (json!({"minute_limit": null, "minute_remaining": -1, "hour_limit": -1}), "no limit is given"),
            (json!({"hour_limit": 600, "hour_remaining": 5, "reset_at": "2026-01-01T00:00:00Z"}), "5 of 600 left this hour"),
            (json!({"minute_limit": 60, "hour_remaining": 5}), "at most 60 a minute, 5 this hour"),
            (json!({"unlimited": true}), "no limit is given"),
            (json!(true), "no limit is given"),
        ] {
            let read: RateLimits = serde_json::from_value(json!({"plan_id": null, "categories": {"search": limit}})).unwrap();
            assert_eq!(read.categories["search"].left(), told, "{limit}");
        }
        let list = json!({"categories": [{"category": "search", "minute_limit": 2, "minute_remaining": 1}, 7]});
        assert_eq!(serde_json::from_value::<RateLimits>(list).unwrap().categories["search"].left(), "1 of 2 left this minute");
    }

    #[test]
    fn a_metric_of_another_form_costs_no_other() {
        let metrics = json!({"a": 1.5, "b": "2", "c": {"used": 5, "limit": 100}, "d": [], "e": null});
        let read: UsagePeriod = serde_json::from_value(json!({"metrics": metrics, "totals": {"a": 1, "b": "2", "c": {}}})).unwrap();
        assert_eq!((read.metrics["a"], read.metrics["b"], read.metrics["c"], read.metrics.len()), (1.5, 2.0, 5.0, 4));
        assert!(read.metrics["d"].is_nan() && json!(read.metrics)["d"].is_null());
        assert_eq!(read.totals, [("a".to_owned(), 1), ("b".to_owned(), 2)].into());
    }
}
