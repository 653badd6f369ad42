//! Which files of a bucket are meant.

/// Which files are meant. The text of a prefix is compared with the beginning of a path. So no prefix leads out of the bucket.
#[derive(Clone, Debug)]
pub struct Filter {
    prefix: String,
    pattern: Vec<char>,
    recursive: bool,
    /// At most so many files.
    pub most: usize,
}

impl Filter {
    /// A filter. A slash at the beginning of the prefix means nothing, since no path begins with one.
    pub fn new(prefix: &str, pattern: &str, recursive: bool, most: usize) -> Self {
        Self { prefix: prefix.trim_start_matches('/').to_owned(), pattern: pattern.chars().collect(), recursive, most }
    }

    /// Whether a file fits. A pattern with a slash is compared with what follows the prefix, any other with the file's name.
    pub fn fits(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(&self.prefix) else { return false };
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        if !self.recursive && rest.contains('/') {
            return false;
        }
        let text = if self.pattern.contains(&'/') { rest } else { path.rsplit('/').next().unwrap_or(path) };
        matches(&self.pattern, text)
    }

    /// Whether a folder can have files that fit. Its path ends with a slash.
    pub fn enters(&self, folder: &str) -> bool {
        if self.prefix.starts_with(folder) {
            return true;
        }
        let Some(rest) = folder.strip_prefix(&self.prefix) else { return false };
        self.recursive || rest == "/" || rest.is_empty()
    }
}

/// Whether a text fits a pattern in which `*` stands for any characters and `?` for one. The time is bounded by the product of both lengths.
fn matches(pattern: &[char], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut seen) = (0, 0);
    // Where the last star is, and how much of the text it takes so far.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(seen) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == c => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    at = place + 1;
                    seen = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        let fits = |pattern: &str, text: &str| Filter::new("", pattern, true, 1).fits(text);
        for (pattern, text) in
            [("*", "a"), ("*.mp4", "films/ä.mp4"), ("?.mp4", "x/é.mp4"), ("a*b*c", "aXXbYYc"), ("films/*.mp4", "films/x/y.mp4")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("*.mp4", "a.MP4"), ("?.mp4", "ab.mp4"), ("a*b", "abc"), ("", "a"), ("x/*.mp4", "films/x/y.mp4")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
        assert!(!fits(&"*a".repeat(500), &"a".repeat(499)));
    }

    #[test]
    fn a_prefix_is_the_beginning_of_a_path() {
        let filter = |prefix: &str, recursive| Filter::new(prefix, "*", recursive, 1);
        for prefix in ["films", "films/", "/films/", "fil", ""] {
            assert!(filter(prefix, true).fits("films/1902/moon.mp4"), "{prefix}");
            assert!(filter(prefix, true).enters("films/1902/"), "{prefix}");
        }
        for prefix in ["films", "films/", "films/m"] {
            assert!(filter(prefix, false).fits("films/moon.mp4"), "{prefix}");
            assert!(!filter(prefix, false).fits("films/1902/moon.mp4"), "{prefix}");
            assert!(filter(prefix, false).enters("films/"), "{prefix}");
        }
        assert!(!filter("films/", false).enters("films/1902/"));
        assert!(!filter("../", true).fits("films/moon.mp4"));
        assert!(!filter("films/", true).enters("photographs/"));
    }
}
