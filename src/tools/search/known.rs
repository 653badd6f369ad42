//! The fields that runs have, and why a condition on one of them, or a search in one, can match nothing.

use serde_json::{Map, Value};

use crate::{
    api::{
        filter::{Condition, FieldType, Operator},
        prompts::Prompt,
    },
    tools::{
        prompts::fields::{self, Field},
        text,
    },
};

/// The fields of the prompts whose results were searched.
pub struct Known<'a> {
    fields: Vec<Field>,
    of_videos: Vec<Field>,
    prompts: &'a [Prompt],
    /// Whether these are the prompts of all runs that were searched.
    complete: bool,
}

impl<'a> Known<'a> {
    /// The fields of these prompts. `complete` says whether they are those of all runs that were searched.
    pub fn of(prompts: &'a [Prompt], complete: bool) -> Self {
        let mut known = Self { fields: Vec::new(), of_videos: Vec::new(), prompts, complete };
        for prompt in prompts {
            add(&mut known.fields, fields::of(&prompt.json_schema));
            if let Some(level) = &prompt.video_level {
                add(&mut known.of_videos, fields::of(&level.json_schema));
            }
        }
        known
    }

    /// Why a condition can match nothing.
    pub fn fault_of_condition(&self, condition: &Condition) -> Option<String> {
        let path = condition.field.trim();
        let name = text::line(path, 80);
        let field = self.find_as(path, |kind| is_of(condition.kind.as_str(), kind));
        let Some(field) = field.or_else(|| self.find(path)) else { return Some(self.unknown(path)) };
        // `objects[]` stands for the items.
        if path.ends_with("[]") && condition.kind != FieldType::Array {
            return None;
        }
        let plain = |path: &str| path.replace("[]", "");
        if field.path != path && plain(path) == plain(&field.path) && field.path.matches("[]").count() > path.matches("[]").count() {
            return Some(format!("`{name}` lies in a list: write `{}`.", field.path));
        }
        let (asked, kind) = (condition.kind.as_str(), field.kind);
        if is_of(asked, kind) {
            return self.fault_of_value(condition, field);
        }
        let operators = instead_of(condition.operator, kind);
        Some(format!("`{name}` is {}, not {}: use type {kind} with {operators}.", one(kind), one(asked)))
    }

    /// Why a value can match nothing in a field of the right type.
    fn fault_of_value(&self, condition: &Condition, field: &Field) -> Option<String> {
        let inner: Vec<&str> =
            self.fields.iter().map(|other| other.path.as_str()).filter(|other| other.starts_with(&format!("{}[].", field.path))).collect();
        if !inner.is_empty() && matches!(condition.operator, Operator::ItemContains | Operator::ItemEquals) {
            return Some(format!("`{}` is a list of objects: use one of {}.", field.path, text::names(inner.into_iter(), 8)));
        }
        let words = self.words_of(&field.path)?;
        let wanted = condition.value.as_ref().and_then(Value::as_str)?.trim().to_lowercase();
        let fits = |word: &str| {
            let word = word.to_lowercase();
            match condition.operator {
                Operator::Contains | Operator::ItemContains => word.contains(&wanted),
                Operator::StartsWith => word.starts_with(&wanted),
                Operator::EndsWith => word.ends_with(&wanted),
                _ => word == wanted,
            }
        };
        (!words.iter().any(|word| fits(word))).then(|| {
            let words = text::names(words.iter().map(String::as_str), 20);
            if self.complete {
                format!("`{}` is always one of: {words}.", field.path)
            } else {
                format!("In the runs that were looked at, `{}` is one of: {words}.", field.path)
            }
        })
    }

    /// The words that a field can have in any of the prompts. `None` if one of them allows other values.
    fn words_of(&self, path: &str) -> Option<Vec<String>> {
        let mut all: Vec<String> = Vec::new();
        for prompt in self.prompts {
            match allowed(&prompt.json_schema, path) {
                Allowed::NoField => {}
                Allowed::Anything => return None,
                Allowed::Words(words) => {
                    for word in words {
                        if !all.contains(&word) {
                            all.push(word);
                        }
                    }
                }
            }
        }
        (!all.is_empty()).then_some(all)
    }

    /// Why no word can be found in a field.
    pub fn fault_of_search_field(&self, path: &str) -> Option<String> {
        let name = text::line(path.trim(), 80);
        match self.find(path.trim()).or_else(|| find(&self.of_videos, path.trim())) {
            None => Some(self.unknown(path.trim())),
            Some(field) if matches!(field.kind, "integer" | "number" | "boolean") => {
                let tool = "filter_videos";
                Some(format!("`{name}` is of the type {}, which has no words to be found; {tool} compares its values.", field.kind))
            }
            Some(_) => None,
        }
    }

    /// Whether one of the prompts has a field.
    pub fn has(&self, path: &str) -> bool {
        self.find(path.trim()).is_some() || find(&self.of_videos, path.trim()).is_some()
    }

