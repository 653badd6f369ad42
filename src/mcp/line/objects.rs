//! Reads objects that clients write in other ways.
//!
//! PHP writes an empty object as `[]`. Other clients write `null` for an object that they leave out. Models write an object as a text that
//! holds JSON. Where only an object fits, none of these can mean anything else.

use rmcp::model::{ClientCapabilities, Implementation, JsonObject};
use serde::Deserialize;
use serde_json::{Value, json, map::Entry};

use crate::json::surrogates;

/// The object that a value stands for, or `None` if it stands for nothing. The error says what kind of value it is.
pub fn read(value: Value) -> Result<Option<JsonObject>, &'static str> {
    match value {
        Value::Object(object) => Ok(Some(object)),
        Value::Null => Ok(None),
        Value::Array(items) if items.is_empty() => Ok(Some(JsonObject::new())),
        Value::Array(_) => Err("an array"),
        Value::String(text) => match text.trim() {
            "" => Ok(None),
            // A JSON text inside a JSON text is taken for a mistake.
            text => match parsed(text) {
                Some(inner @ (Value::Object(_) | Value::Array(_))) => read(inner),
                _ => Err("a text that is no JSON object"),
            },
        },
        Value::Bool(_) => Err("a boolean"),
        Value::Number(_) => Err("a number"),
    }
}

fn parsed(text: &str) -> Option<Value> {
    match surrogates::mended(text.as_bytes()) {
        Some(mended) => serde_json::from_slice(&mended).ok(),
        None => serde_json::from_str(text).ok(),
    }
}

/// Turns a member that must be an object into one. A member that stands for nothing is removed. Returns whether anything was changed.
pub fn mend(object: &mut JsonObject, name: &str) -> Result<bool, String> {
    let Entry::Occupied(mut member) = object.entry(name) else { return Ok(false) };
    if member.get().is_object() {
        return Ok(false);
    }
    match read(member.get_mut().take()) {
        Ok(Some(inner)) => *member.get_mut() = Value::Object(inner),
        Ok(None) => {
            member.shift_remove();
        }
        Err(kind) => return Err(format!("`{name}` must be an object, not {kind}")),
    }
    Ok(true)
}

/// Mends what a client says that it can do. What does not fit is left out alone: the rest says whether a person can be asked. Returns
/// whether anything was changed.
pub fn mend_capabilities(object: &mut JsonObject, name: &str) -> Result<bool, String> {
    let mut changed = mend(object, name)?;
    if let Some(Value::Object(capabilities)) = object.get_mut(name) {
        for capability in capabilities.values_mut() {
            changed |= empty_arrays_to_objects(capability);
        }
        if !are_capabilities(capabilities) {
            capabilities.retain(|name, capability| mend_capability(name, capability));
            changed = true;
        }
    }
    Ok(changed)
}

fn are_capabilities(given: &JsonObject) -> bool {
    ClientCapabilities::deserialize(given).is_ok()
}

/// Makes one capability fit, and returns whether it does. `true` means the same as an empty object.
fn mend_capability(name: &str, capability: &mut Value) -> bool {
    let fits = |value: &Value| are_capabilities(&JsonObject::from_iter([(name.to_owned(), value.clone())]));
    if !fits(capability) {
        match capability {
            Value::Bool(true) => *capability = json!({}),
            Value::Object(members) => members.retain(|member, inner| {
                if *inner == Value::Bool(true) && !fits(&json!({member: inner})) {
                    *inner = json!({});
                }
                fits(&json!({member: inner}))
            }),
            _ => {}
        }
    }
    fits(capability)
}

/// Mends who the client is. Its name and version may be missing. Returns whether anything was changed.
pub fn mend_client(object: &mut JsonObject, name: &str) -> Result<bool, String> {
    let mut changed = mend(object, name)?;
    if let Some(Value::Object(client)) = object.get_mut(name) {
        for name in ["name", "version"] {
            if !client.get(name).is_some_and(Value::is_string) {
                client.insert(name.to_owned(), Value::String(String::new()));
                changed = true;
            }
        }
        if Implementation::deserialize(&*client).is_err() {
            client.retain(|name, _| matches!(name.as_str(), "name" | "version"));
            changed = true;
        }
    }
    Ok(changed)
}

/// Returns whether there was one.
fn empty_arrays_to_objects(value: &mut Value) -> bool {
    match value {
        Value::Array(items) if items.is_empty() => {
            *value = Value::Object(JsonObject::new());
            true
        }
        Value::Object(members) => members.values_mut().map(empty_arrays_to_objects).filter(|changed| *changed).count() > 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_read_in_every_spelling() {
        let cases = [
            (json!({"a": 1}), Ok(Some(json!({"a": 1})))),
            (json!([]), Ok(Some(json!({})))),
            (json!(null), Ok(None)),
            (json!(" "), Ok(None)),
            (json!(r#" {"a": 1} "#), Ok(Some(json!({"a": 1})))),
            (json!("[]"), Ok(Some(json!({})))),
            (json!(r#"{"a":"\ud83d"}"#), Ok(Some(json!({"a": "\u{fffd}"})))),
            (json!([1]), Err("an array")),
            (json!("[1]"), Err("an array")),
            (json!("words"), Err("a text that is no JSON object")),
            (json!("{"), Err("a text that is no JSON object")),
            (json!(r#""{}""#), Err("a text that is no JSON object")),
            (json!(1), Err("a number")),
            (json!(true), Err("a boolean")),
        ];
        for (value, object) in cases {
            assert_eq!(read(value.clone()).map(|object| object.map(Value::Object)), object, "{value}");
        }
    }

    #[test]
    fn only_capabilities_that_do_not_fit_are_left_out() {
        let cases = [
            (json!({"roots": [], "elicitation": {"form": []}}), json!({"roots": {}, "elicitation": {"form": {}}})),
            (json!({"roots": 1, "elicitation": {}}), json!({"elicitation": {}})),
            (json!({"experimental": {"x": 1, "y": {}}, "elicitation": {}}), json!({"experimental": {"y": {}}, "elicitation": {}})),
            (json!({"elicitation": true}), json!({"elicitation": {}})),
            (json!({"elicitation": {"form": true, "url": 1}}), json!({"elicitation": {"form": {}}})),
            (json!({"elicitation": "yes", "unheard": 1}), json!({"unheard": 1})),
        ];
        for (capabilities, mended) in cases {
            let Value::Object(mut params) = json!({"capabilities": capabilities}) else { unreachable!("it is one") };
            mend_capabilities(&mut params, "capabilities").unwrap();
            assert_eq!(params.get("capabilities"), Some(&mended));
        }
    }
}
