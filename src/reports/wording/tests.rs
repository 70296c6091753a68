//! A site's own sentences.

use serde_json::json;

use super::*;

fn with(own: &str) -> Result<Sentences> {
    Sentences::built_in().unwrap().with(own, "sentences.toml")
}

#[test]
fn ours_hold_to_what_is_asked_of_a_site() {
    let again = with(BUILT_IN).unwrap();
    assert_eq!(again.overridden().count(), again.ours.len());
}

#[test]
fn a_site_says_a_section_in_its_own_words_and_the_others_stay_ours() {
    let site = with("[[ledger]]\ntext = \"期末挂账{{ closing|count }}件。\"\n").unwrap();
    assert_eq!(site.overridden().collect::<Vec<_>>(), ["ledger"]);
    assert_eq!(site.said("ledger", &json!({"closing": 3.0})).unwrap(), "期末挂账3件。");
    let none = json!({"flagged": 0, "kinds": [], "cases": {"held": 0, "opened": 0}});
    assert_eq!(site.said("bottom_line", &none).unwrap(), "本期没有触碰底线的工单。");
    assert_eq!(Sentences::built_in().unwrap().overridden().count(), 0);
}

#[test]
fn what_is_not_known_this_month_makes_no_sentence_of_a_site_and_ours_stands() {
    let site = with("[[trend]]\ntext = \"重复诉求占{{ repeat.value|percent }}。\"\n").unwrap();
    let figures = |value: Option<f64>| {
        json!({
            "windows": 2, "falling": [], "repeat_days": 90,
            "repeat": {"value": value, "num": 1.0, "previous": {"by": null}},
            "warned": {"raised": 0}, "campaigns": {"count": 0},
        })
    };
    assert_eq!(site.said("trend", &figures(Some(0.5))).unwrap(), "重复诉求占50.0%。");
    assert_eq!(site.said("trend", &figures(None)).unwrap(), "近2个周期的受理量和三率见下表。");
}

#[test]
fn what_cannot_be_used_is_refused_with_its_line() {
    let line = |own: &str, line: usize| {
        let error = with(own).unwrap_err();
        assert_eq!(error.code(), "report.sentence");
        let told = error.detail().to_string();
        assert!(told.contains(&format!("第 {line} 行")), "{told}");
    };
    line("\n[[ledger]]\ntext = \"{{ nothing|count }}\"\n", 3);
    line("[[ledger]]\nwhen = \"opening >\"\ntext = \"x\"\n", 2);
    line("[[ledger]]\ntext = \"{% if opening > 0 %}\"\n", 2);
    line("[[ledger]]\ntext = '''\nx\n{{ nothing }}'''\n", 4);
    line("[[nowhere]]\ntext = \"x\"\n", 2);
    // One that never ends.
    let many = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    line(&format!("[[ledger]]\ntext = \"{many}\"\n"), 2);
    // A name that the figures at hand do not lead to, and one inside a figure.
    line("[[ledger]]\ntext = \"{% if opening < 0 %}{{ nobody }}{% endif %}\"\n", 2);
    line("[[trend]]\ntext = \"{{ repeat.valeu|percent }}\"\n", 2);
    let hidden = "{% if windows > 99 %}{{ repeat.previous.valeu }}{% endif %}";
    line(&format!("[[trend]]\ntext = \"{hidden}\"\n"), 2);
    line("\n\n[[trend]]\nwhen = \"repeat.value.num > 1\"\ntext = \"x\"\n", 4);
    assert_eq!(with("[[ledger]]\nwords = \"x\"\n").unwrap_err().code(), "report.sentence");
}

#[test]
fn a_folder_that_is_named_holds_the_file() {
    assert_eq!(Sentences::of(Path::new("")).unwrap().overridden().count(), 0);
    let error = Sentences::of(Path::new("/nowhere/at/all")).unwrap_err();
    assert_eq!(error.code(), "config.unreadable");
}
