//! Reads a body as a type, also if some of its members are not as the API promises.
//!
//! A number may have a fraction of zeros or stand in quotes, and an id may be a number. Any other text or number that nobody needs may be
//! of another type. Then it reads as absent, since one such member must not cost a whole list. A row that lacks what is needed costs that
//! row, and callers can say how many went so. See `lacking`.

use serde::de::IgnoredAny;

use super::{
    json_path::{member_at, members_like},
    lacking::{self, About},
    reduce::{Unreadable, locate, note},
};
use crate::json::whole;

/// How many bytes we read again in all for members of another type.
const MOST: usize = 8 << 20;
/// How often we read a text again at most.
const MOST_READINGS: usize = 256;
/// How often we may do so with a text of any size: this many members can be of another type in all rows.
const FEWEST_READINGS: usize = 8;

/// Reads a body. An error is the one of the body before members were left out.
pub(super) fn read<T>(body: &[u8], about: &About, read: impl Fn(&[u8]) -> serde_json::Result<T>) -> Result<T, Unreadable> {
    let error = match read(body) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let text = readable(body, about, error, &|text| read(text).err())?;
    read(&text).map_err(|error| locate(&text, &error))
}

/// A text like the body that can be read. `fault` says why one cannot be.
fn readable(
    body: &[u8],
    about: &About,
    mut error: serde_json::Error,
    fault: &dyn Fn(&[u8]) -> Option<serde_json::Error>,
) -> Result<Vec<u8>, Unreadable> {
    if !error.is_data() {
        return Err(locate(body, &error));
    }
    let mut text = body.to_vec();
    // Some services write each number with a fraction. It is the same number.
    if let Some(whole) = whole::mended(body) {
        text = whole;
        error = match fault(&text) {
            Some(error) => error,
            None => return Ok(text),
        };
    }
    let told = locate(&text, &error);
    let mut lost_rows = 0;
    for _ in 0..(MOST / body.len().max(1)).clamp(FEWEST_READINGS, MOST_READINGS) {
        text = match without_members(&text, &error) {
            Some(without) => without,
            None => match lacking::mended(&text, &error, about) {
                Some(mended) => {
                    lost_rows += usize::from(mended.lost_row);
                    mended.text
                }
                None => break,
            },
        };
        let Some(next) = fault(&text) else {
            tracing::warn!(
                path = told.path,
                reason = told.reason,
                lost_rows,
                "an answer is not as the API promises; what cannot be read of it is left out"
            );
            note(|noticed| noticed.unread += lost_rows);
            return Ok(text);
        };
        error = next;
    }
    Err(told)
}

/// The text with another value in the place of the member at which reading failed, if a text, a number or a truth was expected there: the
/// same in the expected type, or else null. A service that writes it in another type does so in each row, so the others of that type go
/// with it.
fn without_members(text: &[u8], error: &serde_json::Error) -> Option<Vec<u8>> {
    let reason = error.to_string();
    let (found, expected) = reason.strip_prefix("invalid ")?.split_once(", expected ")?;
    let simple = ["a string", "a boolean", "u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64", "f32", "f64"];
    let expected = expected.split(" at line ").next().unwrap_or_default();
    if !simple.contains(&expected) || found.ends_with("null") {
        return None;
    }
    let first = member_at(text, error.line(), error.column())?;
    let kind = Shape::of(text.get(first..value_end(text, first)?)?);
    let all = match found.strip_prefix("type: ") {
        Some(_) => members_like(text, error.line(), error.column()),
        // Of a type that fits, another value may be good.
        None => vec![first],
    };
    let (mut out, mut done) = (Vec::with_capacity(text.len()), 0);
    for start in all {
        let end = value_end(text, start)?;
        if Shape::of(text.get(start..end)?) == kind {
            out.extend_from_slice(text.get(done..start)?);
            let value = text.get(start..end)?;
            out.extend_from_slice(&converted(value, kind, expected).unwrap_or_else(|| b"null".to_vec()));
            done = end;
        }
    }
    out.extend_from_slice(text.get(done..)?);
    Some(out)
}

/// The same value in another type, if there is one.
fn converted(value: &[u8], kind: Shape, expected: &str) -> Option<Vec<u8>> {
    match (kind, expected) {
        (Shape::Whole, "a string") => Some([b"\"", value.trim_ascii(), b"\""].concat()),
        (Shape::Text, "a string") => None,
        (Shape::Text, expected) => {
            let text: String = serde_json::from_slice(value).ok()?;
            let text = text.trim();
            let fits = match expected {
                "a boolean" => matches!(text, "true" | "false"),
                "f32" | "f64" => serde_json::from_str::<serde_json::Number>(text).is_ok(),
                _ => text.parse::<i64>().is_ok(),
            };
            fits.then(|| text.as_bytes().to_vec())
        }
        _ => None,
    }
}

/// Where the value ends that begins here.
pub(super) fn value_end(text: &[u8], start: usize) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_slice(text.get(start..)?).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(start + values.byte_offset())
}

/// What a reader tells apart as types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    Whole,
    Fraction,
    /// A list, an object, or a word, by its first letter.
    Other(u8),
}

