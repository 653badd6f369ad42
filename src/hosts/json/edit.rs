//! JSON: adding, replacing and taking out one server.

use jsonc_parser::{
    ast::{Object, ObjectProp},
    common::Ranged,
};
use serde_json::Value;

use super::{
    Document,
    style::{Style, indentation, leading},
};
use crate::hosts::{Fault, Format, Made, Undo, splice::Splices};

/// Writes a server into a text without a byte order mark.
pub(in crate::hosts) fn put(text: &str, format: Format, member: &str, name: &str, value: &Value) -> Result<(String, Undo), Fault> {
    let document = Document::parse(text, format)?;
    let style = Style::of(text, document.root.as_ref());
    let wrapped = || Value::Object([(name.to_owned(), value.clone())].into_iter().collect());
    let Some(root) = &document.root else {
        let whole = Value::Object([(member.to_owned(), wrapped())].into_iter().collect());
        let before = text.trim_end();
        let gap = if before.is_empty() { "" } else { style.newline };
        let text_now = format!("{before}{gap}{}{}", style.render(&whole, Some("")), style.newline);
        return Ok((text_now, Undo { made: Made::File, inner: Some(text.to_owned()), replaced: None }));
    };
    let Some(servers) = document.servers(member)? else {
        if let Some(nothing) = document.member(root, member)? {
            let range = nothing.value.range();
            let own_line = leading(text, nothing.range.start).is_some();
            let rendered = style.render(&wrapped(), own_line.then(|| indentation(text, nothing.range.start)));
            let undo = Undo { made: Made::Value, inner: Some(range.text(text).to_owned()), replaced: None };
            return Ok((Splices::default().replace(range.start..range.end, rendered).apply(text), undo));
        }
        let undo = Undo { made: Made::Servers, inner: hollow(text, root), replaced: None };
        return Ok((insert(text, root, member, &wrapped(), &style), undo));
    };
    let Some(present) = document.member(servers, name)? else {
        let undo = Undo { made: Made::Entry, inner: hollow(text, servers), replaced: None };
        return Ok((insert(text, servers, name, value, &style), undo));
    };
    let range = present.value.range();
    let replaced = range.text(text).to_owned();
    let indent = replaced.contains(['\n', '\r']) || leading(text, present.range.start).is_some();
    let rendered = style.render(value, indent.then(|| indentation(text, present.range.start)));
    let text = Splices::default().replace(range.start..range.end, rendered).apply(text);
    Ok((text, Undo { made: Made::Entry, inner: None, replaced: Some(replaced) }))
}

/// Takes a server out of a text without a byte order mark. Returns possible results, the best first, and none if there is no such server.
pub(in crate::hosts) fn remove(text: &str, format: Format, member: &str, name: &str, undo: &Undo) -> Result<Vec<String>, Fault> {
    let document = Document::parse(text, format)?;
    let (Some(root), Some(servers)) = (&document.root, document.servers(member)?) else { return Ok(Vec::new()) };
    let Some(present) = document.member(servers, name)? else { return Ok(Vec::new()) };
    if let Some(before) = &undo.replaced {
        let range = present.value.range();
        return Ok(vec![Splices::default().replace(range.start..range.end, before.clone()).apply(text)]);
    }
    if let (Made::Value, Some(inner), true) = (undo.made, &undo.inner, alone(text, servers)) {
        return Ok(vec![Splices::default().replace(servers.range.start..servers.range.end, inner.clone()).apply(text)]);
    }
    let (object, property) = match document.member(root, member)? {
        Some(whole) if !matches!(undo.made, Made::Entry | Made::Value) && alone(text, servers) => (root, whole),
        _ => (servers, present),
    };
    let mut candidates = Vec::new();
    if let Some(inner) = undo.inner.as_ref().filter(|_| alone(text, object)) {
        let around = text.get(..root.range.start).unwrap_or_default();
        match undo.made {
            Made::File if around.trim_end() == inner.trim_end() => candidates.push(inner.clone()),
            Made::File => {}
            _ => candidates.push(Splices::default().replace(object.range.start + 1..object.range.end - 1, inner.clone()).apply(text)),
        }
    }
    candidates.extend(cuts(text, object, property));
    Ok(candidates)
}

/// The text between the braces of an object without members.
fn hollow(text: &str, object: &Object<'_>) -> Option<String> {
    let inner = text.get(object.range.start + 1..object.range.end - 1)?;
    inner.trim().is_empty().then(|| inner.to_owned())
}

