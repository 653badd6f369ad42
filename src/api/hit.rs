//! The parts of search hits that we show, read in one pass over the answer.
//!
//! A hit has about seven kilobytes of text, links and repeated metadata. We show about a hundred bytes of it. So we skip everything else
//! while we read, also rows past the number that was asked for. We keep extracted metadata as text, and parse it only if we show one of its
//! fields.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::page::{Pagination, next_of};

/// The members of a hit that are shown.
#[derive(Debug, Default, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ShownHit {
    #[serde(default)]
    pub result_type: Option<String>,
    pub video_id: String,
    #[serde(default)]
    pub video_name: Option<String>,
    #[serde(default)]
    pub segment_id: Option<String>,
    #[serde(default)]
    pub start_time: Option<f64>,
    #[serde(default)]
    pub end_time: Option<f64>,
    #[serde(default)]
    pub preview_segment_id: Option<String>,
    #[serde(default)]
    pub preview_start_time: Option<f64>,
    #[serde(default)]
    pub preview_end_time: Option<f64>,
    #[serde(default)]
    pub content_preview: Option<String>,
    #[serde(default)]
    pub text_content: Option<String>,
    #[serde(default)]
    pub metadata_text: Option<Box<RawValue>>,
    #[serde(default)]
    pub similarity_score: Option<f64>,
    #[serde(default)]
    pub reranked_score: Option<f64>,
    #[serde(default)]
    pub fused_score: Option<f64>,
    #[serde(default)]
    pub text_score: Option<f64>,
    #[serde(default)]
    pub image_score: Option<f64>,
    #[serde(default)]
    pub text_rank: Option<f64>,
    #[serde(default)]
    pub image_rank: Option<f64>,
    #[serde(default)]
    pub matched_image_score: Option<f64>,
    #[serde(default)]
    pub matched_image_timestamp: Option<f64>,
    #[serde(default)]
    pub match_type: Option<String>,
    #[serde(default)]
    pub extracted_metadata: Option<Box<RawValue>>,
    #[serde(default)]
    pub metadata: Option<Box<RawValue>>,
    #[serde(default)]
    pub field_scores: BestField,
    #[serde(default)]
    pub matched_field_paths: FirstPath,
    #[serde(default)]
    pub run_id: Option<String>,
    #[serde(default)]
    pub source_index_id: Option<String>,
    #[serde(default)]
    pub processing_warning: Option<String>,
}

/// The path of the field with the best score. The others are skipped.
#[derive(Debug, Default)]
pub struct BestField(pub Option<String>);

impl<'de> Deserialize<'de> for BestField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Best;

        impl<'de> Visitor<'de> for Best {
            type Value = BestField;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of scores")
            }

            fn visit_unit<E: Error>(self) -> Result<BestField, E> {
                Ok(BestField(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BestField, A::Error> {
                let (mut best, mut most) = (None, f64::NEG_INFINITY);
                while let Some((path, score)) = map.next_entry::<String, Option<f64>>()? {
                    if let Some(score) = score.filter(|&score| score > most) {
                        (best, most) = (Some(path), score);
                    }
                }
                Ok(BestField(best))
            }
        }

        deserializer.deserialize_any(Best)
    }
}

/// The first path of a list. The others are skipped.
#[derive(Debug, Default)]
pub struct FirstPath(pub Option<String>);

impl<'de> Deserialize<'de> for FirstPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let page = FirstRows::<String>::new(1).optional(deserializer)?;
        Ok(Self(page.and_then(|rows| rows.rows.into_iter().next())))
    }
}

/// The rows of an answer, at most as many as were asked for.
#[derive(Debug)]
pub struct HitPage<R> {
    /// The first rows.
    pub rows: Vec<R>,
    /// How many rows came after them.
    pub skipped: usize,
    /// The cursor of the next page.
    pub next_cursor: Option<String>,
}

impl<R> HitPage<R> {
    /// The same page with each row changed.
    pub fn map<S>(self, change: impl FnMut(R) -> S) -> HitPage<S> {
        HitPage { rows: self.rows.into_iter().map(change).collect(), skipped: self.skipped, next_cursor: self.next_cursor }
    }
}

/// The first rows of a list.
#[derive(Debug)]
struct Rows<R> {
    rows: Vec<R>,
    skipped: usize,
}

/// Reads at most so many rows. Counts the others while it skips them.
#[derive(Debug)]
pub struct FirstRows<R> {
    most: usize,
    row: PhantomData<R>,
}

