//! Usage and rate limits. Periods are calendar months in UTC.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime};
use rusqlite::Connection;
use serde_json::Map;

use crate::{
    api::{
        page::Rows,
        usage::{
            CurrentUsage, GetPricing, GetRateLimits, GetUsage, GetUsageBreakdown, GetUsageHistory, ListMetricTypes, ListUsageDetails,
            MOST_LISTED, MetricType, Pricing, RateLimits, RefreshRateLimits, UsageBreakdown, UsageDetail, UsageHistory, UsagePeriod,
            UsageTotals,
        },
    },
    playground::{
        Refusal,
        auth::Caller,
        cursor::page_size,
        mount::Reply,
        runs::billing,
        service::Service,
        store::{
            Store,
            usage::{self, METRICS, Period},
        },
        time::{now, rfc3339},
    },
};

const DEFAULT_PERIODS: u32 = 12;
const DEFAULT_DETAILS: u32 = 100;

pub async fn get_usage(caller: Caller, store: Store, _: GetUsage) -> Reply<CurrentUsage> {
    let period = month_of(now())?;
    let metrics = store.read_settled(move |connection| usage::sums(connection, period)).await?;
    Ok(CurrentUsage {
        user_id: caller.account.to_owned(),
        period_start: rfc3339(period.start),
        period_end: rfc3339(period.end),
        totals: usage::totals(&metrics),
        metrics,
        model_usage: Some(Map::new()),
        auth_usage: Some(Map::new()),
    })
}

/// The months from the oldest record on, newest first. A month without records between two others is listed with zeros.
pub async fn get_usage_history(caller: Caller, store: Store, call: GetUsageHistory) -> Reply<UsageHistory> {
    let limit = page_size::<GetUsageHistory>("limit", call.limit, DEFAULT_PERIODS, MOST_LISTED)?;
    let asked = asked_period(call.start_date.as_deref(), call.end_date.as_deref(), i64::MIN)?;
    let periods = store.read_settled(move |connection| months(connection, asked, limit)).await?;
    Ok(UsageHistory { user_id: caller.account.to_owned(), periods })
}

pub async fn list_usage_details(_: Caller, store: Store, call: ListUsageDetails) -> Reply<Rows<UsageDetail>> {
    let limit = page_size::<ListUsageDetails>("limit", call.limit, DEFAULT_DETAILS, MOST_LISTED)?;
    let period = asked_period(call.start_date.as_deref(), call.end_date.as_deref(), i64::MIN)?;
    let details = store.read_settled(move |connection| usage::events(connection, call.metric_type.as_deref(), period, limit)).await?;
    Ok(Rows::all(details))
}

pub async fn get_usage_breakdown(caller: Caller, store: Store, call: GetUsageBreakdown) -> Reply<UsageBreakdown> {
    let period = asked_period(call.start_date.as_deref(), call.end_date.as_deref(), month_of(now())?.start)?;
    let breakdown = store.read_settled(move |connection| usage::sums(connection, period)).await?;
    Ok(UsageBreakdown {
        user_id: caller.account.to_owned(),
        period_start: rfc3339(period.start),
        period_end: rfc3339(period.end),
        totals: usage::totals(&breakdown),
        breakdown,
    })
}

pub async fn list_metric_types(_: Caller, _: Store, _: ListMetricTypes) -> Reply<Rows<MetricType>> {
    let types = METRICS.iter().map(|metric| MetricType {
        kind: metric.name.to_owned(),
        description: metric.description.to_owned(),
        unit: metric.unit.to_owned(),
    });
    Ok(Rows::all(types.collect()))
}

pub async fn get_rate_limits(service: Arc<Service>, caller: Caller, _: GetRateLimits) -> Reply<RateLimits> {
    rate_limits(service, caller).await
}

/// The playground has no settings that could be loaded again, so it only counts.
pub async fn refresh_rate_limits(service: Arc<Service>, caller: Caller, _: RefreshRateLimits) -> Reply<RateLimits> {
    rate_limits(service, caller).await
}

pub async fn get_pricing(_: Caller, _: Store, _: GetPricing) -> Reply<Pricing> {
    Ok(Pricing(billing::prices()))
}

