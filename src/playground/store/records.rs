//! One table for everything that has an id, a state and a few facts: connectors, jobs, webhooks and others.
//!
//! A kind of record is a struct that implements [`Record`]. Its facts are stored as JSON, so a new kind needs no new table. Only what lists
//! are filtered by has a column of its own. A record with a clock implements [`super::clock::Job`], too.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Serialize, de::DeserializeOwned};

use super::json;
use crate::playground::{Refusal, time::Millis};

/// One kind of record. Its members are stored as JSON.
///
/// What the methods return is written into columns whenever the record is stored.
pub trait Record: Serialize + DeserializeOwned {
    /// The word that the API's codes use for it: records of the kind `connector` are missed with `resource_connector_not_found`.
    const KIND: &'static str;

    /// Its id. No other record of this kind has it.
    fn id(&self) -> &str;

    /// Its state, in the word of the API, if lists are filtered by that.
    fn state(&self) -> Option<&str> {
        None
    }

    /// The id of what it belongs to, if lists are filtered by that.
    fn parent(&self) -> Option<&str> {
        None
    }

    /// The name by which it is looked up.
    fn name(&self) -> Option<&str> {
        None
    }

    /// When the clock has something to do for it. `None` once it has come to rest.
    fn due(&self) -> Option<Millis> {
        None
    }
}

/// A record and its place in the order of all records.
#[derive(Clone, Debug)]
pub struct Stored<T> {
    /// Its place. Newer records have greater places.
    pub seq: i64,
    /// The record.
    pub record: T,
}

/// Which records of a kind to read. The default is all of them.
#[derive(Clone, Debug, Default)]
pub struct Which<'a> {
    /// Only records in this state.
    pub state: Option<&'a str>,
    /// Only records that belong to this.
    pub parent: Option<&'a str>,
    /// Only records with this name.
    pub name: Option<&'a str>,
    /// Only records that are older than the one in this place.
    pub before: Option<i64>,
    /// Only records that are newer than the one in this place. The list is oldest first then, so that it continues from there.
    pub after: Option<i64>,
    /// Only records for which the clock has something to do at this moment.
    pub due: Option<Millis>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// Adds a record and returns its place.
