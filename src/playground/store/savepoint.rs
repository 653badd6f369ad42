//! All or nothing, inside a transaction or outside of one.

use rusqlite::Connection;

use crate::playground::Refusal;

/// Does work of which either all lasts or nothing. It may be nested: SQLite takes the innermost savepoint of a name.
pub fn inside<T>(connection: &Connection, work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    connection.execute_batch("SAVEPOINT whole")?;
    let done = work().and_then(|done| {
        connection.execute_batch("RELEASE whole")?;
        Ok(done)
    });
    if done.is_err() {
        // This is also needed after a failed release: SQLite then keeps the savepoint, and later work would be part of it.
        if let Err(error) = connection.execute_batch("ROLLBACK TO whole; RELEASE whole") {
            tracing::warn!(%error, "the savepoint of failed work could not be closed");
        }
    }
    done
}
