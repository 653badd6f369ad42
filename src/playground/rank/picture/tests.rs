use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::*;

/// A sky, a sun, a hill and some posts; `seed` moves and recolours them.
fn landscape(seed: u32, width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x * 320 / width, y * 180 / height);
        let (sun_x, sun_y) = (40 + seed * 67 % 240, 30 + seed * 31 % 60);
        let hill = 90 + (seed * 13 % 40) + x * (seed % 3) / 8;
        if x.abs_diff(sun_x).pow(2) + y.abs_diff(sun_y).pow(2) < 500 {
            Rgb([250, 220, 90])
        } else if y > hill && (x / 20 + seed).is_multiple_of(5) {
            Rgb([60, 40, 30])
        } else if y > hill {
            Rgb([30 + (seed * 40 % 120).to_le_bytes()[0], 120, 50])
        } else {
            Rgb([90, 120 + (seed * 20 % 80).to_le_bytes()[0], 230 - y.to_le_bytes()[0] / 2])
        }
    })
}

fn png(picture: &RgbImage) -> Vec<u8> {
    encoded(picture, ImageFormat::Png)
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).unwrap();
    bytes
}

fn features(bytes: &[u8]) -> Features {
    Features::of_bytes(bytes).unwrap()
}

fn grey(picture: &RgbImage) -> RgbImage {
    DynamicImage::from(DynamicImage::from(picture.clone()).to_luma8()).to_rgb8()
}

fn brighter(picture: &RgbImage, by: u8) -> RgbImage {
    let mut copy = picture.clone();
    copy.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(|c| c.saturating_add(by)));
    copy
}

#[test]
fn the_same_picture_is_one() {
    for seed in 0..5 {
        let features = features(&png(&landscape(seed, 160, 90)));
        assert!((features.similarity(&features) - 1.0).abs() < 1e-12);
    }
    let flat = features(&png(&RgbImage::from_pixel(10, 10, Rgb([9, 9, 9]))));
    assert!((flat.similarity(&flat) - 1.0).abs() < 1e-12);
}

#[test]
fn copies_are_nearer_than_other_pictures() {
    for colour in [true, false] {
        let view = |picture: RgbImage| if colour { picture } else { grey(&picture) };
        for seed in 0..6 {
            let original = view(landscape(seed, 160, 90));
            let stored = features(&png(&original));
            let copies = [
                png(&view(landscape(seed, 240, 135))),
                jpeg(&original, 40),
                png(&brighter(&original, 20)),
                encoded(&original, ImageFormat::WebP),
                encoded(&original, ImageFormat::Gif),
            ];
            let worst = copies.iter().map(|copy| stored.similarity(&features(copy))).fold(1.0, f64::min);
            let best = (0..6)
                .filter(|other| *other != seed)
                .map(|other| stored.similarity(&features(&png(&view(landscape(other, 160, 90))))))
                .fold(0.0, f64::max);
            assert!(worst > 0.7, "colour {colour}, picture {seed}: a copy is only {worst}");
            assert!(worst > best + 0.05, "colour {colour}, picture {seed}: copy {worst}, other {best}");
        }
    }
}

#[test]
fn similarity_is_symmetric_and_in_range() {
    let all: Vec<_> = (0..6).map(|seed| features(&png(&landscape(seed, 160, 90)))).collect();
    for a in &all {
        for b in &all {
            assert!((0.0..=1.0).contains(&a.similarity(b)));
            assert!((a.similarity(b) - b.similarity(a)).abs() < 1e-12);
        }
    }
}

#[test]
fn stored_features_come_back() {
    let features = features(&png(&landscape(3, 320, 180)));
    let bytes = features.to_bytes();
    assert_eq!(Features::from_bytes(&bytes), Ok(features));
    let mut newer = bytes.clone();
    newer[0] += 1;
    for damaged in [&newer[..], &bytes[1..], &[]] {
        assert_eq!(Features::from_bytes(damaged), Err(PictureError::OtherVersion));
    }
}

#[test]
fn what_is_no_picture_is_refused() {
    assert_eq!(Features::of_bytes(b""), Err(PictureError::UnknownFormat));
    assert_eq!(Features::of_bytes(b"<svg/>"), Err(PictureError::UnknownFormat));
    let picture = png(&landscape(1, 320, 180));
    assert!(matches!(Features::of_bytes(&picture[..picture.len() / 2]), Err(PictureError::Damaged)));
    assert_eq!(Features::of_bytes(&vec![0; MOST_BYTES + 1]), Err(PictureError::TooLarge));
    let wide = png(&RgbImage::new(imaging::MAX_SIDE + 1, 1));
    assert_eq!(Features::of_bytes(&wide), Err(PictureError::TooLarge));
}
