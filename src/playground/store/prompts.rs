//! Prompts, stored as the API shows them.

use rusqlite::{Connection, OptionalExtension, params};

use super::json;
use crate::api::prompts::Prompt;

/// Adds a prompt; `is_default` marks the vendor's own.
pub fn add(conn: &Connection, prompt: &Prompt, is_default: bool) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO prompts (prompt_id, is_active, is_default, body) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        prompt.prompt_id,
        prompt.is_active,
        is_default,
        json::write(prompt)?
    ])?;
    Ok(())
}

/// The prompts in listing order.
pub fn list(conn: &Connection, active_only: bool, include_defaults: bool) -> rusqlite::Result<Vec<Prompt>> {
    conn.prepare_cached("SELECT body FROM prompts WHERE (is_active OR NOT ?1) AND (?2 OR NOT is_default) ORDER BY seq")?
        .query_map(params![active_only, include_defaults], |row| json::read(row, "body"))?
        .collect()
}

/// One prompt.
pub fn get(conn: &Connection, prompt_id: &str) -> rusqlite::Result<Option<Prompt>> {
    conn.prepare_cached("SELECT body FROM prompts WHERE prompt_id = ?1")?.query_row([prompt_id], |row| json::read(row, "body")).optional()
}
