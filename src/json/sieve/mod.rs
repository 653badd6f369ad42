//! Reads a large JSON text and keeps what somebody can use of it.
//!
//! A small text can stand for a large value: 16 MiB of empty rows become gigabytes once each row is a record of forty members. So a large
//! text is never read into a value directly. It is read once as a stream and written out again, smaller, and the value is made of that:
//!
//! - of the rows, as many as were asked for; rows are the elements of a list at the top, or of a member of an object at the
//!   top that is named as the API names its rows;
//! - of a text, as much as can ever be shown;
//! - of pictures, some megabytes in all;
//! - of everything else, up to `VALUES` values and `TEXT` bytes. Past that, lists lose their further elements, and objects with very
//!   many members (which are maps, never records) lose their further members.
//!
//! What is left out is still checked to be JSON, but takes no memory. If even so too much is left, the text is refused.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Past so many values, lists are cut.
const VALUES: usize = 50_000;
/// Past so many bytes, pictures aside, lists are cut.
const TEXT: usize = 2 << 20;
/// A text is refused if it goes past its bounds by this factor in spite of the cuts.
const EXCESS: usize = 2;
/// The most rows where nobody said how many are wanted.
const ROWS: usize = 5_000;
/// The most bytes of one string. An answer has at most 45,000 characters, or 20,000 that are not ASCII, so more is never shown.
const STRING: usize = 80 << 10;
/// What an object counts for beside its members. The record that is made of it has all its members, also those that were not sent.
const OBJECT: usize = 5;
/// The most bytes of a member's name; members with longer ones are left out.
const NAME: usize = 1_000;
/// Objects with more members than this are maps.
const RECORD: usize = 1_000;
/// The most bytes of all pictures.
const PICTURES: usize = 4 << 20;
/// A text up to so many bytes is no picture, whatever its member is called.
const NO_PICTURE: usize = 1 << 10;
/// Members that hold a picture in base64.
const PICTURE_MEMBERS: [&str; 8] =
    ["thumbnail_data", "gif_data", "first_thumbnail", "image_data", "thumbnail", "thumbnail_base64", "data", "image"];

/// Members that hold the rows of an answer. Another list beside them is something else: warnings, for example.
const ROW_MEMBERS: [&str; 7] = ["data", "results", "items", "rows", "files", "outputs", "periods"];

/// A text that went through the sieve.
#[derive(Debug)]
pub struct Sifted {
    /// What was kept, as JSON.
    pub text: Vec<u8>,
    /// Whether anything is missing that was asked for: more than rows past the number wanted.
    pub cut: bool,
    /// How many rows were kept of a list that lost rows which were asked for. The last one may lack a part.
    pub kept: Option<usize>,
}

/// Why a text did not go through.
#[derive(Debug)]
pub enum SieveError {
    /// It is no JSON.
    Malformed(serde_json::Error),
    /// It holds too much that cannot be left out.
    TooMuch,
}

/// Reads a text, and keeps at most so many rows of it.
pub fn sift(text: &[u8], rows: Option<usize>) -> Result<Sifted, SieveError> {
    let mut kept = Kept { text: Vec::new(), asked: rows, values: 0, pictures: 0, cut: false, rows: None, too_much: false };
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = Value { kept: &mut kept, place: Place::Top }.deserialize(&mut reader).and_then(|()| reader.end());
    match read {
        Ok(()) => Ok(Sifted { text: kept.text, cut: kept.cut, kept: kept.rows }),
        Err(_) if kept.too_much => Err(SieveError::TooMuch),
        Err(error) => Err(SieveError::Malformed(error)),
    }
}

/// What was kept so far.
struct Kept {
    text: Vec<u8>,
    asked: Option<usize>,
    values: usize,
    pictures: usize,
    cut: bool,
    /// How many rows were kept of the first list that lost some.
    rows: Option<usize>,
    too_much: bool,
}

impl Kept {
    fn is_past(&self, factor: usize) -> bool {
        self.values > VALUES * factor || self.text.len() - self.pictures > TEXT * factor
    }

