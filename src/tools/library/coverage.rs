//! How much of an item its segments cover, and where the gaps are.

use serde_json::{Value, json};

use crate::{
    api::videos::RunOnVideo,
    tools::{Answer, text},
};

/// Gaps shorter than this, in seconds, come from rounding.
const LEAST_GAP: f64 = 1.0;
/// How many gaps are named, the longest ones.
const MAX_GAPS: usize = 6;

/// What some segments cover.
#[derive(Debug, PartialEq)]
pub struct Coverage {
    segments: usize,
    covered: f64,
    /// The length of the item, if it is known.
    length: Option<f64>,
    /// In order of time.
    gaps: Vec<(f64, f64)>,
}

impl Coverage {
    /// What these ranges cover of an item of this length. `None` for an item without a length: a picture, for example.
    pub fn of(ranges: impl IntoIterator<Item = (f64, f64)>, length: Option<f64>) -> Option<Self> {
        let mut ranges: Vec<_> = ranges.into_iter().filter(|(start, end)| start.is_finite() && end.is_finite() && end >= start).collect();
        ranges.sort_by(|a, b| a.0.total_cmp(&b.0));
        let length = length.filter(|length| length.is_finite() && *length > 0.0);
        if length.is_none() && ranges.iter().all(|(start, end)| end <= start) {
            return None;
        }
        let (mut covered, mut reached, mut gaps) = (0.0, 0.0_f64, Vec::new());
        let mut gap = |from: f64, to: f64| {
            if to - from >= LEAST_GAP {
                gaps.push((from, to));
            }
        };
        for &(start, end) in &ranges {
            gap(reached, start);
            covered += (end - start.max(reached)).max(0.0);
            reached = reached.max(end);
        }
        if let Some(length) = length {
            gap(reached, length);
        }
        Some(Self { segments: ranges.len(), covered, length, gaps })
    }

    /// How much of an item a run covers, to say which of several is the most complete: first the time that its results cover, then the
    /// part of its segments that have some, then their number. Times count in whole seconds, since cuts differ by fractions.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "lengths of media and counts of segments")]
    pub fn rank(run: &RunOnVideo, length: Option<f64>) -> (i64, i64, u64) {
        let part = run.successful_segments as f64 / run.total_segments.max(1) as f64;
        let known = Self::of_run(run, length).map(|coverage| coverage.covered);
        let covered = known.unwrap_or_else(|| part * length.filter(|length| length.is_finite()).unwrap_or_default());
        (covered.round() as i64, (part * 1_000.0) as i64, run.successful_segments)
    }

    /// What a run has results for.
    pub fn of_run(run: &RunOnVideo, length: Option<f64>) -> Option<Self> {
        let done = run.segments.iter().filter(|segment| super::segments::is_success(&segment.status));
        let ranges: Vec<_> = done.filter_map(|segment| segment.start_time.zip(segment.end_time)).collect();
        // If a run does not list its segments, nobody knows where they are.
        (!ranges.is_empty()).then(|| Self::of(ranges, length)).flatten()
    }

    /// `8 segments cover 8:25 of 2:33:00; gaps: 1:00-3:10, 8:25-2:33:00`.
    pub fn line(&self) -> String {
        let verb = if self.segments == 1 { "covers" } else { "cover" };
        let mut out = format!("{} {verb} ", text::count(self.segments, "segment"));
        match self.length {
            Some(length) if self.gaps.is_empty() => out.push_str(&format!("all of {}", text::clock(length))),
            Some(length) => out.push_str(&format!("{} of {}", text::clock(self.covered), text::clock(length))),
            None => out.push_str(&text::clock(self.covered)),
        }
        let (told, more) = self.told();
        if !told.is_empty() {
            let told: Vec<_> = told.iter().map(|(start, end)| text::range(*start, *end)).collect();
            out.push_str(&format!("; {}: {}", if self.gaps.len() == 1 { "gap" } else { "gaps" }, told.join(", ")));
        }
        if more > 0 {
            out.push_str(&format!(" and {more} shorter"));
        }
        out
    }