    pub(super) fn find(&self, path: &str) -> Option<&Field> {
        find(&self.fields, path)
    }

    /// The field of such a kind. Two prompts may define a field in two ways.
    pub(super) fn find_as(&self, path: &str, fits: impl Fn(&str) -> bool) -> Option<&Field> {
        let plain = |path: &str| path.replace("[]", "");
        self.fields.iter().find(|field| fits(field.kind) && plain(&field.path) == plain(path))
    }

    pub(super) fn unknown(&self, path: &str) -> String {
        let name = text::line(path, 80);
        if find(&self.of_videos, path).is_some() {
            return format!("`{name}` is extracted once per video, not per segment; fields of segments: {}.", listing(&self.fields));
        }
        let hint = fields::nearest(&self.fields, path).map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"));
        format!("`{name}` is no field of these runs{hint} Fields: {}.", listing(&self.fields))
    }
}

/// The operators of a kind of field that are nearest to one of another kind.
pub(super) fn instead_of(operator: Operator, kind: &str) -> &'static str {
    match (kind, operator) {
        ("array", Operator::Equals) => "item_equals",
        ("array", _) => "item_contains",
        ("string", Operator::ItemEquals | Operator::Equals) | ("boolean", _) => "equals",
        ("string", _) => "contains",
        (_, Operator::Equals | Operator::GreaterThan | Operator::GreaterEqual | Operator::LessThan | Operator::LessEqual) => {
            operator.as_str()
        }
        _ => "equals, greater_than or less_than",
    }
}

/// `a string`, `an array`.
pub(super) fn one(kind: &str) -> String {
    format!("{} {kind}", if matches!(kind, "integer" | "array" | "object") { "an" } else { "a" })
}

/// Whether a condition of this type can be met by a field of this kind.
pub(super) fn is_of(asked: &str, kind: &str) -> bool {
    asked == kind || (asked == "number" && kind == "integer")
}

/// A field by its path, with or without marks of lists.
fn find<'f>(fields: &'f [Field], path: &str) -> Option<&'f Field> {
    let plain = |path: &str| path.replace("[]", "");
    fields.iter().find(|field| field.path == path).or_else(|| fields.iter().find(|field| plain(&field.path) == plain(path)))
}

fn add(all: &mut Vec<Field>, more: Vec<Field>) {
    for field in more {
        if !all.contains(&field) {
            all.push(field);
        }
    }
}

fn listing(fields: &[Field]) -> String {
    let named: Vec<String> = fields.iter().map(|field| format!("{} {}", field.path, field.kind)).collect();
    text::names(named.iter().map(String::as_str), 30)
}

/// What a schema allows for a field.
enum Allowed {
    /// The schema has no such field.
    NoField,
    /// Any value of its type.
    Anything,
    /// These words.
    Words(Vec<String>),
}

fn allowed(schema: &Map<String, Value>, path: &str) -> Allowed {
    let Some(node) = at(schema, path) else { return Allowed::NoField };
    let items = node.get("items").and_then(Value::as_object).map(|items| fields::resolve(schema, items));
    let words = items.unwrap_or(node).get("enum").and_then(Value::as_array);
    let words: Vec<String> = words.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    if words.is_empty() { Allowed::Anything } else { Allowed::Words(words) }
}

