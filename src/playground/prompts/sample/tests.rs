//! Samples that fit, that do not, and that nobody could check.

use serde_json::json;

use super::*;

fn verdict(schema: Value, data: &Value) -> Verdict {
    let Value::Object(schema) = schema else { panic!("schemas are objects") };
    check(&schema, data)
}

#[test]
fn each_keyword_refuses_what_does_not_fit() {
    let cases = [
        (json!({"type": "string"}), json!("a"), json!(1)),
        (json!({"type": ["string", "null"]}), json!(null), json!(true)),
        (json!({"type": "integer"}), json!(2.0), json!(2.5)),
        (json!({"enum": ["a", 1]}), json!(1), json!("b")),
        (json!({"const": 3}), json!(3), json!(4)),
        (json!({"minimum": 2}), json!(2), json!(1)),
        (json!({"maximum": 2}), json!(2), json!(3)),
        (json!({"exclusiveMinimum": 2}), json!(2.1), json!(2)),
        (json!({"exclusiveMaximum": 2}), json!(1.9), json!(2)),
        (json!({"multipleOf": 0.1}), json!(0.3), json!(0.35)),
        (json!({"minLength": 2}), json!("éé"), json!("é")),
        (json!({"maxLength": 2}), json!("éé"), json!("ééé")),
        (json!({"minItems": 1}), json!([1]), json!([])),
        (json!({"maxItems": 1}), json!([1]), json!([1, 2])),
        (json!({"uniqueItems": true}), json!([1, 2]), json!([{"a": 1, "b": 2}, {"b": 2, "a": 1}])),
        (json!({"items": {"type": "string"}}), json!(["a"]), json!(["a", 2])),
        (json!({"prefixItems": [{"type": "string"}], "items": {"type": "null"}}), json!(["a", null]), json!([null])),
        (json!({"items": [{"type": "string"}], "additionalItems": {"type": "null"}}), json!(["a", null]), json!(["a", 1])),
        (json!({"required": ["a"]}), json!({"a": null}), json!({"b": 1})),
        (json!({"properties": {"a": {"type": "boolean"}}}), json!({"a": true}), json!({"a": "true"})),
        (json!({"properties": {"a": {}}, "additionalProperties": false}), json!({"a": 1}), json!({"b": 1})),
        (json!({"properties": {"a": {}}, "additionalProperties": {"type": "null"}}), json!({"a": 1, "b": null}), json!({"b": 1})),
        (json!({"properties": {"a": {"$ref": "#/$defs/x~1y"}}, "$defs": {"x/y": {"type": "null"}}}), json!({"a": null}), json!({"a": 1})),
        (json!({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}), json!([]), json!({"a": {}})),
        (json!({"$ref": "#/$defs/x", "$defs": {}}), json!(null), json!(1)),
        (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!(null), json!(5)),
        (json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}), json!(5.5), json!(5)),
        (json!({"allOf": [{"type": "integer"}, {"minimum": 7}]}), json!(7), json!(5)),
        (json!({"not": {"type": "integer"}}), json!("a"), json!(5)),
    ];
    for (schema, good, bad) in cases {
        let no_schema = schema.get("$ref").is_some();
        assert_eq!(verdict(schema.clone(), &good).misfit.is_some(), no_schema, "{schema}");
        assert!(verdict(schema.clone(), &bad).misfit.is_some(), "{schema} on {bad}");
    }
}

#[test]
fn the_place_of_a_mismatch_is_named() {
    let schema = json!({"type": "object", "properties": {"shots": {"type": "array", "items": {"type": "object", "required": ["kind"]}}}});
    let misfit = verdict(schema, &json!({"shots": [{"kind": 1}, {}]})).misfit;
    assert_eq!(misfit.as_deref(), Some("$.shots[1].kind is missing"));
}

#[test]
fn what_is_not_looked_at_is_named_and_what_never_ends_is_ended() {
    let found = verdict(json!({"properties": {"a": {"pattern": "^x", "format": "date"}, "b": {"contains": {}}}}), &json!({"a": "y"}));
    assert_eq!((found.misfit, found.unchecked), (None, vec!["format", "pattern"]));
    for endless in [
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}),
        json!({"not": {"$ref": "#"}}),
        json!({"anyOf": [{"$ref": "#"}, {"type": "null"}]}),
    ] {
        let misfit = verdict(endless.clone(), &json!(1)).misfit;
        assert!(misfit.is_some_and(|misfit| misfit.contains("refers to itself")), "{endless}");
    }
    // Neither does what is large and read again and again: choices, names of members, and lists of which each item is compared.
    let often = vec![json!({"$ref": "#/$defs/e"}); 10_000];
    let (large, name) = ("x".repeat(1 << 20), "y".repeat(1 << 20));
    for (inner, data) in [
        (json!({"enum": [large]}), json!(1)),
        (json!({"const": large}), json!(1)),
        (json!({"required": vec!["y"; 100_000]}), json!({})),
        (json!({"uniqueItems": true, "minItems": 3}), json!([large, name])),
        (json!({"additionalProperties": {"type": "null"}}), json!(vec![1; 100_000])),
    ] {
        let misfit = verdict(json!({"$defs": {"e": inner}, "not": {"allOf": often}, "anyOf": often}), &data).misfit;
        assert!(misfit.is_some_and(|misfit| misfit.contains("could not be checked to the end")));
    }
}

#[test]
fn what_is_said_of_a_misfit_stays_short() {
    let (large, many) = ("x".repeat(5_000), (0..500).collect::<Vec<_>>());
    for (schema, data) in [
        (json!({"enum": many}), json!("a")),
        (json!({"enum": [large, large]}), json!("a")),
        (json!({"const": large}), json!("a")),
        (json!({"required": [large]}), json!({})),
        (json!({"anyOf": many.iter().map(|number| json!({"const": number})).collect::<Vec<_>>()}), json!("a")),
        (json!({"$ref": large}), json!("a")),
    ] {
        let misfit = verdict(schema, &data).misfit.unwrap();
        assert!(misfit.len() < 3_000, "{misfit}");
    }
    let misfit = verdict(json!({"enum": many}), &json!("a")).misfit.unwrap();
    assert!(misfit.ends_with("8, 9 and 490 more"), "{misfit}");
}
