//! Arguments of a call, checked against the tool's schema before anything is sent.
//!
//! Hosts and models send numbers, booleans, lists and objects as text. That is accepted where the schema wants the real thing. An optional
//! argument without content (`null`, `""`, `[]`) counts as not given, because some hosts force a model to fill in every argument. But a list
//! that narrows what is paid for must name something if it is given, and one that replaces a list may be empty to clear it. A value
//! above a maximum is lowered and the answer says so. Everything else that does not fit is refused with the place, the rule and, for names,
//! the nearest valid one. No refusal repeats more than a little of what it got.
//!
//! The type of an argument says what the argument is (an id, an index, a time), through keywords of our own in the schema. Its name says
//! nothing. Start with [`check`]; `unknown` sorts arguments that the tool does not have, `value` reads numbers and texts, `date` reads dates,
//! and `shape` says what an argument wants.

mod date;
mod shape;
mod unknown;
mod value;

pub use unknown::is_injected;
pub use value::can_be_title;

use serde_json::{Map, Value};

use super::{
    schema::{ANY_SCALAR, CLEARS, DATE, NARROWS, PRESENT},
    text,
};
use crate::api::ids::{self, ID_KEYWORD, KIND_KEYWORD};

/// The most characters that are repeated of an argument's name.
const MAX_NAME: usize = 60;

/// The most faults of a call that are told at once.
const MOST_FAULTS: usize = 6;

/// The longest text that is read as a list of ids, in bytes. Each id takes far more memory than its bytes.
const MAX_LISTED: usize = 256 << 10;

/// Why arguments were refused: a sentence that names the place and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ArgumentError(pub String);

/// What to do with an argument that the tool does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strangers {
    /// Ignore it and say so: on tools that only read.
    Ignored,
    /// Refuse it: on tools that change something, where it may have been meant to limit the change.
    Refused,
}

/// A part of the arguments that names a resource. Callers may give another name instead of the id: a video's title, for example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Where it stands, as a JSON pointer.
    pub pointer: String,
    /// The kind of resource: `index`, `video`, `prompt` or `run`.
    pub kind: String,
    /// The id or name that was given.
    pub given: String,
    /// What follows the id in the argument: the range of a handle.
    pub rest: String,
    /// Whether the text can be an id.
    pub is_id: bool,
}

/// What the check of arguments found.
#[derive(Debug, Default)]
pub struct Checked {
    /// What was changed or ignored in a way that the caller should know.
    pub notes: Vec<String>,
    /// The resources that are named.
    pub references: Vec<Reference>,
    /// The arguments that want the id of a segment and got a handle.
    pub handles: Vec<String>,
    /// What looks wrong about an id, in case that nothing has it.
    pub doubts: Vec<String>,
}

impl Reference {
    /// The argument, if it is a list and this one of its entries.
    pub fn list(&self) -> Option<&str> {
        let (list, position) = self.pointer.trim_start_matches('/').rsplit_once('/')?;
        position.parse::<usize>().is_ok().then_some(list)
    }
}

impl Checked {
    /// Puts the id that was found in place of what was given, and says so.
    pub fn take(&mut self, wanted: &Reference, id: String, name: &str, arguments: &mut Map<String, Value>) {
        let (given, shown, name) = (text::line(&wanted.given, 80), text::id(&id), text::line(name, 80));
        self.notes.push(format!("`{given}` was taken for {shown} \"{name}\""));
        let mut all = Value::Object(std::mem::take(arguments));
        if let Some(place) = all.pointer_mut(&wanted.pointer) {
            *place = Value::String(format!("{id}{}", wanted.rest));
        }
        if let Value::Object(all) = all {
            *arguments = all;
        }
        for reference in self.references.iter_mut().filter(|reference| reference.pointer == wanted.pointer) {
            reference.is_id = true;
            reference.given.clone_from(&id);
        }
    }