/// The node of a field.
fn at<'s>(schema: &'s Map<String, Value>, path: &str) -> Option<&'s Map<String, Value>> {
    let mut node = fields::resolve(schema, schema);
    for part in path.split('.') {
        let name = part.trim_end_matches("[]");
        node = fields::resolve(schema, node.get("properties")?.get(name)?.as_object()?);
        if name.len() < part.len() {
            node = fields::resolve(schema, node.get("items")?.as_object()?);
        }
    }
    Some(node)
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in super::super) fn prompt() -> Prompt {
        let schema = json!({"type": "object", "properties": {
            "scene": {"type": "string"},
            "mood": {"type": "string", "enum": ["calm", "tense"]},
            "people_count": {"type": "integer"},
            "outdoor": {"type": "boolean"},
            "objects": {"type": "array", "items": {"type": "string"}},
            "entities": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
        }});
        let Value::Object(json_schema) = schema else { unreachable!() };
        Prompt { json_schema, ..Prompt::default() }
    }

    fn fault(field: &str, operator: &str, kind: &str, value: Value) -> String {
        let condition = serde_json::from_value(json!({"field": field, "operator": operator, "type": kind, "value": value})).unwrap();
        Known::of(&[prompt()], true).fault_of_condition(&condition).unwrap_or_default()
    }

    #[test]
    fn conditions_that_can_meet_nothing_are_explained() {
        let all = "Fields: scene string, mood string, people_count integer, outdoor boolean, objects array, entities array, entities[].name string.";
        assert_eq!(fault("time_of_day", "equals", "string", json!("night")), format!("`time_of_day` is no field of these runs. {all}"));
        assert_eq!(
            fault("People Count", "equals", "integer", json!(1)),
            format!("`People Count` is no field of these runs; did you mean `people_count`? {all}")
        );
        assert!(fault("secne", "contains", "string", json!("x")).contains("did you mean `scene`?"));
        assert!(fault("name", "contains", "string", json!("x")).contains("did you mean `entities[].name`?"));
        assert_eq!(
            fault("objects", "contains", "string", json!("x")),
            "`objects` is an array, not a string: use type array with item_contains."
        );
        assert_eq!(
            fault("scene", "item_contains", "array", json!("x")),
            "`scene` is a string, not an array: use type string with contains."
        );
        assert_eq!(
            fault("people_count", "equals", "string", json!("3")),
            "`people_count` is an integer, not a string: use type integer with equals."
        );
        assert_eq!(
            fault("outdoor", "equals", "string", json!("yes")),
            "`outdoor` is a boolean, not a string: use type boolean with equals."
        );
        assert_eq!(fault("entities.name", "equals", "string", json!("x")), "`entities.name` lies in a list: write `entities[].name`.");
        assert_eq!(fault("entities", "item_contains", "array", json!("x")), "`entities` is a list of objects: use one of entities[].name.");
        assert_eq!(fault("mood", "equals", "string", json!("jolly")), "`mood` is always one of: calm, tense.");
        for fine in [
            fault("mood", "contains", "string", json!("AL")),
            fault("people_count", "less_than", "number", json!(1.5)),
            fault("objects[]", "equals", "string", json!("x")),
            fault("objects", "item_equals", "array", json!("x")),
        ] {
            assert_eq!(fine, "");
        }
    }

    #[test]
    fn words_are_those_of_all_prompts() {
        let prompt = |mood: Value| {
            let Value::Object(json_schema) = json!({"type": "object", "properties": {"mood": mood}}) else { unreachable!() };
            Prompt { json_schema, ..Prompt::default() }
        };
        let of = |words: &[&str]| prompt(json!({"type": "string", "enum": words}));
        let optional = prompt(json!({"anyOf": [{"type": "string", "enum": ["calm", "sad"]}, {"type": "null"}]}));
        let list = prompt(json!({"type": "array", "items": {"type": "string", "enum": ["calm"]}}));
        let other = Prompt::default();
        let fault = |prompts: &[Prompt], kind: &str, operator: &str| {
            let condition = serde_json::from_value(json!({"field": "mood", "operator": operator, "type": kind, "value": "jolly"})).unwrap();
            Known::of(prompts, true).fault_of_condition(&condition).unwrap_or_default()
        };
        let text = |prompts: &[Prompt]| fault(prompts, "string", "equals");
        assert_eq!(text(&[of(&["calm", "tense"]), of(&["calm", "sad"])]), "`mood` is always one of: calm, tense, sad.");
        assert_eq!(text(&[other, of(&["calm"])]), "`mood` is always one of: calm.");
        let condition = serde_json::from_value(json!({"field": "mood", "operator": "equals", "type": "string", "value": "jolly"})).unwrap();
        let partly = [of(&["calm"])];
        let partly = Known::of(&partly, false).fault_of_condition(&condition);
        assert_eq!(partly.unwrap(), "In the runs that were looked at, `mood` is one of: calm.");
        assert_eq!(text(&[optional]), "`mood` is always one of: calm, sad.");
        assert_eq!(fault(&[list], "array", "item_equals"), "`mood` is always one of: calm.");
        for free in [
            [of(&["calm"]), of(&["jolly"])],
            [of(&["calm"]), prompt(json!({"type": "string"}))],
            [prompt(json!({"type": "string"})), of(&["calm"])],
        ] {
            assert_eq!(text(&free), "");
        }
    }

    #[test]
    fn a_field_of_two_kinds_is_of_the_asked_one() {
        let list = json!({"type": "object", "properties": {"mood": {"type": "array", "items": {"type": "string"}}}});
        let other = Prompt { json_schema: list.as_object().unwrap().clone(), ..Prompt::default() };
        let of =
            |kind: &str, operator: &str| serde_json::from_value(json!({"field": "mood", "operator": operator, "type": kind, "value": "x"}));
        let prompts = [prompt(), other];
        let known = Known::of(&prompts, true);
        assert_eq!(known.fault_of_condition(&of("array", "item_contains").unwrap()), None);
        assert!(known.fault_of_condition(&of("integer", "equals").unwrap()).unwrap().contains("is a string"));
        assert!(known.has("mood") && !known.has("weather"));
    }

    #[test]
    fn search_fields_are_explained() {
        let prompts = [prompt()];
        let known = Known::of(&prompts, true);
        assert!(known.fault_of_search_field("objetcs").unwrap().contains("did you mean `objects`?"));
        assert!(known.fault_of_search_field("outdoor").unwrap().contains("no words to be found"));
        for fine in ["scene", "objects[]", "entities.name"] {
            assert_eq!(known.fault_of_search_field(fine), None);
        }
    }
}
