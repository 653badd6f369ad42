//! Where a search looked, and how every search with ranked hits writes its answer.

use super::{
    hits::{self, Asked},
    read::Found,
    why::Nothing,
};
use crate::{
    api::{hit::HitPage, ids::IndexId},
    tools::{Answer, Context, text},
};

/// Where a search looked.
pub struct Searched<'a> {
    /// The index of the path.
    pub index_id: &'a IndexId,
    /// The indexes that replace it.
    pub index_ids: Option<&'a [String]>,
    /// The runs that were named.
    pub run_ids: Option<&'a [String]>,
    /// The fields that words were looked for in.
    pub search_fields: Option<&'a [String]>,
}

/// Says that an index was not searched, if others took its place and it is none of them.
pub fn put_aside(answer: &mut Answer, index_id: &IndexId, index_ids: Option<&[String]>) {
    let others = index_ids.unwrap_or_default();
    if !others.is_empty() && !others.iter().any(|id| id == index_id.as_str()) {
        answer.note(format!("`index_ids` takes the place of `index_id`, so {} was not searched.", text::id(index_id.as_str())));
    }
}

impl Searched<'_> {
    /// An answer that opens with how much was found, what was sought (`for "a train"`) and where.
    pub fn answer(&self, page: &HitPage<Found>, sought: &str) -> Answer {
        let place = hits::place(self.index_id, self.index_ids);
        Answer::new(format!("{} {sought} in {place}", text::count(page.rows.len(), "hit")))
    }

    /// Writes the hits into an answer, or says why there are none.
    pub async fn write(&self, cx: &Context<'_>, answer: &mut Answer, asked: &Asked<'_>, page: HitPage<Found>) {
        answer.fact("index_ids", hits::others(self.index_ids));
        put_aside(answer, self.index_id, self.index_ids);
        let empty = page.rows.is_empty();
        hits::write(cx, answer, self.index_id.as_str(), asked, page).await;
        if empty {
            let nothing = Nothing {
                index_ids: hits::searched(self.index_id, self.index_ids),
                run_ids: self.run_ids.unwrap_or_default(),
                conditions: &[],
                filters: &[],
                search_fields: self.search_fields.unwrap_or_default(),
                is_counted: false,
            };
            nothing.explain(cx, answer).await;
            hits::note_language(answer, asked, "");
        }
    }
}
