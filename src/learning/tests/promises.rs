//! Learning: what a model promises of its answers.

use std::collections::BTreeSet;

use super::super::Example;
use super::super::coldstart::{ColdStart, Entry, SCORE_AT_MOST};
use super::super::features::{Part, Text, fold};
use super::super::measure::measure;
use super::super::model::Model;
use super::super::split;
use super::super::stable::SplitMix;
use super::super::train::{Recipe, train};
use super::super::words;
use super::{any_text, rows};

fn buckets(text: &str) -> Vec<(u32, u32)> {
    Text::new(text, text).counts(Part::Whole)
}

#[test]
fn the_dispatcher_gets_the_right_branch_and_the_words_that_decided() {
    let model = train(&rows(300, 1), &Recipe::default());
    let said = model.suggest("家里暖气不热", "打过13800000000，物业不管", 3);
    assert_eq!(said[0].label, "heating");
    assert!(said[0].words.iter().any(|word| word.contains("暖气")), "{:?}", said[0].words);
    let figures = measure(&rows(90, 2), |title, detail| model.suggest(title, detail, 3));
    assert_eq!((figures.first, figures.rows), (90, 90));
}

#[test]
fn two_phone_numbers_are_the_same_to_a_model() {
    let same = [
        "请回电13900001111谢谢",
        "请回电１３８２２２２３３３３谢谢",
        "请回电一三八零零一三八零零零谢谢",
        "请回电一3八00一38000谢谢",
        "请回电①③⑧谢谢",
    ];
    for text in same {
        assert_eq!(buckets(text), buckets("请回电0谢谢"), "{text}");
    }
    let spaced = buckets("电话139 0000 1111");
    assert_eq!(spaced, buckets("电话138-2222-3333"));
    assert_ne!(buckets("三里屯"), buckets("四里屯"), "a numeral within a name is a word");
}

#[test]
fn no_digit_reaches_a_hash_whatever_the_text() {
    let mut chance = SplitMix::new(11);
    for _ in 0..2_000 {
        let text = any_text(&mut chance, 40);
        let folded = fold(&text);
        let digits = folded.iter().filter(|piece| piece.folded.is_numeric());
        assert!(digits.into_iter().all(|piece| piece.folded == '0'), "{text:?}");
        let doubled = folded.windows(2).any(|two| two[0].folded == '0' && two[1].folded == '0');
        assert!(!doubled, "a number's length would be told: {text:?}");
        let mut end = 0;
        for piece in &folded {
            assert!(piece.from == end && text.get(piece.from..piece.to).is_some(), "{text:?}");
            end = piece.to;
        }
        assert_eq!(end, text.len());
    }
}

#[test]
fn width_and_case_do_not_matter() {
    assert_eq!(buckets("ＷｉＦｉ断了！"), buckets("wifi断了，"));
}

#[test]
fn whatever_the_text_scores_are_chances_and_words_are_cut_from_it() {
    let model = train(&rows(200, 3), &Recipe::default());
    let mut chance = SplitMix::new(5);
    for _ in 0..1_000 {
        let (title, detail) = (any_text(&mut chance, 20), any_text(&mut chance, 60));
        let said = model.suggest(&title, &detail, 9);
        let sum: f64 = said.iter().map(|one| one.score).sum();
        assert!(said.is_empty() || (sum - 1.0).abs() < 1e-9, "{title:?} {detail:?}: {sum}");
        assert!(said.is_sorted_by(|one, next| one.score >= next.score));
        for word in said.iter().flat_map(|one| &one.words) {
            assert!(
                title.contains(word) || detail.contains(word),
                "{word} of {title:?} {detail:?}"
            );
            assert!(!word.contains(char::is_numeric) && word.chars().count() >= 2, "{word}");
        }
        assert!(said.iter().all(|one| one.words.len() <= words::AT_MOST));
        assert_eq!(said, model.suggest(&title, &detail, 9));
    }
}

#[test]
fn the_same_rows_give_the_same_model_byte_for_byte() {
    let one = train(&rows(120, 4), &Recipe::default());
    assert_eq!(one.to_bytes(), train(&rows(120, 4), &Recipe::default()).to_bytes());
    assert_ne!(one.fingerprint(), train(&rows(121, 4), &Recipe::default()).fingerprint());
}

#[test]
fn no_rows_one_label_and_labels_with_one_row_are_all_learnt_from() {
    let none = train(&[], &Recipe::default());
    assert_eq!(none, Model::empty());
    assert!(none.suggest("暖气不热", "", 3).is_empty());

    let alike: Vec<Example> =
        rows(30, 6).into_iter().map(|row| Example { label: "only".into(), ..row }).collect();
    let said = train(&alike, &Recipe::default()).suggest("暖气不热", "", 3);
    assert_eq!((said.len(), said[0].score), (1, 0.0), "nothing was told apart");

    let mut few = rows(60, 7);
    few.push(Example {
        label: "tree".into(), title: "树枝遮挡阳光".into(), detail: String::new()
    });
    few.push(Example { label: String::new(), title: "没有分类".into(), detail: String::new() });
    few.push(Example { label: "lift".into(), title: String::new(), detail: String::new() });
    let model = train(&few, &Recipe::default());
    assert_eq!(model.labels(), ["heating", "lift", "parking", "tree"]);
    assert_eq!(model.suggest("树枝遮挡", "", 1)[0].label, "tree");
    assert!(model.suggest("", "", 3).is_empty() && model.suggest("？！ ", "…", 3).is_empty());
}

