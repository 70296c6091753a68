//! Papers: what Word does to a template, and what a citizen's text may not do to a paper.

use rstest::rstest;

use super::facts::{Facts, Row};
use super::fill::escaped;
use super::package::{Bound, DOCUMENT, Package, bind};
use super::{PaperKind, Templates, runs};

/// A document of these paragraphs and tables.
fn document(inside: &str) -> String {
    format!("<w:document xmlns:w=\"urn:w\"><w:body>{inside}<w:sectPr/></w:body></w:document>")
}

fn package(inside: &str) -> Package {
    Package(vec![(DOCUMENT.to_owned(), document(inside).into_bytes())])
}

/// The text of a filled document, a line a paragraph.
fn said(inside: &str, facts: &Facts) -> Vec<String> {
    let filled = package(inside).filled(facts).unwrap();
    let xml = String::from_utf8(filled.part(DOCUMENT).unwrap().to_vec()).unwrap();
    lines(&xml)
}

fn lines(xml: &str) -> Vec<String> {
    let paragraphs = xml.split("</w:p>").filter(|part| part.contains("<w:p>"));
    let texts = |part: &str| {
        let texts = part.split("<w:t xml:space=\"preserve\">").skip(1);
        texts.filter_map(|rest| rest.split("</w:t>").next()).collect::<String>()
    };
    paragraphs.map(texts).collect()
}

fn facts() -> Facts {
    Facts {
        no: "接诉函〔2026〕1号".to_owned(), name: Some("张三".to_owned()), ..Facts::default()
    }
}

#[rstest]
// Cut between the braces and the name, with what the spelling left in between.
#[case(
    "<w:p><w:r><w:t>编号：{{</w:t></w:r><w:proofErr w:type=\"spellStart\"/><w:r><w:rPr><w:b/></w:rPr><w:t> no </w:t></w:r><w:proofErr w:type=\"spellEnd\"/><w:r><w:t>}}。</w:t></w:r></w:p>",
    "编号：接诉函〔2026〕1号。"
)]
// Cut inside the braces and inside the name.
#[case(
    "<w:p><w:r><w:t>{</w:t></w:r><w:r><w:t>{n</w:t></w:r><w:r><w:t>o}</w:t></w:r><w:r><w:t>}</w:t></w:r></w:p>",
    "接诉函〔2026〕1号"
)]
// Two in one row of runs, one of them whole.
#[case(
    "<w:p><w:r><w:t>{{ no }}致{{ na</w:t></w:r><w:r><w:t>me }}：</w:t></w:r></w:p>",
    "接诉函〔2026〕1号致张三："
)]
// A condition with typographic quotation marks and an entity.
#[case(
    "<w:p><w:r><w:t>{% if name == </w:t></w:r><w:r><w:t>“张三” and 2 &gt; 1 %}是{% endif %}</w:t></w:r></w:p>",
    "是"
)]
// What only looks like a place stays.
#[case("<w:p><w:r><w:t>A &amp; B { c }</w:t></w:r></w:p>", "A &amp; B { c }")]
fn a_place_that_word_took_apart_is_put_together_again(#[case] inside: &str, #[case] text: &str) {
    assert_eq!(said(inside, &facts()), [text]);
}

