//! Reports, contents: what a person writes, and who signs. Its rule: no program proposes a measure.

use super::part::Part;
use crate::reports::document::SIGN_OFF;

/// The section of what comes next.
pub fn measures() -> Part {
    let mut part = Part::new("measures", "下步工作措施");
    part.open("measures", "由撰写人填写：措施、责任单位、完成时限");
    part
}

/// The section of the signatures.
pub fn sign_off() -> Part {
    let mut part = Part::new(SIGN_OFF, "签发");
    part.open(SIGN_OFF, "撰稿、审核、签发人及日期");
    part
}
