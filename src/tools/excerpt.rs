//! Shortens values for a line. It leaves out whole items and members, so that the rest is still JSON.

use serde_json::{Map, Value};

use super::text;

/// A value as minified JSON of about `most` characters.
///
/// Items and members that do not fit are left out and counted. A long text is cut and ends with `…`. A link is left out
/// instead, because half a link is useless.
pub fn brief(value: &Value, most: usize) -> String {
    let whole = value.to_string();
    if whole.chars().count() <= most { whole } else { fitted(value, most).to_string() }
}

/// A value to be read in a sentence: a text without quotation marks, anything else as [`brief`] writes it.
pub fn plain(value: &Value, most: usize) -> String {
    match value {
        Value::String(content) => text::line(content, most),
        other => brief(other, most),
    }
}

fn fitted(value: &Value, most: usize) -> Value {
    match value {
        Value::String(content) => Value::String(text::line(content, most.saturating_sub(2).max(1))),
        Value::Array(items) => {
            let (mut kept, mut left) = (Vec::new(), most.saturating_sub(12));
            for item in items {
                let length = item.to_string().chars().count() + 1;
                if length <= left {
                    kept.push(item.clone());
                    left -= length;
                    continue;
                }
                // The first item is shown in part rather than not at all.
                if kept.is_empty() && left > 20 && !is_link(item) {
                    kept.push(fitted(item, left));
                }
                break;
            }
            if kept.len() < items.len() {
                kept.push(more(items.len() - kept.len()));
            }
            Value::Array(kept)
        }
        Value::Object(members) => {
            let (mut kept, mut left) = (Map::new(), most.saturating_sub(16));
            for (name, member) in members {
                let length = name.chars().count() + member.to_string().chars().count() + 4;
                let room = left.saturating_sub(name.chars().count() + 4);
                if length <= left {
                    kept.insert(name.clone(), member.clone());
                    left -= length;
                } else if room > 30 && !is_link(member) {
                    let shown = fitted(member, room);
                    left = left.saturating_sub(name.chars().count() + shown.to_string().chars().count() + 4);
                    kept.insert(name.clone(), shown);
                }
            }
            if kept.len() < members.len() {
                kept.insert("…".into(), more(members.len() - kept.len()));
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

fn is_link(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.trim_start().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http")) && text.contains("://"))
}

fn more(count: usize) -> Value {
    Value::String(format!("{count} more"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_end_at_their_borders() {
        assert_eq!(brief(&json!({"a": [1, 2]}), 40), r#"{"a":[1,2]}"#);
        assert_eq!(brief(&json!(["rope", "masks", "window", "desk", "revolvers"]), 40), r#"["rope","masks","window","2 more"]"#);
        assert_eq!(plain(&json!("one two three four"), 10), "one two…");
        let cut = brief(&json!({"scene": "a long text ".repeat(20), "mood": "calm"}), 60);
        let read: Value = serde_json::from_str(&cut).unwrap();
        assert!(read["scene"].as_str().unwrap().ends_with('…') && cut.chars().count() <= 70, "{cut}");
    }

    #[test]
    fn half_a_link_is_never_shown() {
        let link = format!("https://example.com/{}", "a".repeat(300));
        for (links, cut) in [
            (json!([link, link]), r#"["2 more"]"#.to_owned()),
            (json!(["short", link]), r#"["short","1 more"]"#.to_owned()),
            (json!({"mood": "calm", "uri": link}), r#"{"mood":"calm","…":"1 more"}"#.to_owned()),
            (json!({"uris": [link]}), r#"{"uris":["1 more"]}"#.to_owned()),
            (json!([{"uri": link, "n": 1}]), r#"[{"n":1,"…":"1 more"}]"#.to_owned()),
        ] {
            assert_eq!(brief(&links, 80), cut);
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<i32>().prop_map(Value::from), ".{0,60}".prop_map(Value::from), any::<bool>().prop_map(Value::from)];
        leaf.prop_recursive(3, 30, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{1,8}", inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_left_is_json(value in value(), most in 10_usize..200) {
            let cut = brief(&value, most);
            prop_assert!(serde_json::from_str::<Value>(&cut).is_ok(), "{}", cut);
            prop_assert!(cut.chars().count() <= most + 80, "{}", cut);
        }
    }
}
