//! Reports, printing: a chart over time, as lines. Its rule: where there is no value there is a gap, and a value alone
//! between two gaps is a marker.

use super::axis::{Axis, Start, number};
use super::drawing::{
    Drawing, KINDS, LETTER, Label, Mark, Rule, Stroke, WIDTH, legend, length, marker, tenth,
};
use super::words;
use crate::reports::document::{Chart, Series};

/// How high the field of lines is.
const HIGH: f64 = 240.0;
/// So many values are written beside their markers; more would lie over each other.
const WRITTEN: usize = 13;

/// Where things lie.
struct Field {
    axis: Axis,
    left: f64,
    right: f64,
    top: f64,
    places: usize,
}

impl Field {
    fn gap(&self) -> f64 {
        let gaps = self.places.saturating_sub(1).max(1);
        (self.right - self.left - 40.0) / gaps as f64
    }

    fn x(&self, at: usize) -> f64 {
        if self.places < 2 {
            return f64::midpoint(self.left, self.right);
        }
        self.left + 20.0 + self.gap() * at as f64
    }

    fn y(&self, value: f64) -> f64 {
        self.top + HIGH * (1.0 - self.axis.part(value))
    }
}

/// The picture of `chart`.
pub fn draw(chart: &Chart) -> Drawing {
    let axis = Axis::of(&chart.series, chart.format, Start::Near);
    let ticks = axis.ticks();
    let (keys, legend_end) = legend(&chart.series);
    let widest = ticks.iter().map(|(_, text)| length(text)).fold(0.0, f64::max);
    let field = Field {
        axis,
        left: widest + 12.0,
        right: WIDTH - 16.0,
        top: legend_end + LETTER,
        places: chart.labels.len(),
    };
    let bottom = field.top + HIGH;
    let mut drawing = Drawing { width: WIDTH, height: bottom + 30.0, keys, ..Drawing::default() };
    for (part, text) in &ticks {
        let y = bottom - HIGH * part;
        drawing.rules.push(Rule::new((field.left, y), (field.right, y)));
        drawing.labels.push(Label::new(field.left - 8.0, y + 4.5, "end", text, 20));
    }
    drawing.base = Some(Rule::new((field.left, bottom), (field.right, bottom)));
    drawing.broken = axis.low > 0.0;
    drawing.height += if drawing.broken { 18.0 } else { 0.0 };
    drawing.labels.extend(names(chart, &field, bottom));
    let alone = chart.series.len() == 1 && chart.labels.len() <= WRITTEN;
    for (at, series) in chart.series.iter().enumerate() {
        line(&mut drawing, chart, &field, (at % KINDS, series));
        if alone {
            drawing.labels.extend(figures(series, &field));
        }
    }
    drawing
}

/// What is written below: as many names as have room, the last one always.
fn names(chart: &Chart, field: &Field, bottom: f64) -> Vec<Label> {
    const MOST: usize = 16;
    let labels: Vec<String> = chart.labels.iter().map(|it| words::one_line(it)).collect();
    let cut = labels.iter().map(|it| length(&words::cut(it, MOST)));
    let needs = cut.fold(0.0, f64::max) + 5.0;
    let count = labels.len();
    let each = (1..=count).find(|it| field.gap() * *it as f64 >= needs).unwrap_or(count.max(1));
    let shown = labels.iter().enumerate().filter(|(at, _)| (count - 1 - at).is_multiple_of(each));
    let name = |(at, text): (usize, &String)| {
        // The outermost ones stay inside the picture.
        let half = length(&words::cut(text, MOST)) / 2.0;
        let x = field.x(at).min(WIDTH - half - 1.0).max(half + 1.0);
        Label::new(x, bottom + 20.0, "middle", text, MOST)
    };
    shown.map(name).collect()
}

fn figures(series: &Series, field: &Field) -> Vec<Label> {
    let figure = |at| {
        let value = number(series, at)?;
        let text = field.axis.written(value);
        Some(Label::new(field.x(at), field.y(value) - 10.0, "middle", &text, 20))
    };
    (0..field.places).filter_map(figure).collect()
}

fn line(drawing: &mut Drawing, chart: &Chart, field: &Field, (kind, series): (usize, &Series)) {
    let mut points: Vec<String> = Vec::new();
    let mut end = |points: &mut Vec<String>| {
        if points.len() > 1 {
            drawing.strokes.push(Stroke { kind, points: points.join(" ") });
        }
        points.clear();
    };
    for (at, label) in chart.labels.iter().enumerate() {
        let Some(value) = number(series, at) else {
            end(&mut points);
            continue;
        };
        let (x, y) = (field.x(at), field.y(value));
        points.push(format!("{},{}", tenth(x), tenth(y)));
        let (name, label) = (words::one_line(&series.name), words::one_line(label));
        let says = format!("{name} {label}：{}", field.axis.written(value));
        drawing.marks.push(Mark { kind, path: marker(kind, x, y), says });
    }
    end(&mut points);
}
