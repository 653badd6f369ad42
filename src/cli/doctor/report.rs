//! What people and programs see of the findings.

use serde_json::{Value, json};

use super::{
    check::{Finding, Group, Verdict},
    exam::Exam,
    place,
    row::Check,
};
use crate::{fence, tools::text};

/// The longest line of a finding.
const MOST: usize = 600;

/// A finding with the check that made it.
pub struct Row {
    /// The check.
    pub check: &'static Check,
    /// What it found.
    pub finding: Finding,
}

/// All findings.
pub struct Report {
    rows: Vec<Row>,
    /// Whether `http` has settings here and takes the keys of its callers.
    callers_bring_keys: bool,
}

impl Report {
    /// Takes everything out of the findings that nobody should see.
    pub fn new(mut rows: Vec<Row>, exam: &Exam) -> Self {
        let clean = |said: &str| text::line(&place::without_home(&fence::text(said), exam.home()), MOST);
        for Row { finding, .. } in &mut rows {
            finding.found = clean(&finding.found);
            finding.about = finding.about.as_deref().map(clean);
            finding.remedy = finding.remedy.as_deref().map(clean);
        }
        #[cfg(feature = "http")]
        let callers_bring_keys = super::http::callers_bring_keys(exam);
        #[cfg(not(feature = "http"))]
        let callers_bring_keys = false;
        Self { rows, callers_bring_keys }
    }

    /// Whether a client started now would work, and `http`.
    pub fn ok(&self) -> bool {
        self.count(Verdict::Fail) == 0
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.finding.verdict == verdict).count()
    }

    /// For scripts.
    pub fn json(&self) -> String {
        let check = |row: &Row| {
            json!({
                "name": row.name(),
                "group": row.check.group.as_str(),
                "verdict": row.finding.verdict.as_str(),
                "found": row.finding.found,
                "remedy": row.finding.remedy,
            })
        };
        let report = json!({
            "ok": self.ok(),
            "version": env!("CARGO_PKG_VERSION"),
            "platform": platform(),
            "checks": self.rows.iter().map(check).collect::<Vec<Value>>(),
        });
        format!("{report:#}")
    }

    /// For people.
    pub fn table(&self, coloured: bool) -> String {
        let width = self.rows.iter().map(|row| row.name().chars().count()).max().unwrap_or_default();
        let mut out = format!("videosearch-mcp {} on {}\n", env!("CARGO_PKG_VERSION"), platform());
        let mut group: Option<Group> = None;
        for row in &self.rows {
            if group != Some(row.check.group) {
                group = Some(row.check.group);
                out.push_str(&format!("\n{}\n", row.check.group.heading()));
            }
            let verdict = row.finding.verdict;
            let found = match verdict {
                Verdict::Skipped => format!("(because {})", row.finding.found),
                _ => row.finding.found.clone(),
            };
            let word = paint(&format!("{:7}", verdict.as_str()), verdict, coloured);
            out.push_str(format!("  {word}  {:width$}  {found}", row.name()).trim_end());
            out.push('\n');
            if let Some(remedy) = &row.finding.remedy {
                out.push_str(&format!("  {:7}  {:width$}  -> {remedy}\n", "", ""));
            }
        }
        out.push_str(&format!("\n{}", self.verdict(coloured)));
        out
    }

    /// The last lines: whether it works, and the first thing to do.
    fn verdict(&self, coloured: bool) -> String {
        let (failed, warned) = (self.count(Verdict::Fail), self.count(Verdict::Warn));
        let worst = if failed > 0 { Verdict::Fail } else { Verdict::Warn };
        let first = self
            .rows
            .iter()
            .find(|row| row.finding.verdict == worst)
            .map(|row| format!(" First thing to do ({}): {}", row.name(), row.finding.remedy.as_deref().unwrap_or_default()));
        let all_are_of = |group: Group| self.rows.iter().all(|row| row.finding.verdict != Verdict::Fail || row.check.group == group);
        let (said, verdict) = match (failed, warned) {
            (0, 0) => ("All is well: a client started now would work.".to_owned(), Verdict::Ok),
            (0, _) => (format!("A client started now would work; {}.", text::count(warned, "warning")), Verdict::Warn),
            _ if all_are_of(Group::Http) => {
                let failed = text::count(failed, "check");
                (format!("A client started now would work, but `http` would not: {failed} failed."), Verdict::Fail)
            }
            _ if self.callers_bring_keys && all_are_of(Group::Key) => {
                let failed = text::count(failed, "check");
                let said =
                    format!("`http` would work, since its callers bring their keys; a client started now would not: {failed} failed.");
                return paint(&said, Verdict::Fail, coloured);
            }
            _ => (format!("A client started now would not work: {} failed.", text::count(failed, "check")), Verdict::Fail),
        };
        format!("{}{}", paint(&said, verdict, coloured), first.unwrap_or_default())
    }
}

impl Row {
    fn name(&self) -> &str {
        self.finding.about.as_deref().unwrap_or(self.check.name)
    }
}

fn platform() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

fn paint(word: &str, verdict: Verdict, coloured: bool) -> String {
    let code = match verdict {
        _ if !coloured => return word.to_owned(),
        Verdict::Ok => 32,
        Verdict::Warn => 33,
        Verdict::Fail => 31,
        Verdict::Skipped => 2,
    };
    format!("\u{1b}[{code}m{word}\u{1b}[0m")
}
