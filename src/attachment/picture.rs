//! Attachment: a photo drawn anew. Its rule: the size is asked before a pixel is decoded, and nothing but
//! the pixels goes on: no position, no camera, no small picture inside, nothing behind the end.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::{DynamicImage, ImageDecoder, ImageError, Limits};

use super::refusal::{broken, refused};
use crate::error::Result;

/// Fine enough that what a photo proves can be seen, and about as large as a camera's own.
const QUALITY: u8 = 88;
/// Longest side: what formats and viewers take.
const SIDE: u32 = 30_000;
/// Bytes that a pixel takes in memory, at most: what has more is refused sooner.
const PER_PIXEL: u64 = 4;

/// The same photo as a JPEG of ours.
pub(super) fn jpeg(bytes: &[u8], most_pixels: u64) -> Result<Vec<u8>> {
    guarded(|| {
        let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(told)?;
        let picture = decode(decoder, most_pixels)?;
        // A camera has no transparency and no deep colours; grey stays grey.
        let picture = match picture {
            DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => picture,
            other => DynamicImage::ImageRgb8(other.into_rgb8()),
        };
        let mut drawn = Vec::new();
        picture
            .write_with_encoder(JpegEncoder::new_with_quality(&mut drawn, QUALITY))
            .map_err(told)?;
        Ok(drawn)
    })
}

/// The same picture as a PNG of ours; of a moving one the first.
pub(super) fn png(bytes: &[u8], most_pixels: u64) -> Result<Vec<u8>> {
    guarded(|| {
        let limits = limits(most_pixels);
        let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits).map_err(told)?;
        let picture = decode(decoder, most_pixels)?;
        let picture = match picture {
            DynamicImage::ImageLuma16(_) => DynamicImage::ImageLuma8(picture.into_luma8()),
            DynamicImage::ImageRgb16(_) => DynamicImage::ImageRgb8(picture.into_rgb8()),
            DynamicImage::ImageLumaA16(_) | DynamicImage::ImageRgba16(_) => {
                DynamicImage::ImageRgba8(picture.into_rgba8())
            }
            eight_bits => eight_bits,
        };
        let mut drawn = Vec::new();
        let encoder = PngEncoder::new_with_quality(
            &mut drawn,
            CompressionType::Default,
            FilterType::Adaptive,
        );
        picture.write_with_encoder(encoder).map_err(told)?;
        Ok(drawn)
    })
}

fn limits(most_pixels: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(most_pixels.saturating_mul(PER_PIXEL));
    limits
}

/// The picture, turned as the camera was held.
fn decode(mut decoder: impl ImageDecoder, most_pixels: u64) -> Result<DynamicImage> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let too_many = width > SIDE || height > SIDE || pixels > most_pixels;
    if too_many || decoder.total_bytes() > most_pixels.saturating_mul(PER_PIXEL) {
        return Err(refused("attachment.pixels"));
    }
    decoder.set_limits(limits(most_pixels)).map_err(told)?;
    let turned = decoder.orientation().map_err(told)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(told)?;
    picture.apply_orientation(turned);
    Ok(picture)
}

fn told(error: ImageError) -> crate::error::Error {
    match error {
        ImageError::Limits(_) => refused("attachment.pixels"),
        other => broken().because(other),
    }
}

/// A decoder that gives up in a panic has met a broken picture too.
fn guarded(draw: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    catch_unwind(AssertUnwindSafe(draw)).unwrap_or_else(|_| Err(broken()))
}
