//! The layout of a text, so that what we add looks like the rest.

use std::fmt::Write as _;

use jsonc_parser::{ast::Object, common::Ranged};
use serde_json::Value;

/// Line ends and indentation of a text.
pub(super) struct Style {
    pub newline: &'static str,
    unit: String,
    /// Whether one-line objects have no spaces after colons and commas.
    tight: bool,
}

impl Style {
    /// The usual style, for a new file.
    pub fn usual() -> Self {
        Self { newline: "\n", unit: "  ".into(), tight: false }
    }

    /// The style of a text.
    pub fn of(text: &str, root: Option<&Object<'_>>) -> Self {
        let newline = newline(text);
        let first = root.and_then(|root| root.properties.first());
        let unit = first.and_then(|first| leading(text, first.range().start)).map_or_else(|| "  ".to_owned(), str::to_owned);
        Self { newline, unit, tight: text.contains("\":") && !text.contains("\": ") }
    }

    /// A value as text. Lines after the first are indented. Without an indentation, all is on one line.
    pub fn render(&self, value: &Value, indent: Option<&str>) -> String {
        let space = if indent.is_none() && self.tight { "" } else { " " };
        match value {
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.render(item, None)).collect();
                format!("[{}]", items.join(&format!(",{space}")))
            }
            Value::Object(members) if members.is_empty() => "{}".into(),
            Value::Object(members) => {
                let inner = indent.map(|indent| self.deeper(indent));
                let mut text = String::from("{");
                for (index, (name, member)) in members.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { "," });
                    match &inner {
                        Some(inner) => text.push_str(&format!("{}{inner}", self.newline)),
                        None => text.push_str(if index == 0 { "" } else { space }),
                    }
                    let _ = write!(text, "{}:{space}{}", Value::from(name.as_str()), self.render(member, inner.as_deref()));
                }
                if let Some(indent) = indent {
                    text.push_str(&format!("{}{indent}", self.newline));
                }
                text.push('}');
                text
            }
            scalar => scalar.to_string(),
        }
    }

    /// A member of an object.
    pub fn member(&self, name: &str, value: &Value, indent: Option<&str>) -> String {
        let space = if indent.is_none() && self.tight { "" } else { " " };
        format!("{}:{space}{}", Value::from(name), self.render(value, indent))
    }

    /// The space between two members on one line.
    pub fn space(&self) -> &'static str {
        if self.tight { "" } else { " " }
    }

    /// An indentation that is one step deeper.
    pub fn deeper(&self, indent: &str) -> String {
        format!("{indent}{}", self.unit)
    }
}

/// The line end that a text uses first.
pub(in crate::hosts) fn newline(text: &str) -> &'static str {
    match text.find(['\n', '\r']) {
        Some(at) if text.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) => "\r\n",
        Some(at) if text.get(at..).is_some_and(|rest| rest.starts_with('\r')) => "\r",
        _ => "\n",
    }
}

/// The white space before a position, if nothing else stands before it on its line.
pub(super) fn leading(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let start = before.rfind(['\n', '\r'])? + 1;
    before.get(start..).filter(|space| space.trim_start_matches([' ', '\t']).is_empty())
}

/// The indentation of the line of a position.
pub(super) fn indentation(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let line = before.get(before.rfind(['\n', '\r']).map_or(0, |at| at + 1)..).unwrap_or_default();
    line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
}
