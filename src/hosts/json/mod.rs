//! Reads JSON, with comments and trailing commas where the host accepts them.

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{self, ObjectProp},
    common::Ranged,
};
use serde_json::{Map, Value};

use super::{Entry, Fault, Format, Found, fault::Lines};

mod edit;
mod style;

pub(super) use edit::{put, remove};
pub(super) use style::newline;

/// The mark that some Windows programs put before a text.
pub(super) const BOM: char = '\u{feff}';

/// A parsed text. Positions are those in `text`.
pub(super) struct Document<'t> {
    /// The text without a byte order mark.
    pub text: &'t str,
    /// `None` for a text without any value.
    pub root: Option<ast::Object<'t>>,
}

impl<'t> Document<'t> {
    /// Parses a text as strictly as the host does.
    pub fn parse(text: &'t str, format: Format) -> Result<Self, Fault> {
        let text = text.trim_start_matches(BOM);
        let options = ParseOptions {
            allow_comments: format != Format::Json,
            allow_trailing_commas: format == Format::Jsonc,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options)
            .map_err(|error| Fault::at(text, error.range().start, error.kind().to_string().to_lowercase()))?;
        match parsed.value {
            None => Ok(Self { text, root: None }),
            Some(ast::Value::Object(root)) => Ok(Self { text, root: Some(root) }),
            Some(other) => Err(Fault::at(text, other.range().start, "expected an object, `{`, as the whole of the file")),
        }
    }

    /// The member of an object. Two of that name are a fault, since we do not know which one the host would take.
    pub fn member<'d>(&self, object: &'d ast::Object<'t>, name: &str) -> Result<Option<&'d ObjectProp<'t>>, Fault> {
        let mut found = object.properties.iter().filter(|property| property.name.as_str() == name);
        let first = found.next();
        match found.next() {
            None => Ok(first),
            Some(second) => Err(Fault::at(self.text, second.range.start, format!("a second member `{name}`"))),
        }
    }

    /// The object that holds the servers. Some programs write `null` for none.
    pub fn servers(&self, member: &str) -> Result<Option<&ast::Object<'t>>, Fault> {
        let Some(root) = &self.root else { return Ok(None) };
        match self.member(root, member)?.map(|property| &property.value) {
            None | Some(ast::Value::NullKeyword(_)) => Ok(None),
            Some(ast::Value::Object(servers)) => Ok(Some(servers)),
            Some(other) => Err(Fault::at(self.text, other.range().start, format!("`{member}` should be an object, `{{`"))),
        }
    }
}

/// A new text with one server.
pub(super) fn whole(member: &str, name: &str, value: Value) -> String {
    let wrap = |name: &str, value: Value| Value::Object([(name.to_owned(), value)].into_iter().collect());
    style::Style::usual().render(&wrap(member, wrap(name, value)), Some(""))
}

/// Everything that the text says.
pub(super) fn all(text: &str, format: Format) -> Result<Value, Fault> {
    let document = Document::parse(text, format)?;
    Ok(document.root.map_or_else(|| Value::Object(Map::new()), |root| Value::Object(members(&root))))
}

/// All servers, in the order of the text.
pub(super) fn read(text: &str, format: Format, member: &str) -> Result<Vec<Found>, Fault> {
    let document = Document::parse(text, format)?;
    let Some(servers) = document.servers(member)? else { return Ok(Vec::new()) };
    let mut lines = Lines::of(document.text);
    let found = |property: &ObjectProp<'_>| Found {
        name: property.name.as_str().to_owned(),
        line: lines.at(property.range.start),
        entry: match value(&property.value) {
            Value::Object(members) => Entry::of(members),
            _ => None,
        },
    };
    Ok(servers.properties.iter().map(found).collect())
}

/// The value of a part of the text.
pub(super) fn value(node: &ast::Value<'_>) -> Value {
    match node {
        ast::Value::StringLit(text) => text.value.clone().into_owned().into(),
        // A number that no f64 can hold is of no use to us, but it is still a value.
        ast::Value::NumberLit(number) => serde_json::from_str(number.value).unwrap_or_else(|_| number.value.into()),
        ast::Value::BooleanLit(truth) => truth.value.into(),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => array.elements.iter().map(value).collect(),
        ast::Value::Object(object) => Value::Object(members(object)),
    }
}

fn members(object: &ast::Object<'_>) -> Map<String, Value> {
    object.properties.iter().map(|property| (property.name.as_str().to_owned(), value(&property.value))).collect()
}
