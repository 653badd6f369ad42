use image::RgbImage;

use super::*;

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 251).to_le_bytes()[0], (y % 241).to_le_bytes()[0], 120]));
    let mut out = Vec::new();
    DynamicImage::ImageRgb8(picture).write_to(&mut Cursor::new(&mut out), format).unwrap();
    out
}

#[test]
fn whole_pictures_of_four_formats_are_read_and_damaged_ones_refused() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let bytes = encoded(320, 180, format);
        let picture = decode(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (320, 180), "{format:?}");
        assert_eq!(decode(&bytes[..40]), Err(PictureError::Damaged), "{format:?}");
    }
    assert_eq!(decode(b"<html>"), Err(PictureError::UnknownFormat));
    assert_eq!(decode(&encoded(9, 9, ImageFormat::Png)[..60]), Err(PictureError::Damaged));
}

#[test]
fn photographs_fit_and_giants_are_refused_by_their_dimensions() {
    let cost = |format, each: &[u8], width, height| cost::of(each, format, width, height) <= MAX_MEMORY;
    let (png, jpeg, webp) = (encoded(9, 9, ImageFormat::Png), encoded(9, 9, ImageFormat::Jpeg), encoded(9, 9, ImageFormat::WebP));
    assert!(cost(ImageFormat::Png, &png, 4000, 3000) && !cost(ImageFormat::Png, &png, 6000, 6000));
    assert!(cost(ImageFormat::Jpeg, &jpeg, 4000, 3000) && !cost(ImageFormat::Jpeg, &jpeg, 8000, 6000));
    assert!(cost(ImageFormat::WebP, &webp, 2560, 1440) && !cost(ImageFormat::WebP, &webp, 6000, 4000));
    // The same with the frame header of a progressive picture.
    let at = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let progressive = [&jpeg[..at], &[0xff, 0xc2], &jpeg[at + 2..]].concat();
    assert!(cost(ImageFormat::Jpeg, &progressive, 2560, 1440) && !cost(ImageFormat::Jpeg, &progressive, 4000, 3000));
    // Every byte of a lossless picture can stand for tables.
    assert!(!cost(ImageFormat::WebP, &[webp.clone(), vec![0; 200_000]].concat(), 9, 9));
}

#[test]
fn what_is_not_pixels_is_not_given_to_decoders() {
    let png = encoded(8, 8, ImageFormat::Png);
    let (head, rest) = png.split_at(33);
    let mut with_text = head.to_vec();
    with_text.extend_from_slice(&[0, 0, 0, 3]);
    with_text.extend_from_slice(b"zTXtabc\0\0\0\0");
    with_text.extend_from_slice(rest);
    assert_eq!(strip::png(&with_text).as_deref(), strip::png(&png).as_deref());
    let jpeg = encoded(8, 8, ImageFormat::Jpeg);
    let (head, rest) = jpeg.split_at(2);
    let with_profile = [head, &[0xff, 0xe2, 0, 6, 1, 2, 3, 4, 0xff, 0xfe, 0, 3, 9], rest].concat();
    assert_eq!(strip::jpeg(&with_profile).as_deref(), Some(&*jpeg));
    assert_eq!(decode(&with_profile), decode(&jpeg));
}

#[tokio::test]
async fn two_work_at_a_time_and_nobody_waits_for_a_slow_one() {
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let slow = |held: std::sync::mpsc::Receiver<()>| beside(Duration::ZERO, move || held.recv());
    assert_eq!(slow(held).await.map(|_| ()), Err(PictureError::TooSlow));
    // It was never started, or it goes on by itself; either way the other place is free.
    assert_eq!(beside(Duration::from_mins(1), || 7).await, Ok(7));
    drop(hold);
    assert_eq!(beside(Duration::from_mins(1), || -> u8 { panic!("as a decoder may") }).await, Err(PictureError::Damaged));
    assert_eq!(beside(Duration::from_mins(1), || 8).await, Ok(8));
}

#[test]
fn pictures_are_scaled_down_only_and_put_on_white() {
    let scaled = |width, height| {
        let small = within(&DynamicImage::ImageRgb8(RgbImage::new(width, height)), 512, 512);
        (small.width(), small.height())
    };
    assert_eq!((scaled(320, 180), scaled(700, 350), scaled(4000, 1000), scaled(3, 4000)), ((320, 180), (512, 256), (512, 128), (1, 512)));
    let clear = DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(2, 2, image::Rgba([0, 0, 0, 0])));
    assert!(within(&clear, 512, 512).pixels().all(|pixel| pixel.0 == [255; 3]));
}

#[test]
fn a_jpeg_fits_whatever_is_in_it() {
    let noise = RgbImage::from_fn(512, 512, |x, y| {
        let mixed = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519);
        let [_, a, b, c] = mixed.to_le_bytes();
        Rgb([a, b, c])
    });
    let small = jpeg(&noise, 20_000).unwrap();
    assert!(small.len() <= 20_000 && decode(&small).is_ok());
    assert!(jpeg(&noise, 700_000).unwrap().len() > small.len());
}

#[test]
fn a_sheet_has_a_numbered_tile_for_each_picture_and_is_narrow() {
    let tile = || Some(RgbImage::from_pixel(300, 200, Rgb([200, 30, 30])));
    for (count, columns) in [(1, 1), (2, 2), (4, 2), (5, 3), (9, 3), (12, 4)] {
        let mut tiles: Vec<_> = std::iter::repeat_with(tile).take(count).collect();
        let whole = sheet(&tiles);
        assert!(whole.width() <= 1024 && whole.height() <= 1024, "{count}: {} x {}", whole.width(), whole.height());
        let red = |sheet: &RgbImage| sheet.pixels().filter(|pixel| pixel.0 == [200, 30, 30]).count();
        // A tile without a picture has the shape of the others.
        tiles[0] = None;
        let fewer = sheet(&tiles);
        assert!(count == 1 || (fewer.width(), fewer.height()) == (whole.width(), whole.height()));
        assert!(red(&fewer) < red(&whole), "{count}");
        // In the middle of the first row there are as many columns as expected: between two tiles the ground is seen.
        let y = whole.height() / u32::try_from(count.div_ceil(columns)).unwrap() / 2;
        let row: Vec<bool> = (0..whole.width()).map(|x| whole.get_pixel(x, y).0 == [200, 30, 30]).collect();
        assert_eq!(row.windows(2).filter(|pair| !pair[0] && pair[1]).count(), columns, "{count}");
    }
}
