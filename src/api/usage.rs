//! Usage and rate limits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Access, Endpoint, Method, Scope, null_as_default, page::Rows};

/// Reads the usage of the current period.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetUsage {}

impl Endpoint for GetUsage {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/usage";
    const ACCESS: Access = Access::Scope(Scope::Read);
    type Output = CurrentUsage;
}

/// Reads the usage of past periods.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetUsageHistory {
    /// ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    /// At least 1, default 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl Endpoint for GetUsageHistory {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/usage/history";
    const ACCESS: Access = Access::Scope(Scope::Read);
    type Output = UsageHistory;
}

/// Reads single usage records.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListUsageDetails {
    /// Only this metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_type: Option<String>,
    /// ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    /// At least 1, default 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl Endpoint for ListUsageDetails {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/usage/details";
    const ACCESS: Access = Access::Scope(Scope::Read);
    type Output = Rows<UsageDetail>;
}

/// Reads usage by metric.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetUsageBreakdown {
    /// ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
}

impl Endpoint for GetUsageBreakdown {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/usage/breakdown";
    const ACCESS: Access = Access::Scope(Scope::Read);
    type Output = UsageBreakdown;
}

/// Lists the metrics. Needs no credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListMetricTypes {}

impl Endpoint for ListMetricTypes {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/usage/metric-types";
    const ACCESS: Access = Access::Public;
    type Output = Rows<MetricType>;
}

/// Reads the rate-limit counters.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetRateLimits {}

impl Endpoint for GetRateLimits {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/rate-limit/status";
    const ACCESS: Access = Access::AnyKeyOrSession;
    type Output = RateLimits;
}

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
