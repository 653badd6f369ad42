//! TOML: adding, replacing and taking out one server.

use std::ops::Range;

use serde_json::{Map, Value};
use toml_edit::{Array, Document, InlineTable, Item, Table};

use super::{parse, servers};
use crate::hosts::{Fault, Made, Undo, json::newline, splice::Splices};

/// Writes a server into a text without a byte order mark.
pub(in crate::hosts) fn put(text: &str, member: &str, name: &str, members: &Map<String, Value>) -> Result<(String, Undo), Fault> {
    let document = parse(text)?;
    let section = section(member, name, members, newline(text));
    let Some(item) = find(&document, member, name)? else { return Ok(append(text, &section)) };
    let (text, replaced) = match place(&document, member, name, item)? {
        Place::Value { value, .. } => {
            let inline = inline(members).to_string();
            (Splices::default().replace(value.clone(), inline.trim()).apply(text), piece(text, &value))
        }
        Place::Sections(sections) => (
            swap(text, &sections, &section),
            sections.iter().map(|range| piece(text, range)).reduce(|all, next| closed(&all, text) + &next).unwrap_or_default(),
        ),
    };
    Ok((text, Undo { made: Made::Entry, inner: None, replaced: Some(replaced) }))
}

/// Takes a server out of a text without a byte order mark. Returns possible results, the best first, and none if there is no such server.
pub(in crate::hosts) fn remove(text: &str, member: &str, name: &str, undo: &Undo) -> Result<Vec<String>, Fault> {
    let document = parse(text)?;
    let Some(item) = find(&document, member, name)? else { return Ok(Vec::new()) };
    let place = place(&document, member, name, item)?;
    if let Some(before) = &undo.replaced {
        return Ok(vec![match place {
            Place::Value { value, .. } => Splices::default().replace(value, before.clone()).apply(text),
            Place::Sections(sections) => swap(text, &sections, before),
        }]);
    }
    let ranges = match place {
        Place::Value { line, .. } => vec![line],
        Place::Sections(sections) => sections,
    };
    let cut = |ranges: &[Range<usize>]| ranges.iter().fold(Splices::default(), |splices, range| splices.cut(range.clone())).apply(text);
    let plain = cut(&ranges);
    if let Some(inner) = undo.inner.as_ref().filter(|_| undo.made == Made::File && plain.trim().is_empty()) {
        return Ok(vec![inner.clone()]);
    }
    // The gap that we added before the section goes with it. If we do not know the gap, one blank line goes.
    let mut tidy = ranges;
    if let Some(first) = tidy.first_mut() {
        let before = text.get(..first.start).unwrap_or_default();
        let end = newline(text);
        let after = text.get(first.end..).unwrap_or_default();
        match &undo.inner {
            Some(gap) if undo.made == Made::Entry && after.is_empty() && before.ends_with(gap.as_str()) => first.start -= gap.len(),
            _ if before.ends_with(&end.repeat(2)) && (after.is_empty() || after.starts_with(end)) => first.start -= end.len(),
            _ => {}
        }
    }
    Ok(vec![cut(&tidy), plain])
}

/// A new text with one server.
pub(in crate::hosts) fn whole(member: &str, name: &str, members: &Map<String, Value>) -> String {
    section(member, name, members, "\n").trim_end().to_owned()
}

/// Where a server is.
enum Place {
    /// In an inline table, on a line of `[servers]`.
    Value { value: Range<usize>, line: Range<usize> },
    /// In tables of its own, whole lines.
    Sections(Vec<Range<usize>>),
}

fn find<'d>(document: &'d Document<&str>, member: &str, name: &str) -> Result<Option<&'d Item>, Fault> {
    let servers = servers(document, member)?;
    match document.as_table().get(member) {
        Some(item @ Item::Value(_)) => {
            let at = item.span().map_or(0, |span| span.start);
            Err(Fault::at(document.raw(), at, format!("`{member}` is an inline table; write its servers as [{member}.NAME] first")))
        }
        _ => Ok(servers.and_then(|servers| servers.get(name))),
    }
}

