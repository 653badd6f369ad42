//! Makes an answer fit the budget.

use serde_json::{Map, Value};

use super::{Answer, Closing, FROM_ROW, Form, Row};
use crate::tools::{
    budget::{Weight, cut_line, shorten, times, weigh},
    text,
};

/// The least facts that are kept of an answer that is too large, besides those that its tool promises. Names and values are short by then.
const MOST_FACTS: usize = 60;

/// What was cut.
pub(super) struct Cut {
    /// In words, with the way to the rest.
    pub note: String,
    /// Whether rows were left out. The cursor of the answer, if it still has one, begins with the first of these.
    pub rows: bool,
    /// The first row that was left out, counted from 1, where no cursor leads to it.
    pub next_row: Option<usize>,
    /// The arguments that differ in the call for the rest, where no cursor of this answer leads on.
    pub next_arguments: Map<String, Value>,
}

impl Answer {
    /// Makes the answer fit the budget; says what was cut.
    pub(super) fn fit(&mut self, form: Form) -> Option<Cut> {
        let whole = self.weight(form);
        if whole.fits(1) {
            return None;
        }
        // Long texts first: a list of shortened rows helps more than a few whole ones.
        let mut shortened = false;
        for (most_chars, most_items) in [(4000, 200), (1000, 80), (300, 30)] {
            for row in self.rows.iter_mut().flat_map(|(_, rows)| rows) {
                if !weigh_row(row, form).fits(4) {
                    shortened |= shorten_row(row, most_chars, most_items);
                }
            }
        }
        let facts = self.facts.len();
        for (most_chars, most_items) in [(8000, 400), (2000, 100), (500, 40), (120, 12), (40, 4), (8, 1)] {
            if self.fixed_weight(form).fits(2) {
                break;
            }
            shortened = true;
            self.keep_facts(most_items.max(MOST_FACTS));
            self.facts.values_mut().for_each(|value| shorten(value, most_chars, most_items));
            for line in self.lines.iter_mut().chain(self.closing.iter_mut().map(Closing::text_mut)) {
                cut_line(line, most_chars, most_items);
            }
            let most_lines = most_items * 2;
            self.lines.truncate(most_lines);
            self.closing.truncate(most_lines);
        }
        for most in [MOST_FACTS / 4, 0] {
            if !self.fixed_weight(form).fits(2) {
                self.keep_facts(most);
            }
        }
        let left_out = facts - self.facts.len();
        let mut used = self.fixed_weight(form);
        let mut kept = 0;
        if let Some((_, rows)) = &mut self.rows {
            let all = rows.len();
            for row in rows.iter_mut() {
                let mut next = used.plus(weigh_row(row, form));
                for (most_chars, most_items) in [(100, 10), (40, 4), (8, 1)] {
                    if !next.fits(1) && kept == 0 {
                        shorten_row(row, most_chars, most_items);
                        shortened = true;
                        next = used.plus(weigh_row(row, form));
                    }
                }
                if !next.fits(1) {
                    break;
                }
                used = next;
                kept += 1;
            }
            rows.truncate(kept);
            if kept < all {
                return Some(self.leave_out_from(kept, all));
            }
        }
        shortened.then(|| Cut { note: self.shortened(left_out), rows: false, next_row: None, next_arguments: Map::new() })
    }

    /// Keeps so many of the facts that nobody promised, and all others.
    fn keep_facts(&mut self, most: usize) {
        let (mut room, promised, told_once) = (most, self.promised, self.told_once);
        self.facts.retain(|name, _| {
            let is_needed = told_once == Some(name.as_str()) || promised.iter().any(|member| member.name == name);
            let is_kept = is_needed || room > 0;
            room = room.saturating_sub(usize::from(!is_needed));
            is_kept
        });
    }