impl<R: DeserializeOwned> FirstRows<R> {
    /// Reads at most this many.
    pub fn new(most: usize) -> Self {
        Self { most, row: PhantomData }
    }

    /// Reads a list, or null.
    fn optional<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Rows<R>>, D::Error> {
        ListOrNull(self).deserialize(deserializer)
    }

    fn list<'de, A: SeqAccess<'de>>(&self, mut list: A) -> Result<Rows<R>, A::Error> {
        let mut rows = Vec::new();
        while rows.len() < self.most {
            match list.next_element()? {
                Some(row) => rows.push(row),
                None => return Ok(Rows { rows, skipped: 0 }),
            }
        }
        let mut skipped = 0;
        while list.next_element::<IgnoredAny>()?.is_some() {
            skipped += 1;
        }
        Ok(Rows { rows, skipped })
    }
}

/// A list that may be null.
struct ListOrNull<R>(FirstRows<R>);

impl<'de, R: DeserializeOwned> DeserializeSeed<'de> for ListOrNull<R> {
    type Value = Option<Rows<R>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, R: DeserializeOwned> Visitor<'de> for ListOrNull<R> {
    type Value = Option<Rows<R>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        self.0.list(list).map(Some)
    }
}

/// An answer of any of the four searches: a bare array, `{results, next_page_token}`, or `{data, pagination}`.
impl<'de, R: DeserializeOwned> DeserializeSeed<'de> for FirstRows<R> {
    type Value = HitPage<R>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<HitPage<R>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, R: DeserializeOwned> Visitor<'de> for FirstRows<R> {
    type Value = HitPage<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of hits, or an object with `results`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<HitPage<R>, A::Error> {
        let Rows { rows, skipped } = self.list(list)?;
        Ok(HitPage { rows, skipped, next_cursor: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HitPage<R>, A::Error> {
        let (mut found, mut token, mut pagination): (Option<Rows<R>>, Option<String>, Option<Pagination>) = (None, None, None);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                // Both members may be there and hold the same hits.
                "results" | "data" if found.as_ref().is_none_or(|found| found.rows.is_empty()) => {
                    found = map.next_value_seed(ListOrNull(FirstRows::new(self.most)))?;
                }
                "next_page_token" => token = map.next_value()?,
                "pagination" => pagination = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let Rows { rows, skipped } = found.ok_or_else(|| A::Error::missing_field("results"))?;
        Ok(HitPage { rows, skipped, next_cursor: next_of([token], pagination) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(most: usize, text: &str) -> Result<HitPage<ShownHit>, String> {
        let mut reader = serde_json::Deserializer::from_str(text);
        FirstRows::new(most).deserialize(&mut reader).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_past_the_asked_ones_are_counted_and_not_read() {
        let page = read(2, r#"[{"video_id":"a"},{"video_id":"b","x":[{}]},{"no":1},7]"#).unwrap();
        assert_eq!((page.rows.len(), page.skipped), (2, 2));
        assert!(read(3, r#"[{"video_id":"a"},{"no":1}]"#).is_err());
    }

    #[test]
    fn all_shapes_are_read() {
        for text in [
            r#"{"results":[{"video_id":"a"}],"next_page_token":"c","data":[{"video_id":"a"}]}"#,
            r#"{"results":null,"data":[{"video_id":"a"}],"pagination":{"has_more":true,"next_cursor":"c"}}"#,
            r#"{"data":[{"video_id":"a"}],"next_page_token":"","pagination":{"has_more":true,"next_cursor":"c"}}"#,
        ] {
            let page = read(9, text).unwrap();
            assert_eq!((page.rows.len(), page.next_cursor.as_deref()), (1, Some("c")), "{text}");
        }
        assert!(read(9, r#"{"x":[]}"#).unwrap_err().contains("missing field `results`"));
    }

    #[test]
    fn the_best_field_is_kept() {
        let page = read(1, r#"[{"video_id":"a","field_scores":{"x":0.1,"y":0.5,"z":null},"matched_field_paths":["x","y"]}]"#).unwrap();
        let hit = &page.rows[0];
        assert_eq!((hit.field_scores.0.as_deref(), hit.matched_field_paths.0.as_deref()), (Some("y"), Some("x")));
        let page = read(1, r#"[{"video_id":"a","field_scores":null,"matched_field_paths":null,"text_score":null}]"#).unwrap();
        assert!(page.rows[0].field_scores.0.is_none() && page.rows[0].matched_field_paths.0.is_none());
    }
}
