//! The videos and moments that answers of a session have shown.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value};

use crate::{api::ids::check_id, tools::text};

/// About how many bytes an entry takes besides its texts.
const OVERHEAD: usize = 96;
/// The longest title that is kept, in characters.
const MOST_OF_A_TITLE: usize = 200;

/// A video that was shown.
#[derive(Debug, Default)]
pub struct Item {
    /// Empty if no answer said it.
    pub title: String,
    /// Starts and ends, in order of time.
    pub moments: Vec<(f64, f64)>,
}

/// Videos by id, limited in bytes. When there is no room left, the oldest go.
#[derive(Debug)]
pub struct Shown {
    videos: BTreeMap<String, Item>,
    order: VecDeque<String>,
    bytes: usize,
    most: usize,
}

impl Shown {
    /// An empty one that takes at most this many bytes.
    pub fn of(most: usize) -> Self {
        Self { videos: BTreeMap::new(), order: VecDeque::new(), bytes: 0, most }
    }

    /// The videos, by id.
    pub fn videos(&self) -> impl Iterator<Item = (&String, &Item)> {
        self.videos.iter()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self::of(self.most);
    }

    /// Takes in what a thing of an answer says: a video, and perhaps a moment of it. `of` is the video that all things of the answer
    /// belong to.
    pub fn look(&mut self, thing: &Map<String, Value>, of: Option<&str>) {
        let text = |name: &str| thing.get(name).and_then(Value::as_str);
        let time = |name: &str| thing.get(name).and_then(Value::as_f64);
        let Some(id) = text("video_id").or(of) else { return };
        let title = text("title").or_else(|| text("video_name")).or_else(|| text("video_title")).unwrap_or_default();
        let moment = time("start_time").zip(time("end_time"));
        self.add(id, title, moment);
    }

    /// Takes in a video, and perhaps a moment of it. A title that is known stays if none is given.
    pub fn add(&mut self, id: &str, title: &str, moment: Option<(f64, f64)>) {
        if check_id(id).is_err() {
            return;
        }
        if !self.videos.contains_key(id) {
            self.videos.insert(id.to_owned(), Item::default());
            self.order.push_back(id.to_owned());
            self.bytes += 2 * id.len() + OVERHEAD;
        }
        let Some(item) = self.videos.get_mut(id) else { return };
        if !title.is_empty() && item.title != title {
            let title = text::line(title, MOST_OF_A_TITLE);
            self.bytes = self.bytes - item.title.len() + title.len();
            item.title = title;
        }
        if let Some(moment) = moment.filter(|(start, end)| *start >= 0.0 && end >= start) {
            let by_time = |kept: &(f64, f64)| kept.0.total_cmp(&moment.0).then(kept.1.total_cmp(&moment.1));
            if let Err(place) = item.moments.binary_search_by(by_time) {
                item.moments.insert(place, moment);
                self.bytes += size_of::<(f64, f64)>();
            }
        }
        while self.bytes > self.most {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(item) = self.videos.remove(&oldest) {
                self.bytes -= 2 * oldest.len() + OVERHEAD + item.title.len() + item.moments.len() * size_of::<(f64, f64)>();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let mut shown = Shown::of(10_000);
        for n in 0..1_000 {
            shown.add(&format!("vid_{n:04}"), "A title", Some((1.0, f64::from(n) + 2.0)));
            shown.add(&format!("vid_{n:04}"), "", Some((0.0, 1.0)));
            assert!(shown.bytes <= 10_000);
        }
        assert_eq!(shown.videos.len(), shown.order.len());
        let (last, item) = shown.videos().last().unwrap();
        assert_eq!((last.as_str(), item.title.as_str(), item.moments.len()), ("vid_0999", "A title", 2));
        assert_eq!(item.moments[0], (0.0, 1.0), "in order of time");
        assert!(!shown.videos.contains_key("vid_0000") && shown.videos.len() > 50);
        // One that is larger than all the room goes, too.
        for n in 0..1_000 {
            shown.add("vid_long", "", Some((f64::from(n), f64::from(n) + 1.0)));
        }
        assert!(shown.bytes <= 10_000);
        shown.clear();
        assert_eq!((shown.bytes, shown.videos().count()), (0, 0));
    }
}