    /// The refusal for a text that is no id, if nothing could be looked up.
    pub fn not_an_id(&self) -> ArgumentError {
        let wrong = self.references.iter().find(|reference| !reference.is_id).or(self.references.first());
        let rule = wrong.and_then(|reference| ids::check_id(&reference.given).err()).map(|rule| format!(": {rule}")).unwrap_or_default();
        let at = wrong.map(|reference| reference.pointer.trim_start_matches('/').replace('/', ".")).unwrap_or_default();
        ArgumentError(format!("`{at}`{rule}"))
    }
}

/// The arguments object of a call, however it was given: as an object, as JSON text, or as nothing (`null`, `[]`, `""`).
pub fn arguments(given: Value) -> Result<Map<String, Value>, ArgumentError> {
    let mut given = given;
    unpack(&mut given, '{');
    unpack(&mut given, '[');
    match given {
        Value::Object(arguments) => Ok(arguments),
        Value::Null => Ok(Map::new()),
        Value::Array(items) if items.is_empty() => Ok(Map::new()),
        Value::String(text) if text.trim().is_empty() => Ok(Map::new()),
        other => Err(value::wrong("arguments", "an object, such as {\"query\": \"...\"}", &other)),
    }
}

/// Checks and normalises arguments in place. The error tells all that is wrong, so that one more call can be right.
pub fn check(schema: &Value, strangers: Strangers, arguments: &mut Map<String, Value>) -> Result<Checked, ArgumentError> {
    let mut check = Check { strangers, found: Checked::default(), faults: Vec::new() };
    if properties(schema).is_none_or(Map::is_empty) {
        let other = schema.get(PRESENT).and_then(Value::as_str);
        if let Some((other, name)) = other.zip(arguments.keys().find(|name| unknown::names_a_period(name))) {
            return Err(ArgumentError(format!("unknown argument `{}`: this tool tells of now; {other}", text::line(name, MAX_NAME))));
        }
        // A tool without arguments: whatever a host adds means nothing.
        arguments.clear();
    }
    check.object(schema, arguments, &Place::default());
    if check.faults.is_empty() { Ok(check.found) } else { Err(together(&check.faults)) }
}

