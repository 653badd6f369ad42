//! Cursors of lists. A cursor says where the next page starts. It is signed and belongs to one query.
//!
//! A cursor is the base64url of a tag and a position. The tag is an HMAC over the endpoint, its arguments other than cursor and page size,
//! and the position. So we notice a cursor of another list, of other filters or of another store. A position is the key of a row, not a
//! count. So no row is repeated or left out if other rows are added or removed between two pages.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use rusqlite::Connection;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Error, Refusal, store::facts};
use crate::api::{
    Endpoint, Method,
    page::{Pagination, Rows},
};

/// The name under which the store keeps the secret that signs its cursors.
pub const SECRET_FACT: &str = "cursor_secret";
const TAG_BYTES: usize = 16;
/// Longer texts cannot be cursors of ours.
const MOST_CHARS: usize = 4096;

/// Makes and reads cursors.
pub struct Cursors {
    key: hmac::Key,
}

impl Cursors {
    /// Reads the secret of a store.
    pub fn of(connection: &Connection) -> Result<Self, Error> {
        let secret = facts::get(connection, SECRET_FACT)?.ok_or_else(|| Error::Prepare("it has no cursor secret".into()))?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()) })
    }

    /// The position after which the page of this call starts. `None` stands for the first page. Refuses a cursor of another query with 400.
    pub fn position<E: Endpoint, P: DeserializeOwned>(&self, call: &E, cursor: Option<&str>) -> Result<Option<P>, Refusal> {
        let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
        let foreign = || Refusal::bad_request("invalid_cursor", "This cursor does not belong to this query; start again without a cursor.");
        if cursor.len() > MOST_CHARS {
            return Err(foreign());
        }
        let sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| foreign())?;
        let (tag, position) = sealed.split_at_checked(TAG_BYTES).ok_or_else(foreign)?;
        if tag != self.tag(call, position)? {
            return Err(foreign());
        }
        serde_json::from_slice(position).map(Some).map_err(|_| foreign())
    }

    /// The cursor of the page that starts after `position`.
    pub fn seal<E: Endpoint, P: Serialize>(&self, call: &E, position: &P) -> Result<String, Refusal> {
        let position = serde_json::to_vec(position)?;
        let mut sealed = self.tag(call, &position)?;
        sealed.extend_from_slice(&position);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Makes a page. `rows` were read with a limit of `limit` + 1. `position` gives the place of a row in its order.
    pub fn page<E: Endpoint, T, P: Serialize>(
        &self,
        call: &E,
        limit: u32,
        mut rows: Vec<T>,
        position: impl Fn(&T) -> P,
    ) -> Result<Rows<T>, Refusal> {
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next_cursor = match rows.last() {
            Some(last) if has_more => Some(self.seal(call, &position(last))?),
            _ => None,
        };
        let pagination = Pagination { limit: limit.into(), has_more, next_cursor };
        Ok(Rows { data: rows, pagination: Some(pagination) })
    }

    fn tag<E: Endpoint>(&self, call: &E, position: &[u8]) -> Result<Vec<u8>, Refusal> {
        let mut query = serde_json::to_value(call)?;
        if let Value::Object(members) = &mut query {
            members.retain(|name, value| !value.is_null() && !matches!(name.as_str(), "cursor" | "limit" | "page_size"));
        }
        let mut context = hmac::Context::with_key(&self.key);
        context.update(E::PATH.as_bytes());
        context.update(b"\0");
        context.update(query.to_string().as_bytes());
        context.update(b"\0");
        context.update(position);
        Ok(context.sign().as_ref().iter().take(TAG_BYTES).copied().collect())
    }
}

/// The page size of the request, or the default. Refuses with 422 unless it is 1 to `most`.
pub fn page_size<E: Endpoint>(name: &'static str, asked: Option<u32>, default: u32, most: u32) -> Result<u32, Refusal> {
    let size = asked.unwrap_or(default);
    if (1..=most).contains(&size) {
        return Ok(size);
    }
    let place = if E::METHOD == Method::Post { "body" } else { "query" };
    Err(Refusal::argument([place, name], format!("Input should be from 1 to {most}"), "value_error"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ids::IndexId, indexes::ListIndexVideos, runs::ListIndexRuns};

    fn cursors() -> Cursors {
        Cursors { key: hmac::Key::new(hmac::HMAC_SHA256, b"test") }
    }

    fn videos(index: &str, limit: Option<u32>) -> ListIndexVideos {
        ListIndexVideos { index_id: IndexId::parse(index).unwrap(), limit, cursor: None }
    }

    #[test]
    fn a_cursor_opens_only_for_its_own_query() {
        let cursors = cursors();
        let cursor = cursors.seal(&videos("a", Some(2)), &41_i64).unwrap();
        assert_eq!(cursors.position(&videos("a", Some(9)), Some(&cursor)).unwrap(), Some(41_i64));
        assert!(cursors.position::<_, i64>(&videos("b", None), Some(&cursor)).is_err());
        let runs = ListIndexRuns { index_id: IndexId::parse("a").unwrap(), limit: None, cursor: None };
        assert!(cursors.position::<_, i64>(&runs, Some(&cursor)).is_err());
        assert!(cursors.position::<_, String>(&videos("a", None), Some(&cursor)).is_err());
        for bad in ["x", "AAAA", "not base64!", &format!("{cursor}A")] {
            assert!(cursors.position::<_, i64>(&videos("a", None), Some(bad)).is_err(), "{bad}");
        }
        assert_eq!(cursors.position::<_, i64>(&videos("a", None), None).unwrap(), None);
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let cursors = cursors();
        let call = videos("a", None);
        let full = cursors.page(&call, 2, vec![1, 2, 3], |row| *row).unwrap();
        assert_eq!(full.data, [1, 2]);
        assert_eq!(cursors.position(&call, full.next_cursor()).unwrap(), Some(2));
        let last = cursors.page(&call, 2, vec![3, 4], |row| *row).unwrap();
        assert_eq!((last.data.len(), last.next_cursor()), (2, None));
    }

    #[test]
    fn page_sizes_outside_the_limits_are_refused() {
        assert_eq!(page_size::<ListIndexVideos>("limit", None, 50, 100).unwrap(), 50);
        assert!(page_size::<ListIndexVideos>("limit", Some(0), 50, 100).is_err());
        assert!(page_size::<ListIndexVideos>("limit", Some(101), 50, 100).is_err());
    }
}
