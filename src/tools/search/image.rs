//! `search_videos_by_image`, and the picture argument.

use base64::{Engine, engine::general_purpose};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    hits::{self, Asked},
    like::{self, Like},
    read,
    searched::Searched,
};
use crate::{
    api::{ids::RunId, search::ImageSearch},
    tools::{
        Answer, ArgumentError, Context, Detail, Effect, Spec, ToolError,
        names::{IndexName, MomentRef, Named},
        schema::{Kind, Member},
    },
};

/// Find moments that look like a picture: that of a moment (`like`), or `image_data`.
#[derive(Deserialize, JsonSchema)]
pub struct SearchVideosByImage {
    /// Handle or segment id of a moment.
    #[schemars(length(max = 300))]
    like: Option<MomentRef>,
    /// Base64.
    #[schemars(length(max = 8_000_000))]
    image_data: Option<String>,
    /// Index id or name, or `all`.
    index_id: Option<IndexName>,
    #[schemars(range(min = 1, max = 100))]
    top_k: Option<u32>,
    /// These runs only.
    #[schemars(with = "Option<Vec<RunId>>")]
    run_ids: Option<Vec<String>>,
    /// Several, instead of `index_id`.
    index_ids: Option<Vec<IndexName>>,
    /// full: all of each hit.
    #[serde(default)]
    detail: Detail,
}

impl Spec for SearchVideosByImage {
    type Endpoint = ImageSearch;
    const NAME: &'static str = "search_videos_by_image";
    const TITLE: &'static str = "Search by image";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("total_results", Kind::Count), Member::always("results", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let (Some(image_data), like) = like::picture(cx, self.image_data, self.like).await? else {
            return Err(ArgumentError("give `like`, a handle or segment id, or `image_data`, a picture in base64".into()).into());
        };
        let mut indexes = Named::new(self.index_id, self.index_ids);
        let (index_id, index_ids) = indexes.ids(cx).await?;
        let wanted = self.top_k.unwrap_or(hits::DEFAULT_TOP_K);
        let top_k = Some(Like::asked_for(like.as_ref(), wanted));
        let mut search = ImageSearch { index_id, image_data, top_k, run_ids: self.run_ids, index_ids };
        let response = loop {
            match cx.session.fetch(&search, &cx.deadline).await {
                Ok(response) => break response,
                Err(error) => (search.index_id, search.index_ids) = indexes.retry(cx, error).await?,
            }
        };
        let most = usize::try_from(search.top_k.unwrap_or(hits::DEFAULT_TOP_K)).unwrap_or(usize::MAX);
        let mut page = read::hits(response, most, self.detail)?;
        let itself = like.as_ref().map(|like| like.leave_out(&mut page, wanted));
        let searched = Searched {
            index_id: &search.index_id,
            index_ids: search.index_ids.as_deref(),
            run_ids: search.run_ids.as_deref(),
            search_fields: None,
        };
        let mut answer = searched.answer(&page, &format!("like {}", like.as_ref().map_or("the picture", Like::given)));
        answer.fact("like", like.as_ref().map(Like::given));
        let asked = Asked { search_type: Some("image"), detail: self.detail, ..Asked::default() };
        searched.write(cx, &mut answer, &asked, page).await;
        if let Some(note) = itself.flatten() {
            answer.note(note);
        }
        Ok(answer)
    }
}

/// The base64 of a picture, without a `data:` prefix and white space. The API decodes it. Here only its length, alphabet and beginning are
/// checked, so that a path or a link sent by mistake gets a useful answer.
pub fn picture(given: String) -> Result<String, ToolError> {
    let data = match given.trim().strip_prefix("data:") {
        Some(rest) => rest.split_once(";base64,").map_or("", |(_, data)| data),
        None => given.trim(),
    };
    let wrong = || ArgumentError("`image_data` wants the bytes of a picture (JPEG or PNG) in base64, not a path or a link".into());
    let data: String = if data.contains(char::is_whitespace) { data.split_whitespace().collect() } else { data.to_owned() };
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    // The alphabet alone would let a path pass, so the beginning is decoded.
    let start = data.get(..data.len().min(64) / 4 * 4).unwrap_or_default();
    let known_start = general_purpose::STANDARD.decode(start).is_ok();
    if data.len() < 16 || !data.len().is_multiple_of(4) || !data.bytes().all(alphabet) || !known_start {
        return Err(wrong().into());
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_base64_with_or_without_a_prefix() {
        let data = general_purpose::STANDARD.encode([7_u8; 30]);
        assert_eq!(picture(format!(" data:image/png;base64,{data}\n")).unwrap(), data);
        let (start, end) = data.split_at(10);
        assert_eq!(picture(format!("{start}\n{end}")).unwrap(), data);
        for wrong in ["", "abc", "/home/me/picture.png", "https://example.com/p.png", "data:image/png,raw", "AAAA", "****************"] {
            assert!(picture(wrong.into()).is_err(), "{wrong}");
        }
    }
}
