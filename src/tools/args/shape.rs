//! What an argument wants: what a missing one is, and what an object looks like, ready to copy, with what was given of it in its place.

use serde_json::{Map, Value, json};

use super::{Place, properties, required};
use crate::{
    api::ids::{self, ID_KEYWORD},
    tools::{consent::holds_secret, schema::FITS, text},
};

/// The most characters of a text that is shown in its place, and the most entries of a list.
const MOST_CHARS: usize = 80;
const MOST_ENTRIES: usize = 5;
/// The most words of a choice that are shown.
const MOST_WORDS: usize = 4;
/// What stands for a value that is still to be found.
const OPEN: &str = "...";

/// An object, or a list of one, with its required members and those that were given.
pub(super) fn of(schema: &Value, given: &Map<String, Value>) -> Value {
    if let Some(items) = schema.get("items") {
        return json!([of(items, given)]);
    }
    let required: Vec<&str> = required(schema).collect();
    let members = properties(schema).into_iter().flatten().filter_map(|(name, member)| {
        let value = match given.get(name) {
            Some(Value::String(_)) if holds_secret(name) => json!(OPEN),
            Some(value) => shown(value),
            None if required.contains(&name.as_str()) => open(member, given),
            None => return None,
        };
        Some((name.clone(), value))
    });
    Value::Object(members.collect())
}

/// `, such as {...}` for what stands in the place of an object, or of a list of objects. Nothing for other types.
pub(super) fn such_as(schema: &Value, given: &Value) -> String {
    let object = schema.get("items").unwrap_or(schema);
    let Some(members) = properties(object) else { return String::new() };
    if let Value::Object(given) = given {
        return format!(", such as {}", of(schema, given));
    }
    let required: Vec<&str> = required(object).collect();
    let takes = |needed: bool| {
        let mut members = members.iter().filter(|(name, _)| required.contains(&name.as_str()) == needed);
        members.find_map(|(name, member)| Some((name.clone(), taken(member, given)?)))
    };
    let known = takes(true).or_else(|| takes(false));
    format!(", such as {}", of(schema, &known.into_iter().collect()))
}

/// The value as this member takes it, if it does.
fn taken(member: &Value, given: &Value) -> Option<Value> {
    let of = member.get("items").unwrap_or(member);
    if of.get("type").is_none_or(|kind| kind != "string") || of.get("enum").is_some() {
        return None;
    }
    let wanted = of.get(ID_KEYWORD).and_then(Value::as_str);
    let fits = |value: &Value| {
        let kind = value.as_str().map(ids::kind_by_prefix);
        // An id that tells its kind stands only where that kind is wanted.
        kind.is_some_and(|kind| kind.is_none() || kind == wanted)
    };
    match (member.get("items").is_some(), given) {
        (true, Value::Array(all)) if !all.is_empty() && all.iter().all(fits) => Some(given.clone()),
        (true, Value::String(_)) if wanted.is_some() && fits(given) => Some(json!([given])),
        (false, Value::String(_)) if fits(given) => Some(given.clone()),
        _ => None,
    }
}

/// What was given, if it is short.
fn shown(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() <= MOST_CHARS => json!(text::line(text, MOST_CHARS)),
        Value::Array(all) if all.len() <= MOST_ENTRIES => all.iter().map(shown).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::Array(_) => json!([OPEN]),
        Value::String(_) | Value::Object(_) => json!(OPEN),
    }
}

/// What stands for a member that was not given.
fn open(schema: &Value, given: &Map<String, Value>) -> Value {
    if let Some((_, word)) = fitting(schema, given) {
        return json!(word);
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array).filter(|words| words.len() <= MOST_WORDS) {
        return json!(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|"));
    }
    match schema.get("type").and_then(Value::as_str).unwrap_or_default() {
        "array" => json!([OPEN]),
        "object" => json!({}),
        _ => json!(OPEN),
    }
}

/// The refusal for a required argument that is missing: what it is, its words if it is a choice, and which of them fits what was given.
pub(super) fn missing(schema: Option<&Value>, siblings: &Map<String, Value>, at: &Place) -> String {
    let member = |name: &str| schema.and_then(|schema| schema.get(name));
    let mut message = format!("missing argument `{}`", at.name);
    let what = member("description").and_then(Value::as_str).unwrap_or_default();
    if !what.is_empty() {
        message.push_str(&format!(" ({})", text::line(what, 160).trim_end_matches('.')));
    }
    if let Some(words) = member("enum").and_then(Value::as_array) {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        message.push_str(&format!(", one of: {}", words.join(", ")));
    }
    if let Some((given, word)) = schema.and_then(|schema| fitting(schema, siblings)) {
        message.push_str(&format!(". With `{given}` given, {word} fits"));
    }
    message
}

/// The word of a choice that fits what is given beside it, and which of that says so.
fn fitting<'s>(schema: &'s Value, siblings: &Map<String, Value>) -> Option<(&'s str, &'s str)> {
    let fits = schema.get(FITS)?.as_object()?;
    let (given, word) = fits.iter().find(|(name, _)| siblings.contains_key(*name))?;
    Some((given, word.as_str()?))
}
