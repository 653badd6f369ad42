//! The arguments of a tool in one short line, from which a model can call it.
//!
//! `index_id, limit?: 1-100, status?: active|paused, target: {type: index|videos, video_ids?: [text]} (what to run on)`. A name without a
//! type is a text. A question mark means that the argument may be left out. Descriptions stand in parentheses.

use serde_json::{Map, Value};

use crate::tools::text;

/// The most characters of the description of one argument.
const MOST_WORDS: usize = 90;

/// The arguments of an input schema.
pub fn arguments(schema: &Map<String, Value>) -> String {
    members(schema)
}

fn members(schema: &Map<String, Value>) -> String {
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let (mut told, mut optional) = (Vec::new(), Vec::new());
    for (name, property) in properties.into_iter().flatten() {
        let needed = required.contains(&name.as_str());
        let kind = kind(property);
        let colon = if kind.is_empty() { "" } else { ": " };
        let words = property.get("description").and_then(Value::as_str).map(|words| {
            format!(" ({})", text::line(words.strip_suffix('.').filter(|rest| !rest.ends_with('.')).unwrap_or(words), MOST_WORDS))
        });
        let mark = if needed { "" } else { "?" };
        let list = if needed { &mut told } else { &mut optional };
        list.push(format!("{name}{mark}{colon}{kind}{}", words.unwrap_or_default()));
    }
    told.append(&mut optional);
    told.join(", ")
}

/// The type of one value. Empty for a text.
fn kind(schema: &Value) -> String {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|");
    }
    match schema.get("type").and_then(Value::as_str).unwrap_or_default() {
        "integer" => bounds(schema).unwrap_or_else(|| "integer".to_owned()),
        "number" => bounds(schema).unwrap_or_else(|| "number".to_owned()),
        "boolean" => "true|false".to_owned(),
        "array" => {
            let items = schema.get("items").map(kind).unwrap_or_default();
            format!("[{}]", if items.is_empty() { "text" } else { &items })
        }
        "object" => match schema.as_object().filter(|schema| schema.contains_key("properties")) {
            Some(schema) => format!("{{{}}}", members(schema)),
            None => "{}".to_owned(),
        },
        _ => String::new(),
    }
}

fn bounds(schema: &Value) -> Option<String> {
    let least = schema.get("minimum").and_then(Value::as_f64);
    let most = schema.get("maximum").and_then(Value::as_f64);
    match (least, most) {
        (Some(least), Some(most)) => Some(format!("{}-{}", text::number(least), text::number(most))),
        (Some(least), None) => Some(format!("{} or more", text::number(least))),
        (None, Some(most)) => Some(format!("at most {}", text::number(most))),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_argument_is_short() {
        let schema = json!({"type": "object", "required": ["index_id", "target"], "properties": {
            "limit": {"type": "integer", "minimum": 1, "maximum": 100},
            "index_id": {"type": "string", "description": "Id or name."},
            "status": {"type": "string", "enum": ["active", "paused"]},
            "target": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}, "ids": {"type": "array", "items": {"type": "string"}}}},
            "free": {"type": "object"}, "weight": {"type": "number"}, "force": {"type": "boolean"}, "most": {"type": "number", "maximum": 2.5},
        }});
        assert_eq!(
            arguments(schema.as_object().unwrap()),
            "index_id (Id or name), target: {type, ids?: [text]}, limit?: 1-100, status?: active|paused, free?: {}, weight?: number, \
             force?: true|false, most?: at most 2.5"
        );
        assert_eq!(arguments(json!({"type": "object", "properties": {}}).as_object().unwrap()), "");
    }
}
