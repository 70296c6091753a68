//! Ticket: a file that belongs to it, as the ticket knows it. Its rule: the bytes lie elsewhere
//! (`crate::attachment`), named by the hash of what lies there; here stand the facts about them.

use serde::{Deserialize, Serialize};

use super::Ticket;
use crate::code_enum;
use crate::directory::UnitCode;
use crate::time::Stamp;

code_enum! {
    /// What it is there for.
    pub enum AttachmentKind {
        Before = "before" "整改前",
        After = "after" "整改后",
        Document = "document" "材料",
    }
}

code_enum! {
    /// What sort of file it is, by its content (decision 0013 says why no other).
    pub enum Media {
        Jpeg = "image/jpeg" "JPEG 图片",
        Png = "image/png" "PNG 图片",
        Pdf = "application/pdf" "PDF 文件",
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document" "Word 文档",
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" "Excel 表格",
    }
}

impl Media {
    /// How the name of such a file ends.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
        }
    }

    /// Whether it is drawn, and so can show what was before and after.
    pub const fn is_photo(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png)
    }
}

code_enum! {
    /// Why the file of an attachment is not kept (any more).
    pub enum GoneWhy {
        /// The ticket was moved in from another site, its files were not.
        LeftBehind = "left_behind" "未随工单迁入",
        Removed = "removed" "已删除",
    }
}

/// A file of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub kind: AttachmentKind,
    pub media: Media,
    /// What its sender called it, cleaned; personal, as everything that somebody typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How long it is when it is served.
    pub bytes: u64,
    /// SHA-256 over the file as it lies sealed, in hexadecimal digits: its name there.
    pub hash: String,
    pub at: Stamp,
    /// The login name of whoever brought it; `citizen` otherwise.
    pub by: String,
    /// The unit at work whose clerk brought it; none where it comes from the caller's side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<GoneWhy>,
}

impl Ticket {
    /// The public id of attachment `k`.
    pub fn attachment_id(&self, k: u32) -> String {
        format!("{}-{k}", self.no)
    }

    /// The next free key for an attachment.
    pub fn next_attachment(&self) -> u32 {
        self.attachments.keys().next_back().map_or(1, |last| last + 1)
    }

    /// How many attachments there are from units at work, or from everybody else.
    pub fn count_attachments(&self, side: Side) -> usize {
        self.attachments.values().filter(|one| one.gone.is_none() && one.side() == side).count()
    }

    /// How many of the caller's side `name` has brought.
    pub fn count_brought_by(&self, name: &str) -> usize {
        let brought = |one: &&Attachment| one.gone.is_none() && one.is_callers_own(name);
        self.attachments.values().filter(brought).count()
    }

    /// Notes that none of its files came along from the site it was moved in from.
    pub fn leave_files_behind(&mut self) {
        for one in self.attachments.values_mut() {
            one.gone.get_or_insert(GoneWhy::LeftBehind);
        }
    }
}

/// Who brings files: each side has its own room, so that neither can take the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Caller,
    Unit,
}

impl Attachment {
    pub fn side(&self) -> Side {
        if self.unit.is_some() { Side::Unit } else { Side::Caller }
    }

    /// Whether it comes from `name` on the caller's side.
    pub fn is_callers_own(&self, name: &str) -> bool {
        self.side() == Side::Caller && self.by == name
    }
}
