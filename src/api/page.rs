//! Lists: bare arrays, cursor pages, and lists whose rows have several names.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};

use super::null_as_default;

/// The place of a page in its list. Cursors are opaque, and each is valid for its own query only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pagination {
    /// The page size that was applied.
    #[serde(default, deserialize_with = "null_as_default")]
    pub limit: u64,
    /// Whether another page follows. If the API does not say so, its cursor tells.
    #[serde(default = "untold", deserialize_with = "null_as_untold")]
    pub has_more: bool,
    /// The cursor of the next page.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// Whether another page may follow, if the API does not say.
fn untold() -> bool {
    true
}

fn null_as_untold<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(untold))
}

/// The cursor of the next page, from members that may all hold it. An empty one is none.
pub fn next_of<const N: usize>(told: [Option<String>; N], pagination: Option<Pagination>) -> Option<String> {
    let paged = pagination.filter(|page| page.has_more).and_then(|page| page.next_cursor);
    told.into_iter().chain([paged]).flatten().find(|cursor| !cursor.is_empty())
}

/// The rows of an answer, which may have them under several names, also at once. Where one list is empty, another may hold them.
pub(super) fn longest<T, const N: usize>(lists: [Option<Vec<T>>; N]) -> Option<Vec<T>> {
    lists.into_iter().flatten().max_by_key(Vec::len)
}

/// A list in either of the API's two forms: a bare array, or `{data, pagination}`.
///
/// We read both forms everywhere, since the documentation of some lists does not say which form they have. We write a page if there is
/// pagination, else a bare array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Present if the list is paged.
    pub pagination: Option<Pagination>,
}

impl<T> Rows<T> {
    /// The whole list at once.
    pub fn all(data: Vec<T>) -> Self {
        Self { data, pagination: None }
    }

    /// The cursor of the next page, if there is one.
    pub fn next_cursor(&self) -> Option<&str> {
        let page = self.pagination.as_ref()?;
        page.next_cursor.as_deref().filter(|cursor| page.has_more && !cursor.is_empty())
    }
}

impl<T: Serialize> Serialize for Rows<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.pagination {
            None => self.data.serialize(serializer),
            Some(pagination) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("data", &self.data)?;
                map.serialize_entry("pagination", pagination)?;
                map.end()
            }
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = Rows<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array, or an object with `data`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rows<T>, A::Error> {
                let mut data = Vec::new();
                while let Some(row) = seq.next_element()? {
                    data.push(row);
                }
                Ok(Rows::all(data))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rows<T>, A::Error> {
                let (mut data, mut pagination, mut named) = (None, None, None);
                while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    match name.as_ref() {
                        "data" => data = Some(map.next_value::<Option<_>>()?.unwrap_or_default()),
                        "pagination" => pagination = map.next_value()?,
                        // The names that one would guess where the description leaves the form of a list open.
                        "items" | "markers" | "sessions" | "turns" if named.is_none() => {
                            named = Some(map.next_value::<Option<_>>()?.unwrap_or_default());
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Rows { data: data.or(named).ok_or_else(|| A::Error::missing_field("data"))?, pagination })
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// A page of something that belongs to a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "NamedItems<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub struct Items<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// The cursor of the next page.
    pub next_cursor: Option<String>,
    /// How many there are on all pages.
    pub total: u64,
}

/// The same as it comes. The description of the API leaves open what the rows are called.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct NamedItems<T> {
    items: Option<Vec<T>>,
    data: Option<Vec<T>>,
    files: Option<Vec<T>>,
    outputs: Option<Vec<T>>,
    next_cursor: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    total: u64,
}

impl<T> From<NamedItems<T>> for Items<T> {
    fn from(named: NamedItems<T>) -> Self {
        let NamedItems { items, data, files, outputs, next_cursor, total } = named;
        Self { items: longest([items, data, files, outputs]).unwrap_or_default(), next_cursor, total }
    }
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next_cursor: None, total: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let bare: Rows<u8> = serde_json::from_str("[1,2]").unwrap();
        assert_eq!((bare.data.as_slice(), bare.next_cursor()), ([1, 2].as_slice(), None));
        let page: Rows<u8> =
            serde_json::from_str(r#"{"pagination":{"limit":2,"has_more":true,"next_cursor":"c"},"data":[3],"x":{}}"#).unwrap();
        assert_eq!(page.next_cursor(), Some("c"));
        assert!(serde_json::from_str::<Rows<u8>>(r#"{"data":null}"#).unwrap().data.is_empty());
        assert!(serde_json::from_str::<Rows<u8>>(r#"{"rows":[]}"#).is_err());
        assert!(serde_json::from_str::<Rows<u8>>(r#""no""#).is_err());
    }

    #[test]
    fn an_ended_page_has_no_next_cursor() {
        for untold in [r#"{"limit":null,"has_more":null,"next_cursor":"c"}"#, r#"{"next_cursor":"c"}"#] {
            let page: Rows<u8> = serde_json::from_str(&format!(r#"{{"data":[],"pagination":{untold}}}"#)).unwrap();
            assert_eq!(page.next_cursor(), Some("c"), "{untold}");
        }
        let last: Rows<u8> = serde_json::from_str(r#"{"data":[],"pagination":{"limit":null,"has_more":null,"next_cursor":null}}"#).unwrap();
        assert_eq!(last.next_cursor(), None);
        let page: Rows<u8> = serde_json::from_str(r#"{"data":[],"pagination":{"limit":2,"has_more":false,"next_cursor":"c"}}"#).unwrap();
        assert_eq!(page.next_cursor(), None);
    }
}