#[test]
fn more_labels_than_a_block_are_told_apart() {
    let names: Vec<String> = ('a'..='t').map(String::from).collect();
    let said = |row: usize| format!("{}{}的事", names[row % 20].repeat(3), "甲乙丙丁"); // no two share a word
    let many: Vec<Example> = (0..200)
        .map(|row| Example {
            label: names[row % 20].clone(),
            title: said(row),
            detail: String::new(),
        })
        .collect();
    let model = train(&many, &Recipe { folds: 0, ..Recipe::default() });
    for (row, name) in names.iter().enumerate() {
        assert_eq!(&model.suggest(&said(row), "", 1)[0].label, name);
    }
    assert_eq!(Model::from_bytes(&model.to_bytes()), Ok(model));
}

#[test]
fn a_bound_on_rows_keeps_the_newest_and_some_of_every_label() {
    let mut all = rows(600, 8);
    let tree =
        Example { label: "tree".into(), title: "树枝遮挡阳光".into(), detail: String::new() };
    all.splice(0..0, [tree.clone(), tree]); // of 200 texts, what only one says is forgotten
    let model = train(&all, &Recipe { rows_at_most: 200, ..Recipe::default() });
    assert_eq!(model.texts(), 200);
    assert!(model.labels().contains(&"tree".to_owned()));
    assert_eq!(model.suggest("树枝遮挡", "", 1)[0].label, "tree");
}

#[test]
fn near_duplicates_are_held_out_together_and_stay_where_they_were() {
    let long =
        "小区东门的路灯坏了两个星期，晚上回家什么也看不见，老人孩子走路都很危险，请派人修理。";
    let nearly = long.replace("两个", "三个");
    let texts = [
        Text::new("路灯坏了", long),
        Text::new("路灯不亮", &nearly),
        Text::new("三号楼二单元电梯停运", "三天没有修好"),
        Text::new("三号楼二单元电梯停运", "一直困人，没有维保"),
        Text::new("电梯停运", "物业说没有钱换钢丝绳"),
        Text::new("电梯停运", "门打不开，已经报修两次"),
    ];
    let groups = split::groups(&texts);
    assert!(groups[0] == groups[1] && groups[2] == groups[3] && groups[0] != groups[2]);
    assert_ne!(groups[4], groups[5], "a short title is no text");
    assert_eq!(split::groups(&texts[..2])[0], groups[0], "others do not move it");
    let keys: Vec<u64> = (0..1_000).collect();
    let (seen, out) = split::held_out(&keys, 5);
    assert!((150..250).contains(&out.len()));
    let both: BTreeSet<usize> = seen.into_iter().chain(out).collect();
    assert_eq!(both.len(), 1_000);
}

#[test]
fn what_an_older_model_has_seen_is_not_measured_though_its_group_is_held_out_by_now() {
    let mut chance = SplitMix::new(13);
    let mut any = |length: usize| -> String {
        let han = |offset: usize| char::from_u32(0x4e00 + u32::try_from(offset).unwrap()).unwrap();
        (0..length).map(|_| han(chance.below(3_000))).collect()
    };
    // Told twice under one title; at first both are among the newest, then the earlier no longer is.
    let titles: Vec<String> = (0..300).map(|_| any(12)).collect();
    let details: Vec<String> = (0..600).map(|_| any(60)).collect();
    let texts = titles.iter().chain(&titles).zip(&details);
    let texts: Vec<Text<'_>> = texts.map(|(title, detail)| Text::new(title, detail)).collect();
    let (learnt, _) = split::held_out(&split::groups(&texts), 10);
    let is_seen = |row: usize| learnt.contains(&(300 + row));
    let groups = split::groups(&texts[300..]);
    let (_, held) = split::held_out(&groups, 10);
    let moved = held.iter().filter(|row| is_seen(**row)).count();
    assert!(moved > 0);
    let fair = split::unseen(&held, &groups, is_seen);
    assert_eq!(fair.len() + moved, held.len());
    assert!(fair.iter().all(|row| !is_seen(*row)));
    // Nor is what is nearly the same as something it has seen.
    assert_eq!(split::unseen(&[0, 1, 2], &[7, 7, 8], |row| row == 1), [2]);
}

#[test]
fn a_site_without_tickets_starts_from_the_words_of_its_taxonomy() {
    let entry = |code: &str, names: [&str; 2], word: &str| Entry {
        code: code.into(),
        names: names.map(String::from).to_vec(),
        words: vec![word.into()],
    };
    let start = ColdStart::new(&[
        entry("heat", ["物业管理", "供暖"], "暖气"),
        entry("lift", ["物业管理", "电梯"], "困人"),
    ]);
    let said = start.suggest("暖气不热", "物业管理不好", 2);
    assert_eq!((said[0].label.as_str(), said.len()), ("heat", 2));
    assert!(said[0].words.contains(&"暖气".to_owned()), "{:?}", said[0].words);
    assert!(said.iter().all(|one| one.score < SCORE_AT_MOST));
    assert!(start.suggest("完全无关", "", 2).is_empty());
    assert!(ColdStart::new(&[]).suggest("暖气", "", 2).is_empty());
}
