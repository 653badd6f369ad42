//! From a Rust type to the JSON Schema that every MCP client accepts.
//!
//! schemars writes correct schemas, but many clients refuse parts of them: unions for `Option`, `$ref`, `format`, `default`, `const`. One
//! such tool can make a client drop the whole list. [`portable`] reduces a schema to what all clients take. [`strict`] keeps the rest for
//! our own check of arguments.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// A keyword of our own, on values that may be any scalar although the schema says string.
pub const ANY_SCALAR: &str = "x-any-scalar";
/// A keyword of our own, on times and durations that may be given as `1:01:20` besides as seconds.
pub const SECONDS: &str = "x-seconds";
/// A keyword of our own, on dates and times: whether they start or end a period.
pub const DATE: &str = "x-date";
/// A keyword of our own, on a tool without arguments that tells of the present: which tools tell of another time.
pub const PRESENT: &str = "x-present";
/// A keyword of our own, on a choice that callers often forget. For each argument beside it, it says which word fits if that argument is
/// given.
pub const FITS: &str = "x-fits";

/// A keyword of our own, on a list that says what is paid for, and that a call may leave out to mean all there is. Given without an entry,
/// it is refused: whoever has found nothing does not mean everything.
pub const NARROWS: &str = "x-narrows";
/// Marks a list that replaces the one that is there, so that an empty one means something.
pub const CLEARS: &str = "x-clears";

/// A keyword of our own, on an object, or a list of objects, whose members are told elsewhere: in its description, or by the tool that
/// the description names.
const TOLD_ELSEWHERE: &str = "x-told-elsewhere";

/// Keywords that no client is known to choke on, and that are sent as they are.
const PORTABLE: [&str; 3] = ["type", "required", "enum"];

/// The schema of a type with references, nullability and unions of constants resolved, and all limits kept.
pub fn strict<T: JsonSchema>() -> Value {
    resolved(T::json_schema)
}

/// Compiled once, unlike `SchemaGenerator::into_root_schema_for`, which is compiled for each type.
fn resolved(write: fn(&mut SchemaGenerator) -> Schema) -> Value {
    let mut generator = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut schema = write(&mut generator).to_value();
    resolve(&mut schema);
    schema
}

/// Resolves what unions stand for in our types: an optional value, or a choice of words.
fn resolve(node: &mut Value) {
    let Value::Object(map) = node else { return };
    for union in ["anyOf", "oneOf"] {
        if let Some(Value::Array(options)) = map.remove(union) {
            let mut options: Vec<Value> = options.into_iter().filter(|option| option.get("type") != Some(&json!("null"))).collect();
            let words: Vec<Value> = options.iter().flat_map(words_of).collect();
            if words.is_empty() {
                if let Some(Value::Object(only)) = options.pop() {
                    for (name, value) in only {
                        map.entry(name).or_insert(value);
                    }
                }
            } else {
                map.insert("type".into(), json!("string"));
                map.insert("enum".into(), Value::Array(words));
            }
        }
    }
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|name| name != "null");
        if let Some(only) = types.pop() {
            map.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(words)) = map.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(resolve);
    }
    if let Some(items) = map.get_mut("items") {
        resolve(items);
    }
}

/// The words of one option of a union of constants.
fn words_of(option: &Value) -> Vec<Value> {
    match (option.get("const"), option.get("enum")) {
        (Some(word), _) => vec![word.clone()],
        (None, Some(Value::Array(words))) => words.clone(),
        _ => Vec::new(),
    }
}

/// The part of a strict schema that is sent to clients. The description of the root is the tool's and is taken out.
///
/// Every conversation pays for a list of tools, so it holds only what a caller needs to be told. Our own check knows all limits and
/// explains them. Upper limits, and members that another tool tells, are told `in_full` only.
pub fn portable(strict: &Value, in_full: bool, output: &[Member]) -> Map<String, Value> {
    let mut root = match reduce(strict, in_full) {
        Value::Object(root) => root,
        _ => Map::new(),
    };
    root.remove("description");
    // Some clients drop a tool, or the whole list, where the root has no `properties`.
    let bare = root.entry("properties").or_insert_with(|| json!({})).as_object().is_some_and(Map::is_empty);
    if bare && !output.iter().any(|member| member.kind == Kind::Rows) {
        // Without this keyword a converter cannot make the schema of a tool without arguments strict. A list that is cut goes on with an
        // argument that no schema has, so it stays open.
        root.insert("additionalProperties".into(), json!(false));
    }
    root
}

