//! Sheet: how much of one is read. Its rule: a limit is looked at before what lies beyond it is
//! unpacked or kept; what a packed file says of its own size is not believed.

use std::io::{Cursor, Read, sink};

use zip::ZipArchive;

use crate::error::{Error, Kind, Result};

/// Bytes of the file as it lies there.
pub const FILE_BYTES: u64 = 64 << 20;
/// Bytes of everything packed in a workbook, unpacked.
pub const UNPACKED_BYTES: u64 = 400 << 20;
/// Parts packed in a workbook.
pub const PARTS: usize = 2_000;
/// The last row that may have something in it.
pub const ROWS: u32 = 200_000;
/// The last column that may.
pub const COLUMNS: u32 = 200;
/// Bytes of all texts together, repeated ones counted each time, and of the cells they stand in.
pub const TEXT_BYTES: usize = 256 << 20;

/// A limit that a sheet can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    File,
    Unpacked,
    Parts,
    Rows,
    Columns,
    Text,
}

/// The refusal, with the limit and how to go on.
pub fn broken(limit: Limit) -> Error {
    let mib = |bytes: u64| (bytes >> 20).to_string();
    let (code, most) = match limit {
        Limit::File => ("sheet.too_large.file", mib(FILE_BYTES)),
        Limit::Unpacked => ("sheet.too_large.unpacked", mib(UNPACKED_BYTES)),
        Limit::Parts => ("sheet.too_large.parts", PARTS.to_string()),
        Limit::Rows => ("sheet.too_large.rows", ROWS.to_string()),
        Limit::Columns => ("sheet.too_large.columns", COLUMNS.to_string()),
        Limit::Text => ("sheet.too_large.text", mib(TEXT_BYTES as u64)),
    };
    Error::with(Kind::Invalid, code, &[("most", &most)])
}

/// Whether the packed file keeps to the limits: everything is unpacked once into nothing and
/// counted.
pub(super) fn check_packed(bytes: &[u8]) -> Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if archive.len() > PARTS {
        return Err(broken(Limit::Parts));
    }
    let mut left = UNPACKED_BYTES;
    for part in 0..archive.len() {
        let mut part = archive.by_index(part).map_err(unreadable)?;
        let read = std::io::copy(&mut part.by_ref().take(left + 1), &mut sink());
        let read = read.map_err(unreadable)?;
        left = left.checked_sub(read).ok_or_else(|| broken(Limit::Unpacked))?;
    }
    Ok(())
}

/// The file is no sheet, or a broken one.
pub(super) fn unreadable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Kind::Invalid, "sheet.unreadable").because(cause)
}

/// Counts what is kept of texts.
#[derive(Debug, Default)]
pub(super) struct Text(usize);

impl Text {
    pub fn count(&mut self, text: &str) -> Result<()> {
        self.add(text.len())
    }

    /// A cell has a size, whatever stands in it.
    pub fn count_cells(&mut self, cells: usize) -> Result<()> {
        self.add(cells * size_of::<super::Cell>())
    }

    fn add(&mut self, bytes: usize) -> Result<()> {
        self.0 += bytes;
        if self.0 > TEXT_BYTES { Err(broken(Limit::Text)) } else { Ok(()) }
    }
}
