//! Single values: texts, ids, numbers, times, booleans.

use serde_json::{Number, Value};

use super::{ArgumentError, Checked, Place, Reference};
use crate::{
    api::ids::{self, ID_KEYWORD},
    tools::{consent::holds_secret, names, text},
};

/// The most characters of a text whose schema names no limit of its own.
const MAX_TEXT: u64 = 10_000;

/// A free text, or one word of a choice.
pub(super) fn text(schema: &Value, value: &mut Value, at: &str) -> Result<(), ArgumentError> {
    let Value::String(text) = value else { return Err(wrong(at, "a text", value)) };
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        if words.contains(&text.as_str()) {
            return Ok(());
        }
        // The official tools fold the case of such words, so a call written for them may rely on it.
        let folded = text.trim().to_lowercase();
        if words.contains(&folded.as_str()) {
            *text = folded;
            return Ok(());
        }
        let near = text::nearest(text, words.iter().copied()).map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"));
        return Err(ArgumentError(format!("`{at}` may not be `{}`{near} Valid: {}", text::line(text, 60), words.join(", "))));
    }
    let length = text.chars().count() as u64;
    let limit = |name: &str| schema.get(name).and_then(Value::as_u64);
    let least = limit("minLength").unwrap_or_default();
    if least > 0 && text.trim().is_empty() {
        return Err(ArgumentError(format!("`{at}` may not be blank")));
    }
    if length < least {
        return Err(ArgumentError(format!("`{at}` has {length} characters; at least {least} are needed")));
    }
    let most = limit("maxLength").unwrap_or(MAX_TEXT);
    if length > most {
        return Err(ArgumentError(format!("`{at}` has {length} characters; at most {most} are taken")));
    }
    Ok(())
}

/// An id, or another name of the resource if that can be looked up.
pub(super) fn id(schema: &Value, value: &mut Value, at: &Place, found: &mut Checked) -> Result<(), ArgumentError> {
    let Value::String(text) = value else { return Err(wrong(&at.name, "a text", value)) };
    let kind = schema.get(ID_KEYWORD).and_then(Value::as_str).unwrap_or_default();
    let trimmed = text.trim();
    if kind == "segment" && names::handle(trimmed).is_some() {
        found.handles.push(at.name.clone());
        *text = trimmed.to_owned();
        return ids::check_id(text).map_err(|rule| ArgumentError(format!("`{}`: {rule}", at.name)));
    }
    let (mut given, mut rest) = (trimmed, "");
    if matches!(kind, "video" | names::MOMENT | names::SEGMENT)
        && let Some((video, _, _)) = names::handle(trimmed)
    {
        (given, rest) = trimmed.split_at(video.len());
    }
    if matches!(kind, "video" | names::MOMENT | names::SEGMENT)
        && let Some(range) = names::broken_range(trimmed)
    {
        let point = if kind == names::MOMENT { "; for a point in time give the video alone and `time`" } else { "" };
        return Err(ArgumentError(format!(
            "`{}`: \"{}\" is no range: a handle is <video_id>@<start>-<end>, the start first{point}",
            at.name,
            text::line(range, 40)
        )));
    }
    let checked = ids::check_id(given);
    if let Some(of) = ids::kind_by_prefix(given)
        && !(of == kind || kind == "resource" || (kind == names::MOMENT && matches!(of, "video" | "segment"))
            // A moment begins with its video.
            || (kind == names::SEGMENT && (of == "segment" || !rest.is_empty())))
    {
        let article = if of.starts_with(['a', 'e', 'i']) { "an" } else { "a" };
        found.doubts.push(format!("`{}`: {} looks like the id of {article} {}", at.name, text::id(given), of.replace('_', " ")));
    }
    let named = match kind {
        "video" | names::MOMENT => "video",
        // The id of a segment has no other name; the video of a handle has.
        names::SEGMENT if !rest.is_empty() => "video",
        "index" => "index",
        "prompt" => "prompt",
        "run" => "run",
        "connector" => "connector",
        "webhook" => "webhook",
        _ => "",
    };
    // Other resources have no names. A run is called as its prompt is, which suggests it and no more.
    let titled = matches!(named, "index" | "video" | "prompt" | "run" | "connector" | "webhook") && can_be_title(given);
    if let Err(rule) = &checked
        && !titled
    {
        return Err(ArgumentError(format!("`{}`: {rule}", at.name)));
    }
    if kind == "video" && !rest.is_empty() {
        found.notes.push(format!("`{}`: of the handle only its video was used", at.name));
        rest = "";
    }
    if !named.is_empty() {
        found.references.push(Reference {
            pointer: at.pointer.clone(),
            kind: named.to_owned(),
            given: given.to_owned(),
            rest: rest.to_owned(),
            is_id: checked.is_ok(),
        });
    }
    *text = format!("{given}{rest}");
    Ok(())
}

