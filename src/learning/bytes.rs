//! Learning: a model as a file. Its rule: a file that is cut, changed or of another kind is refused
//! with a reason; whatever the bytes are, reading them neither panics nor asks for more memory than
//! they could fill.
//!
//! `JSLM`, version (2 bytes), checksum of the body (8), body. Numbers are little-endian or LEB128. Which tickets
//! a model was made from stands last, and only where it says so.

use super::calibrate::Calibration;
use super::features::BUCKETS;
use super::model::{Cell, Model};
use super::stable::checksum;
use super::vocabulary::Vocabulary;

const MAGIC: [u8; 4] = *b"JSLM";
/// Of the form and of everything that gives a hash its meaning (folding, grams, weighing).
pub const VERSION: u16 = 1;

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It does not begin as a model does.
    Foreign,
    /// It was written by another release; learn anew.
    OtherVersion(u16),
    /// Its checksum or its inside is wrong.
    Damaged,
}

impl Refusal {
    /// Stable, for errors and logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Foreign => "learn.foreign",
            Self::OtherVersion(_) => "learn.other_version",
            Self::Damaged => "learn.damaged",
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Foreign => out.write_str("this is no model"),
            Self::OtherVersion(found) => {
                write!(out, "this model is of form {found}, this program reads form {VERSION}")
            }
            Self::Damaged => out.write_str("this model is damaged"),
        }
    }
}

impl std::error::Error for Refusal {}

impl Model {
    /// The model as a file; the same model gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut file = Vec::with_capacity(body.len() + 14);
        file.extend(MAGIC);
        file.extend(VERSION.to_le_bytes());
        file.extend(checksum(&body).to_le_bytes());
        file.extend(body);
        file
    }

    fn body(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(self.calibration.sharpness.to_le_bytes());
        out.extend(self.calibration.doubt.to_le_bytes());
        number(&mut out, self.labels.len() as u64);
        for ((label, bias), scale) in self.labels.iter().zip(&self.bias).zip(&self.scales) {
            number(&mut out, label.len() as u64);
            out.extend(label.as_bytes());
            out.extend(bias.to_le_bytes());
            out.extend(scale.to_le_bytes());
        }
        let (buckets, found_in) = self.vocabulary.parts();
        number(&mut out, u64::from(self.vocabulary.texts()));
        number(&mut out, buckets.len() as u64);
        let mut next = 0;
        for ((bucket, found), range) in buckets.iter().zip(found_in).zip(self.starts.windows(2)) {
            number(&mut out, u64::from(bucket - next));
            next = bucket + 1;
            number(&mut out, u64::from(*found));
            let cells = &self.cells[range[0] as usize..range[1] as usize];
            number(&mut out, cells.len() as u64);
            let mut next = 0;
            for cell in cells {
                number(&mut out, u64::from(u32::from(cell.label) - next));
                next = u32::from(cell.label) + 1;
                // Zigzag: small weights of either sign in one byte.
                let weight = i32::from(cell.weight);
                number(&mut out, u64::from(((weight << 1) ^ (weight >> 31)).cast_unsigned()));
            }
        }
        if !self.tickets.is_empty() {
            number(&mut out, self.tickets.len() as u64);
        }
        let mut next = 0;
        for id in &self.tickets {
            number(&mut out, id - next);
            next = id + 1;
        }
        out
    }

    /// Reads what [`Model::to_bytes`] wrote.
    pub fn from_bytes(file: &[u8]) -> Result<Self, Refusal> {
        let rest = file.strip_prefix(&MAGIC).ok_or(Refusal::Foreign)?;
        let (version, rest) = rest.split_first_chunk().ok_or(Refusal::Damaged)?;
        let version = u16::from_le_bytes(*version);
        if version != VERSION {
            return Err(Refusal::OtherVersion(version));
        }
        let (sum, body) = rest.split_first_chunk().ok_or(Refusal::Damaged)?;
        if u64::from_le_bytes(*sum) != checksum(body) {
            return Err(Refusal::Damaged);
        }
        Reader { rest: body }.model().ok_or(Refusal::Damaged)
    }

    /// Names this model: the checksum of its file's body.
    pub fn fingerprint(&self) -> String {
        format!("{:016x}", checksum(&self.body()))
    }
}

/// Seven bits a byte, the lowest first; the upper bit says that more follow (LEB128).
fn number(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}

/// What is still to be read; none from any of its functions: the file is damaged.
struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = *self.take(1)?.first()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A number of things that each take at least `least` bytes: more cannot follow.
    fn count(&mut self, least: usize) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.rest.len() / least).then_some(count)
    }

    fn real(&mut self) -> Option<f32> {
        let bytes = self.take(4)?.try_into().ok()?;
        Some(f32::from_le_bytes(bytes)).filter(|real| real.is_finite())
    }

    /// The next of ascending numbers, kept as gaps.
    fn ascending(&mut self, next: &mut u64, below: u64) -> Option<u64> {
        let value = next.checked_add(self.number()?).filter(|value| *value < below)?;
        *next = value + 1;
        Some(value)
    }

    fn model(mut self) -> Option<Model> {
        let sharpness = self.real().filter(|sharpness| *sharpness > 0.0)?;
        let doubt = self.real().filter(|doubt| (0.0..=1.0).contains(doubt))?;
        let count = self.count(9)?;
        let calibration = Calibration { sharpness, doubt };
        let mut model = Model { calibration, ..Model::empty() };
        for _ in 0..count {
            let length = self.count(1)?;
            model.labels.push(std::str::from_utf8(self.take(length)?).ok()?.to_owned());
            model.bias.push(self.real()?);
            model.scales.push(self.real()?);
        }
        let texts = u32::try_from(self.number()?).ok()?;
        let places = self.count(3)?;
        let (mut buckets, mut found_in) = (Vec::with_capacity(places), Vec::with_capacity(places));
        let mut next = 0;
        for _ in 0..places {
            let bucket = self.ascending(&mut next, u64::from(BUCKETS))?;
            buckets.push(u32::try_from(bucket).ok()?);
            found_in.push(u32::try_from(self.number()?).ok()?);
            self.cells(&mut model)?;
        }
        model.vocabulary = Vocabulary::from_parts(texts, buckets, found_in);
        self.tickets(&mut model)?;
        self.rest.is_empty().then_some(model)
    }

    fn tickets(&mut self, model: &mut Model) -> Option<()> {
        if self.rest.is_empty() {
            return Some(());
        }
        let mut next = 0;
        for _ in 0..self.count(1)? {
            model.tickets.push(self.ascending(&mut next, 1 << 63)?);
        }
        Some(())
    }

    fn cells(&mut self, model: &mut Model) -> Option<()> {
        let labels = model.labels.len().min(usize::from(u16::MAX) + 1) as u64;
        let mut next = 0;
        for _ in 0..self.count(2)? {
            let label = u16::try_from(self.ascending(&mut next, labels)?).ok()?;
            let coded = i64::try_from(self.number()?).ok()?;
            let weight = i16::try_from((coded >> 1) ^ -(coded & 1)).ok()?;
            model.cells.push(Cell { label, weight });
        }
        model.starts.push(u32::try_from(model.cells.len()).ok()?);
        Some(())
    }
}
