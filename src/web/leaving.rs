//! Web: rows on their way out as CSV or XLSX. Its rule: a page of rows at a time, and the next one only when the
//! reader has taken the last, so that memory stays the same however many there are and nobody waits on a thread.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::stream::try_unfold;

use super::blocking::run_long;
use crate::app::{App, ExportTurn};
use crate::error::{Error, Result};
use crate::sheet::write::cannot_write;
use crate::sheet::{Cell, Column, Form, Writer};
use crate::time::Stamp;

/// Bytes of a piece of a finished workbook.
const PIECE: usize = 64 << 10;

/// Rows, a page at a time.
pub trait Rows: Send + 'static {
    /// The next page; none where all were given. It blocks.
    ///
    /// # Errors
    /// What the database says: what was sent by then is seen to be broken off.
    fn next_page(&mut self) -> Result<Option<Vec<Vec<Cell>>>>;
}

/// Rows that are all there already.
pub struct Ready(pub Option<Vec<Vec<Cell>>>);

impl Rows for Ready {
    fn next_page(&mut self) -> Result<Option<Vec<Vec<Cell>>>> {
        Ok(self.0.take())
    }
}

/// A sheet that leaves.
pub struct Sheet {
    pub form: Form,
    /// The file's name without its end, in ASCII.
    pub name: String,
    /// The worksheet's.
    pub title: &'static str,
    /// Headings, and how wide each column is in characters.
    pub columns: Vec<(String, u16)>,
    /// What the last row says, `{count}` for how many there were: who, when and of what. A file without it broke off.
    pub mark: String,
}

/// How a form is told to a browser.
const fn media(form: Form) -> &'static str {
    match form {
        Form::Csv => "text/csv; charset=utf-8",
        Form::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
}

/// The name of a file made at `now`: `tickets-20261102-090000`.
pub fn file_name(what: &str, now: Stamp, zone: chrono_tz::Tz) -> String {
    format!("{what}-{}", now.in_zone(zone).format("%Y%m%d-%H%M%S"))
}

/// Sends `rows` as `sheet`; `turn` is over when the last of it was taken.
///
/// # Errors
/// What the first page says; what a later one says breaks the answer off.
pub async fn send(
    app: &web::Data<App>,
    turn: ExportTurn,
    sheet: Sheet,
    rows: impl Rows,
) -> Result<HttpResponse> {
    let folder = app.config.data_dir.join("exports");
    let mut answer = answer(&sheet);
    match sheet.form {
        Form::Csv => {
            let begin = move || {
                let held = Held::default();
                let writer = writer(&sheet, held.clone(), &folder)?;
                Going { writer: Some(writer), rows, count: 0, mark: sheet.mark, turn }.piece(held)
            };
            // A refusal of the first page is still a refusal.
            let Some((first, rest)) = run_long(begin).await? else { return Ok(answer.finish()) };
            let body = try_unfold((Some(first), rest), |(first, rest)| async move {
                match first {
                    Some(first) => Ok(Some((first, (None, rest)))),
                    None => {
                        let (going, held) = rest;
                        let piece = run_long(move || going.piece(held)).await?;
                        Ok::<_, Error>(piece.map(|(bytes, rest)| (bytes, (None, rest))))
                    }
                }
            });
            Ok(answer.body(BodyStream::new(Box::pin(body))))
        }
        Form::Xlsx => {
            let begin = move || {
                let aside = Aside::within(&folder)?;
                let out = aside.file.try_clone().map_err(cannot_write)?;
                let writer = writer(&sheet, out, &folder)?;
                Ok((Going { writer: Some(writer), rows, count: 0, mark: sheet.mark, turn }, aside))
            };
            let (mut going, aside) = run_long(begin).await?;
            while going.writer.is_some() {
                // Between two pages a reader who has gone away is noticed.
                going = run_long(move || going.page()).await?;
            }
            let (bytes, aside) = run_long(move || aside.rewound()).await?;
            let body = try_unfold(
                (aside, Some(going.turn), bytes),
                |(mut aside, turn, left)| async move {
                    let piece = run_long(move || {
                        turn.as_ref().map_or(Ok(()), ExportTurn::go_on)?;
                        let Some(piece) = aside.piece()? else { return Ok(None) };
                        let left = left.saturating_sub(piece.len() as u64);
                        // Whoever has the last piece may ask for the next file.
                        let turn = turn.filter(|_| left > 0);
                        Ok(Some((piece, (aside, turn, left))))
                    });
                    piece.await
                },
            );
            Ok(answer.body(SizedStream::new(bytes, Box::pin(body))))
        }
    }
}

