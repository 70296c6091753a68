//! What the search finds, in which order and why; and what may not stand in an article.

use proptest::prelude::*;

use super::check::names_somebody;
use super::*;
use crate::directory::{Directory, Entry, Phone, Unit, UnitKind};
use crate::ticket::Text;

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today() -> NaiveDate {
    day("2026-11-02")
}

fn content(title: &str, body: &str) -> Content {
    Content {
        title: text(title),
        body: text(body),
        questions: vec![],
        tags: vec![],
        categories: vec![],
        owner: "wuye".into(),
        policy_no: None,
        valid_from: None,
        valid_to: None,
        review_on: None,
        internal: false,
    }
}

fn article(code: &str, content: Content) -> Article {
    let copy = Copy::of(content);
    Article {
        code: code.into(),
        version: 2,
        state: ArticleState::Published,
        draft: copy.clone(),
        draft_by: 1,
        live: Some((2, copy)),
        task: None,
        changed_at: Stamp::from_millis(0),
    }
}

fn found(query: &str, articles: Vec<Article>) -> Vec<Hit> {
    let library = Library::of(articles);
    rank(query, &library, today(), |article| article.live.as_ref().map(|(_, copy)| copy))
}

fn codes(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.code.as_str()).collect()
}

#[test]
fn a_title_weighs_more_than_a_question_a_tag_and_a_body() {
    let mut asked = content("物业费", "如何缴纳");
    asked.questions = vec![text("电梯停运找谁")];
    let mut tagged = content("房屋安全", "请报修");
    tagged.tags = vec![text("电梯停运")];
    let hits = found(
        "电梯停运",
        vec![
            article("a", content("供暖", "电梯停运时请联系物业。")),
            article("b", tagged),
            article("c", asked),
            article("d", content("电梯停运怎么办", "请报修。")),
            article("e", content("停车", "车位。")),
        ],
    );
    assert_eq!(codes(&hits), ["d", "c", "b", "a"]);
    let why = [Part::Title, Part::Question, Part::Tag, Part::Body];
    for (hit, part) in hits.iter().zip(why) {
        assert_eq!(hit.why, [Why { part, words: vec!["电梯停运".to_owned()] }]);
    }
    assert_eq!(hits[0].score, 1_000);
}

#[test]
fn what_no_longer_holds_comes_last_and_says_so() {
    let mut over = content("电梯停运怎么办", "旧办法");
    over.valid_to = Some(day("2026-11-01"));
    let mut ahead = content("电梯停运怎么办", "新办法");
    ahead.valid_from = Some(day("2026-11-03"));
    let last_day =
        Content { valid_to: Some(today()), ..content("电梯", "停运时请联系物业") };
    let hits =
        found("电梯停运", vec![article("a", over), article("b", ahead), article("c", last_day)]);
    assert_eq!(codes(&hits), ["c", "a", "b"]);
    let standing: Vec<Standing> = hits.iter().map(|hit| hit.standing).collect();
    assert_eq!(standing, [Standing::InForce, Standing::Expired, Standing::NotYet]);
}

#[test]
fn a_document_is_found_by_its_number_however_it_is_typed() {
    let mut it = content("住宅专项维修资金管理办法", "……");
    it.policy_no = Some(text("云住建规〔2024〕12号"));
    let articles =
        || vec![article("zs-0007", it.clone()), article("zs-0008", content("别的", "……"))];
    for query in ["云住建规〔2024〕12号", "2024 12号", "住建规[2024]", "ZS-0007"] {
        assert_eq!(codes(&found(query, articles())), ["zs-0007"], "{query}");
    }
    assert!(found("2024", articles()).iter().all(|hit| hit.why[0].part == Part::Number));
    assert_eq!(found("供暖", articles()), []);
    assert_eq!(codes(&found("资", articles())), ["zs-0007"]);
}

#[test]
fn a_rare_word_decides_among_common_ones() {
    let how = |what: &str| content(&format!("{what}怎么办理"), "请带证件。");
    let hits = found(
        "公租房怎么办理",
        vec![
            article("a", how("网签备案")),
            article("b", how("公租房")),
            article("c", how("房产证")),
        ],
    );
    assert_eq!(codes(&hits)[0], "b");
    assert!(hits[0].score > hits[1].score * 2, "{hits:?}");
}

#[test]
fn a_telephone_is_refused_unless_it_is_a_units_published_one() {
    let mut unit = Unit::new("wuye", "物业科", UnitKind::Section, day("2020-01-01"));
    unit.phones = vec![Phone { number: "010-66668888".to_owned(), hours: String::new() }];
    let directory = Directory::of([Entry::Unit(unit)]);
    for (text, refused) in [
        ("请拨打010-6666 8888或12345。", false),
        ("请拨打６６６６８８８８。", false),
        ("请拨打010-66668889。", true),
        ("联系人手机13900000001", true),
        ("身份证110101199003071234", true),
        ("按2024年第12号令，3000-5000元", false),
    ] {
        assert_eq!(names_somebody(text, &directory), refused, "{text}");
    }
}

fn title() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select("电梯停运维修资金房屋漏水物业收费".chars().collect::<Vec<_>>()),
        2..8,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn nothing_is_found_better_than_what_is_called_so(titles in prop::collection::btree_set(title(), 1..12), at in any::<prop::sample::Index>()) {
        let titles: Vec<String> = titles.into_iter().collect();
        let asked = at.get(&titles);
        let all = titles.iter().enumerate().map(|(n, title)| article(&format!("{n:02}"), content(title, "正文"))).collect();
        let hits = found(asked, all);
        let own = hits.iter().find(|hit| titles[hit.code.as_str().parse::<usize>().unwrap()] == *asked);
        prop_assert_eq!(own.map(|hit| hit.score), Some(1_000));
        for hit in &hits {
            prop_assert!((1..=1_000).contains(&hit.score) && !hit.why.is_empty());
            // What is said to be found stands in the query.
            let words = hit.why.iter().flat_map(|why| &why.words);
            prop_assert!(words.clone().all(|word| asked.contains(word.as_str())));
        }
    }
}