fn place(document: &Document<&str>, member: &str, name: &str, item: &Item) -> Result<Place, Fault> {
    let text = document.raw();
    let odd = |at: Option<usize>, what: &str| {
        Fault::at(text, at.unwrap_or_default(), format!("`{name}` is {what}; write it as [{member}.{name}] first"))
    };
    match item {
        Item::Table(table) if table.is_dotted() => Err(odd(super::start(item), "written with dotted keys")),
        Item::Table(table) => {
            let mut ranges = Vec::new();
            sections(table, text, &mut ranges);
            ranges.sort_by_key(|range: &Range<usize>| range.start);
            let mut merged: Vec<Range<usize>> = Vec::new();
            for range in ranges {
                match merged.last_mut() {
                    Some(last) if text.get(last.end..range.start).is_none_or(|gap| gap.trim().is_empty()) => {
                        last.end = last.end.max(range.end);
                    }
                    _ => merged.push(range),
                }
            }
            Ok(Place::Sections(merged))
        }
        Item::Value(toml_edit::Value::InlineTable(_)) => {
            let key = servers(document, member)?.and_then(|servers| servers.key(name)).and_then(toml_edit::Key::span);
            let (Some(key), Some(value)) = (key, item.span()) else { return Err(odd(None, "written in an unusual way")) };
            let start = text.get(..key.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
            let line = start..line_end(text, value.end);
            Ok(Place::Value { value, line })
        }
        _ => Err(odd(item.span().map(|span| span.start), "no table")),
    }
}

/// The lines of a table and of those below it.
fn sections(table: &Table, text: &str, out: &mut Vec<Range<usize>>) {
    if let Some(span) = table.span().filter(|_| !table.is_implicit() && !table.is_dotted()) {
        out.push(span.start..line_end(text, span.end.max(values_end(table))));
    }
    for (_, item) in table {
        match item {
            Item::Table(inner) => sections(inner, text, out),
            Item::ArrayOfTables(inner) => inner.iter().for_each(|inner| sections(inner, text, out)),
            _ => {}
        }
    }
}

/// The end of the last value in a table itself, not in the tables below it. Dotted keys count.
fn values_end(table: &Table) -> usize {
    let end = |(_, item): (&str, &Item)| match item {
        Item::Value(value) => value.span().map_or(0, |span| span.end),
        Item::Table(inner) if inner.is_dotted() => values_end(inner),
        _ => 0,
    };
    table.iter().map(end).max().unwrap_or_default()
}

fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end + 1)
}

fn piece(text: &str, range: &Range<usize>) -> String {
    text.get(range.clone()).unwrap_or_default().to_owned()
}

/// Whole lines, with a line end like those of a text.
fn closed(lines: &str, text: &str) -> String {
    let end = if lines.is_empty() || lines.ends_with('\n') { "" } else { newline(text) };
    format!("{lines}{end}")
}

/// Replaces the first range by a text and takes out the others. A file without a line end at its end stays without one.
fn swap(text: &str, ranges: &[Range<usize>], by: &str) -> String {
    let mut splices = Splices::default();
    for (index, range) in ranges.iter().enumerate() {
        let open = range.end == text.len() && !text.ends_with('\n');
        let by = if open { by.trim_end_matches(['\n', '\r']).to_owned() } else { closed(by, text) };
        splices = if index == 0 { splices.replace(range.clone(), by) } else { splices.cut(range.clone()) };
    }
    splices.apply(text)
}

fn append(text: &str, section: &str) -> (String, Undo) {
    if text.trim().is_empty() {
        return (section.to_owned(), Undo { made: Made::File, inner: Some(text.to_owned()), replaced: None });
    }
    let end = newline(text);
    let (gap, section) = match text.strip_suffix(end) {
        Some(before) if before.ends_with(end) => (String::new(), section),
        Some(_) => (end.to_owned(), section),
        None => (end.repeat(2), section.trim_end()),
    };
    (format!("{text}{gap}{section}"), Undo { made: Made::Entry, inner: Some(gap), replaced: None })
}

fn section(member: &str, name: &str, members: &Map<String, Value>, newline: &str) -> String {
    let mut text = format!("[{member}.{}]{newline}", toml_edit::Key::new(name).display_repr());
    for (key, value) in members {
        if let Some(value) = scalar(value) {
            text.push_str(&format!("{} = {}{newline}", toml_edit::Key::new(key).display_repr(), value.to_string().trim()));
        }
    }
    text
}

fn inline(members: &Map<String, Value>) -> toml_edit::Value {
    let table: InlineTable = members.iter().filter_map(|(name, value)| Some((name.as_str(), scalar(value)?))).collect();
    table.into()
}

/// A value in TOML, which has no null.
fn scalar(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(truth) => (*truth).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().filter_map(scalar).collect::<Array>().into(),
        Value::Object(members) => inline(members),
    })
}
