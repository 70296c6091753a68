//! Learning: files and models that are not taken.

use super::super::bytes::{Refusal, VERSION};
use super::super::calibrate::{Calibration, UNKNOWN};
use super::super::measure::{Figures, Verdict, better, measure};
use super::super::model::Model;
use super::super::stable::{SplitMix, checksum};
use super::super::train::{Recipe, train};
use super::super::{Example, Suggestion};
use super::rows;

#[test]
fn a_model_read_back_is_the_same_model() {
    let model = train(&rows(200, 1), &Recipe::default());
    let again = Model::from_bytes(&model.to_bytes()).unwrap();
    assert_eq!(again, model);
    assert_eq!(again.suggest("电梯困人", "", 3), model.suggest("电梯困人", "", 3));
    assert_eq!(Model::from_bytes(&Model::empty().to_bytes()), Ok(Model::empty()));
}

#[test]
fn a_model_read_back_knows_which_tickets_it_was_made_from() {
    let model = train(&rows(60, 1), &Recipe::default());
    assert_eq!(model.has_seen(7), None, "it does not say");
    let tickets = [i64::MAX, 7, 9_007_199_254_740_993, 0];
    let again = Model::from_bytes(&model.clone().made_of(tickets).to_bytes()).unwrap();
    assert!(tickets.iter().all(|id| again.has_seen(*id) == Some(true)));
    assert!([-1, 1, 6, 8, i64::MAX - 1].iter().all(|id| again.has_seen(*id) == Some(false)));
    assert_eq!(again.suggest("电梯困人", "", 3), model.suggest("电梯困人", "", 3));
}

#[test]
fn a_foreign_an_older_and_a_damaged_file_are_refused_each_by_its_reason() {
    let file = train(&rows(60, 2), &Recipe::default()).to_bytes();
    assert_eq!(Model::from_bytes(b""), Err(Refusal::Foreign));
    assert_eq!(Model::from_bytes(b"PK\x03\x04 a sheet"), Err(Refusal::Foreign));
    let mut other = file.clone();
    other[4] = other[4].wrapping_add(1);
    assert_eq!(Model::from_bytes(&other), Err(Refusal::OtherVersion(VERSION + 1)));
    for length in 4..file.len() {
        assert_eq!(Model::from_bytes(&file[..length]), Err(Refusal::Damaged), "cut at {length}");
    }
    let mut chance = SplitMix::new(9);
    for _ in 0..2_000 {
        let mut flipped = file.clone();
        let at = 6 + chance.below(file.len() - 6);
        flipped[at] ^= 1 << (chance.draw() % 8);
        assert_eq!(Model::from_bytes(&flipped), Err(Refusal::Damaged), "flipped at {at}");
    }
}

