//! Usage and rate limits.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Access, Body, Repeat, Scope, endpoint, null_as_default, page::Rows};

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
    #[serde(default, deserialize_with = "null_as_default")]
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
    #[serde(default, deserialize_with = "null_as_default")]
    pub metrics: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_usage: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_usage: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "null_as_default")]
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
    #[serde(default, deserialize_with = "null_as_default")]
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
    #[serde(default, deserialize_with = "null_as_default")]
    pub categories: BTreeMap<String, RateLimit>,
}

/// The counters of one category; `reset_at` is Unix seconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct RateLimit {
    #[serde(default, deserialize_with = "null_as_default")]
    pub minute_used: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub minute_limit: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub minute_remaining: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub hour_used: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub hour_limit: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub hour_remaining: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub reset_at: i64,
}

impl RateLimit {
    /// What is left, in words, with the category.
    pub fn line(&self, category: &str) -> String {
        format!("Rate limit {category}: {}", self.left())
    }

    /// What is left, in words.
    pub fn left(&self) -> String {
        let (minute, hour) = (self.minute_remaining, self.hour_remaining);
        format!("{minute} of {} left this minute, {hour} of {} this hour", self.minute_limit, self.hour_limit)
    }
}
