//! Checks sample data against the part of JSON Schema that prompts use.
//!
//! It knows `type` (one name or a list), `enum`, `const`, `properties`, `required`, `additionalProperties: false`, `items`, and the limits
//! of numbers, texts, lists and objects. Other keywords only describe. It ignores them, as models do.

use serde_json::{Map, Value};

/// The types of JSON Schema.
const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// What reserved names begin with. The API reserves internal names and does not say which. This is what we would expect.
const RESERVED: &str = "__";

/// Why a prompt cannot use a schema, as a sentence for people.
pub fn check_schema(schema: &Map<String, Value>) -> Result<(), String> {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err("the root of the schema must have `type` `object`".into());
    }
    check_node(schema, "the schema")
}

/// Why data do not fit a schema: the place in the data, and the problem there.
pub fn check_data(schema: &Map<String, Value>, data: &Value) -> Result<(), String> {
    check_value(schema, data, "$")
}

fn check_node(node: &Map<String, Value>, place: &str) -> Result<(), String> {
    for name in types_of(node) {
        if !TYPES.contains(&name) {
            return Err(format!("{place} has the unknown type `{name}`; valid: {}", TYPES.join(", ")));
        }
    }
    if node.get("required").is_some_and(|names| !names.as_array().is_some_and(|names| names.iter().all(Value::is_string))) {
        return Err(format!("`required` of {place} must be a list of names"));
    }
    match node.get("properties") {
        None => {}
        Some(Value::Object(properties)) => {
            for (name, property) in properties {
                // Paths use these characters, so no path could name a field that has one of them.
                if name.contains(['.', '[', ']']) {
                    return Err(format!("the property `{name}` may not have `.`, `[` or `]` in its name"));
                }
                if name.starts_with(RESERVED) {
                    return Err(format!("the property `{name}` is reserved: names that begin with `{RESERVED}` are the API's own"));
                }
                let Value::Object(property) = property else { return Err(format!("the property `{name}` must be a schema")) };
                check_node(property, &format!("the property `{name}`"))?;
            }
        }
        Some(_) => return Err(format!("`properties` of {place} must be an object")),
    }
    match node.get("items") {
        None => Ok(()),
        Some(Value::Object(items)) => check_node(items, &format!("`items` of {place}")),
        Some(_) => Err(format!("`items` of {place} must be a schema")),
    }
}

/// Whether results of a schema can have a field at this path: names joined by `.`, with or without `[]` for the items of a list. Beneath a
/// node that says nothing of its members, any field can be.
pub fn can_have(schema: &Map<String, Value>, path: &str) -> bool {
    let mut names = path.split('.').map(|name| name.trim_end_matches("[]")).peekable();
    let mut node = schema;
    while names.peek().is_some() {
        if let Some(Value::Object(items)) = node.get("items") {
            node = items;
            continue;
        }
        let Some(Value::Object(properties)) = node.get("properties") else {
            let types = types_of(node);
            return types.is_empty() || types.iter().any(|name| matches!(*name, "object" | "array"));
        };
        match names.next().and_then(|name| properties.get(name)) {
            Some(Value::Object(property)) => node = property,
            _ => return false,
        }
    }
    true
}

