//! The truth table of conditions: for every operator of every type, values that meet it and values that do not.

use serde_json::json;

use super::*;

fn condition(field: &str, kind: FieldType, operator: Operator, value: Option<Value>) -> Condition {
    Condition { field: field.into(), operator, value, kind }
}

/// Each pair has the wanted value, field values that meet the condition, and field values that do not.
fn table() -> Vec<(FieldType, Operator, Option<Value>, Vec<Value>, Vec<Value>)> {
    use FieldType as T;
    use Operator as O;
    vec![
        (T::String, O::Equals, Some(json!("Moon ")), vec![json!("moon"), json!(" MOON")], vec![json!("the moon"), json!(3), json!(null)]),
        (T::String, O::Contains, Some(json!("oo")), vec![json!("mOOn")], vec![json!("sun"), json!(["moon"])]),
        (T::String, O::StartsWith, Some(json!("The")), vec![json!("the moon")], vec![json!("at the moon")]),
        (T::String, O::EndsWith, Some(json!("MOON")), vec![json!("the moon")], vec![json!("moonlight")]),
        (T::String, O::IsEmpty, None, vec![json!(""), json!("  "), json!(null)], vec![json!("a"), json!(0)]),
        (T::String, O::IsNotEmpty, None, vec![json!("a")], vec![json!(""), json!(null), json!(1)]),
        (T::Integer, O::Equals, Some(json!(3)), vec![json!(3), json!(3.0)], vec![json!(4), json!("3"), json!(3.5)]),
        (T::Integer, O::GreaterThan, Some(json!(3)), vec![json!(4), json!(u64::MAX)], vec![json!(3), json!(-4)]),
        (T::Integer, O::GreaterEqual, Some(json!(3)), vec![json!(3), json!(4)], vec![json!(2)]),
        (T::Integer, O::LessThan, Some(json!(3)), vec![json!(2), json!(-9)], vec![json!(3), json!(null)]),
        (T::Integer, O::LessEqual, Some(json!(3)), vec![json!(3), json!(2)], vec![json!(4)]),
        (T::Number, O::Equals, Some(json!(0.5)), vec![json!(0.5)], vec![json!(0.6), json!("0.5")]),
        (T::Number, O::GreaterThan, Some(json!(0.5)), vec![json!(0.6), json!(1)], vec![json!(0.5), json!(true)]),
        (T::Number, O::GreaterEqual, Some(json!(1)), vec![json!(1), json!(1.0)], vec![json!(0.99)]),
        (T::Number, O::LessThan, Some(json!(1.5)), vec![json!(1)], vec![json!(1.5)]),
        (T::Number, O::LessEqual, Some(json!(1.5)), vec![json!(1.5)], vec![json!(2)]),
        (T::Boolean, O::Equals, Some(json!(false)), vec![json!(false)], vec![json!(true), json!("false"), json!(null), json!(0)]),
        (T::Array, O::ItemEquals, Some(json!("Dog")), vec![json!(["cat", "dog"])], vec![json!(["hot dog"]), json!("dog"), json!([])]),
        (T::Array, O::ItemContains, Some(json!("Dog")), vec![json!(["hot dog", 1])], vec![json!(["cat"]), json!([3])]),
        (T::Array, O::LengthEquals, Some(json!(2)), vec![json!([1, 2])], vec![json!([1]), json!("ab")]),
        (T::Array, O::LengthGreater, Some(json!(1)), vec![json!([1, 2])], vec![json!([1]), json!(null)]),
        (T::Array, O::LengthLess, Some(json!(1)), vec![json!([])], vec![json!([1]), json!(null)]),
        (T::Array, O::IsEmpty, None, vec![json!([]), json!(null)], vec![json!([null]), json!("")]),
        (T::Array, O::IsNotEmpty, None, vec![json!([0])], vec![json!([]), json!(null), json!("a")]),
    ]
}

#[test]
fn every_pair_of_type_and_operator_has_its_truth_table() {
    let rows = table();
    for kind in FieldType::ALL {
        for operator in Operator::ALL {
            let covered = rows.iter().any(|row| row.0 == kind && row.1 == operator);
            assert_eq!(covered, operator.wants(kind).is_some(), "{kind:?} {operator:?}");
        }
    }
    for (kind, operator, wanted, meets, fails) in rows {
        let condition = condition("f", kind, operator, wanted);
        assert_eq!(condition.check(), Ok(()), "{condition:?}");
        let holds = |value: Value| holds(&condition, &Map::from_iter([("f".to_owned(), value)]));
        for value in meets {
            assert!(holds(value.clone()), "{condition:?} on {value}");
        }
        for value in fails {
            assert!(!holds(value.clone()), "{condition:?} on {value}");
        }
    }
}

#[test]
fn pairs_that_do_not_exist_hold_for_nothing() {
    let values = [json!("a"), json!(1), json!(true), json!(["a"]), json!({})];
    for kind in FieldType::ALL {
        for operator in Operator::ALL.into_iter().filter(|operator| operator.wants(kind).is_none()) {
            for value in &values {
                let condition = condition("f", kind, operator, Some(value.clone()));
                assert!(!holds(&condition, &Map::from_iter([("f".to_owned(), value.clone())])), "{condition:?}");
            }
        }
    }
}

#[test]
fn paths_go_into_objects_and_lists() {
    let Value::Object(metadata) = json!({
        "shots": [{"kind": "wide", "tags": ["sky", "sea"]}, {"kind": "close", "tags": []}, {"kind": null}],
        "place": {"name": "Harbour", "floors": [[1, 2], [3]]},
    }) else {
        panic!("an object was written")
    };
    let holds = |field: &str, kind, operator, value| holds(&condition(field, kind, operator, value), &metadata);
    assert!(holds("place.name", FieldType::String, Operator::Equals, Some(json!("harbour"))));
    assert!(holds("shots[].kind", FieldType::String, Operator::Equals, Some(json!("CLOSE"))));
    assert!(!holds("shots.kind", FieldType::String, Operator::Equals, Some(json!("close"))));
    assert!(holds("shots[].tags", FieldType::Array, Operator::ItemEquals, Some(json!("sea"))));
    assert!(holds("shots[].tags[]", FieldType::Array, Operator::ItemEquals, Some(json!("sea"))));
    assert!(holds("shots[].tags[]", FieldType::String, Operator::Equals, Some(json!("sea"))));
    assert!(holds("shots", FieldType::Array, Operator::LengthEquals, Some(json!(3))));
    assert!(holds("place.floors[][]", FieldType::Integer, Operator::Equals, Some(json!(3))));
    assert!(holds("nowhere.at.all", FieldType::String, Operator::IsEmpty, None));
    assert!(!holds("shots[].kind", FieldType::String, Operator::IsEmpty, None));
}

#[test]
fn all_conditions_must_hold() {
    let metadata = Map::from_iter([("a".to_owned(), json!(1)), ("b".to_owned(), json!("x"))]);
    let a = condition("a", FieldType::Integer, Operator::Equals, Some(json!(1)));
    let b = condition("b", FieldType::String, Operator::Equals, Some(json!("y")));
    let Value::Object(schema) = json!({"properties": {"a": {}, "b": {}, "c": {}}}) else { panic!("an object was written") };
    assert!(all_hold(std::slice::from_ref(&a), &schema, &metadata));
    assert!(!all_hold(&[a, b], &schema, &metadata));
    // A field that is missing is empty, and one that no result can have is not there.
    for (field, holds) in [("c", true), ("d", false)] {
        assert_eq!(all_hold(&[condition(field, FieldType::String, Operator::IsEmpty, None)], &schema, &metadata), holds, "{field}");
    }
}
