//! What a sealed file withstands, and what is taken of a photo.

use proptest::prelude::*;

use super::sealed::{CHUNK, SealReader, SealWriter};
use crate::sealing::{OVERHEAD, RecordKey, entropy};

fn sealed(key: &RecordKey, ticket: i64, plain: &[u8]) -> (Vec<u8>, String) {
    let mut writer = SealWriter::new(Vec::new(), key.clone(), ticket).expect("memory");
    for part in plain.chunks(10_000) {
        writer.write(part).expect("memory");
    }
    let (written, bytes) = writer.finish().expect("memory");
    assert_eq!(written.plain, plain.len() as u64);
    (bytes, written.hash)
}

fn opened(key: &RecordKey, ticket: i64, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = SealReader::new(bytes, key.clone(), ticket).ok()?;
    let mut plain = Vec::new();
    while let Some(chunk) = reader.next_chunk().ok()? {
        plain.extend(chunk);
    }
    Some(plain)
}

fn key() -> RecordKey {
    RecordKey::fresh(&mut entropy())
}

#[test]
fn a_file_of_any_length_comes_back_and_never_twice_as_the_same_bytes() {
    let key = key();
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7] {
        let plain: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap_or(0)).collect();
        let (first, hash) = sealed(&key, 7, &plain);
        let (second, other) = sealed(&key, 7, &plain);
        assert_eq!(opened(&key, 7, &first).as_deref(), Some(plain.as_slice()), "{length}");
        assert!(first != second && hash != other, "equal photos have equal names");
        // Another ticket's key, or the same file moved to another ticket.
        assert_eq!(opened(&super::tests::key(), 7, &first), None);
        assert_eq!(opened(&key, 8, &first), None);
    }
}

#[test]
fn a_file_that_breaks_off_anywhere_is_no_file() {
    let key = key();
    let (bytes, _) = sealed(&key, 7, &vec![1; 2 * CHUNK + 100]);
    let head = 24;
    for end in [0, 5, head, head + 1, head + OVERHEAD + CHUNK, bytes.len() - 1, bytes.len() - 145] {
        assert_eq!(opened(&key, 7, &bytes[..end]), None, "{end}");
    }
}

#[test]
fn chunks_cannot_change_places_or_files() {
    let key = key();
    let block = OVERHEAD + CHUNK;
    let (bytes, _) = sealed(&key, 7, &vec![1; 2 * CHUNK + 100]);
    let (other, _) = sealed(&key, 7, &vec![2; 2 * CHUNK + 100]);
    let mut swapped = bytes.clone();
    swapped[24..24 + block].copy_from_slice(&bytes[24 + block..24 + 2 * block]);
    assert_eq!(opened(&key, 7, &swapped), None);
    let mut mixed = bytes.clone();
    mixed[24..24 + block].copy_from_slice(&other[24..24 + block]);
    assert_eq!(opened(&key, 7, &mixed), None);
    let shorter = [&bytes[..24], &bytes[24 + block..]].concat();
    assert_eq!(opened(&key, 7, &shorter), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn one_turned_bit_is_noticed(at in 0_usize..1_000_000, bit in 0_u8..8) {
        let key = key();
        let (mut bytes, _) = sealed(&key, 7, &[5; 500]);
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert_eq!(opened(&key, 7, &bytes), None);
    }

    #[test]
    fn no_bytes_make_the_look_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..400), head in 0_usize..5) {
        let heads: [&[u8]; 5] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-", b"PK\x03\x04", b""];
        let file = [heads[head], &bytes].concat();
        let _ = super::look::look(&file, 1_000_000);
    }
}
