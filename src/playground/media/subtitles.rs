//! The words of subtitles: `SubRip` and `WebVTT`, from a file beside a film or out of the film.

use std::{ffi::OsString, path::Path, time::Duration};

use super::{
    child::{self, Failure},
    measured::Words,
};

/// The most bytes of subtitles that are read.
const MOST_BYTES: usize = 4 << 20;
/// How many lines are kept.
const MOST_LINES: usize = 5_000;
/// How long it may take to read them out of a film.
const LIMIT: Duration = Duration::from_secs(20);

/// The first subtitles in words within a film.
pub async fn inside(ffmpeg: &Path, reader: &str, film: &Path) -> Result<Vec<Words>, Failure> {
    let mut arguments = vec![OsString::from("-nostdin")];
    arguments.extend(child::input(reader, film));
    arguments.extend(["-map", "0:s:0", "-f", "srt", "pipe:1"].map(OsString::from));
    let mut text = Vec::new();
    child::run(ffmpeg, arguments, LIMIT, |piece| {
        if text.len() < MOST_BYTES {
            text.extend_from_slice(piece);
        }
    })
    .await?;
    Ok(parse(&String::from_utf8_lossy(&text)))
}

/// Reads `SubRip` or `WebVTT`. Parts that are neither are passed over.
pub fn parse(text: &str) -> Vec<Words> {
    let mut found = Vec::new();
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        let Some((start, end)) = line.split_once("-->").and_then(|(start, end)| Some((time(start)?, time(end)?))) else { continue };
        let mut shown = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.is_empty() && !line.contains("-->")) {
            shown.push(plain(line));
        }
        let text = shown.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() && end >= start && found.len() < MOST_LINES {
            found.push(Words { start, end, text });
        }
    }
    found.sort_by(|a, b| a.start.total_cmp(&b.start));
    found
}

/// `00:01:02,500`, `01:02.500`, and whatever settings follow after a space.
fn time(text: &str) -> Option<f64> {
    let text = text.split_whitespace().next()?.replace(',', ".");
    let mut seconds = 0.0;
    for part in text.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok().filter(|part| part.is_finite() && *part >= 0.0)?;
    }
    Some(seconds).filter(|seconds| seconds.is_finite())
}

/// A line without its tags for styles: `<i>` and `{\an8}`.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut until = None;
    for c in line.chars() {
        match (until, c) {
            (Some(end), c) if c == end => until = None,
            (Some(_), _) => {}
            (None, '<') => until = Some('>'),
            (None, '{') => until = Some('}'),
            (None, c) => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_subtitles_are_read() {
        let srt = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i>\r\n{\\an8}there\r\n\r\n2\r\n01:00:03,5 --> 01:00:04,000\r\nLate\r\n";
        let vtt = "WEBVTT\n\nNOTE nothing\n\n00:01.000 --> 00:02.500 align:start\nHello there\n\nx\n1:00:03.500 --> 1:00:04.000\nLate";
        for text in [srt, vtt] {
            let found = parse(text);
            assert_eq!(
                found,
                [Words { start: 1.0, end: 2.5, text: "Hello there".into() }, Words { start: 3603.5, end: 3604.0, text: "Late".into() }],
                "{text}"
            );
        }
        assert!(parse("00:00:aa --> 3\nx\n\nnothing --> here\n\n0:1 --> 1e308:00:00\nx").is_empty());
    }
}
