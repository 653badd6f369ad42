//! Decides whether an extracted result meets the conditions of a filter search. It must not know runs, the store or HTTP. Start with
//! [`all_hold`].
//!
//! A condition names a field by its path: names joined by `.`. If the value of a name is a list, `[]` after the name stands for its items.
//! So a path can lead to several values. A condition holds if one of them meets it.
//!
//! Texts are compared without regard to case and to white space at either end, because the writer of a condition and the model that filled
//! the field may spell a text differently. A value of another type never meets a condition: the number 3 does not equal the text `3`. A
//! field that is missing or null is empty. It meets only `is_empty`. But no condition holds for a result whose schema has no such field: a
//! misspelt field would be empty everywhere.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::{Map, Number, Value};

use crate::{
    api::{
        facade::Filter,
        filter::{Condition, FieldType, Operator},
        reader,
    },
    playground::{arguments::worded, prompts::can_have},
};

/// The most filters of a selection, as of a search.
const MOST_FILTERS: usize = 4;

/// The filters of a prompt's `selection_filter`.
///
/// The description of the API leaves the form of that member open. Here it is the form of the workflow search:
/// `{"filters": [{field, operator, value}]}`.
pub fn selection(given: &Map<String, Value>) -> Result<Vec<Filter>, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Selection {
        filters: Vec<Filter>,
    }

    let Selection { filters } = reader::members(given.clone()).map_err(|misfit| worded(&misfit.message))?;
    if !(1..=MOST_FILTERS).contains(&filters.len()) {
        return Err(format!("give 1 to {MOST_FILTERS} `filters`"));
    }
    for (position, filter) in filters.iter().enumerate() {
        filter.check().map_err(|rule| format!("`filters[{position}]`: {rule}"))?;
    }
    Ok(filters)
}

/// The filters of a prompt that was saved. Without a selection there are none, and everything matches.
pub fn selected_by(given: Option<&Map<String, Value>>) -> Vec<Filter> {
    given.and_then(|given| selection(given).ok()).unwrap_or_default()
}

/// Whether all filters hold for a result of a schema. They do not name the type of a field, so a filter holds if it holds for any type.
pub fn meets(filters: &[Filter], schema: &Map<String, Value>, metadata: &Map<String, Value>) -> bool {
    let holds = |filter: &Filter| filter.readings().any(|condition| holds(&condition, metadata));
    filters.iter().all(|filter| can_have(schema, filter.field.trim()) && holds(filter))
}

/// Whether all conditions hold for a result of a schema. They must have passed [`Condition::check`]. A condition that would not pass never
/// holds.
pub fn all_hold(conditions: &[Condition], schema: &Map<String, Value>, metadata: &Map<String, Value>) -> bool {
    conditions.iter().all(|condition| can_have(schema, condition.field.trim()) && holds(condition, metadata))
}

/// Whether one condition holds for a result.
pub fn holds(condition: &Condition, metadata: &Map<String, Value>) -> bool {
    let found = at_path(metadata, &condition.field, condition.kind);
    let meets = |test: &dyn Fn(&Value) -> bool| found.iter().any(|value| test(value));
    match (condition.kind, condition.operator) {
        (FieldType::String, Operator::IsEmpty) => found.iter().all(|value| is_blank(value)),
        (FieldType::String, Operator::IsNotEmpty) => meets(&|value| value.is_string() && !is_blank(value)),
        (FieldType::Array, Operator::IsEmpty) => found.iter().all(|value| value.as_array().is_some_and(Vec::is_empty)),
        (FieldType::Array, Operator::IsNotEmpty) => meets(&|value| value.as_array().is_some_and(|items| !items.is_empty())),
        (kind, operator) => {
            let Some(wanted) = &condition.value else { return false };
            meets(&|value| compare(kind, operator, value, wanted))
        }
    }
}

/// The values that a path leads to, without nulls. If the condition is about a list, a `[]` at the end of the path changes nothing.
fn at_path<'a>(metadata: &'a Map<String, Value>, path: &str, kind: FieldType) -> Vec<&'a Value> {
    let path = path.trim();
    let path = if kind == FieldType::Array { path.strip_suffix("[]").unwrap_or(path) } else { path };
    let mut parts = path.split('.').map(|part| {
        let name = part.trim_end_matches("[]");
        (name, (part.len() - name.len()) / 2)
    });
    let Some((name, depth)) = parts.next() else { return Vec::new() };
    let mut found = spread(metadata.get(name).into_iter().collect(), depth);
    for (name, depth) in parts {
        found = spread(found.into_iter().filter_map(|value| value.as_object()?.get(name)).collect(), depth);
    }
    found.retain(|value| !value.is_null());
    found
}

