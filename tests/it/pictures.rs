//! Pictures from an upstream that means harm, and the contact sheet: memory, time, and what comes out.

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::{Value, json};

use crate::support::{Answer, Seen, Server, Upstream, shared};

const VIDEO: &str = "vid_great_train_robbery_1903";
/// What a server may take for pictures over what it takes without: two decodings of 64 MiB each, eight pictures of 4 MiB that wait, and room
/// for the allocator.
#[cfg(target_os = "linux")]
const MOST_MEMORY_KB: u64 = (2 * 64 + 8 * 4 + 48) << 10;

/// A picture with some colours in it.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(&DynamicImage::ImageRgb8(painted(width, height)), ImageFormat::Png)
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn painted(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 251).to_le_bytes()[0], (y % 241).to_le_bytes()[0], 120]))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A PNG chunk with its checksum.
fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(content);
    [&u32::try_from(content.len()).unwrap().to_be_bytes(), name, content, &crc.sum().to_be_bytes()].concat()
}

/// So many zeros, compressed: one piece is packed and stands there again and again.
fn zeros(mebibytes: usize) -> Vec<u8> {
    let mut packer = flate2::Compress::new(flate2::Compression::best(), false);
    let mut piece = Vec::with_capacity(1 << 16);
    packer.compress_vec(&vec![0; 1 << 20], &mut piece, flate2::FlushCompress::Full).unwrap();
    // The checksum of zeros counts them.
    let count = u32::try_from((mebibytes << 20) % 65_521).unwrap();
    // A header, the pieces, an empty last block.
    [&[0x78, 0xda], &*piece.repeat(mebibytes), &[3, 0], &(count << 16 | 1).to_be_bytes()].concat()
}

/// A small PNG with a chunk before its pixels.
fn png_with(name: &[u8], content: &[u8]) -> Vec<u8> {
    let whole = png(8, 8);
    // After the signature and the header.
    let (start, rest) = whole.split_at(33);
    [start, &chunk(name, content), rest].concat()
}

/// A black PNG of this size.
fn black_png(side: u32, grey: bool) -> Vec<u8> {
    let mut header = [side.to_be_bytes(), side.to_be_bytes()].concat();
    header.extend([8, if grey { 0 } else { 2 }, 0, 0, 0]);
    let side = usize::try_from(side).unwrap();
    let mebibytes = (side * (side * if grey { 1 } else { 3 } + 1)).div_ceil(1 << 20);
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &zeros(mebibytes)), chunk(b"IEND", &[])].concat()
}

/// A JPEG whose frame says to be of another size.
#[cfg(target_os = "linux")]
fn giant_jpeg(side: u16) -> Vec<u8> {
    let mut bytes = encoded(&DynamicImage::ImageRgb8(painted(64, 64)), ImageFormat::Jpeg);
    let at = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[at + 5..at + 9].copy_from_slice(&[side.to_be_bytes(), side.to_be_bytes()].concat());
    bytes
}

/// A GIF whose screen and frame say to be of another size.
#[cfg(target_os = "linux")]
fn giant_gif(side: u16) -> Vec<u8> {
    let mut bytes = encoded(&DynamicImage::ImageRgb8(painted(64, 64)), ImageFormat::Gif);
    let size = [64_u16.to_le_bytes(), 64_u16.to_le_bytes()].concat();
    let places: Vec<usize> = bytes.windows(4).enumerate().filter(|(_, window)| *window == size).map(|(at, _)| at).collect();
    for at in places {
        bytes[at..at + 4].copy_from_slice(&[side.to_le_bytes(), side.to_le_bytes()].concat());
    }
    bytes
}

/// Bits of a lossless WebP, the lowest first.
#[cfg(target_os = "linux")]
#[derive(Default)]
struct Bits(Vec<bool>);

#[cfg(target_os = "linux")]
impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        self.0.extend((0..count).map(|bit| value >> bit & 1 == 1));
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
    }
}

