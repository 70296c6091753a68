//! The same mix in the frozen report, computed once more (decision 0027): for each answer of a row what all others get in its
//! category and estate, drawn towards their category and that towards all of them, as if ten more answers had it.

use std::collections::HashMap;

use serde_json::Value;

use super::Told;
use super::frozen::october;
use crate::support::oracle::{Answered, Within, answered};

const MORE: f64 = 10.0;
const Z: f64 = 1.959_964;

/// Thousandths and answers, by row (empty: all) and by how much of the matter is the same.
#[derive(Default)]
struct Pool(HashMap<Place, (i64, i64)>);

type Place = (String, Vec<Option<String>>);

impl Pool {
    fn of(answers: &[Answered], rate: usize) -> Self {
        let mut pool = Self::default();
        for one in answers {
            let Some(weight) = one.weights[rate] else { continue };
            for key in [one.key.as_str(), ""] {
                for depth in 0..=2 {
                    let place = (key.to_owned(), one.matter[..depth].to_vec());
                    let sum = pool.0.entry(place).or_default();
                    (sum.0, sum.1) = (sum.0 + weight, sum.1 + 1);
                }
            }
        }
        pool
    }

    /// What all but `key` have there.
    fn others(&self, key: &str, matter: &[Option<String>]) -> (f64, f64) {
        let of = |key: &str| {
            let place = (key.to_owned(), matter.to_vec());
            self.0.get(&place).copied().unwrap_or_default()
        };
        let (all, own) = (of(""), of(key));
        ((all.0 - own.0) as f64 / 1000.0, (all.1 - own.1) as f64)
    }
}

/// The difference and half of its interval; nothing where the row or all others have no answer.
fn due(key: &str, mine: &[Answered], pool: &Pool, rate: usize) -> Option<(f64, f64)> {
    let total = pool.others(key, &[]);
    let (mut n, mut observed, mut expected, mut variance) = (0.0, 0.0, 0.0, 0.0);
    for one in mine.iter().filter(|one| one.key == key) {
        let Some(weight) = one.weights[rate] else { continue };
        if total.1 == 0.0 {
            return None;
        }
        let mut due = total.0 / total.1;
        for depth in 1..=2 {
            let near = pool.others(key, &one.matter[..depth]);
            due = (near.0 + MORE * due) / (near.1 + MORE);
        }
        n += 1.0;
        observed += weight as f64 / 1000.0;
        expected += due;
        variance += due * (1.0 - due);
    }
    let half = Z * f64::max(variance, 0.0).sqrt() / n;
    (n > 0.0).then(|| ((observed - expected) / n, half))
}

/// Holds every difference in the tables of units and heads against the lines; answers how many there are.
pub fn compare(document: &Value, told: &Told, within: Option<Within<'_>>) -> usize {
    let mut count = 0;
    for (table, group_by) in [("units", "unit"), ("heads", "head")] {
        let of =
            |within| answered(&told.tickets, &told.city, &october(told, (group_by, true), within));
        let (all, mine) = (of(None), of(within));
        let sections = document["sections"].as_array().unwrap().iter();
        let mut blocks = sections.flat_map(|section| section["blocks"].as_array().unwrap());
        let table = blocks.find(|block| block["id"] == table).unwrap();
        let columns = table["columns"].as_array().unwrap();
        for (rate, metric) in
            ["response_rate", "resolution_rate", "satisfaction_rate"].into_iter().enumerate()
        {
            let pool = Pool::of(&all, rate);
            let at = |id: String| columns.iter().position(|it| it["id"] == id.as_str()).unwrap();
            let (by, interval) =
                (at(format!("{metric}.same_mix")), at(format!("{metric}.same_mix.interval")));
            for row in table["rows"].as_array().unwrap() {
                let key = row["key"].as_str().unwrap();
                let (by, interval) = (&row["cells"][by]["value"], &row["cells"][interval]["value"]);
                let place = format!("{metric} of {key} by {group_by}: {by} {interval}");
                let due = if key == "total" { None } else { due(key, &mine, &pool, rate) };
                let Some((difference, half)) = due else {
                    assert_eq!((by, interval), (&"none".into(), &"none".into()), "{place}");
                    continue;
                };
                let there = by["number"].as_f64().unwrap_or_else(|| panic!("no number: {place}"));
                assert!((there - difference).abs() < 1e-9, "{difference}, not {place}");
                let ends = interval["text"].as_str().unwrap();
                let ends = ends.trim_matches(['（', '）']).split_once('至').unwrap();
                for (end, due) in [
                    (ends.0, f64::max(difference - half, -1.0)),
                    (ends.1, f64::min(difference + half, 1.0)),
                ] {
                    let there: f64 = end.parse().unwrap();
                    assert!((there - due * 100.0).abs() < 0.051, "{due}, not {place}");
                }
                count += 1;
            }
        }
    }
    count
}
