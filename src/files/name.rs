//! Names of new files.

/// The most characters of a name.
const MOST: usize = 120;
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
    let cut: String = plain.trim_start_matches(marks).chars().take(MOST).collect();
    let plain = cut.trim_end_matches(['.', ' ']);
    let stem = plain.split('.').next().unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    match plain {
        "" => or.to_owned(),
        device if DEVICES.contains(&stem.as_str()) => format!("file-{device}"),
        plain => plain.to_owned(),
    }
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
    }
}
