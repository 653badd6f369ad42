//! A line on a terminal that shows how far a long call is.

use std::io::{self, IsTerminal};

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
        let share = step.total.filter(|total| *total > 0.0).map(|total| (step.done / total).clamp(0.0, 1.0));
        let template = if share.is_some() { "[{bar:24}] {percent:>3}% {wide_msg}" } else { "{wide_msg}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style.progress_chars("=> "));
        }
        if let Some(share) = share {
            self.0.set_length(WHOLE.into());
            self.0.set_position(parts(share));
        }
        self.0.set_message(fence::line(&step.message).into_owned());
        self.0.tick();
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 1000 between 0 and 1")]
fn parts(share: f64) -> u64 {
    (share * f64::from(WHOLE)).round() as u64
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
