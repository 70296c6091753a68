//! A site's own sentences in its reports: said where they hold, refused at the start where they cannot.

use std::sync::Arc;

use jiesu::app::{App, Demo};
use jiesu::config::Config;
use jiesu::doctor::examine;
use jiesu::time::SystemClock;

use super::bureau::Bureau;
use crate::support::databases::TestDb;
use crate::support::folder::Folder;

/// A folder with these sentences, and its name.
fn saying(own: &str) -> (Folder, String) {
    let folder = Folder::new();
    std::fs::write(folder.path().join("sentences.toml"), own).unwrap();
    let name = folder.path().display().to_string();
    (folder, name)
}

#[test]
fn a_site_says_a_section_in_its_own_words_and_doctor_says_which() {
    let test = TestDb::sqlite();
    let (_folder, name) = saying(concat!(
        "[[ledger]]\ntext = \"本市期末挂账{{ closing|count }}件。\"\n",
        "[[ledger]]\nwhen = \"closing > 0\"\ntext = \"请各单位抓紧销号。\"\n",
    ));
    let bureau = Bureau::at(&test, &[("JIESU_REPORTS__TEMPLATES", &name)]);
    bureau.city.closed("wuye");
    bureau.city.hours(4);
    let id = bureau.november();
    let document = bureau.document("assessor", &id).to_string();
    assert!(document.contains("本市期末挂账0件。"), "theirs");
    assert!(!document.contains("请各单位抓紧销号"), "its condition fails");
    assert!(document.contains("本期受理1件"), "ours");
    let found = examine(&bureau.server.app);
    assert!(found.iter().any(|it| it.answer == "ledger"), "{found:?}");
}

#[test]
fn a_sentence_that_names_no_figure_is_refused_before_anything_is_opened() {
    let (folder, name) = saying("[[ledger]]\ntext = \"期末{{ closed|count }}件。\"\n");
    let data = folder.path().join("data");
    let keys = [
        ("JIESU_DATA_DIR".to_owned(), data.display().to_string()),
        ("JIESU_REPORTS__TEMPLATES".to_owned(), name),
    ];
    let config = Config::from_environment(keys).unwrap();
    let refused = App::with(config, Arc::new(SystemClock), Demo::Off).err().unwrap();
    assert_eq!(refused.code(), "report.sentence");
    let told = refused.detail();
    assert!(told.contains("sentences.toml 第 2 行") && told.contains("closed"), "{told}");
    assert!(!data.exists());
}
