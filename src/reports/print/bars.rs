//! Reports, printing: a chart of lying bars, side by side. Its rule: a bar begins at 0 and says its value; where there is
//! none it says so.

use super::axis::{Axis, Start, number};
use super::drawing::{Bar, Drawing, KINDS, LETTER, Label, Rule, WIDTH, legend, length, tenth};
use super::{values, words};
use crate::reports::document::Chart;

/// A bar, and what lies between the groups of bars: of few, and of so many that they would fill a page.
const FEW: (f64, f64) = (18.0, 12.0);
const MANY: (f64, f64) = (14.0, 4.0);
/// From so many on they are many.
const CROWD: usize = 20;
/// A name takes a third of the picture at most, in halves of a letter.
const NAME: usize = 34;

/// The picture of `chart`.
pub fn draw(chart: &Chart) -> Drawing {
    let axis = Axis::of(&chart.series, chart.format, Start::Zero);
    let names: Vec<String> = chart.labels.iter().map(|it| words::one_line(it)).collect();
    let widest = |most: f64, text: &str| most.max(length(&words::cut(text, NAME)));
    let left = names.iter().fold(0.0, |most, name| widest(most, name)) + 12.0;
    let written = super::axis::numbers(&chart.series).map(|it| axis.written(it));
    let figure = written.fold(0.0, |most: f64, text| most.max(length(&text)));
    // A bar to the left of 0 has its figure there.
    let before = if axis.low < 0.0 { figure + 8.0 } else { 0.0 };
    let (from, to) = (left + before, WIDTH - figure - 14.0);
    let x = |part: f64| from + (to - from) * part;
    let (keys, legend_end) = legend(&chart.series);
    let bars = names.len() * chart.series.len();
    let (thick, between) = if bars < CROWD { FEW } else { MANY };
    let group = thick * chart.series.len().max(1) as f64 + between;
    let top = legend_end + 4.0;
    let bottom = top + group * names.len() as f64;
    let mut drawing = Drawing { width: WIDTH, height: bottom + 26.0, keys, ..Drawing::default() };
    for (part, text) in axis.ticks() {
        drawing.rules.push(Rule::new((x(part), top), (x(part), bottom)));
        drawing.labels.push(Label::new(x(part), bottom + 18.0, "middle", &text, 20));
    }
    let zero = x(axis.zero());
    drawing.base = Some(Rule::new((zero, top), (zero, bottom)));
    for (at, name) in names.iter().enumerate() {
        let y = top + group * at as f64;
        let middle = y + group / 2.0 + LETTER * 0.36;
        drawing.labels.push(Label::new(left - 8.0, middle, "end", name, NAME));
        for (place, series) in chart.series.iter().enumerate() {
            let y = y + between / 2.0 + thick * place as f64;
            let baseline = y + thick / 2.0 + LETTER * 0.33;
            let Some(value) = number(series, at) else {
                drawing.labels.push(Label::new(zero + 6.0, baseline, "start", values::NONE, 4));
                continue;
            };
            let (text, end) = (axis.written(value), x(axis.part(value)));
            drawing.bars.push(Bar {
                kind: place % KINDS,
                x: tenth(zero.min(end)),
                y: tenth(y + 1.0),
                width: tenth((end - zero).abs()),
                height: thick - 2.0,
                says: format!("{} {name}：{text}", words::one_line(&series.name)),
            });
            let (at, anchor) = if value < 0.0 { (end - 6.0, "end") } else { (end + 6.0, "start") };
            drawing.labels.push(Label::new(at, baseline, anchor, &text, 24));
        }
    }
    drawing
}
