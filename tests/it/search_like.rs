//! Searching by the picture of something that was found.

use serde_json::{Value, json};

use crate::support::{Server, counted, shared};

const INDEX: &str = "idx_early_cinema";
const SEGMENT: &str = "seg_great_train_robbery_1903_001";
const HANDLE: &str = "vid_great_train_robbery_1903@0-68";

#[test]
fn a_moment_stands_for_its_picture() {
    let (upstream, mut server) = counted(&[]);
    for like in [SEGMENT, HANDLE, " vid_great_train_robbery_1903@5-6 "] {
        let (text, structured) = server.ok("search_videos_by_image", json!({"like": like, "index_id": INDEX, "top_k": 3}));
        let hits = structured["results"].as_array().unwrap();
        assert_eq!(hits.len(), 3, "{like}: {text}");
        assert!(hits.iter().all(|hit| hit["segment_id"] != SEGMENT), "the moment itself is no hit: {structured}");
        assert!(text.contains("itself was left out") && structured["notes"].to_string().contains("itself was left out"), "{text}");
        assert_eq!(structured["like"], like.trim());
        let sent = upstream.take();
        assert!(sent.len() <= 3 && sent.iter().filter(|seen| seen.target.ends_with("/image-search")).count() == 1, "{like}: {sent:?}");
    }
    // The hits are those of the picture's own bytes.
    let picture = server.call("show_moment", json!({"video_id": HANDLE}))["content"][1]["data"].clone();
    let by_bytes = server.ok("search_videos_by_image", json!({"image_data": picture, "index_id": INDEX, "top_k": 4})).1;
    let by_like = server.ok("search_videos_by_image", json!({"like": HANDLE, "index_id": INDEX, "top_k": 3})).1;
    let ids = |hits: &Value| hits["results"].as_array().unwrap().iter().map(|hit| hit["segment_id"].to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&by_bytes)[1..], ids(&by_like));
}

#[test]
fn words_and_a_moment_go_together() {
    let (_upstream, mut server) = counted(&[]);
    let (text, structured) =
        server.ok("multimodal_search", json!({"like": SEGMENT, "text_query": "a train", "index_id": INDEX, "top_k": 5}));
    assert_eq!(structured["results"].as_array().unwrap().len(), 5, "{text}");
    assert_eq!((&structured["has_image"], &structured["like"]), (&json!(true), &json!(SEGMENT)));
    assert!(!text.contains(&format!("{HANDLE} ")), "{text}");
    // What is fused is a rank, so the nearness to both is told in its place.
    let first = &structured["results"][0];
    let near = |name: &str| first[name].as_f64().is_some_and(|score| (0.0..=1.0).contains(&score));
    assert!(near("image_score") && first.get("score").is_none() && text.contains(" picture 0."), "{text}");
    let alone = server.ok("multimodal_search", json!({"like": HANDLE, "index_id": INDEX, "top_k": 2})).1;
    assert_eq!(alone["results"].as_array().unwrap().len(), 2);
}

#[test]
fn a_picture_of_one_moment_needs_no_time() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &[]);
    let found = server.ok("search_videos_by_image", json!({"like": "vid_blue_marble_1972", "index_id": "Space and nature", "top_k": 2})).1;
    assert!(found["results"].as_array().unwrap().iter().all(|hit| hit["video_id"] != "vid_blue_marble_1972"), "{found}");
}

#[test]
fn exactly_one_picture_is_wanted() {
    let (upstream, mut server) = counted(&[]);
    let data = "iVBORw0KGgoAAAANSUhEUgAA";
    for tool in ["search_videos_by_image", "multimodal_search"] {
        let text = server.error(tool, json!({"like": SEGMENT, "image_data": data, "index_id": INDEX}));
        assert!(text.contains("`image_data` or `like`, not both"), "{text}");
        for nothing in [json!({"index_id": INDEX}), json!({"index_id": INDEX, "like": "", "image_data": ""})] {
            let text = server.error(tool, nothing);
            assert!(text.contains("`like`") && text.contains("`image_data`"), "{text}");
        }
    }
    for wrong in ["../x", "a/b c", "v@1-2/3"] {
        let text = server.error("search_videos_by_image", json!({"like": wrong, "index_id": INDEX}));
        assert!(text.contains("like"), "{wrong}: {text}");
    }
    assert!(upstream.take().is_empty(), "nothing was sent");
}

#[test]
fn what_is_not_known_is_said_and_so_is_a_time_without_a_segment() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &[]);
    for (like, said) in [
        ("seg_nothing_1900_001", "seg_nothing_1900_001"),
        ("vid_great_train_robbery_1903@90000-90001", "the nearest is seg_great_train_robbery_1903"),
        ("vid_great_train_robbery_1903", "several segments"),
    ] {
        let text = server.error("search_videos_by_image", json!({"like": like, "index_id": INDEX}));
        assert!(text.contains(said), "{like}: {text}");
    }
}

#[test]
fn a_key_that_may_only_search_is_told_what_like_needs() {
    let (upstream, mut server) = counted(&["--scopes", "search"]);
    let text = server.error("search_videos_by_image", json!({"like": HANDLE, "index_id": INDEX}));
    assert!(text.contains("scope read"), "{text}");
    assert!(upstream.take().is_empty());
}