/// Several faults in one refusal, each a sentence.
fn together(faults: &[String]) -> ArgumentError {
    let mut told = String::new();
    for fault in faults.iter().take(MOST_FAULTS) {
        if told.is_empty() {
            told.push_str(fault);
            continue;
        }
        told.push_str(if told.ends_with(['?', '.']) { " " } else { ". " });
        let mut rest = fault.chars();
        told.extend(rest.next().into_iter().flat_map(char::to_uppercase));
        told.push_str(rest.as_str());
    }
    if faults.len() > MOST_FAULTS {
        told.push_str(". And more");
    }
    ArgumentError(told)
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// A place in the arguments.
#[derive(Clone, Debug, Default)]
struct Place {
    /// As people write it: `conditions[0].field`.
    name: String,
    /// As a JSON pointer.
    pointer: String,
}

impl Place {
    fn member(&self, name: &str) -> Self {
        let pointer = format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"));
        Self { name: if self.name.is_empty() { name.to_owned() } else { format!("{}.{name}", self.name) }, pointer }
    }

    fn item(&self, position: usize) -> Self {
        Self { name: format!("{}[{position}]", self.name), pointer: format!("{}/{position}", self.pointer) }
    }
}

/// One check under way.
struct Check {
    strangers: Strangers,
    found: Checked,
    /// What is wrong.
    faults: Vec<String>,
}

impl Check {
    fn object(&mut self, schema: &Value, object: &mut Map<String, Value>, at: &Place) {
        let none = Map::new();
        let properties = properties(schema).unwrap_or(&none);
        let required: Vec<&str> = required(schema).collect();
        object.retain(|name, value| match properties.get(name) {
            // A required list is checked even if it is empty, so that the refusal can say how many entries it needs.
            Some(_) if required.contains(&name.as_str()) && value.is_array() => true,
            Some(schema) if schema.get(NARROWS).is_some() && is_list(value) => true,
            Some(schema) if schema.get(CLEARS).is_some() && is_empty_list(value) => true,
            Some(schema) => !says_nothing(schema, value),
            None => !value.is_null(),
        });
        let unknown = unknown::sort(properties, object);
        let lacks = |name: &&&str| !object.contains_key(**name) && !unknown.meant.iter().any(|(_, right)| right.name() == **name);
        let lacking: Vec<&str> = required.iter().filter(lacks).copied().collect();
        let refused = self.strangers == Strangers::Refused || !lacking.is_empty() || !unknown.meant.is_empty();
        for fault in unknown.refusals(properties, object, at, self.strangers, refused) {
            self.fault(fault);
        }
        for name in lacking {
            self.fault(shape::missing(properties.get(name), object, &at.member(name)));
        }
        if !unknown.strangers.is_empty() && !refused {
            let names: Vec<String> =
                unknown.strangers.iter().take(8).map(|name| format!("`{}`", at.member(&text::line(name, MAX_NAME)).name)).collect();
            let more = unknown.strangers.len().saturating_sub(8);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.found.notes.push(format!("ignored, because this tool has no such argument: {}{more}", names.join(", ")));
        }
        object.retain(|name, _| properties.contains_key(name));
        let kinds = kinds(properties, object);
        for (name, value) in object.iter_mut() {
            if let Some(schema) = properties.get(name) {
                let schema = kinds.iter().find(|(of, _)| of == name).map_or(schema, |(_, schema)| schema);
                if let Err(fault) = self.value(schema, value, &at.member(name)) {
                    self.fault(fault.0);
                }
            }
        }
    }

    /// Keeps what is wrong, and not more of it than is told: the objects of a long list may all be wrong.
    fn fault(&mut self, told: String) {
        if self.faults.len() <= MOST_FAULTS {
            self.faults.push(told);
        }
    }

    fn value(&mut self, schema: &Value, value: &mut Value, at: &Place) -> Result<(), ArgumentError> {
        if schema.get(ANY_SCALAR).is_some() {
            return match value {
                Value::Array(_) | Value::Object(_) => Err(value::wrong(&at.name, "a text, a number or a boolean", value)),
                _ => Ok(()),
            };
        }
        if schema.get(super::schema::SECONDS).is_some() {
            return value::seconds(schema, value, &at.name, &mut self.found.notes);
        }
        if schema.get(DATE).is_some() {
            return date::date(schema, value, &at.name);
        }
        match schema.get("type").and_then(Value::as_str).unwrap_or_default() {
            "string" if schema.get(ID_KEYWORD).is_some() => value::id(schema, value, at, &mut self.found),
            "string" => value::text(schema, value, &at.name),
            "integer" => value::number(schema, value, &at.name, true, &mut self.found.notes),
            "number" => value::number(schema, value, &at.name, false, &mut self.found.notes),
            "boolean" => value::boolean(value, &at.name),
            "array" => self.array(schema, value, at),
            "object" => {
                unpack(value, '{');
                if value.as_array().is_some_and(Vec::is_empty) {
                    *value = Value::Object(Map::new());
                }
                match value {
                    // An object whose members the schema does not list may hold anything.
                    Value::Object(_) if properties(schema).is_none() => Ok(()),
                    Value::Object(object) => {
                        self.object(schema, object, at);
                        Ok(())
                    }
                    other => Err(value::wrong(&at.name, &format!("an object{}", shape::such_as(schema, other)), other)),
                }
            }
            _ => Ok(()),
        }
    }

    fn array(&mut self, schema: &Value, value: &mut Value, at: &Place) -> Result<(), ArgumentError> {
        unpack(value, '[');
        let items_schema = schema.get("items");
        let of_texts = items_schema.is_some_and(|schema| schema.get("type").is_some_and(|kind| kind == "string"));
        if let Some(text) = value.as_str().filter(|_| of_texts) {
            // Nobody means so many.
            let of_ids = text.len() <= MAX_LISTED && items_schema.is_some_and(|schema| schema.get(ID_KEYWORD).is_some());
            let items: Vec<Value> = if of_ids { value::ids_in(text).map(Value::from).collect() } else { vec![Value::from(text)] };
            *value = Value::Array(items);
        }
        let Value::Array(items) = value else {
            return Err(value::wrong(&at.name, &format!("a list{}", shape::such_as(schema, value)), value));
        };
        if let Some(schema) = items_schema {
            items.retain(|item| !says_nothing(schema, item));
        }
        let limit = |name: &str| schema.get(name).and_then(Value::as_u64);
        if let Some(least) = limit("minItems").filter(|&least| (items.len() as u64) < least) {
            let all = if schema.get(NARROWS).is_some() { "; leave it out to mean all" } else { "" };
            return Err(ArgumentError(format!("`{}` needs at least {}{all}", at.name, entries(least))));
        }
        if let Some(most) = limit("maxItems").filter(|&most| (items.len() as u64) > most) {
            return Err(ArgumentError(format!("`{}` has {}; at most {most} are taken", at.name, entries(items.len() as u64))));
        }
        if let Some(schema) = items_schema {
            for (position, item) in items.iter_mut().enumerate() {
                if self.faults.len() > MOST_FAULTS {
                    break;
                }
                self.value(schema, item, &at.item(position))?;
            }
        }
        Ok(())
    }
}

/// The schemas of identifiers whose kind another argument says, with that kind.
fn kinds(properties: &Map<String, Value>, object: &Map<String, Value>) -> Vec<(String, Value)> {
    let said = properties.iter().filter_map(|(name, schema)| Some((name, schema, schema.get(KIND_KEYWORD)?.as_str()?)));
    let of = said.filter_map(|(name, schema, beside)| {
        let kind = match object.get(beside)?.as_str()?.trim().to_lowercase().as_str() {
            "index" => "index",
            "video" => "video",
            "segment" => super::names::SEGMENT,
            "prompt" => "prompt",
            "prompt_run" => "run",
            _ => return None,
        };
        let mut schema = schema.as_object()?.clone();
        schema.insert(ID_KEYWORD.to_owned(), kind.into());
        Some((name.clone(), Value::Object(schema)))
    });
    of.collect()
}

fn entries(n: u64) -> String {
    if n == 1 { "1 entry".to_owned() } else { format!("{n} entries") }
}

/// Whether a value is a list, or a text that holds one.
fn is_list(value: &Value) -> bool {
    value.is_array() || value.as_str().is_some_and(|text| text.trim_start().starts_with('['))
}

/// Whether a value stands for "not given": hosts that make every argument required get such placeholders from a model.
fn says_nothing(schema: &Value, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => {
            let text = text.trim();
            let kind = schema.get("type").and_then(Value::as_str);
            // These words can be a text that is searched for, but neither an id nor a number.
            let free = kind == Some("string") && schema.get(ID_KEYWORD).is_none() && schema.get("enum").is_none();
            text.is_empty() || (!free && matches!(text, "null" | "None" | "undefined")) || (kind == Some("array") && text == "[]")
        }
        Value::Array(items) => {
            let of = schema.get("items").unwrap_or(&Value::Null);
            items.iter().all(|item| says_nothing(of, item))
        }
        // `{}` can be meant; an object of placeholders alone cannot.
        Value::Object(members) => {
            let of = properties(schema);
            let schema_of = |name: &str| of.and_then(|of| of.get(name)).unwrap_or(&Value::Null);
            !members.is_empty() && of.is_some() && members.iter().all(|(name, member)| says_nothing(schema_of(name), member))
        }
    }
}

/// Whether a value is a list without entries, or a text that holds one. A list of placeholders is not: nobody wrote that on purpose.
fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_str().is_some_and(|text| text.trim() == "[]")
}

/// Reads a list or an object that was sent as text.
fn unpack(value: &mut Value, opening: char) {
    if let Value::String(text) = value
        && let Some(text) = Some(text.trim_start_matches('\u{feff}').trim_start()).filter(|text| text.starts_with(opening))
        && let Ok(inner) = serde_json::from_str(text)
    {
        *value = inner;
    }
}

#[cfg(test)]
mod tests;