    /// Counts a value that is about to be written.
    fn count<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.values += 1;
        self.too_much = self.is_past(EXCESS);
        if self.too_much { Err(E::custom("too many values")) } else { Ok(()) }
    }

    fn write<E: serde::de::Error>(&mut self, value: impl serde::Serialize) -> Result<(), E> {
        serde_json::to_writer(&mut self.text, &value).map_err(E::custom)
    }

    /// Whether a list has all the rows that were asked for.
    fn has_all(&self, rows: bool, elements: usize) -> bool {
        rows && self.asked.is_some_and(|asked| elements >= asked)
    }

    /// Whether a list with so many elements takes another one.
    fn takes_element(&self, rows: bool, elements: usize) -> bool {
        let full = self.is_past(1) || (rows && elements >= ROWS);
        !full && !self.has_all(rows, elements)
    }

    /// Notes that a list with so many elements lost others.
    fn lost(&mut self, rows: bool, elements: usize) {
        if !self.has_all(rows, elements) {
            self.cut = true;
            if rows {
                self.rows.get_or_insert(elements);
            }
        }
    }

    /// Whether an object with so many members takes another one.
    fn takes_member(&mut self, members: usize) -> bool {
        let full = members >= RECORD && self.is_past(1);
        self.cut |= full;
        !full
    }
}

/// Reads one value and writes it to what is kept.
struct Value<'k> {
    kept: &'k mut Kept,
    place: Place,
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the whole text.
    Top,
    /// It is a member of an object at the top.
    Member { picture: bool, rows: bool },
    /// It lies deeper.
    Inner { picture: bool },
}

impl Place {
    /// Whether a list here is a list of rows.
    fn has_rows(self) -> bool {
        matches!(self, Self::Top | Self::Member { rows: true, .. })
    }

    /// Whether it is the value of a member that holds a picture.
    fn is_picture(self) -> bool {
        matches!(self, Self::Member { picture: true, .. } | Self::Inner { picture: true })
    }

    /// The place of a member's value, for an object here.
    fn member(self, picture: bool, rows: bool) -> Self {
        if self == Self::Top { Self::Member { picture, rows } } else { Self::Inner { picture } }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.kept.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.kept.write(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.kept.write(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.kept.write(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.kept.write(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.kept.write(value)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        let kept = self.kept;
        if !self.place.is_picture() || text.len() <= NO_PICTURE {
            if text.len() <= STRING {
                return kept.write(text);
            }
            kept.cut = true;
            return kept.write(format_args!("{}…", text.get(..text.floor_char_boundary(STRING)).unwrap_or_default()));
        }
        // Half a picture is none.
        if kept.pictures + text.len() > PICTURES {
            return kept.write(());
        }
        let before = kept.text.len();
        kept.write(text)?;
        kept.pictures += kept.text.len() - before;
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let (kept, rows) = (self.kept, self.place.has_rows());
        kept.text.push(b'[');
        let mut elements = 0;
        while kept.takes_element(rows, elements) {
            let end = kept.text.len();
            if elements > 0 {
                kept.text.push(b',');
            }
            if list.next_element_seed(Value { kept: &mut *kept, place: Place::Inner { picture: false } })?.is_none() {
                kept.text.truncate(end);
                kept.text.push(b']');
                return Ok(());
            }
            elements += 1;
        }
        let mut lost = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            lost = true;
        }
        if lost {
            kept.lost(rows, elements);
        }
        kept.text.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let kept = self.kept;
        kept.values += OBJECT;
        kept.text.push(b'{');
        let mut members = 0;
        while kept.takes_member(members) {
            let end = kept.text.len();
            if members > 0 {
                kept.text.push(b',');
            }
            match object.next_key_seed(Name(&mut *kept))? {
                None => {
                    kept.text.truncate(end);
                    kept.text.push(b'}');
                    return Ok(());
                }
                Some(Named::TooLong) => {
                    kept.text.truncate(end);
                    kept.cut = true;
                    object.next_value::<IgnoredAny>()?;
                }
                Some(Named::Member { picture, rows }) => {
                    kept.text.push(b':');
                    object.next_value_seed(Value { kept: &mut *kept, place: self.place.member(picture, rows) })?;
                    members += 1;
                }
            }
        }
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        kept.text.push(b'}');
        Ok(())
    }
}

/// Reads the name of a member and writes it to what is kept.
struct Name<'k>(&'k mut Kept);

enum Named {
    Member { picture: bool, rows: bool },
    TooLong,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Named;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Named, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Named;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Named, E> {
        if name.len() > NAME {
            return Ok(Named::TooLong);
        }
        self.0.write(name)?;
        Ok(Named::Member { picture: PICTURE_MEMBERS.contains(&name), rows: ROW_MEMBERS.contains(&name) })
    }
}

#[cfg(test)]
mod tests;
