//! Conditions of the filter search: which operator fits which type, and which value fits which operator.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most characters a field's path may have.
pub const MOST_FIELD_CHARS: usize = 200;

/// One condition of a filter. [`Condition::check`] checks that the type has the operator, and that the operator takes the value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Dotted path of an extracted field; `[]` marks repeated parts.
    pub field: String,
    /// How to compare.
    pub operator: Operator,
    /// What to compare with; absent for `is_empty` and `is_not_empty`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub value: Option<Value>,
    /// The type of the field.
    #[serde(rename = "type")]
    pub kind: FieldType,
}

/// Tells an explicit null from an absent member. The API refuses even a null for an operator that takes no value.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Operator {
    Equals,
    Contains,
    StartsWith,
    EndsWith,
    IsEmpty,
    IsNotEmpty,
    GreaterThan,
    GreaterEqual,
    LessThan,
    LessEqual,
    ItemEquals,
    ItemContains,
    LengthEquals,
    LengthGreater,
    LengthLess,
}

impl Operator {
    /// All operators, in the order in which they are documented.
    pub const ALL: [Self; 15] = [
        Self::Equals,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::IsEmpty,
        Self::IsNotEmpty,
        Self::GreaterThan,
        Self::GreaterEqual,
        Self::LessThan,
        Self::LessEqual,
        Self::ItemEquals,
        Self::ItemContains,
        Self::LengthEquals,
        Self::LengthGreater,
        Self::LengthLess,
    ];

    /// The word the API uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::IsEmpty => "is_empty",
            Self::IsNotEmpty => "is_not_empty",
            Self::GreaterThan => "greater_than",
            Self::GreaterEqual => "greater_equal",
            Self::LessThan => "less_than",
            Self::LessEqual => "less_equal",
            Self::ItemEquals => "item_equals",
            Self::ItemContains => "item_contains",
            Self::LengthEquals => "length_equals",
            Self::LengthGreater => "length_greater",
            Self::LengthLess => "length_less",
        }
    }

    /// What value the operator takes on a field of this type. `None` if the type does not have the operator.
    pub const fn wants(self, kind: FieldType) -> Option<Wanted> {
        use FieldType as T;
        use Operator as O;
        Some(match (kind, self) {
            (T::String | T::Array, O::IsEmpty | O::IsNotEmpty) => Wanted::Nothing,
            (T::String, O::Equals | O::Contains | O::StartsWith | O::EndsWith) | (T::Array, O::ItemContains) => Wanted::Text,
            (T::Integer, O::Equals | O::GreaterThan | O::GreaterEqual | O::LessThan | O::LessEqual) => Wanted::Integer,
            (T::Number, O::Equals | O::GreaterThan | O::GreaterEqual | O::LessThan | O::LessEqual) => Wanted::Number,
            (T::Boolean, O::Equals) => Wanted::Boolean,
            (T::Array, O::ItemEquals) => Wanted::Scalar,
            (T::Array, O::LengthEquals | O::LengthGreater | O::LengthLess) => Wanted::Count,
            _ => return None,
        })
    }
}

/// The type of an extracted field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum FieldType {
    String,
    Integer,
    Number,
    Boolean,
    Array,
}

impl FieldType {
    /// All types.
    pub const ALL: [Self; 5] = [Self::String, Self::Integer, Self::Number, Self::Boolean, Self::Array];

    /// The word the API uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
        }
    }
}

/// What kind of value an operator takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// No value, not even null.
    Nothing,
    /// A text that is not blank.
    Text,
    /// A whole number.
    Integer,
    /// A finite number.
    Number,
    /// True or false.
    Boolean,
    /// A text, a finite number, or a boolean.
    Scalar,
    /// A whole number of at least 0.
    Count,
}

impl Wanted {
    /// Whether a value is of this kind.
    pub fn fits(self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Text, Some(Value::String(text))) => !text.trim().is_empty(),
            (Self::Integer, Some(Value::Number(n))) => n.is_i64() || n.is_u64(),
            (Self::Number, Some(Value::Number(n))) => n.as_f64().is_some_and(f64::is_finite),
            (Self::Nothing, None)
            | (Self::Boolean, Some(Value::Bool(_)))
            | (Self::Scalar, Some(Value::Bool(_) | Value::Number(_) | Value::String(_))) => true,
            (Self::Count, Some(Value::Number(n))) => n.is_u64(),
            _ => false,
        }
    }

    /// The kind in words, for messages.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Nothing => "no value",
            Self::Text => "a non-blank text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Scalar => "a text, a number or a boolean",
            Self::Count => "a whole number of at least 0",
        }
    }
}

impl Condition {
    /// Checks the path of the field, the operator against the type, and the value against the operator. The error is a sentence for people.
    pub fn check(&self) -> Result<(), String> {
        if self.field.chars().count() > MOST_FIELD_CHARS {
            return Err(format!("`field` has at most {MOST_FIELD_CHARS} characters"));
        }
        if self.field.trim().is_empty() {
            return Err("`field` may not be blank".into());
        }
        let (operator, kind) = (self.operator.as_str(), self.kind.as_str());
        let Some(wanted) = self.operator.wants(self.kind) else {
            let valid: Vec<_> =
                Operator::ALL.into_iter().filter(|operator| operator.wants(self.kind).is_some()).map(Operator::as_str).collect();
            let kinds: Vec<_> =
                FieldType::ALL.into_iter().filter(|kind| self.operator.wants(*kind).is_some()).map(FieldType::as_str).collect();
            let (kinds, valid) = (kinds.join(" or "), valid.join(", "));
            return Err(format!(
                "operator `{operator}` does not exist for type `{kind}`, only for {kinds} (the type of the field, not of the value); valid: {valid}"
            ));
        };
        if wanted.fits(self.value.as_ref()) {
            Ok(())
        } else {
            Err(format!("operator `{operator}` on type `{kind}` takes {}", wanted.describe()))
        }
    }
}
