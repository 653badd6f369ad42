//! Checks sample data against the schema of a prompt.
//!
//! It knows the keywords that people and generators write for prompts: types, choices, limits, members, items, references within the
//! schema, and combinations. It says which other keywords it has met, so that nobody takes them for checked.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::{BTreeSet, HashSet},
};

use serde_json::{Map, Value};

use super::schema::types_of;

/// Keywords that can refuse data and that nobody looks at here.
const UNCHECKED: [&str; 15] = [
    "contains",
    "contentEncoding",
    "contentMediaType",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "$dynamicRef",
    "format",
    "if",
    "pattern",
    "patternProperties",
    "propertyNames",
    "$recursiveRef",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// How often a schema may lead from one to another within one value. One that refers to itself ends there.
const MOST_DEPTH: u16 = 200;
/// How much one check may cost. A schema of a few lines can repeat itself so often that the check would not end. What is read whole costs 1 for
/// each value and for each [`BYTES`] of text.
const MOST_COST: usize = 20_000_000;
/// What a look at a schema costs, besides what it reads.
const LOOK: usize = 100;
const BYTES: usize = 16;
/// How many choices, or reasons of different schemas, a misfit names.
const MOST_NAMED: usize = 10;
/// The most characters of a text of the schema or of the data that a misfit repeats.
const MOST_CHARS: usize = 200;

/// What is said of data that were checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why they do not fit: the place in the data, and the problem there.
    pub misfit: Option<String>,
    /// The keywords that were not looked at.
    pub unchecked: Vec<&'static str>,
}

/// Checks data against a schema.
pub fn check(schema: &Map<String, Value>, data: &Value) -> Verdict {
    let checker = Checker { root: schema, left: Cell::new(MOST_COST), over: Cell::new(false), unchecked: RefCell::default() };
    let misfit = checker.members(schema, data, "$", MOST_DEPTH).err();
    let over =
        || "the data could not be checked to the end: the schema or the data are too large, or the schema refers to itself".to_owned();
    let misfit = if checker.over.get() { Some(over()) } else { misfit };
    Verdict { misfit, unchecked: checker.unchecked.into_inner().into_iter().collect() }
}

struct Checker<'a> {
    root: &'a Map<String, Value>,
    /// How much the check may still cost.
    left: Cell<usize>,
    /// Whether that, or the depth, was not enough.
    over: Cell<bool>,
    unchecked: RefCell<BTreeSet<&'static str>>,
}

type Fits = Result<(), String>;