/// Replaces lists by their items, `depth` times.
fn spread(mut values: Vec<&Value>, depth: usize) -> Vec<&Value> {
    for _ in 0..depth {
        values = values.into_iter().filter_map(Value::as_array).flatten().collect();
    }
    values
}

fn compare(kind: FieldType, operator: Operator, value: &Value, wanted: &Value) -> bool {
    match (kind, value) {
        (FieldType::String, Value::String(text)) => wanted.as_str().is_some_and(|wanted| compare_text(operator, text, wanted)),
        (FieldType::Integer, Value::Number(number)) => {
            whole(number).zip(wanted.as_number().and_then(whole)).is_some_and(|(a, b)| in_order(operator, Some(a.cmp(&b))))
        }
        (FieldType::Number, Value::Number(number)) => {
            number.as_f64().zip(wanted.as_f64()).is_some_and(|(a, b)| in_order(operator, a.partial_cmp(&b)))
        }
        (FieldType::Boolean, Value::Bool(_)) => operator == Operator::Equals && value == wanted,
        (FieldType::Array, Value::Array(items)) => compare_items(operator, items, wanted),
        _ => false,
    }
}

fn compare_text(operator: Operator, text: &str, wanted: &str) -> bool {
    let (text, wanted) = (text.trim(), wanted.trim());
    // A text cannot have a much longer one in it, however many bytes more or less their letters take in lower case. Long ones are not folded
    // again for each result.
    if wanted.len() / 8 > text.len() {
        return false;
    }
    let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    match operator {
        Operator::Equals => text == wanted,
        Operator::Contains => text.contains(&wanted),
        Operator::StartsWith => text.starts_with(&wanted),
        Operator::EndsWith => text.ends_with(&wanted),
        _ => false,
    }
}

fn in_order(operator: Operator, order: Option<Ordering>) -> bool {
    order.is_some_and(|order| match operator {
        Operator::Equals => order.is_eq(),
        Operator::GreaterThan => order.is_gt(),
        Operator::GreaterEqual => order.is_ge(),
        Operator::LessThan => order.is_lt(),
        Operator::LessEqual => order.is_le(),
        _ => false,
    })
}

fn compare_items(operator: Operator, items: &[Value], wanted: &Value) -> bool {
    let length = |test: fn(&u64, &u64) -> bool| {
        let length = u64::try_from(items.len()).unwrap_or(u64::MAX);
        wanted.as_u64().is_some_and(|wanted| test(&length, &wanted))
    };
    match operator {
        Operator::ItemEquals => items.iter().any(|item| same_scalar(item, wanted)),
        Operator::ItemContains => items
            .iter()
            .filter_map(Value::as_str)
            .any(|item| wanted.as_str().is_some_and(|wanted| compare_text(Operator::Contains, item, wanted))),
        Operator::LengthEquals => length(u64::eq),
        Operator::LengthGreater => length(u64::gt),
        Operator::LengthLess => length(u64::lt),
        _ => false,
    }
}

fn same_scalar(item: &Value, wanted: &Value) -> bool {
    match (item, wanted) {
        (Value::String(item), Value::String(wanted)) => compare_text(Operator::Equals, item, wanted),
        (Value::Number(item), Value::Number(wanted)) => {
            item.as_f64().zip(wanted.as_f64()).is_some_and(|(a, b)| a.partial_cmp(&b) == Some(Ordering::Equal))
        }
        (Value::Bool(item), Value::Bool(wanted)) => item == wanted,
        _ => false,
    }
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// A number as a whole number. 5.0 counts as whole, because JSON does not tell it from 5.
fn whole(number: &Number) -> Option<i128> {
    if let Some(whole) = number.as_i64() {
        return Some(whole.into());
    }
    if let Some(whole) = number.as_u64() {
        return Some(whole.into());
    }
    // Doubles hold whole numbers exactly up to 2^53. Beyond it, two numbers that differ in JSON may be the same here.
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0)?;
    format!("{float:.0}").parse().ok()
}

#[cfg(test)]
mod tests;
