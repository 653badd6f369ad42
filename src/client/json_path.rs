//! Finds out in which member of a JSON text a position is.
//!
//! An error of `serde_json` names a line and a column, which say little about a body of one long line. A reader that tracks the path would
//! double the code of each type that we read, and only failures need it. So we follow the text once, up to the position.
//!
//! The text may be hostile. So we follow names and levels only up to a limit.

use std::ops::Range;

/// The most bytes of a member's name that are shown.
const NAME: usize = 80;
/// How many levels we follow. `serde_json` reads no text that is deeper.
const DEPTH: usize = 128;
/// The most characters of a path.
const PATH: usize = 200;

/// The path of members and rows at a position: `results[3].video_id`, or `.` for the root. Lines and columns count from 1.
pub(super) fn path_at(text: &[u8], line: usize, column: usize) -> String {
    let mut path = String::new();
    for place in places_at(text, line, column) {
        match place {
            Place::Row(row) => path.push_str(&format!("[{row}]")),
            Place::Member { name, .. } if name.is_empty() => {}
            Place::Member { name, .. } => {
                if !path.is_empty() {
                    path.push('.');
                }
                let shown = name.start..name.end.min(name.start + NAME);
                path.push_str(&String::from_utf8_lossy(text.get(shown).unwrap_or_default()));
            }
        }
    }
    if path.is_empty() { ".".to_owned() } else { path.chars().take(PATH).collect() }
}

/// Where the value of the member begins in which a position is. `None` if the position is in a row that is no object, or in the root.
pub(super) fn member_at(text: &[u8], line: usize, column: usize) -> Option<usize> {
    match places_at(text, line, column).pop()? {
        Place::Member { name, value } if !name.is_empty() => Some(value),
        Place::Member { .. } | Place::Row(_) => None,
    }
}

/// Where the values begin of all members that have the same path as the member in which a position is, whatever the rows on the way.
pub(super) fn members_like(text: &[u8], line: usize, column: usize) -> Vec<usize> {
    let wanted = places_at(text, line, column);
    let same = |one: &Place, other: &Place| match (one, other) {
        (Place::Row(_), Place::Row(_)) => true,
        (Place::Member { name: one, .. }, Place::Member { name: other, .. }) => text.get(one.clone()) == text.get(other.clone()),
        _ => false,
    };
    let mut out = Vec::new();
    walk(text, &mut |places| {
        if places.len() == wanted.len()
            && places.iter().zip(&wanted).all(|(one, other)| same(one, other))
            && let Some(Place::Member { value, .. }) = places.last()
        {
            out.push(*value);
        }
    });
    out
}

fn places_at(text: &[u8], line: usize, column: usize) -> Vec<Place> {
    let start: usize = text.split_inclusive(|&byte| byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let end = (start + column).min(text.len());
    walk(text.get(..end).unwrap_or_default(), &mut |_| {})
}

/// Follows a text to its end, and tells of each member that is not too deep. Returns where the end is.
fn walk(text: &[u8], member: &mut dyn FnMut(&[Place])) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let (mut opened, mut escaped, mut deeper) = (None, false, 0_usize);
    let mut last = 0..0;
    for (at, &byte) in text.iter().enumerate() {
        if let Some(start) = opened {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    last = start..at;
                    opened = None;
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => opened = Some(at + 1),
            b'{' | b'[' if places.len() >= DEPTH => deeper += 1,
            b'}' | b']' if deeper > 0 => deeper -= 1,
            _ if deeper > 0 => {}
            b'{' => places.push(Place::Member { name: 0..0, value: 0 }),
            b'[' => places.push(Place::Row(0)),
            b'}' | b']' => drop(places.pop()),
            b':' => {
                if let Some(Place::Member { name, value }) = places.last_mut() {
                    (*name, *value) = (last.clone(), at + 1);
                    member(&places);
                }
            }
            b',' => match places.last_mut() {
                Some(Place::Row(row)) => *row += 1,
                Some(Place::Member { name, .. }) => *name = 0..0,
                None => {}
            },
            _ => {}
        }
    }
    places
}

/// One step into a text.
enum Place {
    /// A member: where its name is in the text, and where its value begins.
    Member { name: Range<usize>, value: usize },
    /// A row: its number from 0.
    Row(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_reading_error_is_found() {
        let read = |text: &str| {
            let error = serde_json::from_str::<crate::api::page::Rows<crate::api::indexes::Index>>(text).unwrap_err();
            path_at(text.as_bytes(), error.line(), error.column())
        };
        assert_eq!(read(r#"[{"index_id":"a"},{"index_id":7}]"#), "[1].index_id");
        assert_eq!(
            read("{\"data\": [\n  {\"index_id\": \"a\", \"name\": \"x, {[\\\"\"},\n  {\"index_id\": \"b\", \"is_default\": \"no\"}]}"),
            "data[1].is_default"
        );
        assert_eq!(read("7"), ".");
        assert_eq!(read(""), ".");
        assert_eq!(path_at(b"[1", 99, 99), "[0]");
        let deep = format!("{}{{\"a\":{}", "[".repeat(500), "x".repeat(500));
        assert!(path_at(deep.as_bytes(), 1, deep.len()).len() <= PATH);
        assert_eq!(path_at(format!("{{\"{}\":1}}", "x".repeat(500)).as_bytes(), 1, 505), "x".repeat(NAME));
    }
}