impl Checker<'_> {
    /// Checks a value against whatever stands where a schema is expected. True lets everything pass, and false nothing.
    fn value(&self, schema: &Value, value: &Value, place: &str, depth: u16) -> Fits {
        self.spend(1 + place.len() / BYTES)?;
        match schema {
            Value::Object(members) => self.members(members, value, place, depth),
            Value::Bool(false) => Err(format!("{place} may not be there")),
            _ => Ok(()),
        }
    }

    fn members(&self, schema: &Map<String, Value>, value: &Value, place: &str, depth: u16) -> Fits {
        let Some(depth) = depth.checked_sub(1) else { return self.give_up() };
        self.pay(schema, value)?;
        self.unchecked.borrow_mut().extend(UNCHECKED.into_iter().filter(|word| schema.contains_key(*word)));
        check_choices(schema, value, place)?;
        self.combined(schema, value, place, depth)?;
        match value {
            Value::Number(number) => check_number(schema, number.as_f64().unwrap_or_default(), place),
            Value::String(text) => check_length(schema, text.chars().count(), ("minLength", "maxLength", "characters"), place),
            Value::Array(items) => self.items(schema, items, place, depth),
            Value::Object(members) => self.object(schema, members, place, depth),
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    /// Takes from what the check may still cost. Refuses whatever comes after that was not enough.
    fn spend(&self, cost: usize) -> Fits {
        match self.left.get().checked_sub(cost) {
            Some(left) if !self.over.get() => {
                self.left.set(left);
                Ok(())
            }
            _ => self.give_up(),
        }
    }

    fn give_up(&self) -> Fits {
        self.over.set(true);
        Err(String::new())
    }

    /// Pays for a look and for what it reads whole: words of the schema, and one level of the value, or all of it if its items are compared.
    fn pay(&self, schema: &Map<String, Value>, value: &Value) -> Fits {
        self.spend(LOOK)?;
        let words = ["$ref", "const", "enum", "required", "type"];
        words.iter().filter_map(|word| schema.get(*word)).try_for_each(|given| self.pay_for(given))?;
        match value {
            Value::Array(_) if are_compared(schema) => self.pay_for(value),
            Value::Array(items) => self.spend(items.len()),
            Value::Object(members) => self.spend(members.len()),
            Value::String(text) => self.spend(text.len() / BYTES),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    fn pay_for(&self, value: &Value) -> Fits {
        self.spend(1)?;
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.pay_for(item)),
            Value::Object(members) => members.iter().try_for_each(|(name, member)| {
                self.spend(name.len() / BYTES)?;
                self.pay_for(member)
            }),
            Value::String(text) => self.spend(text.len() / BYTES),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    /// The keywords that lead to other schemas for the same value.
    fn combined(&self, schema: &Map<String, Value>, value: &Value, place: &str, depth: u16) -> Fits {
        if let Some(Value::String(pointer)) = schema.get("$ref") {
            match pointer.strip_prefix('#') {
                Some("") => self.members(self.root, value, place, depth)?,
                Some(path) => {
                    let found = path.strip_prefix('/').and_then(|path| path.split_once('/').or(Some((path, ""))));
                    let inner = found.and_then(|(name, rest)| {
                        let name = name.replace("~1", "/").replace("~0", "~");
                        let rest = if rest.is_empty() { String::new() } else { format!("/{rest}") };
                        self.root.get(&name)?.pointer(&rest)
                    });
                    let inner = inner.ok_or_else(|| format!("{place} has a schema `{}` that is not there", brief(pointer)))?;
                    self.value(inner, value, place, depth)?;
                }
                None => {
                    return Err(format!(
                        "{place} has a schema `{}` that is elsewhere; only those that begin with # can be read",
                        brief(pointer)
                    ));
                }
            }
        }
        let branches = |word: &str| schema.get(word).and_then(Value::as_array).filter(|branches| !branches.is_empty());
        let fits = |branch: &Value| self.value(branch, value, place, depth);
        for branch in branches("allOf").into_iter().flatten() {
            fits(branch)?;
        }
        if let Some(any) = branches("anyOf") {
            let mut misfits = Vec::new();
            let mut fitting = false;
            for branch in any {
                match fits(branch) {
                    Ok(()) => {
                        fitting = true;
                        break;
                    }
                    Err(misfit) => note(&mut misfits, &misfit),
                }
            }
            if !fitting {
                return Err(format!("{place} fits no schema of `anyOf`: {}", misfits.join("; ")));
            }
        }
        if let Some(one) = branches("oneOf") {
            let count = one.iter().filter(|branch| fits(branch).is_ok()).count();
            if count != 1 {
                return Err(format!("{place} must fit one schema of `oneOf`, and fits {count}"));
            }
        }
        match schema.get("not") {
            Some(denied) if fits(denied).is_ok() => Err(format!("{place} fits the schema of `not`")),
            _ => Ok(()),
        }
    }

    fn items(&self, schema: &Map<String, Value>, items: &[Value], place: &str, depth: u16) -> Fits {
        check_length(schema, items.len(), ("minItems", "maxItems", "items"), place)?;
        if are_compared(schema) {
            let mut seen = HashSet::new();
            if let Some(twice) = items.iter().position(|item| !seen.insert(item)) {
                return Err(format!("{place}[{twice}] is there before"));
            }
        }
        let list = |word: &str| schema.get(word).and_then(Value::as_array);
        // In older schemas, a list of schemas is `items` itself.
        let (first, others) = match list("items") {
            Some(first) => (Some(first), schema.get("additionalItems")),
            None => (list("prefixItems"), schema.get("items")),
        };
        for (position, item) in items.iter().enumerate() {
            let own = first.and_then(|first| first.get(position)).or(others);
            if let Some(own) = own {
                self.value(own, item, &format!("{place}[{position}]"), depth)?;
            }
        }
        Ok(())
    }

    fn object(&self, schema: &Map<String, Value>, members: &Map<String, Value>, place: &str, depth: u16) -> Fits {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for name in required {
            if !members.contains_key(name) {
                return Err(format!("{place}.{} is missing", brief(name)));
            }
        }
        check_length(schema, members.len(), ("minProperties", "maxProperties", "members"), place)?;
        let properties = schema.get("properties").and_then(Value::as_object);
        // A member that a pattern allows is none of the others, and patterns are not looked at.
        let others = schema.get("additionalProperties").filter(|_| !schema.contains_key("patternProperties"));
        let below = |name: &str| format!("{place}.{}", brief(name));
        for (name, member) in members {
            match (properties.and_then(|properties| properties.get(name)), others) {
                (Some(property), _) => self.value(property, member, &below(name), depth)?,
                (None, Some(Value::Bool(false))) => return Err(format!("{} is not in the schema", below(name))),
                (None, Some(other)) => self.value(other, member, &below(name), depth)?,
                (None, None) => {}
            }
        }
        Ok(())
    }
}

/// Checks the type and the choices.
fn check_choices(schema: &Map<String, Value>, value: &Value, place: &str) -> Fits {
    let types = types_of(schema);
    if !types.is_empty() && !types.iter().any(|name| has_type(value, name)) {
        return Err(format!("{place} must be {}, not {}", brief(&types.join(" or ")), type_name(value)));
    }
    if let Some(Value::Array(choices)) = schema.get("enum")
        && !choices.contains(value)
    {
        let more = if choices.len() > MOST_NAMED { format!(" and {} more", choices.len() - MOST_NAMED) } else { String::new() };
        let choices: Vec<_> = choices.iter().take(MOST_NAMED).map(named).collect();
        return Err(format!("{place} must be one of {}{more}", choices.join(", ")));
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        return Err(format!("{place} must be {}", named(only)));
    }
    Ok(())
}

/// Whether the items of a list are compared with each other.
fn are_compared(schema: &Map<String, Value>) -> bool {
    schema.get("uniqueItems") == Some(&Value::Bool(true))
}

/// A text, or its beginning if it is long.
fn brief(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}\u{2026}", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// Keeps a reason, unless there are enough.
fn note(misfits: &mut Vec<String>, misfit: &str) {
    if misfits.len() < MOST_NAMED {
        misfits.push(brief(misfit).into_owned());
    }
}

/// A value as a misfit names it.
fn named(value: &Value) -> String {
    match value {
        Value::String(text) => Value::from(brief(text)).to_string(),
        other => brief(&other.to_string()).into_owned(),
    }
}

fn check_number(schema: &Map<String, Value>, number: f64, place: &str) -> Fits {
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(step) = limit("multipleOf").filter(|step| *step > 0.0) {
        let times = number / step;
        // Tenths are not exact in binary.
        if (times - times.round()).abs() > 1e-9 * times.abs().max(1.0) {
            return Err(format!("{place} must be a multiple of {step}"));
        }
    }
    match (limit("minimum"), limit("maximum"), limit("exclusiveMinimum"), limit("exclusiveMaximum")) {
        (Some(least), ..) if number < least => Err(format!("{place} must be at least {least}")),
        (_, Some(most), ..) if number > most => Err(format!("{place} must be at most {most}")),
        (_, _, Some(least), _) if number <= least => Err(format!("{place} must be more than {least}")),
        (_, _, _, Some(most)) if number >= most => Err(format!("{place} must be less than {most}")),
        _ => Ok(()),
    }
}

fn check_length(schema: &Map<String, Value>, length: usize, names: (&str, &str, &str), place: &str) -> Fits {
    let (least, most, what) = names;
    let limit = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    match (limit(least), limit(most)) {
        (Some(least), _) if length < least => Err(format!("{place} must have at least {least} {what}")),
        (_, Some(most)) if length > most => Err(format!("{place} must have at most {most} {what}")),
        _ => Ok(()),
    }
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
mod tests;