/// A doc comment as a description: its first paragraph as one line, without the marks that only a documentation page needs. What follows the
/// first paragraph is for readers of the code.
pub fn described(doc: &Value) -> String {
    let doc = doc.as_str().unwrap_or_default();
    let first = doc.split_once("\n\n").map_or(doc, |(first, _)| first);
    first.replace('`', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn reduce(node: &Value, in_full: bool) -> Value {
    let Value::Object(map) = node else { return node.clone() };
    let told_elsewhere = map.contains_key(TOLD_ELSEWHERE);
    let mut out = Map::new();
    for (name, value) in map {
        let value = match name.as_str() {
            "properties" | "required" if told_elsewhere && !in_full => continue,
            // Nobody asks for a page of no rows, or for a price below nothing.
            "minimum" if matches!(value.as_f64(), Some(0.0 | 1.0)) => continue,
            "maximum" if !in_full => continue,
            "properties" => match value {
                Value::Object(properties) => {
                    Value::Object(properties.iter().map(|(name, schema)| (name.clone(), reduce(schema, in_full))).collect())
                }
                _ => continue,
            },
            "items" if told_elsewhere && !in_full => json!({"type": "object"}),
            "items" => reduce(value, in_full),
            "required" if value == &json!([]) => continue,
            "description" => match described(value) {
                telling if tells(&telling) => Value::String(telling),
                _ => continue,
            },
            "minimum" | "maximum" => whole(value),
            word if PORTABLE.contains(&word) => value.clone(),
            _ => continue,
        };
        out.insert(name.clone(), value);
    }
    Value::Object(out)
}

/// Whether a description tells more than the name beside it. "The run." tells nothing more than `run_id`.
fn tells(description: &str) -> bool {
    !description.is_empty() && description.strip_prefix("The ").is_none_or(|rest| rest.contains(' '))
}

/// A whole limit without `.0`, which schemars writes for numbers that may have a fraction.
#[expect(clippy::cast_possible_truncation, reason = "whole and far from the limits of i64")]
fn whole(limit: &Value) -> Value {
    match limit.as_f64() {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => json!(number as i64),
        _ => limit.clone(),
    }
}

/// One member of a tool's structured answer that the output schema promises.
///
/// The promise is shallow on purpose, because every conversation pays for an output schema. It names what a program needs to go on. It does
/// not name members that repeat arguments, or those that come only now and then.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The contract's name.
    pub name: &'static str,
    /// Its JSON type.
    pub kind: Kind,
    /// Whether it is always there.
    pub always: bool,
}

/// The JSON type of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A whole number.
    Count,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// An object.
    Object,
    /// An array of objects.
    Rows,
    /// An array of strings.
    Words,
}

impl Kind {
    /// What stands for nothing. No number and no flag does.
    pub fn empty(self) -> Option<Value> {
        match self {
            Self::Text => Some(json!("")),
            Self::Object => Some(json!({})),
            Self::Rows | Self::Words => Some(json!([])),
            Self::Count | Self::Number | Self::Flag => None,
        }
    }
}

impl Member {
    /// A member that is always there.
    pub const fn always(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, always: true }
    }

    /// A member that is left out if there is nothing to say.
    pub const fn maybe(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, always: false }
    }
}

/// The output schema of a tool. Where answers have null for what there is nothing to say about, nothing is promised of such a member but its
/// name: a schema with two types is not portable.
pub fn output(members: &[Member], nulls: bool) -> Map<String, Value> {
    let kind = |member: &Member| match member.kind {
        _ if nulls && !member.always => json!({}),
        Kind::Text => json!({"type": "string"}),
        Kind::Count => json!({"type": "integer"}),
        Kind::Number => json!({"type": "number"}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Object => json!({"type": "object"}),
        Kind::Rows => json!({"type": "array", "items": {"type": "object"}}),
        Kind::Words => json!({"type": "array", "items": {"type": "string"}}),
    };
    let mut out = Map::new();
    out.insert("type".into(), json!("object"));
    out.insert("properties".into(), members.iter().map(|member| (member.name.to_owned(), kind(member))).collect());
    let required: Vec<_> = members.iter().filter(|member| member.always).map(|member| member.name).collect();
    if !required.is_empty() {
        out.insert("required".into(), json!(required));
    }
    out
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;

    /// Root words.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Probe {
        /// A
        /// text.
        text: String,
        maybe: Option<u32>,
        choice: Option<Choice>,
        list: Vec<Inner>,
        #[schemars(range(min = 2, max = 9))]
        small: i64,
    }

    #[derive(JsonSchema)]
    #[schemars(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Choice {
        /// With words.
        First,
        SecondOne,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Inner {
        weight: Option<f64>,
    }

    #[test]
    fn unions_references_and_formats_are_gone() {
        let schema = Value::Object(portable(&strict::<Probe>(), true, &[]));
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "properties": {
                    "text": {"description": "A text.", "type": "string"},
                    "maybe": {"type": "integer"},
                    "choice": {"type": "string", "enum": ["second_one", "first"]},
                    "list": {"type": "array", "items": {"type": "object", "properties": {"weight": {"type": "number"}}}},
                    "small": {"type": "integer", "minimum": 2, "maximum": 9},
                },
                "required": ["text", "list", "small"],
            })
        );
    }
}
