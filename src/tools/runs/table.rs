//! A table of extracted fields: values by path, and rows as CSV or as lines.
//!
//! A value stays what it is: a text that begins with `=` is written so, since the table goes to a model or a program. Line breaks become
//! spaces, because a row is one line. A cell with a comma, a quote or a space at an end is quoted, with quotes doubled.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::tools::{excerpt, text};

/// The most characters of a cell.
const CELL: usize = 400;

/// The value at a dotted path; `[]` marks lists, and a list on the way gives the list of what its items have.
pub fn at(metadata: &Map<String, Value>, path: &str) -> Value {
    let mut found = Value::Object(metadata.clone());
    for name in path.split('.').map(|part| part.trim_end_matches("[]")) {
        found = inner(found, name);
    }
    found
}

fn inner(value: Value, name: &str) -> Value {
    match value {
        Value::Object(mut members) => members.shift_remove(name).unwrap_or_default(),
        Value::Array(items) => {
            let found = items.into_iter().map(|item| inner(item, name)).filter(|item| !item.is_null());
            found.flat_map(|item| if let Value::Array(items) = item { items } else { vec![item] }).collect()
        }
        _ => Value::Null,
    }
}

/// A value as the text of a cell: scalars as they are, a list of scalars with `; ` between them, anything else as JSON.
pub fn cell(value: &Value) -> String {
    let plain = |value: &Value| match value {
        Value::Null => Some(String::new()),
        Value::String(content) => Some(text::line(content, CELL)),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    };
    if let Some(cell) = plain(value) {
        return cell;
    }
    let items = value.as_array().and_then(|items| items.iter().map(plain).collect::<Option<Vec<_>>>());
    items.map_or_else(|| excerpt::brief(value, CELL), |items| text::line(&items.join("; "), CELL))
}

/// A row of CSV.
pub fn csv(cells: &[String]) -> String {
    cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",")
}

fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"']) || cell.trim() != cell {
        return Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")));
    }
    Cow::Borrowed(cell)
}

/// Whether a spreadsheet may take a cell for a formula.
pub fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_quoted_and_stay_data() {
        let row = |value: Value| csv(&[cell(&value), "x".to_owned()]);
        assert_eq!(row(json!("a, \"b\"")), r#""a, ""b""",x"#);
        assert_eq!(row(json!("one\ntwo\r\nthree")), "one two three,x");
        assert_eq!(row(json!("=1+1")), "=1+1,x");
        assert_eq!(row(json!(["a", 1, true])), "a; 1; true,x");
        assert_eq!(row(json!([{"name": "a"}])), r#""[{""name"":""a""}]",x"#);
        assert_eq!((row(json!(null)), row(json!(-1.5)), row(json!(false))), (",x".into(), "-1.5,x".into(), "false,x".into()));
        assert!(is_formula("=1") && is_formula("@x") && is_formula("-x") && !is_formula("-1.5") && !is_formula("a=1"));
    }

    #[test]
    fn paths_lead_into_lists() {
        let Value::Object(data) = json!({"place": {"outdoor": true}, "cast": [{"name": "a", "tags": ["x", "y"]}, {"name": "b"}, {}]})
        else {
            unreachable!()
        };
        for (path, value) in [
            ("place.outdoor", json!(true)),
            ("cast[].name", json!(["a", "b"])),
            ("cast.name", json!(["a", "b"])),
            ("cast[].tags[]", json!(["x", "y"])),
            ("place.none", json!(null)),
            ("place.outdoor.deep", json!(null)),
        ] {
            assert_eq!(at(&data, path), value, "{path}");
        }
    }
}
