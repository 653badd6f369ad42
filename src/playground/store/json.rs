//! Columns that hold JSON.

use rusqlite::{Row, types::Type};
use serde::{Serialize, de::DeserializeOwned};

/// Writes a value for a column.
pub fn write<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Reads a column. If the text is not JSON of this type, the store itself is at fault, because only the store writes it.
pub fn read<T: DeserializeOwned>(row: &Row, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    let position = row.as_ref().column_index(column)?;
    parse(&text).map_err(|error| rusqlite::Error::FromSqlConversionFailure(position, Type::Text, error.into()))
}

/// Reads JSON that the store wrote. It reads bytes, as the client does, so the program has one reader for each type and not two.
pub fn parse<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_slice(text.as_bytes())
}