pub fn insert<T: Record>(conn: &Connection, record: &T) -> Result<i64, Refusal> {
    let row = Columns::of(record)?;
    conn.prepare_cached("INSERT INTO records (kind, id, parent, name, state, due, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![T::KIND, row.id, row.parent, row.name, row.state, row.due, row.body])?;
    Ok(conn.last_insert_rowid())
}

/// One record. If there is none with this id, the refusal names its kind.
pub fn get<T: Record>(conn: &Connection, id: &str) -> Result<T, Refusal> {
    find(conn, id)?.ok_or_else(|| Refusal::not_found(T::KIND))
}

/// One record, or `None` if there is none with this id.
pub fn find<T: Record>(conn: &Connection, id: &str) -> Result<Option<T>, Refusal> {
    let body = conn
        .prepare_cached("SELECT body FROM records WHERE kind = ?1 AND id = ?2")?
        .query_row([T::KIND, id], |row| row.get::<_, String>(0))
        .optional()?;
    Ok(body.map(|body| json::parse(&body)).transpose()?)
}

/// The place of a record, or `None` if there is none with this id.
pub fn place<T: Record>(conn: &Connection, id: &str) -> Result<Option<i64>, Refusal> {
    Ok(conn.prepare_cached("SELECT seq FROM records WHERE kind = ?1 AND id = ?2")?.query_row([T::KIND, id], |row| row.get(0)).optional()?)
}

/// Records, newest first unless [`Which::after`] is given. One that cannot be read is left out, so that it does not stop the work on all
/// others. It does not count for the limit: a list that is shorter than that is the last one.
pub fn list<T: Record>(conn: &Connection, which: &Which<'_>) -> Result<Vec<Stored<T>>, Refusal> {
    let order = if which.after.is_some() { "ORDER BY seq" } else { "ORDER BY seq DESC" };
    let mut which = which.clone();
    let mut found = Vec::new();
    let read = |(seq, body): (i64, String)| match json::parse(&body) {
        Ok(record) => Some(Stored { seq, record }),
        Err(error) => {
            tracing::error!(kind = T::KIND, seq, %error, "a record cannot be read and is left out");
            None
        }
    };
    loop {
        let rows = bodies(conn, T::KIND, &which, "seq, body", order, |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let (last, expected) = (rows.last().map(|(seq, _)| *seq), found.len() + rows.len());
        found.extend(rows.into_iter().filter_map(read));
        let lost = expected.saturating_sub(found.len());
        if lost == 0 {
            return Ok(found);
        }
        which.limit = Some(u32::try_from(lost).unwrap_or(u32::MAX));
        let place = if which.after.is_some() { &mut which.after } else { &mut which.before };
        *place = last;
    }
}

/// How many records there are. The limit does not matter.
pub fn count<T: Record>(conn: &Connection, which: &Which<'_>) -> Result<u64, Refusal> {
    let which = Which { limit: None, ..which.clone() };
    let mut rows = bodies(conn, T::KIND, &which, "count(*)", "", |row| row.get::<_, i64>(0))?;
    Ok(rows.pop().and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}

/// The texts that a member has in the records of a kind that belong to something, oldest first.
pub fn texts_of(conn: &Connection, kind: &str, parent: &str, member: &str) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached(
        "SELECT body ->> ('$.' || ?3) AS found FROM records WHERE kind = ?1 AND parent = ?2 AND found IS NOT NULL ORDER BY seq",
    )?
    .query_map([kind, parent, member], |row| row.get(0))?
    .collect()
}

/// How many records of a kind have this value in a member, at any depth.
pub fn naming(conn: &Connection, kind: &str, member: &str, value: &str) -> rusqlite::Result<u64> {
    let count: i64 = conn
        .prepare_cached(
            "SELECT count(*) FROM records WHERE kind = ?1
             AND EXISTS (SELECT 1 FROM json_tree(records.body) AS part WHERE part.key = ?2 AND part.value = ?3)",
        )?
        .query_row([kind, member, value], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Stores a record again under its id. Refuses if there is none.
pub fn update<T: Record>(conn: &Connection, record: &T) -> Result<(), Refusal> {
    if put(conn, record)? { Ok(()) } else { Err(Refusal::not_found(T::KIND)) }
}

/// Stores a record again under its id. Returns false if there is none.
pub fn put<T: Record>(conn: &Connection, record: &T) -> Result<bool, Refusal> {
    let row = Columns::of(record)?;
    let changed = conn
        .prepare_cached("UPDATE records SET parent = ?3, name = ?4, state = ?5, due = ?6, body = ?7 WHERE kind = ?1 AND id = ?2")?
        .execute(params![T::KIND, row.id, row.parent, row.name, row.state, row.due, row.body])?;
    Ok(changed > 0)
}

/// Removes a record. Refuses if there is none with this id.
pub fn delete<T: Record>(conn: &Connection, id: &str) -> Result<(), Refusal> {
    let changed = conn.prepare_cached("DELETE FROM records WHERE kind = ?1 AND id = ?2")?.execute([T::KIND, id])?;
    if changed == 0 { Err(Refusal::not_found(T::KIND)) } else { Ok(()) }
}

/// Removes all records of a kind that belong to something, and returns how many there were.
pub fn delete_of<T: Record>(conn: &Connection, parent: &str) -> Result<usize, Refusal> {
    Ok(conn.prepare_cached("DELETE FROM records WHERE kind = ?1 AND parent = ?2")?.execute([T::KIND, parent])?)
}

/// Removes the oldest records of a kind, so that at most `most` stay.
pub fn keep_newest<T: Record>(conn: &Connection, most: u32) -> Result<(), Refusal> {
    conn.prepare_cached(
        "DELETE FROM records WHERE kind = ?1 AND seq <= (SELECT seq FROM records WHERE kind = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![T::KIND, most])?;
    Ok(())
}

/// What the columns of a record hold.
struct Columns<'a> {
    id: &'a str,
    parent: Option<&'a str>,
    name: Option<&'a str>,
    state: Option<&'a str>,
    due: Option<Millis>,
    body: String,
}

impl<'a> Columns<'a> {
    fn of<T: Record>(record: &'a T) -> Result<Self, Refusal> {
        Ok(Self {
            id: record.id(),
            parent: record.parent(),
            name: record.name(),
            state: record.state(),
            due: record.due(),
            body: serde_json::to_string(record)?,
        })
    }
}

/// Reads columns of the records of a kind. A filter that is null lets every record pass.
fn bodies<T>(
    conn: &Connection,
    kind: &str,
    which: &Which<'_>,
    columns: &str,
    order: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    // Each filter is a part of the text only if it is used, so that SQLite can use the index of the column.
    let mut sql = format!("SELECT {columns} FROM records WHERE kind = ?1");
    let mut arguments: Vec<&dyn rusqlite::ToSql> = vec![&kind];
    let filters: [(&str, Option<&dyn rusqlite::ToSql>); 6] = [
        ("state =", which.state.as_ref().map(|value| value as _)),
        ("parent =", which.parent.as_ref().map(|value| value as _)),
        ("name =", which.name.as_ref().map(|value| value as _)),
        ("seq <", which.before.as_ref().map(|value| value as _)),
        ("seq >", which.after.as_ref().map(|value| value as _)),
        ("due <=", which.due.as_ref().map(|value| value as _)),
    ];
    for (condition, value) in filters {
        if let Some(value) = value {
            arguments.push(value);
            sql.push_str(&format!(" AND {condition} ?{}", arguments.len()));
        }
    }
    let limit = which.limit.unwrap_or(u32::MAX);
    arguments.push(&limit);
    sql.push_str(&format!(" {order} LIMIT ?{}", arguments.len()));
    conn.prepare_cached(&sql)?.query_map(arguments.as_slice(), read)?.collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        id: String,
        of: Option<String>,
        state: String,
        due: Option<Millis>,
    }

    impl Record for Note {
        const KIND: &'static str = "note";

        fn id(&self) -> &str {
            &self.id
        }

        fn state(&self) -> Option<&str> {
            Some(&self.state)
        }

        fn parent(&self) -> Option<&str> {
            self.of.as_deref()
        }

        fn due(&self) -> Option<Millis> {
            self.due
        }
    }

    fn note(id: &str, of: &str, state: &str) -> Note {
        Note { id: id.into(), of: Some(of.into()), state: state.into(), due: None }
    }

    fn store() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("schema/002_media.sql")).unwrap();
        connection.execute_batch(include_str!("schema/003_records.sql")).unwrap();
        for (id, of, state) in [("a", "x", "new"), ("b", "x", "old"), ("c", "y", "new"), ("d", "x", "new")] {
            insert(&connection, &note(id, of, state)).unwrap();
        }
        connection
    }

    fn ids(connection: &Connection, which: &Which<'_>) -> String {
        list::<Note>(connection, which).unwrap().iter().map(|stored| stored.record.id.as_str()).collect()
    }

    #[test]
    fn lists_are_newest_first_and_filtered() {
        let connection = store();
        let all = Which::default();
        assert_eq!(ids(&connection, &all), "dcba");
        assert_eq!(ids(&connection, &Which { parent: Some("x"), state: Some("new"), ..all.clone() }), "da");
        assert_eq!(ids(&connection, &Which { before: Some(3), limit: Some(1), ..all.clone() }), "b");
        assert_eq!(ids(&connection, &Which { after: Some(1), limit: Some(2), ..all.clone() }), "bc");
        assert_eq!(count::<Note>(&connection, &Which { state: Some("new"), limit: Some(1), ..all }).unwrap(), 3);
    }

    #[test]
    fn what_cannot_be_read_makes_no_list_shorter() {
        let connection = store();
        let all = Which::default();
        connection.execute("UPDATE records SET body = '{}' WHERE id IN ('b', 'd')", []).unwrap();
        assert_eq!(ids(&connection, &all), "ca");
        assert_eq!(ids(&connection, &Which { limit: Some(1), ..all.clone() }), "c");
        assert_eq!(ids(&connection, &Which { limit: Some(2), ..all.clone() }), "ca");
        assert_eq!(ids(&connection, &Which { limit: Some(9), ..all.clone() }), "ca");
        assert_eq!(ids(&connection, &Which { after: Some(1), limit: Some(1), ..all.clone() }), "c");
        assert_eq!(ids(&connection, &Which { after: Some(3), limit: Some(1), ..all.clone() }), "");
        assert_eq!(ids(&connection, &Which { before: Some(3), limit: Some(1), ..all }), "a");
    }

    #[test]
    fn changes_reach_every_column() {
        let connection = store();
        let changed = Note { due: Some(5), ..note("b", "y", "new") };
        update(&connection, &changed).unwrap();
        assert_eq!(get::<Note>(&connection, "b").unwrap(), changed);
        assert_eq!(ids(&connection, &Which { parent: Some("y"), state: Some("new"), ..Which::default() }), "cb");
        assert_eq!(ids(&connection, &Which { due: Some(4), ..Which::default() }), "");
        assert_eq!(ids(&connection, &Which { due: Some(5), ..Which::default() }), "b");
    }

    #[test]
    fn what_is_missing_is_named_by_its_kind() {
        let connection = store();
        delete::<Note>(&connection, "a").unwrap();
        let code = |refusal: Refusal| refusal.body("", String::new())["error"]["code"].as_str().unwrap().to_owned();
        assert_eq!(code(get::<Note>(&connection, "a").unwrap_err()), "resource_note_not_found");
        assert_eq!(code(delete::<Note>(&connection, "a").unwrap_err()), "resource_note_not_found");
        assert_eq!(code(update(&connection, &note("a", "x", "new")).unwrap_err()), "resource_note_not_found");
        assert!(!put(&connection, &note("a", "x", "new")).unwrap());
    }

    #[test]
    fn only_the_newest_stay() {
        let connection = store();
        keep_newest::<Note>(&connection, 4).unwrap();
        assert_eq!(ids(&connection, &Which::default()), "dcba");
        keep_newest::<Note>(&connection, 2).unwrap();
        assert_eq!(ids(&connection, &Which::default()), "dc");
        assert_eq!(delete_of::<Note>(&connection, "x").unwrap(), 1);
        assert_eq!(ids(&connection, &Which::default()), "c");
    }
}