#[test]
fn bytes_with_a_right_checksum_and_nonsense_inside_never_panic() {
    let file = train(&rows(60, 3), &Recipe::default()).made_of(1..=54).to_bytes();
    let mut chance = SplitMix::new(4);
    let (mut refused, mut taken) = (0, 0);
    for _ in 0..3_000 {
        let mut body = file[14..].to_vec();
        for _ in 0..=chance.draw() % 4 {
            let at = chance.below(body.len());
            body[at] = chance.draw().to_le_bytes()[0];
        }
        let mut forged = file[..6].to_vec();
        forged.extend(checksum(&body).to_le_bytes());
        forged.extend(body);
        match Model::from_bytes(&forged) {
            Ok(model) => {
                model.suggest("暖气不热", "电梯停运，车位被占", 5);
                taken += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 0 && taken > 0, "{refused} {taken}");
}

fn figures(model: &Model, rows: &[Example]) -> Figures {
    measure(rows, |title, detail| model.suggest(title, detail, 3))
}

#[test]
fn a_model_of_shuffled_labels_replaces_none_and_one_that_guesses_never_starts() {
    let (seen, held_out) = (rows(300, 5), rows(120, 6));
    let good = figures(&train(&seen, &Recipe::default()), &held_out);
    let mut labels: Vec<String> = seen.iter().map(|row| row.label.clone()).collect();
    SplitMix::new(1).shuffle(&mut labels);
    let shuffled: Vec<Example> =
        seen.into_iter().zip(labels).map(|(row, label)| Example { label, ..row }).collect();
    let bad = figures(&train(&shuffled, &Recipe::default()), &held_out);
    assert_eq!(better(&good, None), Verdict::Serve);
    assert_eq!(better(&good, Some(&good)), Verdict::Serve, "it knows the newer rows");
    assert_ne!(better(&bad, Some(&good)), Verdict::Serve);
    let guess = |title: &str, detail: &str| {
        let place = SplitMix::new(checksum(format!("{title}{detail}").as_bytes())).below(3);
        let label = super::BRANCHES[place].0.to_owned();
        vec![Suggestion { label, score: 0.9, is_claimed: true, words: Vec::new() }]
    };
    assert_eq!(better(&measure(&held_out, guess), None), Verdict::NoBetterThanChance);
}

#[test]
fn a_slightly_worse_one_too_few_rows_and_other_rows_are_refused() {
    let held_out = rows(120, 7);
    let model = train(&rows(300, 8), &Recipe::default());
    let good = figures(&model, &held_out);
    let mut wrong = 0;
    let mut slips: Vec<Example> = held_out.clone();
    for row in slips.iter_mut().filter(|row| row.label == "lift").take(3) {
        row.label = "parking".into();
        wrong += 1;
    }
    let worse = figures(&model, &slips);
    assert_eq!((wrong, worse.first), (3, 117));
    assert!(worse.macro_f1 < good.macro_f1);
    assert_eq!(better(&worse, Some(&good)), Verdict::Worse);
    assert_eq!(better(&figures(&model, &held_out[..49]), None), Verdict::TooFewRows);
    assert_eq!(better(&figures(&model, &held_out[..60]), Some(&good)), Verdict::OtherRows);
}

#[test]
fn figures_are_those_counted_by_hand() {
    let said = |title: &str, _: &str| {
        let one = |label: &str| Suggestion {
            label: label.into(),
            score: 0.5,
            is_claimed: true,
            words: Vec::new(),
        };
        if title.is_empty() {
            Vec::new()
        } else {
            title.chars().map(|c| one(&c.to_string())).collect()
        }
    };
    let row = |label: &str, title: &str| Example {
        label: label.into(),
        title: title.into(),
        detail: String::new(),
    };
    // a: 2 of 3 found, nothing else named a; b: 1 of 1, but 1 of 2 named right; c never found.
    let rows = [row("a", "a"), row("a", "ab"), row("a", "bca"), row("b", "b"), row("c", "")];
    let figures = measure(&rows, said);
    assert_eq!((figures.rows, figures.first, figures.among_three), (5, 3, 4));
    assert_eq!(figures.most_frequent, 3);
    let f1: Vec<f64> = figures.labels.iter().map(|label| label.f1).collect();
    assert_eq!(f1, [0.8, 2.0 / 3.0, 0.0]);
    assert!((figures.macro_f1 - (0.8 + 2.0 / 3.0) / 3.0).abs() < 1e-12);
    let confused: Vec<_> =
        figures.confused.iter().map(|pair| (&*pair.right, &*pair.said)).collect();
    assert_eq!(confused, [("a", "b"), ("c", "")]);
    let none = measure(&[], said);
    assert_eq!((none.rows, none.macro_f1, none.accuracy()), (0, 0.0, 0.0));
}

#[test]
fn margins_that_are_right_nine_times_in_ten_become_nine_tenths() {
    let held_out: Vec<(Vec<f32>, usize)> =
        (0..200).map(|row| (vec![1.0, -1.0], usize::from(row % 10 == 0))).collect();
    let chances = Calibration::fit(&held_out).chances(&[1.0, -1.0]);
    assert!((chances[0] - 0.9).abs() < 0.01, "{chances:?}");
    assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(Calibration::fit(&[]), UNKNOWN);
    assert!(UNKNOWN.chances(&[]).is_empty());
}
