//! Checks schemas of prompts, and says which fields they have. `sample` checks data against them.

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

/// The names of types that a schema has.
pub fn types_of(node: &Map<String, Value>) -> Vec<&str> {
    match node.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
}
