//! The field paths of a prompt's schema, as `filter_videos` wants them.

use serde_json::{Map, Value};

/// The most fields listed per prompt.
const MAX_FIELDS: usize = 120;
/// The deepest nesting that is followed.
const MAX_DEPTH: usize = 8;

/// One extracted field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Dotted; `[]` marks repeated parts.
    pub path: String,
    /// `string`, `integer`, `number`, `boolean` or `array`.
    pub kind: &'static str,
}

/// The fields of a schema that conditions can name, in the schema's order.
pub fn of(schema: &Map<String, Value>) -> Vec<Field> {
    let mut out = Vec::new();
    walk(schema, schema, "", 0, &mut out);
    out
}

fn walk(root: &Map<String, Value>, node: &Map<String, Value>, at: &str, depth: usize, out: &mut Vec<Field>) {
    if depth > MAX_DEPTH || out.len() >= MAX_FIELDS {
        return;
    }
    let node = resolve(root, node);
    let kind = kind(node);
    match kind {
        "object" => {
            for (name, property) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if let Value::Object(property) = property {
                    let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                    walk(root, property, &path, depth + 1, out);
                }
            }
        }
        "array" => {
            out.push(Field { path: at.to_owned(), kind: "array" });
            if let Some(Value::Object(items)) = node.get("items")
                && self::kind(resolve(root, items)) == "object"
            {
                walk(root, items, &format!("{at}[]"), depth + 1, out);
            }
        }
        _ => out.push(Field { path: at.to_owned(), kind }),
    }
}

/// Follows a local reference, or takes the first option of a union that is not null.
fn resolve<'a>(root: &'a Map<String, Value>, node: &'a Map<String, Value>) -> &'a Map<String, Value> {
    if let Some(target) = node.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/")) {
        let found = target.split('/').try_fold(root, |at, part| at.get(part)?.as_object());
        return found.unwrap_or(node);
    }
    for union in ["anyOf", "oneOf"] {
        if let Some(options) = node.get(union).and_then(Value::as_array) {
            let real = options.iter().filter_map(Value::as_object).find(|option| option.get("type").is_none_or(|kind| kind != "null"));
            return real.unwrap_or(node);
        }
    }
    node
}

fn kind(node: &Map<String, Value>) -> &'static str {
    let word = match node.get("type") {
        Some(Value::String(word)) => Some(word.as_str()),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).find(|word| *word != "null"),
        _ => None,
    };
    match word {
        Some("object") => "object",
        Some("array") => "array",
        Some("integer") => "integer",
        Some("number") => "number",
        Some("boolean") => "boolean",
        None if node.contains_key("properties") => "object",
        None if node.contains_key("items") => "array",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_are_dotted_and_repeated_parts_marked() {
        let schema = json!({
            "type": "object",
            "properties": {
                "scene": {"type": "string"},
                "people": {"type": ["integer", "null"]},
                "place": {"type": "object", "properties": {"outdoor": {"type": "boolean"}}},
                "objects": {"type": "array", "items": {"type": "string"}},
                "cast": {"type": "array", "items": {"$ref": "#/$defs/person"}},
                "score": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            },
            "$defs": {"person": {"type": "object", "properties": {"name": {"type": "string"}}}},
        });
        let Value::Object(schema) = schema else { unreachable!() };
        let fields: Vec<_> = of(&schema).into_iter().map(|field| format!("{} {}", field.path, field.kind)).collect();
        assert_eq!(
            fields,
            [
                "scene string",
                "people integer",
                "place.outdoor boolean",
                "objects array",
                "cast array",
                "cast[].name string",
                "score number"
            ]
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"type": "object", "properties": {"next": {"$ref": "#"}, "also": {"$ref": "#/properties/also"}}});
        let Value::Object(schema) = schema else { unreachable!() };
        assert!(of(&schema).len() <= MAX_FIELDS);
    }
}
