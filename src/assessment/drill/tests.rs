//! What a figure drills down to.

use super::*;
use crate::assessment::facts::Edition;
use crate::assessment::figures::city::{busy, dim};
use crate::assessment::rules::{Rules, Scoring};
use crate::limits::length::Thousandths;
use crate::limits::policy::Curve;

#[test]
fn every_cell_drills_down_to_shares_that_sum_to_it() {
    let city = busy();
    let dims = [dim("bureau", None), dim("section", Some("bureau"))];
    let ask = city.ask(Edition::All);
    let rates = city.rates(&dims);
    for row in rates.rows.iter().chain([&rates.total]) {
        let place = Place { dims: &dims, depth: Depth::RollUp, key: row.key.as_deref() };
        for cell in &row.cells {
            let sum = |side| -> i64 {
                let behind = Behind::of(&city.facts, &ask, cell.metric);
                let items = behind.cell(&city.facts.names, place, side, |_| true);
                items.iter().map(|item| item.exact).sum()
            };
            assert_eq!(sum(Side::Num), cell.exact, "{:?} {}", row.key, cell.metric);
            assert_eq!(sum(Side::Den), cell.den.unwrap_or(0), "{:?} {}", row.key, cell.metric);
        }
    }
}

#[test]
fn a_score_drills_down_to_points_that_sum_to_it_by_weights_and_by_curves() {
    let mut city = busy();
    let curve = |full| Curve {
        full: Thousandths(full),
        slope: Thousandths(100_000),
        target: Thousandths(900),
        floor: Thousandths(1000),
    };
    let curves = Scoring::Curves([curve(20_000), curve(40_000), curve(40_000)]);
    for scoring in [Rules::default().scoring, curves] {
        city.rules.scoring = scoring;
        let score = city.rates(&[]).total.cell(Metric::Composite).value.unwrap();
        let place = Place { dims: &[], depth: Depth::Own, key: None };
        let ask = city.ask(Edition::All);
        let behind = Behind::of(&city.facts, &ask, Metric::Composite);
        let items = behind.cell(&city.facts.names, place, Side::Num, |_| true);
        let sum: f64 = items.iter().map(|item| item.weight).sum();
        assert!((sum - score).abs() < 1e-9, "{sum} {score}");
    }
}
