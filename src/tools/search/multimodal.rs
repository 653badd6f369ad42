//! `multimodal_search`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    fused::Side,
    hits::{self, Asked},
    like::{self, Like},
    read,
    searched::Searched,
};
use crate::{
    api::{ids::RunId, search},
    tools::{
        Answer, ArgumentError, Context, Detail, Effect, Spec, ToolError,
        names::{IndexName, MomentRef, Named},
        schema::{Kind, Member},
        text,
    },
};

/// How far the sum of the two weights may be from 1.
const WEIGHT_TOLERANCE: f64 = 0.01;

/// Find moments by words, a picture, or both. The picture: that of a moment (`like`), or `image_data`.
#[derive(Deserialize, JsonSchema)]
pub struct MultimodalSearchTool {
    /// Index id or name, or `all`.
    index_id: Option<IndexName>,
    /// What to look for.
    #[schemars(length(max = 10_000))]
    text_query: Option<String>,
    /// Handle or segment id of a moment.
    #[schemars(length(max = 300))]
    like: Option<MomentRef>,
    /// Base64.
    #[schemars(length(max = 8_000_000))]
    image_data: Option<String>,
    /// Default 0.5.
    #[schemars(range(min = 0.0, max = 1.0))]
    text_weight: Option<f64>,
    /// Default 0.5.
    #[schemars(range(min = 0.0, max = 1.0))]
    image_weight: Option<f64>,
    #[schemars(range(min = 1, max = 100))]
    top_k: Option<u32>,
    /// These extracted fields only.
    search_fields: Option<Vec<String>>,
    /// These runs only.
    #[schemars(with = "Option<Vec<RunId>>")]
    run_ids: Option<Vec<String>>,
    /// Several, instead of `index_id`.
    index_ids: Option<Vec<IndexName>>,
    /// full: all of each hit.
    #[serde(default)]
    detail: Detail,
}

impl Spec for MultimodalSearchTool {
    type Endpoint = search::MultimodalSearch;
    const NAME: &'static str = "multimodal_search";
    const TITLE: &'static str = "Search by words and image";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("total_results", Kind::Count), Member::always("results", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let text_query = self.text_query.filter(|query| !query.trim().is_empty());
        let (text_weight, image_weight) = weights(self.text_weight, self.image_weight)?;
        let (image_data, like) = like::picture(cx, self.image_data, self.like).await?;
        if text_query.is_none() && image_data.is_none() {
            return Err(ArgumentError("give `text_query`, a picture (`like` or `image_data`), or both".into()).into());
        }
        let wanted = self.top_k.unwrap_or(hits::DEFAULT_TOP_K);
        let mut indexes = Named::new(self.index_id, self.index_ids);
        let (index_id, index_ids) = indexes.ids(cx).await?;
        let mut search = search::MultimodalSearch {
            index_id,
            text_query,
            image_data,
            top_k: Some(Like::asked_for(like.as_ref(), wanted)),
            text_weight: Some(text_weight),
            image_weight: Some(image_weight),
            search_fields: self.search_fields,
            run_ids: self.run_ids,
            index_ids,
        };
        let response = loop {
            match cx.session.fetch(&search, &cx.deadline).await {
                Ok(response) => break response,
                Err(error) => (search.index_id, search.index_ids) = indexes.retry(cx, error).await?,
            }
        };
        let most = usize::try_from(search.top_k.unwrap_or(hits::DEFAULT_TOP_K)).unwrap_or(usize::MAX);
        let mut page = read::hits(response, most, self.detail)?;
        let itself = like.as_ref().map(|like| like.leave_out(&mut page, wanted));
        let picture = like.as_ref().map_or("the picture", Like::given);
        let sought = match (&search.text_query, &search.image_data) {
            (Some(query), Some(_)) => format!("\"{}\" and {picture}", text::line(query, 80)),
            (Some(query), None) => format!("\"{}\"", text::line(query, 80)),
            _ => picture.to_owned(),
        };
        let searched = Searched {
            index_id: &search.index_id,
            index_ids: search.index_ids.as_deref(),
            run_ids: search.run_ids.as_deref(),
            search_fields: search.search_fields.as_deref(),
        };
        let mut answer = searched.answer(&page, &format!("for {sought}"));
        answer.fact("text_query", search.text_query.as_deref());
        answer.fact("like", like.as_ref().map(Like::given));
        answer.fact("has_image", search.image_data.is_some());
        answer.fact("text_weight", text_weight);
        answer.fact("image_weight", image_weight);
        let without = if text_weight <= 0.0 { Some(Side::Words) } else { (image_weight <= 0.0).then_some(Side::Picture) };
        let words = search.text_query.as_deref();
        let asked = Asked { search_type: Some("multimodal"), words, detail: self.detail, without, ..Asked::default() };
        searched.write(cx, &mut answer, &asked, page).await;
        if let Some(note) = itself.flatten() {
            answer.note(note);
        }
        Ok(answer)
    }
}

/// Both weights. If only one is given, the other is worked out here, because the API would not guess it.
fn weights(text: Option<f64>, image: Option<f64>) -> Result<(f64, f64), ArgumentError> {
    let (text, image) = match (text, image) {
        (None, None) => (0.5, 0.5),
        (Some(text), None) => (text, 1.0 - text),
        (None, Some(image)) => (1.0 - image, image),
        (Some(text), Some(image)) => (text, image),
    };
    // A little room for binary fractions on top of the rule.
    if (text + image - 1.0).abs() > WEIGHT_TOLERANCE + 1e-9 {
        return Err(ArgumentError(format!("`text_weight` and `image_weight` must add up to 1, not {}", text::number(text + image))));
    }
    Ok((text, image))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up() {
        assert_eq!(weights(None, None), Ok((0.5, 0.5)));
        assert_eq!(weights(Some(0.25), None), Ok((0.25, 0.75)));
        assert_eq!(weights(None, Some(1.0)), Ok((0.0, 1.0)));
        assert!(weights(Some(0.7), Some(0.31)).is_ok());
        assert!(weights(Some(0.7), Some(0.5)).is_err());
    }
}
