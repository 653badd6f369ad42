//! Checks sample data against the schema of a prompt.
//!
//! It knows the keywords that people and generators write for prompts: types, choices, limits, members, items, references within the
//! schema, and combinations. It says which other keywords it has met, so that nobody takes them for checked.

use std::{
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
/// How many schemas are looked at for one sample. A schema of a few lines can repeat itself so often that the check would not end.
const MOST_LOOKS: u32 = 200_000;

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
    let checker = Checker { root: schema, left: Cell::new(MOST_LOOKS), over: Cell::new(false), unchecked: RefCell::default() };
    let misfit = checker.members(schema, data, "$", MOST_DEPTH).err();
    let over = || "the schema refers to itself so often that the data could not be checked".to_owned();
    let misfit = if checker.over.get() { Some(over()) } else { misfit };
    Verdict { misfit, unchecked: checker.unchecked.into_inner().into_iter().collect() }
}

struct Checker<'a> {
    root: &'a Map<String, Value>,
    /// How many schemas may still be looked at.
    left: Cell<u32>,
    /// Whether that, or the depth, was not enough.
    over: Cell<bool>,
    unchecked: RefCell<BTreeSet<&'static str>>,
}

type Fits = Result<(), String>;

impl Checker<'_> {
    /// Checks a value against whatever stands where a schema is expected. True lets everything pass, and false nothing.
    fn value(&self, schema: &Value, value: &Value, place: &str, depth: u16) -> Fits {
        match schema {
            Value::Object(members) => self.members(members, value, place, depth),
            Value::Bool(false) => Err(format!("{place} may not be there")),
            _ => Ok(()),
        }
    }

    fn members(&self, schema: &Map<String, Value>, value: &Value, place: &str, depth: u16) -> Fits {
        let (Some(depth), Some(left), false) = (depth.checked_sub(1), self.left.get().checked_sub(1), self.over.get()) else {
            self.over.set(true);
            return Ok(());
        };
        self.left.set(left);
        self.unchecked.borrow_mut().extend(UNCHECKED.into_iter().filter(|word| schema.contains_key(*word)));
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
        self.combined(schema, value, place, depth)?;
        match value {
            Value::Number(number) => check_number(schema, number.as_f64().unwrap_or_default(), place),
            Value::String(text) => check_length(schema, text.chars().count(), ("minLength", "maxLength", "characters"), place),
            Value::Array(items) => self.items(schema, items, place, depth),
            Value::Object(members) => self.object(schema, members, place, depth),
            Value::Null | Value::Bool(_) => Ok(()),
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
                    let inner = inner.ok_or_else(|| format!("{place} has a schema `{pointer}` that is not there"))?;
                    self.value(inner, value, place, depth)?;
                }
                None => {
                    return Err(format!("{place} has a schema `{pointer}` that is elsewhere; only those that begin with # can be read"));
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
            for branch in any {
                match fits(branch) {
                    Ok(()) => break,
                    Err(misfit) => misfits.push(misfit),
                }
            }
            if misfits.len() == any.len() {
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
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen = HashSet::new();
            if let Some(twice) = items.iter().position(|item| !seen.insert(item)) {
                return Err(format!("{place}[{twice}] is there before"));
            }
        }
        let first = schema.get("prefixItems").and_then(Value::as_array);
        for (position, item) in items.iter().enumerate() {
            let own = first.and_then(|first| first.get(position)).or_else(|| schema.get("items"));
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
                return Err(format!("{place}.{name} is missing"));
            }
        }
        check_length(schema, members.len(), ("minProperties", "maxProperties", "members"), place)?;
        let properties = schema.get("properties").and_then(Value::as_object);
        // A member that a pattern allows is none of the others, and patterns are not looked at.
        let others = schema.get("additionalProperties").filter(|_| !schema.contains_key("patternProperties"));
        for (name, member) in members {
            match (properties.and_then(|properties| properties.get(name)), others) {
                (Some(property), _) => self.value(property, member, &format!("{place}.{name}"), depth)?,
                (None, Some(Value::Bool(false))) => return Err(format!("{place}.{name} is not in the schema")),
                (None, Some(other)) => self.value(other, member, &format!("{place}.{name}"), depth)?,
                (None, None) => {}
            }
        }
        Ok(())
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
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(schema: Value, data: &Value) -> Verdict {
        let Value::Object(schema) = schema else { panic!("schemas are objects") };
        check(&schema, data)
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
            (json!({"multipleOf": 0.1}), json!(0.3), json!(0.35)),
            (json!({"minLength": 2}), json!("éé"), json!("é")),
            (json!({"maxLength": 2}), json!("éé"), json!("ééé")),
            (json!({"minItems": 1}), json!([1]), json!([])),
            (json!({"maxItems": 1}), json!([1]), json!([1, 2])),
            (json!({"uniqueItems": true}), json!([1, 2]), json!([{"a": 1, "b": 2}, {"b": 2, "a": 1}])),
            (json!({"items": {"type": "string"}}), json!(["a"]), json!(["a", 2])),
            (json!({"prefixItems": [{"type": "string"}], "items": {"type": "null"}}), json!(["a", null]), json!([null])),
            (json!({"required": ["a"]}), json!({"a": null}), json!({"b": 1})),
            (json!({"properties": {"a": {"type": "boolean"}}}), json!({"a": true}), json!({"a": "true"})),
            (json!({"properties": {"a": {}}, "additionalProperties": false}), json!({"a": 1}), json!({"b": 1})),
            (json!({"properties": {"a": {}}, "additionalProperties": {"type": "null"}}), json!({"a": 1, "b": null}), json!({"b": 1})),
            (
                json!({"properties": {"a": {"$ref": "#/$defs/x~1y"}}, "$defs": {"x/y": {"type": "null"}}}),
                json!({"a": null}),
                json!({"a": 1}),
            ),
            (json!({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}), json!([]), json!({"a": {}})),
            (json!({"$ref": "#/$defs/x", "$defs": {}}), json!(null), json!(1)),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!(null), json!(5)),
            (json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}), json!(5.5), json!(5)),
            (json!({"allOf": [{"type": "integer"}, {"minimum": 7}]}), json!(7), json!(5)),
            (json!({"not": {"type": "integer"}}), json!("a"), json!(5)),
        ];
        for (schema, good, bad) in cases {
            let no_schema = schema.get("$ref").is_some();
            assert_eq!(verdict(schema.clone(), &good).misfit.is_some(), no_schema, "{schema}");
            assert!(verdict(schema.clone(), &bad).misfit.is_some(), "{schema} on {bad}");
        }
    }

    #[test]
    fn the_place_of_a_mismatch_is_named() {
        let schema =
            json!({"type": "object", "properties": {"shots": {"type": "array", "items": {"type": "object", "required": ["kind"]}}}});
        let misfit = verdict(schema, &json!({"shots": [{"kind": 1}, {}]})).misfit;
        assert_eq!(misfit.as_deref(), Some("$.shots[1].kind is missing"));
    }

    #[test]
    fn what_is_not_looked_at_is_named_and_what_never_ends_is_ended() {
        let found = verdict(json!({"properties": {"a": {"pattern": "^x", "format": "date"}, "b": {"contains": {}}}}), &json!({"a": "y"}));
        assert_eq!((found.misfit, found.unchecked), (None, vec!["format", "pattern"]));
        for endless in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}),
            json!({"not": {"$ref": "#"}}),
            json!({"anyOf": [{"$ref": "#"}, {"type": "null"}]}),
        ] {
            let misfit = verdict(endless.clone(), &json!(1)).misfit;
            assert!(misfit.is_some_and(|misfit| misfit.contains("refers to itself")), "{endless}");
        }
    }
}