/// A lossless WebP of a few pixels that has its decoder make 65,536 groups of code tables of 4 KiB each.
#[cfg(target_os = "linux")]
fn webp_with_tables() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2f, 8);
    bits.put(3, 14);
    bits.put(3, 14);
    bits.put(0, 4);
    // No transform, no colour cache; an image of groups, of one pixel, whose only colour is group 65,535.
    bits.put(0, 2);
    bits.put(1, 1);
    bits.put(0, 3);
    bits.put(0, 1);
    for symbol in [255, 255, 0, 0] {
        // A code of one symbol of eight bits.
        bits.put(0b101, 3);
        bits.put(symbol, 8);
    }
    // The code of distances.
    bits.put(0b001, 4);
    for _ in 0..65_536_u32 * 5 {
        // Code lengths 1 to 10 for the first symbols, 10 for one more, none after: a table of 1,024 entries.
        bits.put(0, 1);
        bits.put(15 - 4, 4);
        // In the order of the format: 17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11.
        for length in [0, 0, 0, 4, 4, 4, 4, 4, 0, 4, 4, 5, 5, 1, 0] {
            bits.put(length, 3);
        }
        bits.put(1, 1);
        bits.put(1, 3);
        bits.put(11 - 2, 4);
        // The codes of 1 to 7 are 1000 to 1110, of 8 and 9 11110 and 11111, of 10 it is 0; each is written from its first bit.
        for length in (1..=10_u32).chain([10]) {
            let (code, count) = match length {
                1..=7 => (7 + length, 4),
                8 | 9 => (22 + length, 5),
                _ => (0, 1),
            };
            (0..count).rev().for_each(|bit| bits.put(code >> bit & 1, 1));
        }
    }
    let data = bits.bytes();
    let mut riff = b"WEBPVP8L".to_vec();
    riff.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    riff.extend(&data);
    riff.resize(riff.len() + data.len() % 2, 0);
    [b"RIFF".to_vec(), u32::try_from(riff.len()).unwrap().to_le_bytes().to_vec(), riff].concat()
}

/// A server before a proxy that answers every thumbnail with these bytes.
fn server_with(bytes: Vec<u8>, kind: &'static str) -> (Upstream, Server) {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(move |seen: &Seen| {
        if seen.target.ends_with("/thumbnail") {
            Answer::Fixed(200, vec![("content-type", kind.into())], bytes.clone())
        } else {
            Answer::Pass
        }
    });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    server.tools();
    (upstream, server)
}

fn image_of(result: &Value) -> Option<DynamicImage> {
    let block = result["content"].as_array().unwrap().iter().find(|block| block["type"] == "image")?;
    assert_eq!(block["mimeType"], "image/jpeg");
    let data = block["data"].as_str().unwrap();
    assert!(data.len() <= 700_000, "{}", data.len());
    Some(image::load_from_memory_with_format(&STANDARD.decode(data).unwrap(), ImageFormat::Jpeg).unwrap())
}

/// The most memory that a process has had, in KiB.
#[cfg(target_os = "linux")]
fn peak(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn bombs_of_every_format_take_bounded_memory_in_twelve_calls_at_once() {
    let bombs: Vec<(&str, Vec<u8>)> = vec![
        ("png pixels", black_png(6000, false)),
        ("png pixels at the limit", black_png(7500, true)),
        ("png iCCP", png_with(b"iCCP", &[b"p\0\0".to_vec(), zeros(300)].concat())),
        ("png zTXt", png_with(b"zTXt", &[b"k\0\0".to_vec(), zeros(300)].concat())),
        ("png iTXt", png_with(b"iTXt", &[b"XML:com.adobe.xmp\0\x01\0\0\0".to_vec(), zeros(300)].concat())),
        ("jpeg", giant_jpeg(65_500)),
        ("gif", giant_gif(65_500)),
        ("webp tables", webp_with_tables()),
    ];
    for (name, bomb) in bombs {
        assert!(bomb.len() < 4 << 20, "{name}: {}", bomb.len());
        let (_upstream, mut server) = server_with(bomb, "image/png");
        let before = peak(&server);
        // The one that is really decoded takes seconds without optimisation.
        let calls = if name.ends_with("limit") { 4 } else { 12 };
        let asked: Vec<i64> = (0..calls)
            .map(|_| server.ask("tools/call", json!({"name": "show_moment", "arguments": {"video_id": format!("{VIDEO}@0-68")}})))
            .collect();
        for id in asked {
            let result = server.answer(id)["result"].clone();
            assert_ne!(result["isError"], true, "{name}: {result}");
            let text = result["content"][0]["text"].as_str().unwrap();
            assert!(image_of(&result).is_some() || text.contains("The picture could not be shown: "), "{name}: {text}");
        }
        let taken = peak(&server) - before;
        assert!(taken <= MOST_MEMORY_KB, "{name}: {} MiB", taken >> 10);
    }
}

#[test]
fn what_is_not_pixels_does_not_hide_the_pixels() {
    // A profile of 300 MiB is not looked at, and the picture is there.
    let (_upstream, mut server) = server_with(png_with(b"iCCP", &[b"p\0\0".to_vec(), zeros(300)].concat()), "image/png");
    let result = server.call("show_moment", json!({"video_id": format!("{VIDEO}@0-68")}));
    assert_eq!(image_of(&result).map(|picture| (picture.width(), picture.height())), Some((8, 8)), "{result}");
}

#[test]
fn every_picture_is_encoded_anew() {
    const MARK: &[u8] = b"kept-by-nobody";
    let picture = DynamicImage::ImageRgb8(painted(60, 40));
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        // What stands behind a picture is no part of it.
        let bytes = [&encoded(&picture, format)[..], MARK].concat();
        let json = json!({"thumbnail_data": format!("data:image/x;base64,{}", base64(&bytes))}).to_string().into_bytes();
        for (body, kind) in [(bytes, "image/jpeg"), (json, "application/json")] {
            let (_upstream, mut server) = server_with(body, kind);
            let result = server.call("show_moment", json!({"video_id": format!("{VIDEO}@0-68")}));
            let shown = image_of(&result).unwrap_or_else(|| panic!("{format:?}: {result}"));
            assert_eq!((shown.width(), shown.height()), (60, 40));
            let block = &result["content"][1];
            let sent = STANDARD.decode(block["data"].as_str().unwrap()).unwrap();
            assert!(!sent.windows(MARK.len()).any(|window| window == MARK), "{format:?}");
        }
    }
}

