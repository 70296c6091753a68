//! A site's own sentences in its reports.

use jiesu::doctor::examine;

use super::bureau::Bureau;
use crate::support::databases::TestDb;
use crate::support::folder::Folder;

#[test]
fn a_site_says_a_section_in_its_own_words_and_doctor_says_which() {
    let (test, folder) = (TestDb::sqlite(), Folder::new());
    let own = "[[ledger]]\ntext = \"本市期末挂账{{ closing|count }}件。\"\n";
    std::fs::write(folder.path().join("sentences.toml"), own).unwrap();
    let name = folder.path().display().to_string();
    let bureau = Bureau::at(&test, &[("JIESU_REPORTS__TEMPLATES", &name)]);
    bureau.city.closed("wuye");
    let id = bureau.november();
    let document = bureau.document("assessor", &id).to_string();
    assert!(document.contains("本市期末挂账0件。"), "theirs");
    assert!(document.contains("本期共受理1件"), "ours");
    let found = examine(&bureau.server.app);
    assert!(found.iter().any(|it| it.answer == "ledger"), "{found:?}");
}
