//! The form of answers that a client's entry asks for, and whether it suits the client.

use super::exam::Exam;
use crate::{
    config::Output,
    hosts::{Host, Shows},
};

/// The form of answers under these settings, and whether it suits the client.
pub fn told(exam: &Exam, host: &Host) -> String {
    let suits = host.output().unwrap_or("both");
    let used = match exam.config().map(|config| config.output) {
        Ok(Output::Lines) => "lines",
        Ok(Output::Json) => "json",
        _ => "both",
    };
    let because = match host.shows {
        Shows::Text => "whose model reads the text",
        Shows::Structured => "whose model reads the structured content",
        Shows::Unknown => "since it is not known which part its model reads",
    };
    match used {
        _ if used == suits => format!("its answers are in the form `{used}`, which suits {}", host.title),
        // Both forms have the same text.
        "lines" => format!("its answers are in the form `lines`, which suits {} as well as `{suits}`", host.title),
        _ => format!(
            "its answers are in the form `{used}`; VIDEOSEARCH_OUTPUT={suits} there would cost less in {}, {because} (`setup {} --output {suits}` writes it)",
            host.title, host.id
        ),
    }
}