/// Whether an object has one member and nothing else, not even a comment.
fn alone(text: &str, object: &Object<'_>) -> bool {
    let [only] = object.properties.as_slice() else { return false };
    let before = text.get(object.range.start + 1..only.range.start).unwrap_or_default();
    let after = text.get(only.range.end..object.range.end - 1).unwrap_or_default();
    before.trim().is_empty() && after.trim_matches(|c: char| c.is_whitespace() || c == ',').is_empty()
}

/// Adds a member at the end of an object. It only inserts text, and comments stay after what they follow.
fn insert(text: &str, object: &Object<'_>, name: &str, value: &Value, style: &Style) -> String {
    let (open, close) = (object.range.start, object.range.end - 1);
    let last = object.properties.last();
    let comma = last.and_then(|last| comma_after(text, last.range.end));
    let mut splices = Splices::default();
    if let (Some(last), None) = (last, comma) {
        splices = splices.insert(last.range.end, ",");
    }
    let end = if comma.is_some() { "," } else { "" };
    let inside = text.get(open..=close).unwrap_or_default();
    let flat = !inside.contains(['\n', '\r']) && (last.is_some() || one_line(text));
    let trimmed = (open + 1).max(text.get(..close).unwrap_or_default().trim_end().len());
    let gap = text.get(trimmed..close).unwrap_or_default();
    if flat {
        let space = if last.is_some() { style.space() } else { "" };
        let at = if last.is_some() { trimmed } else { close };
        return splices.insert(at, format!("{space}{}{end}", style.member(name, value, None))).apply(text);
    }
    let own = last.and_then(|last| leading(text, last.range.start)).map(str::to_owned);
    let indent = own.unwrap_or_else(|| style.deeper(indentation(text, open)));
    let line = format!("{}{indent}{}{end}", style.newline, style.member(name, value, Some(&indent)));
    match gap.find(['\n', '\r']) {
        Some(at) => splices.insert(trimmed + at, line),
        // Nothing is between the braces, as in `{}`. The closing one gets a line of its own.
        None if trimmed == open + 1 => splices.insert(close, format!("{line}{}{}", style.newline, indentation(text, open))),
        None => splices.insert(trimmed, line),
    }
    .apply(text)
}

/// Ways to take out a member, the tidiest first. It depends on comments which of them leaves a valid text, so the caller checks each.
fn cuts(text: &str, object: &Object<'_>, property: &ObjectProp<'_>) -> Vec<String> {
    let (start, mut end) = (property.range.start, property.range.end);
    let mut tidy = Splices::default();
    let before = object.properties.iter().take_while(|other| other.range.start < start).last();
    match (comma_after(text, end), before) {
        (Some(comma), _) => end = comma + 1,
        // This is the last member, so the comma before it goes.
        (None, Some(before)) => {
            if let Some(comma) = comma_after(text, before.range.end) {
                tidy = tidy.cut(comma..comma + 1);
            }
        }
        (None, None) => {}
    }
    let after = text.get(end..).unwrap_or_default();
    let spaces = after.len() - after.trim_start_matches([' ', '\t']).len();
    let trimmed = text.get(..start).unwrap_or_default().trim_end().len();
    let gap = text.get(trimmed..start).unwrap_or_default();
    let ends_line = after.trim_start_matches([' ', '\t']).starts_with(['\n', '\r', '}']);
    // From the end of the line before. The two characters `\r\n` are one line end.
    let line = gap.rfind('\n').map(|at| if gap.get(..at).is_some_and(|gap| gap.ends_with('\r')) { at - 1 } else { at });
    let line = line.or_else(|| gap.rfind('\r')).map(|at| trimmed + at);
    let mut out = Vec::new();
    if ends_line {
        let from = line.unwrap_or(if before.is_some() { trimmed } else { start });
        out.push(tidy.clone().cut(from..end).apply(text));
    }
    out.push(tidy.clone().cut(start..end + spaces).apply(text));
    out.push(tidy.cut(start..end).apply(text));
    out
}

/// Whether a text that holds something is all on one line.
fn one_line(text: &str) -> bool {
    let text = text.trim();
    text.len() > 2 && !text.contains(['\n', '\r'])
}

/// The comma after a value. Comments may come before it.
fn comma_after(text: &str, mut at: usize) -> Option<usize> {
    loop {
        let rest = text.get(at..)?;
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let skipped = if trimmed.starts_with("//") {
            trimmed.find(['\n', '\r']).unwrap_or(trimmed.len())
        } else if trimmed.starts_with("/*") {
            trimmed.find("*/")? + 2
        } else {
            return trimmed.starts_with(',').then_some(at);
        };
        at += skipped;
    }
}