    /// Puts it into an answer, as a line and structured.
    pub fn write(&self, answer: &mut Answer, of: &str) {
        answer.line(format!("{}{of}", self.line()));
        answer.fact("coverage", self.value());
    }

    /// The same, structured.
    pub fn value(&self) -> Value {
        let (told, more) = self.told();
        let gaps: Vec<_> =
            told.iter().map(|(start, end)| json!({"start": text::rounded(*start, 3), "end": text::rounded(*end, 3)})).collect();
        let mut value = json!({
            "segments": self.segments,
            "covered_seconds": text::rounded(self.covered, 3),
            "duration_seconds": self.length.map(|length| text::rounded(length, 3)),
            "gaps": gaps,
            "more_gaps": Some(more).filter(|n| *n > 0),
        });
        text::prune(&mut value);
        value
    }

    /// The longest gaps in order of time, and how many others there are.
    fn told(&self) -> (Vec<(f64, f64)>, usize) {
        let mut told = self.gaps.clone();
        told.sort_by(|a, b| (b.1 - b.0).total_cmp(&(a.1 - a.0)));
        told.truncate(MAX_GAPS);
        told.sort_by(|a, b| a.0.total_cmp(&b.0));
        let more = self.gaps.len() - told.len();
        (told, more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(ranges: &[(f64, f64)], length: Option<f64>) -> String {
        Coverage::of(ranges.iter().copied(), length).unwrap().line()
    }

    #[test]
    fn the_most_complete_run_is_the_one_that_covers_most() {
        let run = |done: u64, total: u64, ranges: &[(u32, u32)]| -> RunOnVideo {
            let segments = ranges
                .iter()
                .map(|(start, end)| json!({"segment_id": start.to_string(), "status": "successful", "start_time": start, "end_time": end}));
            let segments: Value = segments.collect();
            serde_json::from_value(json!({"run_id": "r", "successful_segments": done, "total_segments": total, "segments": segments}))
                .unwrap()
        };
        let rank = |run: &RunOnVideo| Coverage::rank(run, Some(5_640.0));
        let whole = run(2, 2, &[(0, 300), (300, 665)]);
        let stopped = run(40, 564, &[(0, 400)]);
        assert!(rank(&whole) > rank(&stopped), "{:?} {:?}", rank(&whole), rank(&stopped));
        // Where the segments are not listed, the part that is done says it.
        assert!(rank(&run(13, 13, &[])) > rank(&run(40, 564, &[])));
        assert!(rank(&run(560, 564, &[])) > rank(&whole), "what covers the whole film is more than what covers a part of it");
    }

    #[test]
    fn gaps_are_found_before_between_and_behind() {
        assert_eq!(
            line(&[(60.0, 120.0), (10.0, 40.0), (30.0, 50.0)], Some(9180.0)),
            "3 segments cover 1:40 of 2:33:00; gaps: 0:00-0:10, 0:50-1:00, 2:00-2:33:00"
        );
        assert_eq!(line(&[(0.0, 30.0), (30.4, 61.0)], Some(61.5)), "2 segments cover all of 1:01");
        assert_eq!(line(&[(0.0, 30.0)], None), "1 segment covers 0:30");
        assert_eq!(line(&[], Some(60.0)), "0 segments cover 0:00 of 1:00; gap: 0:00-1:00");
        assert_eq!(Coverage::of([(0.0, 0.0)], None), None, "a picture has no length");
    }

    #[test]
    fn many_gaps_are_counted_and_the_longest_told() {
        let ranges: Vec<_> = (0..20).map(|n| (f64::from(n) * 100.0, f64::from(n) * 100.0 + 90.0 - f64::from(n))).collect();
        let told = line(&ranges, Some(1990.0));
        assert!(told.ends_with(" and 14 shorter") && told.matches('-').count() == 6, "{told}");
        let value = Coverage::of(ranges, Some(1990.0)).unwrap().value();
        assert_eq!((value["gaps"].as_array().unwrap().len(), &value["more_gaps"]), (6, &json!(14)));
    }
}