/// The ids of a text that should be a list: those between its commas, if all of them look like ids that a machine made. A title may have a
/// comma, too.
pub(super) fn ids_in(text: &str) -> impl Iterator<Item = &str> {
    let looks_made = |id: &str| ids::check_id(id).is_ok() && id.contains(|c: char| c.is_ascii_digit() || matches!(c, '_' | '-'));
    let several = text.contains(',') && text.split(',').all(|id| looks_made(id.trim()));
    text.split(move |c| several && c == ',').map(str::trim)
}

/// Whether a text that is no id may be the title of something: words, not a path.
pub fn can_be_title(text: &str) -> bool {
    let length = text.chars().count();
    length <= ids::MAX_ID_CHARS
        && text.chars().any(char::is_alphanumeric)
        && text.contains(char::is_whitespace)
        && !text.contains(['/', '\\', '%'])
        && !text.chars().any(char::is_control)
}

/// A time or a duration: seconds, or a text like `1:01:20`.
pub(super) fn seconds(schema: &Value, value: &mut Value, at: &str, notes: &mut Vec<String>) -> Result<(), ArgumentError> {
    if let Value::String(given) = value {
        match text::seconds(given) {
            Some(seconds) => *value = Number::from_f64(seconds).map_or(Value::Null, Value::Number),
            None => return Err(wrong(at, "seconds or a time like 1:01:20", value)),
        }
    }
    let whole = schema.get("type").is_some_and(|kind| kind == "integer");
    number(schema, value, at, whole, notes)
}

pub(super) fn number(schema: &Value, value: &mut Value, at: &str, whole: bool, notes: &mut Vec<String>) -> Result<(), ArgumentError> {
    let kind = if whole { "a whole number" } else { "a number" };
    let given = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    let Some(given) = given.filter(|number| number.is_finite()) else { return Err(wrong(at, kind, value)) };
    if whole && given.fract() != 0.0 {
        return Err(wrong(at, kind, value));
    }
    if let Some(least) = schema.get("minimum").and_then(Value::as_f64).filter(|&least| given < least) {
        return Err(ArgumentError(format!("`{at}` is {}; the least is {}", text::number(given), text::number(least))));
    }
    let most = schema.get("maximum").and_then(Value::as_f64);
    let taken = most.map_or(given, |most| given.min(most));
    if taken < given {
        notes.push(format!("{at} was lowered from {} to the maximum of {}", text::number(given), text::number(taken)));
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and, where it matters, bounded by the schema's maximum")]
    let number = if whole { Some(Number::from(taken as i64)) } else { Number::from_f64(taken) };
    if let Some(number) = number {
        *value = Value::Number(number);
    }
    Ok(())
}

pub(super) fn boolean(value: &mut Value, at: &str) -> Result<(), ArgumentError> {
    if let Value::String(word) = value {
        match word.trim().to_ascii_lowercase().as_str() {
            "true" => *value = Value::Bool(true),
            "false" => *value = Value::Bool(false),
            _ => {}
        }
    }
    if value.is_boolean() { Ok(()) } else { Err(wrong(at, "true or false", value)) }
}

/// The refusal of a value of the wrong kind. It repeats its kind, and at most 40 characters of a text or a number, since arguments may be
/// long. It repeats neither where a secret belongs.
pub(super) fn wrong(at: &str, wanted: &str, value: &Value) -> ArgumentError {
    let got = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(_) if holds_secret(at) => "a number".to_owned(),
        Value::Number(number) => text::line(&number.to_string(), 40),
        // Somewhere in it there may be a secret.
        Value::String(_) if at == "arguments" => "a text that is no JSON object".to_owned(),
        Value::String(_) if holds_secret(at) => "a text".to_owned(),
        Value::String(text) => format!("the text \"{}\"", text::line(text, 40)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    ArgumentError(format!("`{at}` wants {wanted}, not {got}"))
}
