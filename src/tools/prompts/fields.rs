//! The field paths of a prompt's schema, as `filter_videos` wants them.

use serde_json::{Map, Value, json};

use crate::tools::text;

/// The most fields listed per prompt.
const MAX_FIELDS: usize = 120;
/// The deepest nesting that is followed.
const MAX_DEPTH: usize = 8;
/// The most nodes that are looked at per prompt. A schema whose members lead back to it can have few fields and no end.
const MAX_NODES: usize = 4_000;

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
    let mut walk = Walk { root: schema, nodes: 0, fields: Vec::new() };
    walk.enter(schema, "", 0);
    walk.fields
}

/// Fields as the contract lists them.
pub fn paths(fields: &[Field]) -> Value {
    fields.iter().map(|field| json!({"path": field.path, "type": field.kind})).collect()
}

/// Fields in a line: `scene string, people_count integer`. That is what a condition needs of them.
pub fn listing(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "none".to_owned();
    }
    fields.iter().map(|field| format!("{} {}", text::line(&field.path, 120), field.kind)).collect::<Vec<_>>().join(", ")
}

/// The field that a path which is none of them may mean: it is spelled otherwise, without what it is within, or with a slip.
pub fn nearest<'f>(fields: &'f [Field], path: &str) -> Option<&'f str> {
    let folded = |path: &str| path.to_lowercase().replace([' ', '-', '_'], "").replace("[]", "");
    let same = fields.iter().find(|field| folded(&field.path) == folded(path));
    let last = fields.iter().find(|field| field.path.rsplit('.').next().is_some_and(|last| folded(last) == folded(path)));
    let found = same.or(last).map(|field| field.path.as_str());
    found.or_else(|| text::nearest(path, fields.iter().map(|field| field.path.as_str())))
}

/// Whether a schema certainly has no field of this path: an object on the way lists its members and takes no others.
pub fn lacks(schema: &Map<String, Value>, path: &str) -> bool {
    let mut node = resolve(schema, schema);
    for part in path.split('.') {
        if kind(node) == "array" {
            match node.get("items").and_then(Value::as_object) {
                Some(items) => node = resolve(schema, items),
                None => return false,
            }
        }
        let takes_others = ["allOf", "anyOf", "oneOf", "patternProperties"].into_iter().any(|word| node.contains_key(word))
            || node.get("additionalProperties").is_some_and(|others| *others != json!(false));
        let Some(members) = node.get("properties").and_then(Value::as_object) else { return false };
        match members.get(part.trim_end_matches("[]")) {
            Some(Value::Object(member)) => node = resolve(schema, member),
            Some(_) => return false,
            None => return !members.is_empty() && !takes_others,
        }
    }
    false
}

/// A walk over a schema, and what it found so far.
struct Walk<'a> {
    root: &'a Map<String, Value>,
    nodes: usize,
    fields: Vec<Field>,
}

impl<'a> Walk<'a> {
    fn enter(&mut self, node: &'a Map<String, Value>, at: &str, depth: usize) {
        if depth > MAX_DEPTH || self.nodes >= MAX_NODES || self.fields.len() >= MAX_FIELDS {
            return;
        }
        self.nodes += 1;
        let node = resolve(self.root, node);
        let kind = kind(node);
        match kind {
            // A result is an object, so what is not one at the top says nothing about fields.
            other if at.is_empty() && other != "object" => {}
            "object" => {
                for (name, property) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
                    if let Value::Object(property) = property {
                        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                        self.enter(property, &path, depth + 1);
                    }
                }
            }
            "array" => {
                self.fields.push(Field { path: at.to_owned(), kind: "array" });
                if let Some(Value::Object(items)) = node.get("items")
                    && self::kind(resolve(self.root, items)) == "object"
                {
                    self.enter(items, &format!("{at}[]"), depth + 1);
                }
            }
            _ => self.fields.push(Field { path: at.to_owned(), kind }),
        }
    }
}