fn types_of(node: &Map<String, Value>) -> Vec<&str> {
    match node.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn check_value(schema: &Map<String, Value>, value: &Value, place: &str) -> Result<(), String> {
    let types = types_of(schema);
    if !types.is_empty() && !types.iter().any(|name| has_type(value, name)) {
        return Err(format!("{place} must be {}, not {}", types.join(" or "), type_name(value)));
    }
    if let Some(Value::Array(choices)) = schema.get("enum")
        && !choices.contains(value)
    {
        let choices: Vec<_> = choices.iter().map(Value::to_string).collect();
        return Err(format!("{place} must be one of {}", choices.join(", ")));
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        return Err(format!("{place} must be {only}"));
    }
    match value {
        Value::Number(number) => check_number(schema, number.as_f64().unwrap_or_default(), place),
        Value::String(text) => check_length(schema, text.chars().count(), ("minLength", "maxLength", "characters"), place),
        Value::Array(items) => {
            check_length(schema, items.len(), ("minItems", "maxItems", "items"), place)?;
            let Some(Value::Object(schema)) = schema.get("items") else { return Ok(()) };
            items.iter().enumerate().try_for_each(|(position, item)| check_value(schema, item, &format!("{place}[{position}]")))
        }
        Value::Object(members) => check_members(schema, members, place),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn check_number(schema: &Map<String, Value>, number: f64, place: &str) -> Result<(), String> {
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    match (limit("minimum"), limit("maximum"), limit("exclusiveMinimum"), limit("exclusiveMaximum")) {
        (Some(least), ..) if number < least => Err(format!("{place} must be at least {least}")),
        (_, Some(most), ..) if number > most => Err(format!("{place} must be at most {most}")),
        (_, _, Some(least), _) if number <= least => Err(format!("{place} must be more than {least}")),
        (_, _, _, Some(most)) if number >= most => Err(format!("{place} must be less than {most}")),
        _ => Ok(()),
    }
}

fn check_length(schema: &Map<String, Value>, length: usize, names: (&str, &str, &str), place: &str) -> Result<(), String> {
    let (least, most, what) = names;
    let limit = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    match (limit(least), limit(most)) {
        (Some(least), _) if length < least => Err(format!("{place} must have at least {least} {what}")),
        (_, Some(most)) if length > most => Err(format!("{place} must have at most {most} {what}")),
        _ => Ok(()),
    }
}

fn check_members(schema: &Map<String, Value>, members: &Map<String, Value>, place: &str) -> Result<(), String> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for name in required {
        if !members.contains_key(name) {
            return Err(format!("{place}.{name} is missing"));
        }
    }
    check_length(schema, members.len(), ("minProperties", "maxProperties", "members"), place)?;
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, member) in members {
        match properties.and_then(|properties| properties.get(name)) {
            Some(Value::Object(property)) => check_value(property, member, &format!("{place}.{name}"))?,
            None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                return Err(format!("{place}.{name} is not in the schema"));
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

fn has_type(value: &Value, name: &str) -> bool {
    match (name, value) {
        ("integer", Value::Number(number)) => number.as_f64().is_some_and(|number| number.fract() == 0.0),
        ("number", Value::Number(_)) => true,
        _ => name == type_name(value),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(schema: Value, data: &Value) -> Result<(), String> {
        let Value::Object(schema) = schema else { panic!("schemas are objects") };
        check_data(&schema, data)
    }

    #[test]
    fn schemas_of_prompts_have_an_object_at_their_root() {
        let check = |schema: Value| check_schema(schema.as_object().unwrap());
        assert_eq!(check(json!({"type": "object"})), Ok(()));
        assert!(check(json!({"type": "array", "items": {}})).is_err());
        assert!(check(json!({})).is_err());
        assert!(check(json!({"type": "object", "properties": {"a": {"type": "text"}}})).unwrap_err().contains("`text`"));
        assert!(check(json!({"type": "object", "properties": {"a.b": {"type": "string"}}})).unwrap_err().contains("a.b"));
        assert!(check(json!({"type": "object", "properties": {"a": {"type": "array", "items": []}}})).is_err());
        assert!(check(json!({"type": "object", "required": "a"})).is_err());
        assert!(check(json!({"type": "object", "properties": {"__id": {"type": "string"}}})).unwrap_err().contains("reserved"));
        assert_eq!(check(json!({"type": "object", "properties": {"_id": {"type": "string"}}})), Ok(()));
    }

    #[test]
    fn paths_lead_to_fields() {
        let schema = json!({"type": "object", "properties": {
            "mood": {"type": "string"}, "any": {}, "free": {"type": "object"},
            "shots": {"type": "array", "items": {"type": "object", "properties": {"kind": {"type": "string"}}}}
        }});
        let schema = schema.as_object().unwrap();
        for path in ["mood", "shots", "shots[]", "shots[].kind", "shots.kind", "any.thing[].x", "free.x"] {
            assert!(can_have(schema, path), "{path}");
        }
        for path in ["", "nonsense", "mood.x", "shots[].nonsense", "shots..kind", ".mood"] {
            assert!(!can_have(schema, path), "{path}");
        }
    }

    #[test]
    fn each_keyword_refuses_what_does_not_fit() {
        let cases = [
            (json!({"type": "string"}), json!("a"), json!(1)),
            (json!({"type": ["string", "null"]}), json!(null), json!(true)),
            (json!({"type": "integer"}), json!(2.0), json!(2.5)),
            (json!({"enum": ["a", 1]}), json!(1), json!("b")),
            (json!({"const": 3}), json!(3), json!(4)),
            (json!({"minimum": 2}), json!(2), json!(1)),
            (json!({"maximum": 2}), json!(2), json!(3)),
            (json!({"exclusiveMinimum": 2}), json!(2.1), json!(2)),
            (json!({"exclusiveMaximum": 2}), json!(1.9), json!(2)),
            (json!({"minLength": 2}), json!("éé"), json!("é")),
            (json!({"maxLength": 2}), json!("éé"), json!("ééé")),
            (json!({"minItems": 1}), json!([1]), json!([])),
            (json!({"maxItems": 1}), json!([1]), json!([1, 2])),
            (json!({"items": {"type": "string"}}), json!(["a"]), json!(["a", 2])),
            (json!({"required": ["a"]}), json!({"a": null}), json!({"b": 1})),
            (json!({"properties": {"a": {"type": "boolean"}}}), json!({"a": true}), json!({"a": "true"})),
            (json!({"properties": {"a": {}}, "additionalProperties": false}), json!({"a": 1}), json!({"b": 1})),
        ];
        for (schema, good, bad) in cases {
            assert_eq!(verdict(schema.clone(), &good), Ok(()), "{schema}");
            assert!(verdict(schema.clone(), &bad).is_err(), "{schema} on {bad}");
        }
    }

    #[test]
    fn the_place_of_a_mismatch_is_named() {
        let schema =
            json!({"type": "object", "properties": {"shots": {"type": "array", "items": {"type": "object", "required": ["kind"]}}}});
        assert_eq!(verdict(schema, &json!({"shots": [{"kind": 1}, {}]})), Err("$.shots[1].kind is missing".into()));
    }
}
