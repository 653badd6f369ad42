//! Arguments of a call, checked against the tool's schema before anything is sent.
//!
//! Hosts and models send numbers, booleans and lists as text; that is accepted where the schema wants the real thing. Values above a
//! maximum are clamped and the answer says so; everything else that does not fit is refused with the place, the rule and, for names, the
//! nearest valid one.

use serde_json::{Map, Number, Value};

use super::{
    schema::{ANY_SCALAR, ID_OR_NAME},
    text,
};
use crate::api::ids;

/// Arguments that known hosts add to every call (n8n), ignored where the tool does not define them.
const INJECTED: [&str; 5] = ["sessionId", "action", "chatInput", "toolCallId", "tool"];

/// Why arguments were refused: a sentence that names the place and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ArgumentError(pub String);

/// Checks and normalises arguments in place. Returns what was changed in a way that the caller should know.
pub fn check(schema: &Value, arguments: &mut Map<String, Value>) -> Result<Vec<String>, ArgumentError> {
    let mut notes = Vec::new();
    if let Some(properties) = properties(schema) {
        arguments.retain(|name, _| properties.contains_key(name) || !INJECTED.contains(&name.as_str()));
    }
    check_object(schema, arguments, "", &mut notes)?;
    Ok(notes)
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

fn check_object(schema: &Value, object: &mut Map<String, Value>, at: &str, notes: &mut Vec<String>) -> Result<(), ArgumentError> {
    let none = Map::new();
    let properties = properties(schema).unwrap_or(&none);
    if let Some(unknown) = object.keys().find(|name| !properties.contains_key(*name)) {
        let shown = text::line(unknown, 60);
        let hint = match text::nearest(unknown, properties.keys().map(String::as_str)) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => ".".to_owned(),
        };
        let valid: Vec<_> = properties.keys().map(String::as_str).collect();
        let valid = if valid.is_empty() { "none".to_owned() } else { valid.join(", ") };
        return Err(ArgumentError(format!("unknown argument `{}`{hint} Valid: {valid}", join(at, &shown))));
    }
    // To the API, null and absent are the same; models send null for "not given". `filter_videos` conditions are the exception.
    object.retain(|name, value| !value.is_null() || properties.get(name).is_some_and(|schema| schema.get(ANY_SCALAR).is_some()));
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            let what = properties.get(name).and_then(|schema| schema.get("description")).and_then(Value::as_str).unwrap_or_default();
            let what = if what.is_empty() { String::new() } else { format!(" ({})", text::line(what, 160).trim_end_matches('.')) };
            return Err(ArgumentError(format!("missing argument `{}`{what}", join(at, name))));
        }
    }
    for (name, value) in object.iter_mut() {
        if let Some(schema) = properties.get(name) {
            check_value(schema, value, &join(at, name), notes)?;
        }
    }
    Ok(())
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn check_value(schema: &Value, value: &mut Value, at: &str, notes: &mut Vec<String>) -> Result<(), ArgumentError> {
    if schema.get(ANY_SCALAR).is_some() {
        return match value {
            Value::Array(_) | Value::Object(_) => Err(wrong(at, "a text, a number or a boolean", value)),
            _ => Ok(()),
        };
    }
    match schema.get("type").and_then(Value::as_str).unwrap_or_default() {
        "string" => check_text(schema, value, at),
        "integer" => check_number(schema, value, at, true, notes),
        "number" => check_number(schema, value, at, false, notes),
        "boolean" => {
            if let Value::String(word) = value {
                match word.trim().to_ascii_lowercase().as_str() {
                    "true" => *value = Value::Bool(true),
                    "false" => *value = Value::Bool(false),
                    _ => {}
                }
            }
            if value.is_boolean() { Ok(()) } else { Err(wrong(at, "true or false", value)) }
        }
        "array" => {
            unpack(value, '[');
            let Value::Array(items) = value else { return Err(wrong(at, "a list", value)) };
            if let Some(least) = schema.get("minItems").and_then(Value::as_u64).filter(|&least| (items.len() as u64) < least) {
                return Err(ArgumentError(format!("`{at}` needs at least {}", entries(least))));
            }
            if let Some(most) = schema.get("maxItems").and_then(Value::as_u64).filter(|&most| (items.len() as u64) > most) {
                return Err(ArgumentError(format!("`{at}` takes at most {}", entries(most))));
            }
            if let Some(schema) = schema.get("items") {
                for (position, item) in items.iter_mut().enumerate() {
                    check_value(schema, item, &format!("{at}[{position}]"), notes)?;
                }
            }
            Ok(())
        }
        "object" => {
            unpack(value, '{');
            match value {
                Value::Object(object) => check_object(schema, object, at, notes),
                other => Err(wrong(at, "an object", other)),
            }
        }
        _ => Ok(()),
    }
}

fn entries(n: u64) -> String {
    if n == 1 { "1 entry".to_owned() } else { format!("{n} entries") }
}

/// Reads a list or an object that was sent as text.
fn unpack(value: &mut Value, opening: char) {
    if let Value::String(text) = value
        && text.trim_start().starts_with(opening)
        && let Ok(inner) = serde_json::from_str(text)
    {
        *value = inner;
    }
}