/// What a node stands for: follows local references, and takes the first option of a union that is not null.
pub fn resolve<'a>(root: &'a Map<String, Value>, node: &'a Map<String, Value>) -> &'a Map<String, Value> {
    let mut node = node;
    // A reference may lead to a union, and an option of a union to a reference. Some lead back to themselves.
    for _ in 0..MAX_DEPTH {
        match next(root, node) {
            Some(target) => node = target,
            None => break,
        }
    }
    node
}

/// The node that this one stands for.
fn next<'a>(root: &'a Map<String, Value>, node: &'a Map<String, Value>) -> Option<&'a Map<String, Value>> {
    if let Some(path) = node.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#')) {
        let parts = path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
        return parts.into_iter().try_fold(root, |at, part| at.get(&part)?.as_object());
    }
    // Beside parts of its own, a union only says which of them are required together.
    if node.contains_key("properties") || node.contains_key("items") {
        return None;
    }
    let options = |union: &str| node.get(union).and_then(Value::as_array);
    if let Some(options) = options("anyOf").or_else(|| options("oneOf")) {
        return options.iter().filter_map(Value::as_object).find(|option| !is_null(option));
    }
    // Several members would have to be merged. One alone is how some tools write a reference with a description.
    match options("allOf").map(Vec::as_slice) {
        Some([Value::Object(only)]) => Some(only),
        _ => None,
    }
}

/// Whether null is all that a node allows.
fn is_null(node: &Map<String, Value>) -> bool {
    let kind =
        node.get("type").is_some_and(|kind| kind == "null" || kind.as_array().is_some_and(|kinds| kinds.iter().all(|kind| kind == "null")));
    kind || node.get("const").is_some_and(Value::is_null)
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
    fn optional_parts_are_followed_however_they_are_written() {
        let part = json!({"type": "object", "properties": {"outdoor": {"type": "boolean"}}});
        for place in [
            json!({"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]}),
            json!({"oneOf": [{"type": "null"}, {"$ref": "#/$defs/place"}]}),
            json!({"anyOf": [{"const": null}, {"type": ["null"]}, {"allOf": [{"$ref": "#/$defs/place"}]}]}),
            json!({"description": "where", "allOf": [{"$ref": "#/$defs/place"}]}),
            json!({"$ref": "#/$defs/maybe"}),
            json!({"$ref": "#/$defs/a~1b"}),
            json!({"type": ["object", "null"], "properties": {"outdoor": {"type": ["null", "boolean"]}}}),
        ] {
            let schema = json!({
                "type": "object",
                "properties": {"place": place.clone(), "list": {"type": ["array", "null"], "items": place.clone()}},
                "$defs": {"place": part, "a/b": part, "maybe": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]}},
            });
            let Value::Object(schema) = schema else { unreachable!() };
            let fields: Vec<_> = of(&schema).into_iter().map(|field| format!("{} {}", field.path, field.kind)).collect();
            assert_eq!(fields, ["place.outdoor boolean", "list array", "list[].outdoor boolean"], "{place}");
        }
    }

    #[test]
    fn a_union_does_not_hide_the_parts_beside_it() {
        for union in ["anyOf", "oneOf", "allOf"] {
            let schema = json!({"type": "object", "properties": {"scene": {"type": "string"}}, union: [{"required": ["scene"]}]});
            let Value::Object(schema) = schema else { unreachable!() };
            assert_eq!(of(&schema), [Field { path: "scene".into(), kind: "string" }], "{union}");
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"type": "object", "properties": {"next": {"$ref": "#"}, "also": {"$ref": "#/properties/also"},
            "both": {"anyOf": [{"$ref": "#/properties/both"}]}, "all": {"allOf": [{"$ref": "#/properties/all"}]}}});
        let Value::Object(schema) = schema else { unreachable!() };
        assert!(of(&schema).len() <= MAX_FIELDS);
    }

    #[test]
    fn a_schema_that_refers_to_itself_often_and_has_no_field_ends() {
        let members: Map<String, Value> = (0..50).map(|number| (format!("part_{number}"), json!({"$ref": "#"}))).collect();
        let Value::Object(schema) = json!({"type": "object", "properties": members}) else { unreachable!() };
        assert_eq!(of(&schema), []);
    }
}
