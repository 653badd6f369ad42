//! What was used, what it costs, and how much the rate limits leave.
//!
//! All of these tools pass one call on. `show` says what usage, prices and limits look like. Nothing here may change anything but the
//! API's own counters.

mod show;

use super::{Family, proxy::Proxy};
use crate::api::usage::{
    GetPricing, GetRateLimits, GetUsage, GetUsageBreakdown, GetUsageHistory, ListMetricTypes, ListUsageDetails, RefreshRateLimits,
};

impl Proxy for GetUsage {
    const NAME: &'static str = "get_usage";
    const TITLE: &'static str = "Get usage";
    const FAMILY: Family = Family::Usage;
}

impl Proxy for GetUsageHistory {
    const NAME: &'static str = "get_usage_history";
    const TITLE: &'static str = "Get past usage";
    const FAMILY: Family = Family::Usage;
}

impl Proxy for ListUsageDetails {
    const NAME: &'static str = "get_usage_details";
    const TITLE: &'static str = "Get usage records";
    const FAMILY: Family = Family::Usage;
}

impl Proxy for GetUsageBreakdown {
    const NAME: &'static str = "get_usage_breakdown";
    const TITLE: &'static str = "Get usage by metric";
    const FAMILY: Family = Family::Usage;
}

impl Proxy for ListMetricTypes {
    const NAME: &'static str = "list_usage_metrics";
    const TITLE: &'static str = "List metrics";
    const FAMILY: Family = Family::Usage;
}

impl Proxy for GetRateLimits {
    const NAME: &'static str = "get_rate_limits";
    const TITLE: &'static str = "Get rate limits";
    const FAMILY: Family = Family::Usage;
}

impl Proxy for RefreshRateLimits {
    const NAME: &'static str = "refresh_rate_limits";
    const TITLE: &'static str = "Reload rate limits";
    const FAMILY: Family = Family::Usage;
}

impl Proxy for GetPricing {
    const NAME: &'static str = "get_pricing";
    const TITLE: &'static str = "Get prices";
    const FAMILY: Family = Family::Usage;
}