impl Shape {
    fn of(value: &[u8]) -> Self {
        match value.trim_ascii().first() {
            Some(b'"') => Self::Text,
            Some(b'-' | b'0'..=b'9') if value.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) => Self::Fraction,
            Some(b'-' | b'0'..=b'9') => Self::Whole,
            // Both words are truths.
            Some(b't' | b'f') => Self::Other(b't'),
            first => Self::Other(first.copied().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::api::page::Rows;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Thing {
        id: String,
        size: Option<u64>,
        #[serde(default)]
        names: Vec<String>,
        #[serde(default)]
        mark: Option<crate::api::Marker>,
    }

    fn rows(text: &str) -> Result<Vec<(String, Option<u64>)>, String> {
        let rows = read(text.as_bytes(), &About::default(), |text| serde_json::from_slice::<Rows<Thing>>(text))
            .map_err(|told| format!("{}: {}", told.path, told.reason))?;
        Ok(rows.data.into_iter().map(|row| (row.id, row.size)).collect())
    }

    #[test]
    fn what_is_not_needed_may_be_of_another_type() {
        let id = |text: &str| text.to_owned();
        for odd in [r#""x""#, r#""""#, r#""5.5""#, "5.5", "-1", "true", r#"{"a":[1,{"b":2}]}"#, r#"["x"]"#] {
            let text = format!(r#"{{"data":[{{"id":"a","size":{odd}}},{{"size": {odd} ,"id":"b"}},{{"id":"c","size":7.0}}]}}"#);
            assert_eq!(rows(&text), Ok(vec![(id("a"), None), (id("b"), None), (id("c"), Some(7))]), "{text}");
        }
        let text = r#"{"data":[{"id":"a","size":"12"},{"id":7,"size":" 5"}]}"#;
        assert_eq!(rows(text), Ok(vec![(id("a"), Some(12)), (id("7"), Some(5))]), "{text}");
        let odd = (0..500).map(|n| format!(r#"{{"id":"{n}","size":"x","more":{{"size":"{}"}}}}"#, "y".repeat(2_000))).collect::<Vec<_>>();
        let read = rows(&format!(r#"{{"data":[{},{{"id":"good","size":5}}]}}"#, odd.join(","))).unwrap();
        assert_eq!((read.len(), read.last()), (501, Some(&(id("good"), Some(5)))), "each row of a large list may have such a member");
        let page = r#"{"data":[{"id":"a"}],"pagination":{"limit":"many","next_cursor":7}}"#;
        assert_eq!(rows(page), Ok(vec![(id("a"), None)]));
    }

    #[test]
    fn what_is_needed_is_missed_and_no_list_is_dropped() {
        for (text, told) in [
            (r#"{"data":[{"id":7.5},{"id":8.5}]}"#, "data[0].id: there is the number `7.5` where a text belongs"),
            (r#"{"data":[{"size":"x"}]}"#, "data[0].size: there is the text \"x\" where a whole number belongs"),
            (r#"[{"id":"a","names":"x"}]"#, "[0].names: there is the text \"x\" where a list belongs"),
            (r#"{"data":"x"}"#, "data: there is the text \"x\" where a list belongs"),
            ("[{}]", "[0]: `id` is missing"),
        ] {
            assert_eq!(rows(text).unwrap_err(), told, "{text}");
        }
        assert!(rows("[{").unwrap_err().contains("no JSON"));
    }

    #[tokio::test]
    async fn a_row_that_cannot_be_read_costs_that_row() {
        for (text, left, lost) in [
            (r#"{"data":[{"id":"a"},{"id":true}]}"#, "a", 1),
            (r#"[ {"size":1} , {"id":"a, [{","names":["]"]},{"id":null}]"#, "a, [{", 2),
            (r#"[{"id":"a","names":["x",true]}]"#, "a", 1),
            (r#"[{"id":"b","names":"x"},{"id":"a","mark":[]},5]"#, "a", 2),
            ("{\"data\": [\n  {\"id\": \"a\"},\n  {\n\"size\": 1}\n]}", "a", 1),
        ] {
            let (read, noticed) = crate::client::noticing(async { rows(text) }).await;
            assert_eq!((read, noticed.unread), (Ok(vec![(left.to_owned(), None)]), lost), "{text}");
        }
    }

    #[tokio::test]
    async fn an_id_that_the_call_names_is_taken_from_there() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Run {
            run_id: String,
            #[serde(default)]
            segments: Vec<Run>,
            #[serde(default)]
            inner: Option<Thing>,
        }
        let run_id = crate::api::ids::RunId::parse("run&1").unwrap();
        let request = crate::api::Request::of(&crate::api::runs::GetRun { run_id: run_id.clone() }, None).unwrap();
        for text in [r#"{"run_id":null,"segments":[{}, {"segments":[]}]}"#, r#"{"segments":[{"run_id": null },{ }],"inner":{"size":1}}"#] {
            let work = async { read(text.as_bytes(), &About::of(&request), |text| serde_json::from_slice::<Run>(text)).unwrap() };
            let (run, noticed) = crate::client::noticing(work).await;
            let ids: Vec<&str> = std::iter::once(&run).chain(&run.segments).map(|run| run.run_id.as_str()).collect();
            assert_eq!((ids, noticed.unread, &run.inner), (vec![run_id.as_str(); 3], 0, &None), "{text}");
        }
    }
}
