//! Reads TOML.

use serde_json::{Map, Value};
use toml_edit::{Document, Item, TableLike};

use super::{Entry, Fault, Found, fault::Lines, json::BOM};

mod edit;

pub(super) use edit::{put, remove, whole};

/// Parses a text; positions are those of the text without its byte order mark.
pub(super) fn parse(text: &str) -> Result<Document<&str>, Fault> {
    let text = text.trim_start_matches(BOM);
    Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let reason = error.message().lines().next().unwrap_or("it is not TOML").to_owned();
        Fault::at(text, at, reason)
    })
}

/// The table that holds the servers.
pub(super) fn servers<'d>(document: &'d Document<&str>, member: &str) -> Result<Option<&'d dyn TableLike>, Fault> {
    match document.as_table().get(member) {
        None => Ok(None),
        Some(item) => item.as_table_like().map(Some).ok_or_else(|| {
            let at = item.span().map_or(0, |span| span.start);
            Fault::at(document.raw(), at, format!("`{member}` should be a table, as [{member}.NAME] makes it"))
        }),
    }
}

/// Everything that the text says.
pub(super) fn all(text: &str) -> Result<Value, Fault> {
    Ok(Value::Object(members(parse(text)?.as_table())))
}

/// All servers, in the order of the text.
pub(super) fn read(text: &str, member: &str) -> Result<Vec<Found>, Fault> {
    let document = parse(text)?;
    let Some(servers) = servers(&document, member)? else { return Ok(Vec::new()) };
    let mut lines = Lines::of(document.raw());
    let found = |(name, item): (&str, &Item)| Found {
        name: name.to_owned(),
        line: lines.at(start(item).unwrap_or_default()),
        entry: item.as_table_like().and_then(|table| Entry::of(members(table))),
    };
    Ok(servers.iter().map(found).collect())
}

/// Where an item begins. A table that has only tables in it begins with the first of them.
pub(super) fn start(item: &Item) -> Option<usize> {
    let own = item.span().map(|span| span.start);
    own.or_else(|| item.as_table_like()?.iter().filter_map(|(_, inner)| start(inner)).min())
}

fn members(table: &dyn TableLike) -> Map<String, Value> {
    table.iter().map(|(name, item)| (name.to_owned(), value(item))).collect()
}

/// An item as JSON. A date becomes its text.
pub(super) fn value(item: &Item) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Value(inner) => scalar(inner),
        Item::Table(table) => Value::Object(members(table)),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| Value::Object(members(table))).collect(),
    }
}

fn scalar(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => text.value().clone().into(),
        toml_edit::Value::Integer(number) => (*number.value()).into(),
        toml_edit::Value::Float(number) => (*number.value()).into(),
        toml_edit::Value::Boolean(truth) => (*truth.value()).into(),
        toml_edit::Value::Datetime(date) => date.value().to_string().into(),
        toml_edit::Value::Array(array) => array.iter().map(scalar).collect(),
        toml_edit::Value::InlineTable(table) => Value::Object(members(table)),
    }
}
