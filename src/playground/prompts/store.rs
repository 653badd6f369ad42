//! Prompts, stored as the API shows them.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{api::prompts::Prompt, playground::store::json};

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

/// Stores a prompt again. Returns false if there is none with its id.
pub fn put(conn: &Connection, prompt: &Prompt) -> rusqlite::Result<bool> {
    let changed = conn.prepare_cached("UPDATE prompts SET is_active = ?2, body = ?3 WHERE prompt_id = ?1")?.execute(params![
        prompt.prompt_id,
        prompt.is_active,
        json::write(prompt)?
    ])?;
    Ok(changed > 0)
}

/// Removes a prompt. Runs keep what it was.
pub fn delete(conn: &Connection, prompt_id: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM prompts WHERE prompt_id = ?1")?.execute([prompt_id])?;
    Ok(())
}

/// How many runs there are of a prompt.
pub fn runs(conn: &Connection, prompt_id: &str) -> rusqlite::Result<u64> {
    let count: i64 = conn
        .prepare_cached("SELECT count(*) FROM runs WHERE json_extract(prompt, '$.prompt_id') = ?1")?
        .query_row([prompt_id], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}