#[test]
fn what_is_no_picture_is_said_with_the_rest_of_the_moment() {
    let half = png(300, 300);
    let animated = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
    for (bytes, why) in [
        (half[..half.len() / 2].to_vec(), "damaged"),
        (animated, "neither JPEG, PNG, WebP nor GIF"),
        (Vec::new(), "neither JPEG, PNG, WebP nor GIF"),
        (vec![0; 5 << 20], "larger than 4 MiB"),
        (black_png(20_000, true), "20000 x 20000"),
    ] {
        let (_upstream, mut server) = server_with(bytes, "image/png");
        let (text, structured) = server.ok("show_moment", json!({"video_id": format!("{VIDEO}@0-68")}));
        assert!(text.contains("The picture could not be shown: ") && text.contains(why), "{why}: {text}");
        assert!(text.contains("Metadata: ") && structured.is_null(), "{text}");
    }
}

#[test]
#[cfg(unix)]
fn a_signal_ends_the_server_while_it_decodes() {
    // Enough work for seconds: the pictures wait for each other.
    let (upstream, mut server) = server_with(black_png(7500, true), "image/png");
    for _ in 0..12 {
        server.ask("tools/call", json!({"name": "show_moment", "arguments": {"video_id": format!("{VIDEO}@0-68")}}));
    }
    upstream.wait_for(|seen| seen.target.ends_with("/thumbnail"));
    assert!(crate::support::shell(&format!("kill -TERM {}", server.pid())).status.success());
    let (status, _, stderr) = server.finish();
    assert_eq!(status.code(), Some(0), "{stderr}");
}

/// Handles of the first moments of a search.
fn handles(server: &mut Server, query: &str, count: usize) -> Vec<String> {
    let (_, found) = server.ok("search_videos", json!({"query": query, "index_id": "idx_early_cinema", "top_k": count}));
    let handle = |hit: &Value| format!("{}@{}-{}", hit["video_id"].as_str().unwrap(), hit["start_time"], hit["end_time"]);
    let rows = found["results"].as_array().unwrap().iter().filter(|hit| hit["start_time"].is_number());
    rows.map(handle).collect()
}

