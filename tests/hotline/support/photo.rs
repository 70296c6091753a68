//! Photos and papers made by the tests, as cameras and offices make them. Its rule: what must not come
//! back out is known by a word that stands nowhere else.

use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Stands in everything that is no picture.
pub const MARK: &str = "GEHEIM-31.2304N-121.4737E";

/// A picture whose corners differ: red at the top left, green at the top right.
pub fn picture(width: u32, height: u32) -> DynamicImage {
    let of = |x: u32, y: u32| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([220, 30, 30]),
        (false, true) => Rgb([30, 220, 30]),
        (true, false) => Rgb([30, 30, 220]),
        (false, false) => Rgb([220, 220, 30]),
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, of))
}

pub fn jpeg_of(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 90)).unwrap();
    bytes
}

pub fn png_of(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(PngEncoder::new(&mut bytes)).unwrap();
    bytes
}

/// A small photo as a telephone takes it: with position, device, preview, and held `turned`
/// (EXIF 1 to 8).
pub fn phone_photo(turned: u8) -> Vec<u8> {
    with_segments(&jpeg_of(&picture(64, 48)), &[segment(0xe1, &exif(turned))])
}

/// `jpeg` with segments behind its beginning.
pub fn with_segments(jpeg: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

pub fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], length.as_slice(), body].concat()
}

/// An EXIF block: orientation, a device's name, a position, and a preview that is a photo itself.
pub fn exif(turned: u8) -> Vec<u8> {
    exif_saying(turned, MARK)
}

/// The same with `said` as the device's name and as the position.
pub fn exif_saying(turned: u8, said: &str) -> Vec<u8> {
    let preview = jpeg_of(&picture(16, 12));
    let text = format!("{said}\0");
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value.to_be_bytes()]
            .concat()
    };
    let (count, base) = (3_u16, 8 + 2 + 3 * 12 + 4);
    tiff.extend(count.to_be_bytes());
    let length = u32::try_from(text.len()).unwrap();
    tiff.extend(entry(0x010f, 2, length, base));
    tiff.extend(entry(0x0112, 3, 1, u32::from(turned) << 16));
    tiff.extend(entry(0x8825, 4, 1, base + length));
    tiff.extend([0; 4]);
    tiff.extend(text.as_bytes());
    // The position's own directory: latitude as text.
    tiff.extend(1_u16.to_be_bytes());
    tiff.extend(entry(0x0002, 2, length, base + length + 18));
    tiff.extend([0; 4]);
    tiff.extend(text.as_bytes());
    tiff.extend(preview);
    [b"Exif\0\0".as_slice(), &tiff].concat()
}

/// A chunk of a PNG.
pub fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [name.as_slice(), body].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [length.as_slice(), &named, &crc32(&named).to_be_bytes()].concat()
}

/// `png` with chunks behind its header.
pub fn with_chunks(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    let behind_header = 8 + 25;
    [&png[..behind_header], &chunks.concat(), &png[behind_header..]].concat()
}

pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One part of a ZIP: what its lists say of it may differ from what it is.
#[derive(Clone)]
pub struct Part {
    pub name: String,
    pub packed: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    pub size: u32,
    pub crc: u32,
}

impl Part {
    pub fn of(name: &str, content: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            packed: deflate(content),
            method: 8,
            flags: 0,
            size: u32::try_from(content.len()).unwrap(),
            crc: crc32(content),
        }
    }
}

/// A ZIP of these parts.
pub fn zip(parts: &[Part]) -> Vec<u8> {
    let (mut body, mut list) = (Vec::new(), Vec::new());
    for part in parts {
        let (offset, packed) = (to_u32(body.len()), to_u32(part.packed.len()));
        let name = part.name.as_bytes();
        let mut common = Vec::new();
        common.extend(part.flags.to_le_bytes());
        common.extend(part.method.to_le_bytes());
        common.extend([0; 4]);
        common.extend(part.crc.to_le_bytes());
        common.extend(packed.to_le_bytes());
        common.extend(part.size.to_le_bytes());
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0; 2]);
        body.extend([b"PK\x03\x04\x14\0".as_slice(), &common, name, &part.packed].concat());
        list.extend([b"PK\x01\x02\x14\0\x14\0".as_slice(), &common, &[0; 10]].concat());
        list.extend(offset.to_le_bytes());
        list.extend(name);
    }
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    let end = [
        b"PK\x05\x06\0\0\0\0".as_slice(),
        &count,
        &count,
        &to_u32(list.len()).to_le_bytes(),
        &to_u32(body.len()).to_le_bytes(),
        &[0; 2],
    ]
    .concat();
    [body, list, end].concat()
}

fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap()
}

/// The parts of a ZIP, unpacked, as its own lists have them; none where it is no ZIP.
pub fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let two = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let four = |at: usize| two(at) + (two(at + 2) << 16);
    let Some(end) = bytes.len().checked_sub(22).filter(|_| bytes.starts_with(b"PK")) else {
        return Vec::new();
    };
    let (mut at, mut parts) = (four(end + 16), Vec::new());
    for _ in 0..two(end + 10) {
        let (packed, offset) = (four(at + 20), four(at + 42));
        let name = String::from_utf8_lossy(&bytes[at + 46..at + 46 + two(at + 28)]).into_owned();
        let from = offset + 30 + two(offset + 26) + two(offset + 28);
        let packed = &bytes[from..from + packed];
        let mut content = Vec::new();
        if two(at + 10) == 0 {
            content.extend(packed);
        } else {
            flate2::read::DeflateDecoder::new(packed).read_to_end(&mut content).unwrap();
        }
        parts.push((name, content));
        at += 46 + two(at + 28) + two(at + 30) + two(at + 32);
    }
    parts
}

/// The parts of a letter as an office writes it.
pub fn letter() -> Vec<Part> {
    vec![
        Part::of("[Content_Types].xml", b"<Types><Default Extension=\"xml\"/></Types>"),
        Part::of("_rels/.rels", b"<Relationships/>"),
        Part::of("word/document.xml", "<w:document>整改方案</w:document>".as_bytes()),
    ]
}

pub fn docx() -> Vec<u8> {
    zip(&letter())
}

pub fn xlsx() -> Vec<u8> {
    zip(&[
        Part::of("[Content_Types].xml", b"<Types/>"),
        Part::of("xl/workbook.xml", b"<workbook/>"),
    ])
}

pub fn pdf() -> Vec<u8> {
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n\
      trailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
        .to_vec()
}

/// The picture in a file that was served.
pub fn seen(bytes: &[u8], format: ImageFormat) -> DynamicImage {
    image::ImageReader::with_format(Cursor::new(bytes), format).decode().unwrap()
}

/// Whether `needle` stands anywhere in `bytes`.
pub fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