async fn rate_limits(service: Arc<Service>, caller: Caller) -> Reply<RateLimits> {
    // Write the gathered searches first, so that a crash cannot make this answer untrue.
    service.store.read_settled(|_| Ok(())).await?;
    Ok(RateLimits {
        user_id: caller.account.to_owned(),
        plan_id: "free".to_owned(),
        categories: BTreeMap::from([("search".to_owned(), service.limits.status())]),
    })
}

fn months(connection: &Connection, asked: Period, limit: u32) -> Reply<Vec<UsagePeriod>> {
    let Some(oldest) = usage::oldest(connection)? else { return Ok(Vec::new()) };
    let first = oldest.max(asked.start);
    let mut periods = Vec::new();
    let mut moment = now().min(asked.end.saturating_sub(1));
    for _ in 0..limit {
        if moment < first {
            break;
        }
        let month = month_of(moment)?;
        let metrics = usage::sums(connection, month)?;
        let totals = by_name(&usage::totals(&metrics));
        let start = rfc3339(month.start);
        periods.push(UsagePeriod {
            summary_id: format!("usage_{}", start.chars().take(7).collect::<String>()),
            period_start: start,
            period_end: rfc3339(month.end),
            metrics,
            model_usage: Some(Map::new()),
            auth_usage: Some(Map::new()),
            totals,
        });
        moment = month.start - 1;
    }
    Ok(periods)
}

/// The totals of a past month. The API has them by name there.
fn by_name(totals: &UsageTotals) -> BTreeMap<String, u64> {
    let members = serde_json::to_value(totals).ok();
    let members = members.as_ref().and_then(|totals| totals.as_object()).into_iter().flatten();
    members.filter_map(|(name, total)| Some((name.clone(), total.as_u64()?))).collect()
}

fn month_of(moment: i64) -> Reply<Period> {
    let day = DateTime::from_timestamp_millis(moment).and_then(|time| time.date_naive().with_day(1));
    let period = day.and_then(|start| Some(Period { start: midnight(start), end: midnight(start.checked_add_months(Months::new(1))?) }));
    period.ok_or_else(|| Refusal::internal("a time is out of range"))
}

/// The period between the two dates. Without a start it begins at `otherwise`; without an end it ends now. An end date without a time
/// includes its whole day.
fn asked_period(start: Option<&str>, end: Option<&str>, otherwise: i64) -> Reply<Period> {
    let start = start.map(|text| read_date("start_date", text, false)).transpose()?.unwrap_or(otherwise);
    // A start in the future without an end is a period in which nothing has happened yet.
    let end = end.map(|text| read_date("end_date", text, true)).transpose()?.unwrap_or_else(|| start.max(now() + 1));
    if end < start {
        return Err(Refusal::argument(["query", "end_date"], "The end is before the start", "value_error"));
    }
    Ok(Period { start: start.max(0), end: end.max(0) })
}

fn read_date(name: &'static str, text: &str, inclusive: bool) -> Reply<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.timestamp_millis());
    }
    if let Ok(time) = text.parse::<NaiveDateTime>() {
        return Ok(time.and_utc().timestamp_millis());
    }
    let day = text.parse::<NaiveDate>().ok().and_then(|day| if inclusive { day.checked_add_days(Days::new(1)) } else { Some(day) });
    day.map(midnight).ok_or_else(|| Refusal::argument(["query", name], "Input should be a date or time of ISO 8601", "datetime_parsing"))
}

fn midnight(day: NaiveDate) -> i64 {
    day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_three_forms() {
        let day = 86_400_000;
        for (text, inclusive, expected) in [
            ("1970-01-02", false, day),
            ("1970-01-02", true, 2 * day),
            ("1970-01-02T00:00:00Z", true, day),
            ("1970-01-02T00:00:00", true, day),
        ] {
            assert_eq!(read_date("end_date", text, inclusive).unwrap(), expected, "{text}");
        }
        assert!(read_date("end_date", "yesterday", false).is_err());
        assert!(asked_period(Some("2020-01-02"), Some("2020-01-01T00:00:00Z"), 0).is_err());
        assert!(asked_period(Some("9999-01-01"), None, 0).is_ok());
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let december = month_of(midnight("2024-12-31".parse().unwrap())).unwrap();
        assert_eq!(
            (rfc3339(december.start), rfc3339(december.end)),
            ("2024-12-01T00:00:00.000Z".into(), "2025-01-01T00:00:00.000Z".into())
        );
    }
}
