//! Reports, printing: pages that were made, kept for the next reader. Its rule: given out only for the same document with
//! the same words in it; the reader's own mark is put in anew.
//!
//! On the day a report is published everybody reads it: its ten thousand cells are laid out once.

use std::sync::{Arc, Mutex, PoisonError};

use minijinja::HtmlEscape;

use super::Printed;
use super::html::html_drawn;
use super::layout::watermark;
use crate::error::Result;
use crate::reports::Document;
use crate::time::Stamp;

/// How many are kept: the latest reports, whole and as a few units see them.
const KEPT: usize = 6;
/// Stands where a reader's mark will. A page that says it elsewhere is not kept.
const MARK: &str = "the-mark-of-the-reader";
/// At the back of every sheet, and at the end.
const MARKS: usize = 2;

struct Made {
    document: Document,
    /// With [`MARK`] for the reader's own, and at no time: the page says none.
    printed: Printed,
    scripts: Vec<String>,
    /// What stands before, between and behind the marks.
    parts: Vec<String>,
}

/// The pages that one process keeps, the latest first.
#[derive(Default)]
pub struct Press(Mutex<Vec<Arc<Made>>>);

impl Press {
    /// The page that [`html_drawn`] makes.
    ///
    /// # Errors
    /// `internal`.
    pub fn page(
        &self,
        document: Document,
        printed: &Printed,
        scripts: &[String],
    ) -> Result<String> {
        let Some(mark) = printed.watermark.as_deref() else {
            return html_drawn(&document, printed, scripts);
        };
        let marked = HtmlEscape(&watermark(mark)).to_string();
        let (watermark, at) = (Some(MARK.to_owned()), Stamp::from_millis(0));
        let anybodys = Printed { watermark, at, ..printed.clone() };
        let same = |made: &Made| {
            made.scripts == scripts && made.printed == anybodys && made.document == document
        };
        if let Some(made) = self.find(same) {
            return Ok(made.parts.join(&marked));
        }
        let page = html_drawn(&document, &anybodys, scripts)?;
        let parts: Vec<String> = page.split(MARK).map(str::to_owned).collect();
        if parts.len() != MARKS + 1 {
            return html_drawn(&document, printed, scripts);
        }
        let page = parts.join(&marked);
        self.put(Made { document, printed: anybodys, scripts: scripts.to_vec(), parts });
        Ok(page)
    }

    fn find(&self, same: impl Fn(&Made) -> bool) -> Option<Arc<Made>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|made| same(made))?;
        kept[..=place].rotate_right(1);
        Some(kept[0].clone())
    }

    fn put(&self, made: Made) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(0, Arc::new(made));
        kept.truncate(KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{document, printed};
    use super::*;

    fn read_by(who: &str) -> Printed {
        Printed { watermark: Some(format!("副本 · {who}")), ..printed() }
    }

    fn kept(press: &Press) -> usize {
        press.0.lock().unwrap().len()
    }

    /// What is read is what is made anew.
    fn reads(press: &Press, document: &Document, printed: &Printed) -> String {
        let page = press.page(document.clone(), printed, &[]).unwrap();
        assert_eq!(page, html_drawn(document, printed, &[]).unwrap());
        page
    }

    #[test]
    fn the_next_reader_gets_the_same_page_with_a_mark_of_their_own() {
        let (press, document) = (Press::default(), document());
        for who in ["张三", "李四 <b>&\"'</b>", "\u{202e}王五\r\n第二行", &"长".repeat(99)]
        {
            let page = reads(&press, &document, &read_by(who));
            assert!(!page.contains(MARK) && !page.contains("李四 <b>"));
        }
        assert_eq!(kept(&press), 1);
        let later = Printed { at: Stamp::from_millis(5), ..read_by("张三") };
        reads(&press, &document, &later);
        assert_eq!(kept(&press), 1, "the page says no time but the mark's");
    }

    #[test]
    fn another_document_other_words_or_other_scripts_are_another_page() {
        let (press, whole) = (Press::default(), document());
        reads(&press, &whole, &read_by("张三"));
        let signed = Printed { signer: Some("赵六".to_owned()), ..read_by("张三") };
        reads(&press, &whole, &signed);
        let mut own = whole.clone();
        own.sections.truncate(1);
        reads(&press, &own, &read_by("张三"));
        assert_eq!(kept(&press), 3);
        let scripts = ["/charts.js".to_owned()];
        let drawn = press.page(whole.clone(), &read_by("张三"), &scripts).unwrap();
        assert!(drawn.contains("charts.js"));
        assert_eq!(kept(&press), 4);
        for n in 0..KEPT {
            let signed = Printed { signer: Some(n.to_string()), ..read_by("张三") };
            reads(&press, &whole, &signed);
        }
        assert_eq!(kept(&press), KEPT);
    }

    #[test]
    fn a_page_that_says_the_mark_itself_and_one_without_a_mark_are_not_kept() {
        let press = Press::default();
        let strange = Document { title: format!("报告 {MARK}"), ..document() };
        reads(&press, &strange, &read_by("张三"));
        reads(&press, &document(), &Printed { watermark: None, ..printed() });
        assert_eq!(kept(&press), 0);
    }
}
