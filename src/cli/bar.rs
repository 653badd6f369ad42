//! How far a long call is: a line on a terminal that changes, or lines where there is none.

use std::{
    io::{self, IsTerminal},
    sync::{Mutex, PoisonError},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{fence, tools::Step};

/// The parts of a whole. Steps may count bytes or segments, so they are shown as a share.
const WHOLE: u32 = 1_000;

/// The line. It goes away when dropped.
pub struct Bar(ProgressBar);

impl Bar {
    /// A line on stderr, if that is a terminal.
    pub fn at_terminal() -> Option<Self> {
        io::stderr().is_terminal().then(|| Self(ProgressBar::no_length()))
    }

    /// Shows a step.
    pub fn show(&self, step: &Step) {
        let share = share(step);
        let template = if share.is_some() { "[{bar:24}] {percent:>3}% {wide_msg}" } else { "{wide_msg}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style.progress_chars("=> "));
        }
        if let Some(share) = share {
            self.0.set_length(WHOLE.into());
            self.0.set_position(parts(share).into());
        }
        self.0.set_message(fence::line(&step.message).into_owned());
        self.0.tick();
    }
}

/// How much of it is done, from 0 to 1, if that is known.
fn share(step: &Step) -> Option<f64> {
    step.total.filter(|total| *total > 0.0).map(|total| (step.done / total).clamp(0.0, 1.0))
}

/// How many parts of a whole get a line where nothing else changes.
const PARTS: u32 = 10;

/// Lines for a log: one for each message, and while that stays the same, one for each tenth that is done.
#[derive(Default)]
pub struct Lines(Mutex<(String, u32)>);

impl Lines {
    /// The line for a step, if it needs one.
    pub fn line(&self, step: &Step) -> Option<String> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let part = share(step).map_or(0, |share| parts(share) * PARTS / WHOLE);
        let is_new = last.0 != step.message;
        if !is_new && part <= last.1 {
            return None;
        }
        *last = (step.message.clone(), part);
        Some(if is_new { step.message.clone() } else { format!("{}: {} %", step.message, part * 100 / PARTS) })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 1000 between 0 and 1")]
fn parts(share: f64) -> u32 {
    (share * f64::from(WHOLE)).round() as u32
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_a_line_for_each_change_and_each_tenth() {
        let lines = Lines::default();
        let step = |done: f64, message: &str| lines.line(&Step { done, total: Some(50.0), message: message.to_owned() });
        assert_eq!(step(1.0, "uploading").as_deref(), Some("uploading"));
        let told: Vec<String> = (2..50).filter_map(|done| step(done.into(), "uploading")).collect();
        assert_eq!(told.len(), 9, "{told:?}");
        assert_eq!((told.first().unwrap().as_str(), told.last().unwrap().as_str()), ("uploading: 10 %", "uploading: 90 %"));
        assert_eq!(step(50.0, "uploaded").as_deref(), Some("uploaded"));
        let unknown = |message: &str| lines.line(&Step { done: 1.0, total: None, message: message.to_owned() });
        assert_eq!(
            (unknown("pending").as_deref(), unknown("pending"), unknown("ready").as_deref()),
            (Some("pending"), None, Some("ready"))
        );
    }
}