fn check_text(schema: &Value, value: &mut Value, at: &str) -> Result<(), ArgumentError> {
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
    let name = at.rsplit(['.', '[']).next().unwrap_or(at).trim_end_matches(']');
    let listed = at.ends_with("_ids") || at.contains("_ids[");
    if (name.ends_with("_id") || listed) && schema.get(ID_OR_NAME).is_none() {
        return ids::check_id(text).map_err(|rule| ArgumentError(format!("`{at}`: {rule}")));
    }
    if let Some(least) = schema.get("minLength").and_then(Value::as_u64)
        && (length < least || (least > 0 && text.trim().is_empty()))
    {
        return Err(ArgumentError(format!("`{at}` may not be blank")));
    }
    if let Some(most) = schema.get("maxLength").and_then(Value::as_u64).filter(|&most| length > most) {
        return Err(ArgumentError(format!("`{at}` has {length} characters; at most {most} are taken")));
    }
    Ok(())
}

fn check_number(schema: &Value, value: &mut Value, at: &str, whole: bool, notes: &mut Vec<String>) -> Result<(), ArgumentError> {
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

/// A value of the wrong kind. Only its kind is repeated, and a little of a text: arguments may be long.
fn wrong(at: &str, wanted: &str, value: &Value) -> ArgumentError {
    let got = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("the text \"{}\"", text::line(text, 40)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    ArgumentError(format!("`{at}` wants {wanted}, not {got}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "query": {"type": "string", "minLength": 1, "description": "What to look for."},
                "top_k": {"type": "integer", "minimum": 1, "maximum": 100},
                "weight": {"type": "number", "minimum": 0, "maximum": 1},
                "deep": {"type": "boolean"},
                "run_ids": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "kind": {"type": "string", "enum": ["index", "videos"]},
                "index_id": {"type": "string", "minLength": 1, ID_OR_NAME: true},
                "video_id": {"type": "string"},
                "target": {"type": "object", "properties": {"type": {"type": "string", "enum": ["index"]}}, "required": ["type"]},
            },
            "required": ["query"],
        })
    }

    fn run(arguments: Value) -> Result<(Value, Vec<String>), String> {
        let Value::Object(mut arguments) = arguments else { unreachable!() };
        check(&schema(), &mut arguments).map(|notes| (Value::Object(arguments), notes)).map_err(|error| error.0)
    }

    #[test]
    fn text_for_other_types_is_read() {
        let given = json!({"query": "q", "top_k": "5", "weight": "0.5", "deep": "True", "run_ids": "[\"a\"]", "kind": "INDEX",
            "target": "{\"type\":\"index\"}", "sessionId": "x", "video_id": null});
        let (taken, notes) = run(given).unwrap();
        assert_eq!(
            taken,
            json!({"query": "q", "top_k": 5, "weight": 0.5, "deep": true, "run_ids": ["a"], "kind": "index", "target": {"type": "index"}})
        );
        assert!(notes.is_empty());
    }

    #[test]
    fn a_value_above_the_maximum_is_lowered_aloud() {
        let (taken, notes) = run(json!({"query": "q", "top_k": 1e9})).unwrap();
        assert_eq!(taken["top_k"], 100);
        assert_eq!(notes, ["top_k was lowered from 1000000000 to the maximum of 100"]);
    }

    #[test]
    fn refusals_teach() {
        let refused = |given: Value| run(given).unwrap_err();
        assert_eq!(
            refused(json!({"query": "q", "topk": 3})),
            "unknown argument `topk`; did you mean `top_k`? Valid: query, top_k, weight, deep, run_ids, kind, index_id, video_id, target"
        );
        assert_eq!(refused(json!({})), "missing argument `query` (What to look for)");
        assert_eq!(refused(json!({"query": null})), "missing argument `query` (What to look for)");
        assert_eq!(refused(json!({"query": " "})), "`query` may not be blank");
        assert_eq!(refused(json!({"query": "q", "top_k": -5})), "`top_k` is -5; the least is 1");
        assert_eq!(refused(json!({"query": "q", "top_k": "NaN"})), "`top_k` wants a whole number, not the text \"NaN\"");
        assert_eq!(refused(json!({"query": "q", "top_k": 2.5})), "`top_k` wants a whole number, not 2.5");
        assert_eq!(refused(json!({"query": "q", "kind": "all of it"})), "`kind` may not be `all of it`. Valid: index, videos");
        assert_eq!(refused(json!({"query": 3})), "`query` wants a text, not 3");
        assert_eq!(
            refused(json!({"query": "q", "kind": "vidoes"})),
            "`kind` may not be `vidoes`; did you mean `videos`? Valid: index, videos"
        );
        assert_eq!(refused(json!({"query": "q", "run_ids": []})), "`run_ids` needs at least 1 entry");
        assert_eq!(
            refused(json!({"query": "q", "target": {"typ": "index"}})),
            "unknown argument `target.typ`; did you mean `type`? Valid: type"
        );
        assert!(refused(json!({"query": "q", "video_id": "../x"})).starts_with("`video_id`: an id has none of"));
        assert!(refused(json!({"query": "q", "run_ids": ["ok", ".."]})).starts_with("`run_ids[1]`: `.` and `..`"));
        assert!(run(json!({"query": "q", "index_id": "Early cinema"})).is_ok());
    }
}
