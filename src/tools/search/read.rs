//! Reads the answer of a search. It reads the body once, only as many hits as are shown, and does not keep it.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Map, Value};

use crate::{
    api::{
        bounded::Bounded,
        hit::{FirstRows, HitPage, ShownHit},
    },
    client::{self, Response},
    tools::{Detail, ToolError},
};

/// One hit: what its line is made of and, for `full`, everything that the API said.
#[derive(Debug)]
pub struct Found {
    /// What is shown.
    pub hit: ShownHit,
    /// All members.
    pub everything: Option<Map<String, Value>>,
}

/// Reads at most this many hits, and frees the body. A body may hold much of the memory that all bodies share, and others may wait for it.
pub fn hits(response: Response, most: usize, detail: Detail) -> Result<HitPage<Found>, ToolError> {
    let page = match detail {
        Detail::Concise => client::decode_with(&response, || FirstRows::<Shown>::new(most))?.map(|row| row.0),
        Detail::Full => client::decode_with(&response, || FirstRows::<Whole>::new(most))?.map(|row| row.0),
    };
    drop(response);
    Ok(page)
}

/// A row of which only what is shown is kept.
struct Shown(Found);

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hit = ShownHit::deserialize(deserializer)?;
        Ok(Self(Found { hit, everything: None }))
    }
}

/// A row that is kept as it is.
struct Whole(Found);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Bounded(everything) = Bounded::deserialize(deserializer)?;
        let hit = ShownHit::deserialize(&everything).map_err(D::Error::custom)?;
        match everything {
            Value::Object(mut everything) => {
                // It is said once for all hits.
                everything.shift_remove("processing_warning");
                Ok(Self(Found { hit, everything: Some(everything) }))
            }
            _ => Err(D::Error::custom("a hit is not an object")),
        }
    }
}
