//! Reports, printing: whole prints, of a report as it should be and of a hostile one.

mod sheets;

use std::io::{Cursor, Read};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use quick_xml::events::Event;
use sha2::{Digest, Sha256};

use super::html::html_drawn;
use super::sample::{self, document, printed};
use super::*;
use crate::reports::document::{
    Block, Chart, ChartKind, DEFINITION, FORMULA, Format, Series, Value,
};

/// The files of a ZIP by their names, in their order.
fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = Vec::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.push((file.name().unwrap().into_owned(), bytes));
    }
    files
}

/// The names of the elements, in order, and every text and attribute; fails where it is not well formed.
fn parsed(xml: &str) -> (Vec<String>, Vec<String>) {
    let (mut names, mut texts, mut depth) = (Vec::new(), Vec::new(), 0);
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_comments = true;
    loop {
        let event = reader.read_event().unwrap();
        if let Event::Start(tag) | Event::Empty(tag) = &event {
            names.push(tag.name().as_ref().to_owned());
            for attribute in tag.attributes() {
                texts.push(attribute.unwrap().value.into_owned());
            }
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Text(text) => texts.push((*text).to_owned()),
            Event::GeneralRef(of) => {
                let of: &str = &of;
                let known = ["amp", "lt", "gt", "quot", "apos"].contains(&of);
                assert!(known || of.starts_with('#'), "&{of}; is not known in XML");
            }
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {
                unreachable!("a text became more than a text")
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    let forbidden = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    assert!(!xml.contains(forbidden), "a character that XML forbids");
    (names, texts)
}

fn part(files: &[(String, Vec<u8>)], name: &str) -> String {
    let (_, bytes) = files.iter().find(|(there, _)| there == name).unwrap();
    String::from_utf8(bytes.clone()).unwrap()
}

#[test]
fn the_page_says_everything_and_leads_to_the_tickets() {
    let page = html(&document(), &printed()).unwrap();
    for said in [
        "<h1>物业管理投诉情况专报</h1>",
        "<p class=\"state\">核对稿 第1版</p>",
        "签发人：<b>李某某</b>",
        "<h2>三、办理质量</h2>",
        "<h3>（二）典型诉求</h3>",
        "<dt>口径</dt><dd>考核（剔除已批准的42件）</dd>",
        "表3　承办单位办理质量",
        "图2　各单位受理量（数据见<a href=\"#t-units\">表3</a>）",
        "解决率环比（个百分点）",
        "二是11月15日前",
        "<code>response_rate@1</code>",
        "href=\"&#x2f;api&#x2f;v1&#x2f;reports&#x2f;7&#x2f;tickets?table=units&amp;row=u5&amp;column=response_rate\">97.1%</a>",
        "<title>三率走势</title>",
        "副本 · 张三 · 2026-11-26 09:00",
        "2026-10-12 09:30",
    ] {
        let plain = page.replace(" id=\"c-1-title\"", "");
        assert!(plain.contains(said), "{said}");
    }
    assert_eq!(page.matches("<figure").count(), 2);
    assert_eq!(page.matches("（<code>response_rate@1</code>）").count(), 1, "a definition once");
    let bare = html(&document(), &Printed { base: None, watermark: None, ..printed() }).unwrap();
    assert!(!bare.contains("tickets?") && !bare.contains("class=\"watermark\""));
}

#[test]
fn what_the_figures_of_a_row_are_made_of_is_a_number_beside_its_name() {
    let mut document = document();
    let tables = document.sections.iter_mut().flat_map(|it| &mut it.blocks);
    for block in tables {
        let Block::Table(table) = block else { continue };
        if table.id != "overview" {
            continue;
        }
        for (id, name) in [(DEFINITION, "定义"), (FORMULA, "公式")] {
            table.columns.push(sample::column(id, name, Format::Text));
        }
        for (row, id) in table.rows.iter_mut().zip(["received@1", "finished@1", ""]) {
            let formula = format!("算法{}", row.key);
            row.cells.extend([id.to_owned(), formula].map(|it| sample::plain(Value::Text(it))));
        }
    }
    let page = html(&document, &printed()).unwrap();
    for said in [
        "<abbr title=\"算法0\">受理量</abbr><sup><a href=\"#d-1\"",
        "受理量（<code>received@1</code>）：算法0",
        "结转量：算法2",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("公式"), "no column of the page");
    let letter = part(&unpacked(&docx(&document, &printed()).unwrap()), "word/document.xml");
    assert!(!letter.contains("公式") && letter.contains("受理量（received@1）：算法0"));
    // The workbook keeps it beside the figures, and prints it on the sheet that explains.
    let files = unpacked(&xlsx(&document, &printed()).unwrap());
    assert!(part(&files, "xl/sharedStrings.xml").contains("公式"));
    assert!(part(&files, "xl/workbook.xml").contains("!$A$1:$D$4</definedName>"));
}

#[test]
fn a_place_left_empty_asks_to_be_filled_in_until_somebody_has_signed() {
    let asks = "（待填写：提请市领导决定的事项）";
    let draft = Printed { signer: None, ..printed() };
    assert!(html(&document(), &draft).unwrap().contains(asks));
    assert!(!html(&document(), &printed()).unwrap().contains("待填写"));
    let letter =
        |printed| part(&unpacked(&docx(&document(), printed).unwrap()), "word/document.xml");
    assert!(letter(&draft).contains(asks) && !letter(&printed()).contains("待填写"));
    // A part of which nothing is left is not headed either, and the next one has its number.
    let unsaid = Printed { texts: BTreeMap::new(), ..printed() };
    let page = html(&document(), &unsaid).unwrap();
    assert!(!page.contains("待填写") && !page.contains("下一步措施"));
}

#[test]
fn the_page_needs_nothing_and_runs_nothing() {
    let (document, printed) = sample::hostile();
    let page = html(&document, &printed).unwrap();
    let style = html::style(&page);
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    assert!(policy().contains(&format!("style-src 'sha256-{hash}'")));
    assert!(!style.contains("url(") && !style.contains("@import"));
    let body = page.replacen(style, "", 1);
    for tag in body.split('<').skip(1).filter_map(|it| it.split('>').next()) {
        let name = tag.split([' ', '/']).find(|it| !it.is_empty()).unwrap_or_default();
        let banned = ["script", "img", "link", "iframe", "object", "base", "image", "use", "!--"];
        assert!(!banned.contains(&name), "<{tag}>");
        // The names of its attributes: what is quoted is a text.
        let bare: String = tag.split('"').step_by(2).collect();
        for banned in [" on", " style=", " src=", "script:"] {
            assert!(!bare.contains(banned), "{banned} in <{tag}>");
        }
        assert!(!tag.contains("javascript:"));
    }
    assert!(!body.contains(['\0', '\u{1}', '\u{202e}', '\u{ffff}']));
    assert!(body.contains("{{ 7*7 }}"), "a text is no template");
    let names: std::collections::HashSet<&str> = body
        .match_indices(" id=\"")
        .filter_map(|(at, it)| body[at + it.len()..].split('"').next())
        .collect();
    for target in body.split("href=\"#").skip(1).filter_map(|it| it.split('"').next()) {
        assert!(target == "text" || names.contains(target), "no place is called {target}");
    }
}

#[test]
fn the_pictures_are_well_formed_and_have_gaps() {
    let (hostile, _) = sample::hostile();
    for document in [document(), hostile] {
        let blocks = document.sections.iter().flat_map(|it| &it.blocks);
        for block in blocks {
            let Block::Chart(chart) = block else { continue };
            let svg = chart::svg(chart, 1).unwrap();
            let (names, _) = parsed(&svg);
            assert_eq!(names[..3], ["svg", "title", "desc"]);
            if chart.kind == ChartKind::Line {
                // Three lines, each with a gap in it; a marker for each value.
                assert_eq!(names.iter().filter(|it| *it == "polyline").count(), 6);
                assert_eq!(svg.matches("class=\"mark").count(), 3 + 33);
            } else {
                assert_eq!(svg.matches("<rect class=\"bar").count(), 2 + 16);
            }
        }
    }
    let nothing = Chart {
        id: String::new(),
        title: String::new(),
        kind: ChartKind::Line,
        labels: Vec::new(),
        series: vec![Series { name: String::new(), values: vec![None, Some(f64::NAN)] }],
        format: Format::Percent,
        table: String::new(),
    };
    for kind in [ChartKind::Line, ChartKind::Bar] {
        for labels in [vec![], vec!["甲".to_owned()]] {
            let svg = chart::svg(&Chart { kind, labels, ..nothing.clone() }, 1).unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}

#[test]
fn the_letter_has_the_official_layout() {
    let files = unpacked(&docx(&document(), &printed()).unwrap());
    assert_eq!(files[0].0, "[Content_Types].xml");
    for (_, bytes) in &files {
        parsed(std::str::from_utf8(bytes).unwrap());
    }
    let letter = part(&files, "word/document.xml");
    for said in [
        "<w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"2098\" w:right=\"1474\" w:bottom=\"1985\" w:left=\"1588\"",
        "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>",
        "<w:footerReference w:type=\"even\"",
        "三、办理质量",
        "（二）典型诉求",
        "签发人：",
        "图见网页版，数据见表2",
        "<w:t xml:space=\"preserve\">97.1%</w:t>",
        "2026年11月26日印发",
    ] {
        assert!(letter.contains(said), "{said}");
    }
    let styles = part(&files, "word/styles.xml");
    for said in [
        "w:eastAsia=\"仿宋_GB2312\"",
        "w:eastAsia=\"方正小标宋简体\" w:cs=\"Times New Roman\"/><w:sz w:val=\"44\"/>",
        "w:eastAsia=\"黑体\"",
        "w:eastAsia=\"楷体_GB2312\"",
        "w:line=\"579\" w:lineRule=\"exact\"",
        "w:firstLineChars=\"200\"",
        "<w:pBdr><w:bottom w:val=\"single\" w:sz=\"18\" w:space=\"4\" w:color=\"FF0000\"/>",
    ] {
        assert!(styles.contains(said), "{said}");
    }
    assert!(part(&files, "word/settings.xml").contains("<w:evenAndOddHeaders/>"));
    assert!(part(&files, "word/footer1.xml").contains("<w:jc w:val=\"right\"/>"));
    assert!(part(&files, "word/footer2.xml").contains("<w:jc w:val=\"left\"/>"));
    assert!(part(&files, "word/header1.xml").contains("string=\"副本 · 张三 · 2026-11-26 09:00\""));
    let rows = letter.matches("<w:tr>").count();
    assert_eq!(letter.matches("<w:cantSplit/>").count(), rows, "no row is split");
    assert_eq!(docx(&document(), &printed()).unwrap(), docx(&document(), &printed()).unwrap());
}

#[test]
fn a_hostile_letter_is_a_letter() {
    let (document, printed) = sample::hostile();
    for (name, bytes) in unpacked(&docx(&document, &printed).unwrap()) {
        let (names, texts) = parsed(std::str::from_utf8(&bytes).unwrap());
        let known = ["w:", "v:", "o:", "w10:", "cp:", "dc:", "dcterms:"];
        let plain = ["Types", "Default", "Override", "Relationships", "Relationship"];
        let plain = [plain.as_slice(), &["Properties", "Application", "Company"]].concat();
        for element in &names {
            let ours = known.iter().any(|it| element.starts_with(it));
            assert!(ours || plain.contains(&element.as_str()), "{name}: {element}");
        }
        if name == "word/document.xml" {
            assert!(texts.iter().any(|it| it.contains("电梯🛗停了👨‍👩‍👧‍👦三天")));
        }
    }
}

#[test]
fn a_value_stands_alike_in_every_print() {
    let mut document = document();
    for block in document.sections.iter_mut().flat_map(|it| &mut it.blocks) {
        let Block::Table(table) = block else { continue };
        for row in &mut table.rows {
            row.cells.iter_mut().for_each(|it| it.value = Value::Number(0.55555));
        }
    }
    let page = html(&document, &printed()).unwrap();
    let letter = part(&unpacked(&docx(&document, &printed()).unwrap()), "word/document.xml");
    let units = String::from_utf8(csv(&document, &printed(), "units").unwrap().unwrap()).unwrap();
    for print in [&page, &letter, &units] {
        assert!(print.contains("55.6%") && !print.contains("55.5%"));
    }
}

/// Writes the samples where `JIESU_PRINT_SAMPLE` says, to be looked at in a browser and an office program.
#[test]
fn samples_can_be_looked_at() {
    let Some(folder) = std::env::var_os("JIESU_PRINT_SAMPLE") else { return };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (hostile, of_hostile) = sample::hostile();
    for (name, document, printed) in
        [("sample", document(), printed()), ("hostile", hostile, of_hostile)]
    {
        let put = |end: &str, bytes: Vec<u8>| {
            std::fs::write(folder.join(format!("{name}.{end}")), bytes).unwrap();
        };
        put("html", html(&document, &printed).unwrap().into_bytes());
        put("docx", docx(&document, &printed).unwrap());
        put("xlsx", xlsx(&document, &printed).unwrap());
        put("zip", csv_all(&document, &printed).unwrap());
    }
}

#[test]
fn a_figure_says_which_columns_of_its_table_it_draws_and_scripts_come_where_they_are_wanted() {
    let scripts = ["/assets/charts.js?v=1".to_owned()];
    let page = html_drawn(&document(), &printed(), &scripts).unwrap();
    assert!(
        page.contains("<script src=\"&#x2f;assets&#x2f;charts.js?v=1\" defer></script>"),
        "{page}"
    );
    assert_eq!(policy_of_scripts(), format!("{}; script-src 'self'", policy()));
    // One has a table of its own; the other shows what its table does not hold, and stays the picture that it is.
    let own = "<figure data-chart=\"line\" data-table=\"t-chart-trend-table\" data-columns=\"1 2 3\" data-lines=\"0 1 2 3 4 5 6 7 8 9 10 11\">";
    assert!(page.contains(own) && page.contains("<figure>"), "{page}");
    assert!(page.contains("<table id=\"t-chart-trend-table\""));
}
