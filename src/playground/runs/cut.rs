//! Cuts media into segments of one length, for runs that ask for fixed segmentation.
//!
//! Other runs keep the scenes of the library. A segment of fixed length shows the scene that fills most of it, and takes its facts, its
//! picture and its damage. The library describes only scenes. A stretch between two scenes is processed and charged like any other, and its
//! result is empty.

use std::sync::Arc;

use super::{Item, Piece, Settings};

/// An item, cut as a run with these settings cuts it.
pub fn cut(settings: &Settings, item: &Arc<Item>) -> Arc<Item> {
    match settings.fixed_seconds(&item.media_type) {
        Some(seconds) if item.duration > 0.0 => Arc::new(Item { pieces: pieces(item, seconds), ..Item::clone(item) }),
        _ => Arc::clone(item),
    }
}

/// The start of the ids of all segments of an item, however it was cut: `seg_metropolis_1927_` for `vid_metropolis_1927`.
pub fn id_prefix(item: &Item) -> String {
    format!("seg_{}_", item.video_id.strip_prefix("vid_").unwrap_or(&item.video_id))
}

/// Whether a segment is one of an item, however it was cut.
pub fn is_of(item: &Item, segment_id: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    segment_id.strip_prefix(&id_prefix(item)).is_some_and(|rest| match rest.split_once("s_") {
        Some((seconds, place)) => number(seconds) && number(place),
        None => number(rest),
    })
}

/// The segments of this length from the beginning to the end. The last one may be shorter.
///
/// Their ids depend only on the item and the length, so runs of one length share them. A picture is one segment without a length.
pub fn pieces(item: &Item, seconds: u32) -> Vec<Piece> {
    let prefix = id_prefix(item);
    let mut pieces = Vec::new();
    let mut scenes = item.pieces.as_slice();
    let mut start = 0.0;
    while start < item.duration || pieces.is_empty() && item.media_type == "image" {
        let end = (start + f64::from(seconds)).min(item.duration);
        while let Some((_, rest)) = scenes.split_first().filter(|(first, _)| first.end <= start) {
            scenes = rest;
        }
        let shown = scene_within(scenes, start, end);
        pieces.push(Piece {
            segment_id: format!("{prefix}{seconds}s_{:03}", pieces.len() + 1),
            start,
            end,
            damage: shown.and_then(|scene| scene.damage.clone()),
            scene: shown.and_then(|scene| scene.scene.clone()),
            film: item.source.as_ref().and_then(|source| source.facts.clone()),
        });
        start = end;
    }
    pieces
}

/// How many segments an item has if it is cut as a run with these settings cuts it.
pub fn count(settings: &Settings, item: &Item) -> f64 {
    match settings.fixed_seconds(&item.media_type) {
        Some(seconds) if item.duration > 0.0 => (item.duration / f64::from(seconds)).ceil(),
        _ => f64::from(u32::try_from(item.pieces.len()).unwrap_or(u32::MAX)),
    }
}

/// The scene that fills most of a stretch. If several fill the same, it is the first of them. The scenes are in the order of their starts.
fn scene_within(scenes: &[Piece], start: f64, end: f64) -> Option<&Piece> {
    let shared = |scene: &Piece| scene.end.min(end) - scene.start.max(start);
    let better = |best: Option<&'_ Piece>, scene: &Piece| shared(scene) > best.map_or(0.0, shared);
    scenes.iter().take_while(|scene| scene.start < end).fold(None, |best, scene| if better(best, scene) { Some(scene) } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(duration: f64, scenes: &[(f64, f64)]) -> Arc<Item> {
        let scene = |&(start, end): &(f64, f64)| Piece {
            segment_id: format!("seg_x_{start}"),
            start,
            end,
            damage: (start > 99.0).then(|| "torn".into()),
            scene: Some(format!("seg_x_{start}")),
            film: None,
        };
        Arc::new(Item {
            video_id: "vid_x".into(),
            title: "X".into(),
            index_id: None,
            media_type: "video".into(),
            duration,
            order: 1,
            created: 0,
            pieces: scenes.iter().map(scene).collect(),
            source: None,
            state: None,
        })
    }

    fn fixed(seconds: u32) -> Settings {
        Settings { video_segmentation: "fixed".into(), video_segment_duration: Some(seconds), ..Settings::default() }
    }

    #[test]
    fn pieces_cover_the_whole_item_without_a_gap() {
        for (duration, seconds, count) in [(180.0, 60, 3), (181.0, 60, 4), (59.0, 60, 1), (0.5, 1, 1), (9180.0, 1, 9180), (4380.0, 60, 73)]
        {
            let cut = cut(&fixed(seconds), &item(duration, &[]));
            assert_eq!(cut.pieces.len(), count);
            let same = |a: f64, b: f64| (a - b).abs() < f64::EPSILON;
            let joined = |two: &[Piece]| same(two[0].end, two[1].start) && same(two[0].seconds(), seconds.into());
            assert!(cut.pieces.windows(2).all(joined));
            assert!(same(cut.pieces[count - 1].end, duration) && same(cut.pieces[0].start, 0.0));
        }
    }

    #[test]
    fn the_id_of_a_segment_says_of_which_item_it_is() {
        let item = item(180.0, &[]);
        assert!(pieces(&item, 60).iter().all(|piece| is_of(&item, &piece.segment_id)));
        assert!(is_of(&item, "seg_x_001"));
        for other in ["seg_y_001", "seg_x_2_001", "seg_x_2_60s_001", "seg_x_", "seg_x_s_1", "vid_x"] {
            assert!(!is_of(&item, other), "{other}");
        }
    }

    #[test]
    fn a_piece_shows_the_scene_that_fills_most_of_it() {
        let cut = cut(&fixed(60), &item(240.0, &[(10.0, 70.0), (70.0, 75.0), (75.0, 115.0), (130.0, 150.0)]));
        let shown: Vec<_> =
            cut.pieces.iter().map(|piece| (piece.segment_id.as_str(), piece.scene.as_deref(), piece.damage.is_some())).collect();
        assert_eq!(
            shown,
            [
                ("seg_x_60s_001", Some("seg_x_10"), false),
                ("seg_x_60s_002", Some("seg_x_75"), false),
                ("seg_x_60s_003", Some("seg_x_130"), true),
                ("seg_x_60s_004", None, false),
            ]
        );
    }

    #[test]
    fn only_media_of_the_kind_that_is_fixed_are_cut() {
        let kept = item(100.0, &[(0.0, 7.0)]);
        let audio = Settings { audio_segmentation: "fixed".into(), audio_segment_duration: Some(10), ..Settings::default() };
        // A length alone does not ask for fixed segmentation.
        let length = Settings { video_segment_duration: Some(10), ..Settings::default() };
        for settings in [Settings::default(), audio, length] {
            assert!(Arc::ptr_eq(&cut(&settings, &kept), &kept));
        }
        let still = item(0.0, &[(0.0, 0.0)]);
        assert!(Arc::ptr_eq(&cut(&fixed(10), &still), &still));
    }
}