fn answer(sheet: &Sheet) -> HttpResponseBuilder {
    let end = sheet.form.as_str();
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, media(sheet.form)))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}.{end}\"", sheet.name),
        ))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"));
    answer
}

fn writer<W: Write + Send>(sheet: &Sheet, out: W, aside: &Path) -> Result<Writer<W>> {
    let columns: Vec<Column<'_>> =
        sheet.columns.iter().map(|(heading, width)| Column { heading, width: *width }).collect();
    Writer::new(sheet.form, out, aside, sheet.title, &columns)
}

/// A sheet being written.
struct Going<R, W: Write + Send> {
    /// None when it is whole.
    writer: Option<Writer<W>>,
    rows: R,
    count: u64,
    mark: String,
    turn: ExportTurn,
}

impl<R: Rows, W: Write + Send> Going<R, W> {
    /// Writes a page, or the end.
    fn page(mut self) -> Result<Self> {
        self.turn.go_on()?;
        let Some(mut writer) = self.writer.take() else { return Ok(self) };
        if let Some(page) = self.rows.next_page()? {
            for row in &page {
                writer.row(row)?;
                self.count += 1;
            }
            self.writer = Some(writer);
        } else {
            let mark = self.mark.replace("{count}", &self.count.to_string());
            writer.row(&[Cell::Text(mark)])?;
            writer.finish()?;
            self.turn.go_on()?;
        }
        Ok(self)
    }
}

impl<R: Rows> Going<R, Held> {
    /// The next bytes that came of it, and what goes on.
    fn piece(mut self, held: Held) -> Result<Option<(Bytes, (Self, Held))>> {
        while self.writer.is_some() {
            self = self.page()?;
            let bytes = held.take();
            if !bytes.is_empty() {
                return Ok(Some((bytes.into(), (self, held))));
            }
        }
        Ok(None)
    }
}

/// What was written and not yet sent: never more than a page.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<Vec<u8>>>);

impl Held {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A file without a name, for its owner only: it is gone when nobody holds it, whatever happens.
struct Aside {
    file: File,
    /// Where the system cannot take the name away of a file in use.
    named: Option<PathBuf>,
}

impl Aside {
    fn within(folder: &Path) -> Result<Self> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(cannot_write)?;
        // The name is gone as soon as it is made: it must only be nobody else's just now.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (process, n) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = folder.join(format!("{process}-{n}.part"));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(cannot_write)?;
        let named = std::fs::remove_file(&path).is_err().then_some(path);
        Ok(Self { file, named })
    }

    /// From its beginning; and how many bytes it has.
    fn rewound(mut self) -> Result<(u64, Self)> {
        let bytes = self.file.metadata().map_err(cannot_write)?.len();
        self.file.rewind().map_err(cannot_write)?;
        Ok((bytes, self))
    }

    fn piece(&mut self) -> Result<Option<Bytes>> {
        let mut bytes = vec![0; PIECE];
        let read = self.file.read(&mut bytes).map_err(cannot_write)?;
        bytes.truncate(read);
        Ok((read > 0).then(|| bytes.into()))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(path) = &self.named {
            drop(std::fs::remove_file(path));
        }
    }
}
