//! A picture that is named by its moment. So a model can search by what was found, and the bytes do not pass through it.

use crate::{
    api::{
        Scope,
        hit::{HitPage, ShownHit},
        ids::VideoId,
        segments::{ListSegments, Segment},
    },
    session::CallError,
    tools::{
        ArgumentError, Context, ToolError,
        library::{
            picture::{self, Outcome},
            place::{self, Wanted},
        },
        names::{MomentRef, Part},
        search::read::Found,
    },
};

/// The most hits that a search can ask for.
const MOST: u32 = 100;

/// The picture of a moment, and which moment that is.
pub struct Like {
    /// The picture in base64.
    pub image_data: String,
    given: String,
    segment: Segment,
}

/// The picture of a search, given as bytes or as its moment. Both may be missing, but only one may be given.
pub async fn picture(
    cx: &Context<'_>,
    image_data: Option<String>,
    like: Option<MomentRef>,
) -> Result<(Option<String>, Option<Like>), ToolError> {
    match (image_data.filter(|data| !data.trim().is_empty()), like.filter(|like| !like.0.trim().is_empty())) {
        (Some(_), Some(_)) => {
            Err(ArgumentError("give `image_data` or `like`, not both: each of them is the picture to search by".into()).into())
        }
        (Some(data), None) => Ok((Some(super::image::picture(data)?), None)),
        (None, Some(like)) => {
            let like = Like::of(cx, like).await?;
            Ok((Some(like.image_data.clone()), Some(like)))
        }
        (None, None) => Ok((None, None)),
    }
}

impl Like {
    /// Fetches the picture of a moment. `given` is a handle, a segment's id, or the id of a video that has only one segment.
    async fn of(cx: &Context<'_>, like: MomentRef) -> Result<Self, ToolError> {
        let given = like.0.trim().to_owned();
        let place = MomentRef(given.clone()).place(cx)?;
        let (segment, outcome) = match place.part {
            Part::Range(start, end) => look_up(cx, place.video, Wanted::Range(start, end)).await?,
            Part::Segment(_) | Part::Whole => {
                let id = VideoId::parse(given.as_str()).map_err(|rule| ArgumentError(format!("`like`: {rule}")))?;
                of_id(cx, id).await?
            }
        };
        match outcome {
            Outcome::Shown(picture) => Ok(Self { image_data: picture.base64, given, segment }),
            Outcome::None => Err(ToolError::NoSuchMoment(format!("`like`: the API has no picture of {given}"))),
            Outcome::Failed(why) => Err(ToolError::NoSuchMoment(format!("`like`: the picture of {given} cannot be used: {why}"))),
        }
    }

    /// How many hits to ask for, so that enough are left without the moment itself.
    pub fn asked_for(like: Option<&Self>, wanted: u32) -> u32 {
        if like.is_some() { (wanted + 1).min(MOST) } else { wanted }
    }

    /// The moment as it was given.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// Takes the moment itself out of the hits, where it would come first. Returns the note about it.
    pub fn leave_out(&self, page: &mut HitPage<Found>, wanted: u32) -> Option<String> {
        let before = page.rows.len();
        page.rows.retain(|found| !self.is(&found.hit));
        let left_out = page.rows.len() < before;
        page.rows.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        left_out.then(|| format!("{} itself was left out.", self.given))
    }

    fn is(&self, hit: &ShownHit) -> bool {
        let near = |a: Option<f64>, b: f64| a.is_some_and(|a| (a - b).abs() < 0.01);
        match hit.segment_id.as_deref() {
            Some(id) => id == self.segment.segment_id,
            None => {
                hit.video_id == self.segment.video_id
                    && near(hit.start_time, self.segment.start_time)
                    && near(hit.end_time, self.segment.end_time)
            }
        }
    }
}

/// The segment with this id and its picture, which the API gives for the id alone. If it gives none, the id may be that of a video with one
/// segment.
async fn of_id(cx: &Context<'_>, id: VideoId) -> Result<(Segment, Outcome), ToolError> {
    cx.session.ensure(Scope::Read, &cx.deadline).await?;
    let segment = Segment { segment_id: id.to_string(), ..Segment::default() };
    match picture::of(cx, &segment).await {
        outcome @ Outcome::Shown(_) => Ok((segment, outcome)),
        Outcome::None | Outcome::Failed(_) => match look_up(cx, id.clone(), Wanted::Only).await {
            Err(ToolError::Call(CallError::Upstream(error))) if error.is_missing() => {
                Err(ToolError::NoSuchMoment(format!("`like`: {id} is neither a segment nor a video, or it has no picture")))
            }
            found => found,
        },
    }
}

async fn look_up(cx: &Context<'_>, video_id: VideoId, wanted: Wanted) -> Result<(Segment, Outcome), ToolError> {
    let list = ListSegments { video_id, run_id: None, latest_run: Some(true), limit: Some(100), cursor: None };
    let segment = place::find_one(cx, list, wanted, None).await?;
    let outcome = picture::of(cx, &segment).await;
    Ok((segment, outcome))
}
