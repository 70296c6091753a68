//! From each cell to its tickets over HTTP. Its rule: every page is read, the weights sum to the
//! cell exactly, nothing is listed twice, and every number is one of the file's.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;

use super::site::Site;
use super::table::{COUNTS, RATES, keys};
use super::{Question, number};
use crate::support::histories::Dice;
use crate::support::oracle::composite;

/// How many ask at a time.
const THREADS: usize = 2;

/// One side of a cell and what it must sum to.
pub struct Cell {
    words: String,
    side: &'static str,
    sum: Sum,
}

enum Sum {
    /// So many parts, each the given share of a whole.
    Parts(i64, f64),
    /// Points, which are no exact number of parts.
    Points(f64),
}

/// Both sides of each cell of a table.
pub fn cells(question: &Question) -> Vec<Cell> {
    let mut cells = Vec::new();
    let alone = ["composite", "handling_time", "bottom_line"];
    let figures = &question.expected.figures;
    let keys: Vec<String> = keys(question).into_iter().chain([String::new()]).collect();
    for metric in COUNTS.iter().chain(&RATES).chain(&alone) {
        for key in &keys {
            let row = if key.is_empty() { String::new() } else { format!("&key={key}") };
            let words = format!("{}{row}&metric={metric}", question.words);
            let sum = figures.of(key, metric);
            let parts = if *metric == "handling_time" { 3_600_000.0 } else { 1000.0 };
            let num = match *metric {
                "composite" => Sum::Points(composite(figures, key).unwrap_or_default()),
                _ => Sum::Parts(sum.num, parts),
            };
            cells.push(Cell { words: words.clone(), side: "num", sum: num });
            cells.push(Cell { words, side: "den", sum: Sum::Parts(sum.den, 1.0) });
        }
    }
    cells
}

/// Leaves `most` of the cells, by the dice; all, in their order, where there are no more.
pub fn pick(cells: &mut Vec<Cell>, most: usize) {
    if cells.len() <= most {
        return;
    }
    let mut dice = Dice::new(6);
    let mut picked = Vec::new();
    while picked.len() < most && !cells.is_empty() {
        let place = dice.below(i64::try_from(cells.len()).unwrap());
        picked.push(cells.swap_remove(usize::try_from(place).unwrap()));
    }
    *cells = picked;
}

/// Reads what lies behind each cell and sums it.
pub fn drill_down(site: &Site, lines: &[String], cells: &[Cell]) {
    let numbers: HashSet<String> = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["no"].as_str().unwrap().to_owned())
        .collect();
    let (next, items, filled) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..number("JIESU_DRILLERS", THREADS) {
            scope.spawn(|| {
                while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let count = behind(site, cell, &numbers);
                    items.fetch_add(count, Ordering::Relaxed);
                    filled.fetch_add(usize::from(count > 0), Ordering::Relaxed);
                }
            });
        }
    });
    let [items, filled] = [items, filled].map(AtomicUsize::into_inner);
    println!(
        "{} drill-downs summed ({filled} not empty, {items} items) in {:.0} s",
        cells.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(filled > 300);
}

/// How many items there are; they sum to the cell.
fn behind(site: &Site, cell: &Cell, numbers: &HashSet<String>) -> usize {
    let mut seen: HashSet<(String, Option<String>)> = HashSet::new();
    let (mut parts, mut points) = (0.0_f64, 0.0_f64);
    let mut after = String::new();
    loop {
        let path =
            format!("/api/v1/rates/tickets?{}&part={}&limit=500{after}", cell.words, cell.side);
        let page = site.ask(&path).json();
        for item in page["items"].as_array().unwrap() {
            let no = item["no"].as_str().unwrap().to_owned();
            assert!(numbers.contains(&no), "{no} is in no line: {path}");
            let assignment = item["assignment"].as_str().map(str::to_owned);
            if let Some(assignment) = &assignment {
                assert!(assignment.strip_prefix(&no).is_some_and(|k| k.starts_with('-')), "{path}");
            }
            let weight = item["weight"].as_f64().unwrap();
            if let Sum::Parts(_, scale) = cell.sum {
                let whole = (weight * scale).round();
                assert!((weight * scale - whole).abs() < 1e-3 && whole != 0.0, "{weight}: {path}");
                parts += whole;
            }
            points += weight;
            assert!(seen.insert((no, assignment)), "{item} twice: {path}");
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    match cell.sum {
        // Whole numbers below 2⁵³, whose sum is exact.
        Sum::Parts(sum, _) => {
            let apart = (parts - sum as f64).abs();
            assert!(apart < 0.5, "{parts} instead of {sum}: {} {}", cell.words, cell.side);
        }
        Sum::Points(sum) => {
            assert!((points - sum).abs() < 1e-6, "{points} instead of {sum}: {}", cell.words);
        }
    }
    seen.len()
}