    /// Says that of all rows only these are kept, and how to get the others.
    fn leave_out_from(&mut self, kept: usize, all: usize) -> Cut {
        let cut = |how: &str| format!("Cut: {kept} of {all} rows shown, {} left out; {how}.", all - kept);
        // The cursor begins after all rows and would skip these.
        let cursor = self.cursor.take();
        if let Some(own) = self.row_cursors.get(kept).filter(|_| kept > 0) {
            self.cursor = Some(own.clone());
            return Cut { note: cut("the cursor goes on with them"), rows: true, next_row: None, next_arguments: Map::new() };
        }
        let next_row = self.skipped + kept + 1;
        let fewer = kept.max(1);
        let mut next_arguments = Map::new();
        let (how, next_row) = match (self.paging.filter(|_| cursor.is_some()), &self.call, &self.began) {
            (Some(paging), call, began) => {
                next_arguments.insert(paging.size.to_owned(), fewer.into());
                next_arguments.extend(began.as_ref().map(|began| (paging.cursor.to_owned(), Value::from(began.as_str()))));
                let again = began.as_ref().map(|began| format!(" again from {}={began}", paging.cursor)).unwrap_or_default();
                let how = match call {
                    Some(call) => format!("{call} {}={fewer}, and follow its {}", paging.size, paging.cursor),
                    None => format!("ask{again} with {}={fewer} and follow {}", paging.size, paging.cursor),
                };
                (how, None)
            }
            (None, call, _) => {
                next_arguments.insert(FROM_ROW.to_owned(), next_row.into());
                let call = call.as_deref().unwrap_or("call again with the same arguments and");
                (format!("{call} {FROM_ROW}={next_row} for the next"), Some(next_row))
            }
        };
        Cut { note: cut(&how), rows: true, next_row, next_arguments }
    }

    /// Says that texts and lists were shortened. An address takes no arguments, so its reader is told a call, if one shows more.
    fn shortened(&self, left_out: usize) -> String {
        if left_out > 0 {
            return format!(
                "Cut: {} left out, and long texts and lists were shortened (texts are marked …).",
                text::count(left_out, "member")
            );
        }

        let rows = self.rows.as_ref().map_or(0, |(_, rows)| rows.len());
        let how = match (&self.call, self.paging) {
            (None, _) => "; ask for fewer items at a time to see them whole".to_owned(),
            (Some(call), Some(paging)) if rows > 1 => format!("; {call} {}={} shows fewer, less shortened", paging.size, rows.div_ceil(5)),
            (Some(_), _) => String::new(),
        };
        format!("Cut: long texts and lists were shortened (texts are marked …){how}.")
    }

    /// The weight of everything but the rows, with room for what [`Answer::render`] adds.
    fn fixed_weight(&self, form: Form) -> Weight {
        let mut weight = Weight { chars: 600, units: 600 };
        if form != Form::Json {
            weight = self
                .lines
                .iter()
                .chain(self.head.as_ref().map(|head| &head.line))
                .fold(weight, |sum, line| sum.plus(Weight::of(line)).plus(Weight::ASCII));
        }
        for line in &self.closing {
            let line = Weight::of(line.as_str()).plus(Weight { chars: 12, units: 12 });
            // It counts twice, for the text and for the structured content. The form `lines` has no structured content.
            weight = if form == Form::Lines { weight.plus(line) } else { weight.plus(line).plus(line) };
        }
        let cursors =
            self.cursor.iter().chain(&self.began).chain(&self.call).fold(Weight::default(), |sum, cursor| sum.plus(Weight::of(cursor)));
        for (name, value) in &self.facts {
            weight = weight.plus(weigh(value, form)).plus(times(Weight::of(name).plus(Weight { chars: 8, units: 8 }), form));
        }
        weight.plus(cursors).plus(cursors).plus(cursors)
    }

    fn weight(&self, form: Form) -> Weight {
        let rows = self.rows.iter().flat_map(|(_, rows)| rows).map(|row| weigh_row(row, form));
        rows.fold(self.fixed_weight(form), Weight::plus)
    }
}

fn weigh_row(row: &Row, form: Form) -> Weight {
    let value = weigh(&row.value, form).plus(times(Weight::ASCII, form));
    if form == Form::Json { value } else { value.plus(Weight::of(&row.line)).plus(Weight::ASCII) }
}

fn shorten_row(row: &mut Row, most_chars: usize, most_items: usize) -> bool {
    cut_line(&mut row.line, most_chars, most_items);
    shorten(&mut row.value, most_chars, most_items);
    true
}