#[test]
fn the_look_of_what_stands_around_a_place_stays() {
    let inside =
        "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>粗{{</w:t></w:r><w:r><w:t>no}}细</w:t></w:r></w:p>";
    let xml = runs::joined(&document(inside)).unwrap();
    assert!(
        xml.contains("<w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">粗{{no}}</w:t>"),
        "{xml}"
    );
    assert!(xml.contains("<w:t xml:space=\"preserve\">细</w:t>"), "{xml}");
}

fn rows(n: usize) -> Facts {
    let row = |nth| Row { nth, ticket: format!("2026-{nth:06}"), ..Row::default() };
    Facts { rows: (1..=n).map(row).collect(), ..Facts::default() }
}

fn cells(texts: &[&str]) -> String {
    let cell = |text: &&str| format!("<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>");
    format!("<w:tr>{}</w:tr>", texts.iter().map(cell).collect::<String>())
}

#[test]
fn a_row_between_two_rows_of_marks_is_repeated_and_the_marks_are_gone() {
    let (from, row, to) = (
        cells(&["{% for row in rows %}"]),
        cells(&["{{ row.nth }}", "{{ row.ticket }}"]),
        cells(&["{% endfor %}"]),
    );
    let table = format!("<w:tbl>{}{from}{row}{to}</w:tbl>", cells(&["序号", "编号"]));
    let text = said(&table, &rows(2));
    assert_eq!(text, ["序号", "编号", "1", "2026-000001", "2", "2026-000002"]);
    assert_eq!(said(&table, &rows(0)), ["序号", "编号"]);
}

#[test]
fn a_row_that_begins_and_ends_with_its_loop_is_repeated_itself() {
    let row = cells(&["{% for row in rows %}{{ row.nth }}", "{{ row.ticket }}{% endfor %}"]);
    let table = format!("<w:tbl>{row}</w:tbl>");
    assert_eq!(said(&table, &rows(2)), ["1", "2026-000001", "2", "2026-000002"]);
    assert!(said(&table, &rows(0)).is_empty());
}

#[test]
fn paragraphs_of_marks_leave_no_empty_lines_and_a_cell_keeps_a_paragraph() {
    let mark = |text: &str| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
    let inside = [
        mark("{% if granted %}"),
        mark("准"),
        mark("{% else %}"),
        mark("不准"),
        mark("{% endif %}"),
    ]
    .concat();
    assert_eq!(said(&inside, &facts()), ["不准"]);
    let inside = [mark("{% if granted %}"), mark("准"), mark("{% endif %}")].concat();
    let table =
        format!("<w:tbl><w:tr><w:tc>{inside}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>", mark("x"));
    let filled = package(&table).filled(&facts()).unwrap();
    let xml = String::from_utf8(filled.part(DOCUMENT).unwrap().to_vec()).unwrap();
    assert!(xml.contains("<w:tc><w:p/></w:tc>"), "{xml}");
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "<w:p/>]]>&amp;\"'\u{0}\u{8}\u{b}\u{202e}{{ no }}{% raw %}\n第二行";
    let facts = Facts { name: Some(hostile.to_owned()), ..facts() };
    for inside in ["{{ name }}", "{{ name | safe }}", "{{ name | upper }}"] {
        let inside = format!("<w:p><w:r><w:t>{inside}</w:t></w:r></w:p>");
        let filled = package(&inside).filled(&facts).unwrap();
        let xml = String::from_utf8(filled.part(DOCUMENT).unwrap().to_vec()).unwrap();
        assert!(runs::is_whole(&xml) && !xml.contains("<w:p/>"), "{xml}");
        assert!(
            xml.contains("]]&gt;&amp;") && xml.to_lowercase().contains("{{ no }}{% raw %}"),
            "{xml}"
        );
        assert!(
            xml.contains("<w:br/>") && !xml.contains('\u{202e}') && !xml.contains('\u{8}'),
            "{xml}"
        );
    }
    assert_eq!(escaped("a\u{fffe}\u{1f}b\tc", "|"), "ab c");
}

#[rstest]
#[case("<w:p><w:r><w:t>{{ nobody }}</w:t></w:r></w:p>")]
#[case("<w:p><w:r><w:t>{% for row in rows %}</w:t></w:r></w:p>")]
#[case("<w:p><w:r><w:t>{{ no </w:t></w:r></w:p>")]
#[case(
    "<w:p><w:r><w:t>{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}</w:t></w:r></w:p>"
)]
#[case("<w:p>")]
fn a_template_that_cannot_be_used_is_told_of(#[case] inside: &str) {
    assert!(package(inside).filled(&facts()).is_err());
}

#[test]
fn every_template_of_ours_can_be_filled_with_nothing_and_with_much() {
    let much = Facts {
        title: Some("<标题>".to_owned()),
        content: Some("内容".to_owned()),
        assists: vec!["甲".to_owned(), "乙".to_owned()],
        phones: vec!["12345".to_owned()],
        reply_lines: vec!["一".to_owned(), "二".to_owned()],
        granted: true,
        ..rows(3)
    };
    for kind in PaperKind::ALL {
        for facts in [&Facts::default(), &much] {
            let filled = Templates::ours(*kind).filled(facts).unwrap();
            let again = Package::read(&filled.write().unwrap()).unwrap();
            assert_eq!(again, filled, "{kind}");
        }
    }
}

#[test]
fn several_papers_are_one_file_with_a_section_each_where_only_their_bodies_differ() {
    let paper = |kind, n| {
        let filled = Templates::ours(kind).filled(&rows(n)).unwrap();
        (format!("{kind}{n}"), filled)
    };
    let alike =
        [paper(PaperKind::Ledger, 1), paper(PaperKind::Reply, 0), paper(PaperKind::Ledger, 2)];
    let Bound::Docx(bytes) = bind(&alike).unwrap() else { panic!("a ZIP") };
    let whole = Package::read(&bytes).unwrap();
    let xml = String::from_utf8(whole.part(DOCUMENT).unwrap().to_vec()).unwrap();
    assert!(runs::is_whole(&xml));
    assert_eq!((xml.matches("<w:sectPr>").count(), xml.matches("<w:body>").count()), (3, 1));
    let mut other = paper(PaperKind::Ledger, 1);
    other.0.push_str("-2");
    other.1.0.push(("word/header1.xml".to_owned(), Vec::new()));
    let Bound::Zip(bytes) = bind(&[alike[0].clone(), other]).unwrap() else { panic!("one file") };
    assert_eq!(zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap().len(), 2);
}

#[test]
fn a_file_that_unpacks_to_more_than_a_template_may_be_is_refused() {
    let bomb = Package(vec![(DOCUMENT.to_owned(), vec![b' '; 33 << 20])]).write().unwrap();
    assert!(bomb.len() < 1 << 20);
    assert!(Package::read(&bomb).is_err());
    assert!(Package::read(b"no zip").is_err());
}

#[test]
fn a_number_has_mark_kind_year_and_number() {
    assert_eq!(PaperKind::Assign.no("接诉", 2026, 12), "接诉交〔2026〕12号");
    let mut characters: Vec<&str> = PaperKind::ALL.iter().map(|kind| kind.character()).collect();
    characters.sort_unstable();
    characters.dedup();
    assert_eq!(characters.len(), PaperKind::ALL.len(), "two kinds would have the same numbers");
}
