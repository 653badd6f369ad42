//! Names of new files.

/// The most bytes of a name. File systems take 255, and the name of a file that is not whole yet is longer.
const MOST: usize = 200;
/// The most bytes of an ending, with its dot, that a name keeps when it is cut.
const LONGEST_ENDING: usize = 16;
/// Names that mean a device on Windows, with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// A name that is plain on every system: letters, digits, `.`, `-`, `_` and single spaces; it begins with none of the marks. `or` stands for
/// a name of which nothing is left.
pub(super) fn plain(name: &str, or: &str) -> String {
    let last = name.rsplit(['/', '\\', ':']).next().unwrap_or_default();
    let mut plain = String::new();
    for c in last.chars() {
        let c = if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' };
        // No `..`, and no run of marks where something was taken out.
        if c.is_alphanumeric() || !plain.ends_with(c) {
            plain.push(c);
        }
    }
    let marks = ['.', '-', '_', ' '];
    let fitted = fitted(plain.trim_start_matches(marks));
    let plain = fitted.trim_end_matches(['.', ' ']);
    let stem = plain.split('.').next().unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    match plain {
        "" => or.to_owned(),
        device if DEVICES.contains(&stem.as_str()) => format!("file-{device}"),
        plain => plain.to_owned(),
    }
}

/// A name that is not too long. A short ending stays, since it says what the file is.
fn fitted(name: &str) -> String {
    let (stem, ending) = match name.rfind('.').map(|dot| name.split_at(dot)) {
        Some((stem, ending)) if ending.len() <= LONGEST_ENDING => (stem, ending),
        _ => (name, ""),
    };
    format!("{}{ending}", stem.get(..stem.floor_char_boundary(MOST - ending.len())).unwrap_or(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        for (given, expected) in [
            ("export.json", "export.json"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\a.json", "a.json"),
            ("a/..", "export"),
            (".bashrc", "bashrc"),
            ("--help", "help"),
            ("a\u{0}b\nc\u{202e}.json", "a_b_c_.json"),
            ("Über die Züge (1).json", "Über die Züge _1_.json"),
            ("nul.json", "file-nul.json"),
            ("COM1", "file-COM1"),
            ("a.json. ", "a.json"),
            ("", "export"),
        ] {
            assert_eq!(plain(given, "export"), expected, "{given:?}");
        }
        assert_eq!(plain(&"x".repeat(500), "y").len(), MOST);
        let long = plain(&format!("{}.json", "電影".repeat(50)), "y");
        assert!((MOST - 3..=MOST).contains(&long.len()) && long.ends_with("影電.json"), "{long}");
    }
}
