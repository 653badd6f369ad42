//! A contact sheet: pictures side by side, each with its number.

use image::{Rgb, RgbImage, imageops};

/// The most pictures of a sheet.
pub const MAX_TILES: usize = 12;

/// The width of a sheet in pixels.
const WIDTH: u32 = 1024;
/// The most pixels of a tile's side, so that few pictures do not make a large sheet.
const MAX_TILE: u32 = 512;
/// Pixels between tiles.
pub const GAP: u32 = 4;
const GROUND: Rgb<u8> = Rgb([24, 24, 24]);
/// Where there is no picture.
const NOTHING: Rgb<u8> = Rgb([70, 70, 70]);
const INK: Rgb<u8> = Rgb([255, 255, 255]);
const PLATE: Rgb<u8> = Rgb([0, 0, 0]);

/// The digits, five rows of three pixels each, the leftmost in the highest bit.
const DIGITS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];
/// Pixels of one pixel of a digit.
const SCALE: u32 = 4;

/// The size that the tiles of a sheet of so many pictures have at most: width and height are the same, since pictures may be upright.
pub fn tile_side(count: usize) -> u32 {
    (WIDTH.saturating_sub(GAP * (columns(count) + 1)) / columns(count)).min(MAX_TILE)
}

/// Puts pictures on a sheet in rows, the first at the top left, each under its number counted from 1. What is missing leaves its number on an
/// empty tile. Pictures that are larger than a tile are scaled down.
pub fn sheet(pictures: &[Option<RgbImage>]) -> RgbImage {
    let count = pictures.len().max(1);
    let columns = columns(count);
    let rows = u32::try_from(count).unwrap_or(u32::MAX).div_ceil(columns);
    let width = tile_side(count);
    let height = tile_height(pictures, width);
    let mut sheet = RgbImage::from_pixel(columns * (width + GAP) + GAP, rows * (height + GAP) + GAP, GROUND);
    for ((row, column), (number, picture)) in
        (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).zip((1..).zip(pictures))
    {
        let (left, top) = (GAP + column * (width + GAP), GAP + row * (height + GAP));
        match picture {
            Some(picture) => {
                let (w, h) = fitted(picture, width, height);
                let scaled;
                let shown = if (w, h) == picture.dimensions() {
                    picture
                } else {
                    scaled = imageops::resize(picture, w, h, imageops::FilterType::Triangle);
                    &scaled
                };
                imageops::replace(&mut sheet, shown, i64::from(left + (width - w) / 2), i64::from(top + (height - h) / 2));
            }
            None => fill(&mut sheet, left, top, width, height, NOTHING),
        }
        label(&mut sheet, left, top, number);
    }
    sheet
}

/// How many tiles a row of a sheet of so many pictures has.
pub fn columns(count: usize) -> u32 {
    match count {
        0 | 1 => 1,
        2..=4 => 2,
        5..=9 => 3,
        _ => 4,
    }
}

/// The height that suits the shapes of most pictures: that of the one in the middle, neither very flat nor upright.
fn tile_height(pictures: &[Option<RgbImage>], width: u32) -> u32 {
    let mut heights: Vec<u32> =
        pictures.iter().flatten().map(|picture| (width * picture.height() / picture.width().max(1)).clamp(width / 2, width)).collect();
    heights.sort_unstable();
    heights.get(heights.len() / 2).copied().unwrap_or(width * 9 / 16)
}

/// The size of a picture that is scaled to lie within a tile. A small one stays small.
fn fitted(picture: &RgbImage, width: u32, height: u32) -> (u32, u32) {
    let (w, h) = picture.dimensions();
    let (w, h) = (u64::from(w.max(1)), u64::from(h.max(1)));
    let (most_w, most_h) = (u64::from(width), u64::from(height));
    let small = |n: u64| u32::try_from(n.max(1)).unwrap_or(1);
    if w <= most_w && h <= most_h {
        (small(w), small(h))
    } else if w * most_h >= h * most_w {
        (width, small(h * most_w / w))
    } else {
        (small(w * most_h / h), height)
    }
}

/// Writes a number on a plate in a corner.
fn label(sheet: &mut RgbImage, left: u32, top: u32, number: usize) {
    let text = number.to_string();
    let digits: Vec<_> = text.chars().filter_map(|c| DIGITS.get(usize::try_from(c.to_digit(10)?).ok()?)).collect();
    let plate = u32::try_from(digits.len()).unwrap_or_default() * 4 + 1;
    fill(sheet, left, top, plate * SCALE, 7 * SCALE, PLATE);
    for (place, digit) in (0..).zip(digits) {
        for (row, bits) in (0..).zip(digit) {
            for column in (0..3_u32).filter(|column| bits >> (2 - column) & 1 == 1) {
                fill(sheet, left + (1 + place * 4 + column) * SCALE, top + (1 + row) * SCALE, SCALE, SCALE, INK);
            }
        }
    }
}

fn fill(sheet: &mut RgbImage, left: u32, top: u32, width: u32, height: u32, colour: Rgb<u8>) {
    for y in top..top.saturating_add(height) {
        for x in left..left.saturating_add(width) {
            if let Some(pixel) = sheet.get_pixel_mut_checked(x, y) {
                *pixel = colour;
            }
        }
    }
}