#[test]
fn twelve_moments_are_one_sheet_from_few_requests() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    server.tools();
    let mut moments = handles(&mut server, "people outdoors", 12);
    assert_eq!(moments.len(), 12, "{moments:?}");
    upstream.take();
    let result = server.call("show_moments", json!({"moments": moments}));
    let requests = upstream.take();
    // One for all segments, one for each picture; the titles are known from the search.
    assert!(requests.len() <= 14, "{requests:?}");
    let text = result["content"][0]["text"].as_str().unwrap();
    let sheet = image_of(&result).unwrap();
    assert!(sheet.width() <= 1024 && sheet.height() <= 1024, "{} x {}", sheet.width(), sheet.height());
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("12 moments") && lines[0].contains(", from run run_"), "{text}");
    for (number, (line, handle)) in (1..).zip(lines[1..].iter().zip(&moments)) {
        assert!(line.starts_with(&format!("{number}. {handle} ")) && line.contains('"'), "{line}");
    }
    assert!(text.len() < 3_000, "{text}");
    assert!(text.contains("drawn"), "the playground has no footage: {text}");
    assert!(result.get("structuredContent").is_none());

    // What two runs read is told apart, and the common run is named once.
    let two = json!([format!("{VIDEO}@0-68"), format!("{VIDEO}@100-101"), "vid_damaged_reel_1906@0-1"]);
    let text = server.call("show_moments", json!({"moments": two}))["content"][0]["text"].as_str().unwrap().to_owned();
    assert!(text.lines().next().unwrap().ends_with("where no other is named"), "{text}");
    assert!(text.contains(" run run_scene_catalogue_damaged") && text.matches("run run_").count() == 2, "{text}");

    // The same moment twice, and more than a sheet holds.
    moments.push(moments[0].clone());
    moments.push(format!("{VIDEO}@1-2"));
    let text = server.call("show_moments", json!({"moments": moments}))["content"][0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("shown once") && text.contains(&format!("call again with the others: {VIDEO}@1-2.")), "{text}");
}

#[test]
fn a_moment_that_cannot_be_shown_keeps_its_number_and_says_why() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| {
        let lost = seen.target.contains("seg_great_train_robbery_1903_002");
        if lost { Answer::json(500, &json!({"error": {"code": "internal", "message": "no"}})) } else { Answer::Pass }
    });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--output", "json", "--max-retries", "0"]);
    server.tools();
    let moments = json!([
        format!("{VIDEO}@0-68"),
        "vid_none@0-5",
        format!("{VIDEO}@90000-90001"),
        "seg_great_train_robbery_1903_002",
        "no id at all",
        "seg_great_train_robbery_1903_003",
        "seg_none",
    ]);
    let result = server.call("show_moments", json!({"moments": moments}));
    assert_ne!(result["isError"], true, "{result}");
    assert!(image_of(&result).is_some());
    let rows = result["structuredContent"]["moments"].as_array().unwrap();
    let numbers: Vec<u64> = rows.iter().map(|row| row["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    let error = |row: usize| rows[row]["error"].as_str().unwrap_or_default();
    assert_eq!((error(0), error(5)), ("", ""), "{rows:?}");
    assert!(error(1).contains("not found") || error(1).contains("404"), "{}", error(1));
    assert!(error(2).contains("the nearest is"), "{}", error(2));
    assert!(error(3).contains("no picture") && error(6).contains("no segment and no video"), "{rows:?}");
    assert!(error(4).contains("no video `no id at all`"), "{}", error(4));

    // Nothing at all is an error, and so is an empty list.
    assert!(server.error("show_moments", json!({"moments": ["vid_none@0-5", "?"]})).contains("vid_none"));
    assert!(server.error("show_moments", json!({"moments": []})).contains("at least 1"));
}

#[test]
fn one_video_is_paged_through_once_for_all_its_moments() {
    let upstream = Upstream::before(&shared().base_url);
    // An API that cannot give the segments of several videos at once.
    upstream.script(|seen| if seen.target == "/videos/batch/segments" { Answer::html(404) } else { Answer::Pass });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    server.tools();
    let other = handles(&mut server, "a voyage to the moon", 5).into_iter().find(|handle| !handle.starts_with(VIDEO)).unwrap();
    upstream.take();
    let moments = json!([format!("{VIDEO}@0-68"), format!("{VIDEO}@70-71"), format!("{VIDEO}@71-72"), other]);
    let result = server.call("show_moments", json!({"moments": moments}));
    assert!(image_of(&result).is_some(), "{result}");
    let seen = upstream.take();
    let lists = seen.iter().filter(|seen| seen.target.contains("/segments?")).count();
    let pictures = seen.iter().filter(|seen| seen.target.ends_with("/thumbnail")).count();
    assert_eq!((lists, pictures), (2, 3), "{seen:?}");
}
