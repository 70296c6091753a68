//! Reports, printing: what a chart's picture is made of. Its rule: places and words; `config/reports/chart.svg` draws
//! them, the page's style gives the colours.

use serde::Serialize;

use super::words;
use crate::reports::document::Series;

/// How wide a picture is, in its own units; it grows and shrinks with the page.
pub const WIDTH: f64 = 720.0;
/// The height of its letters.
pub const LETTER: f64 = 13.0;
/// How many series can be told apart: each has a colour, a dash, a marker and a hatching.
pub const KINDS: usize = 6;

/// A picture.
#[derive(Debug, Default, Serialize)]
pub struct Drawing {
    pub width: f64,
    pub height: f64,
    /// Lines of the grid, with what is written at their ends.
    pub rules: Vec<Rule>,
    /// The line that values are counted from.
    pub base: Option<Rule>,
    pub labels: Vec<Label>,
    pub strokes: Vec<Stroke>,
    pub bars: Vec<Bar>,
    pub marks: Vec<Mark>,
    pub keys: Vec<Key>,
    /// The least value that the axis shows, where that is not 0.
    pub broken: bool,
}

#[derive(Debug, Serialize)]
pub struct Rule {
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
}

/// Words: `anchor` as SVG has it.
#[derive(Debug, Serialize)]
pub struct Label {
    pub x: f64,
    pub y: f64,
    pub anchor: &'static str,
    pub text: String,
    /// The whole of it, where it was cut.
    pub whole: Option<String>,
}

/// A line without a gap.
#[derive(Debug, Serialize)]
pub struct Stroke {
    /// Which of the [`KINDS`].
    pub kind: usize,
    pub points: String,
}

#[derive(Debug, Serialize)]
pub struct Bar {
    pub kind: usize,
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub says: String,
}

/// A marker on a line.
#[derive(Debug, Serialize)]
pub struct Mark {
    pub kind: usize,
    pub path: String,
    pub says: String,
}

/// A sample in the legend.
#[derive(Debug, Serialize)]
pub struct Key {
    pub kind: usize,
    pub x: f64,
    pub y: f64,
    pub path: String,
    pub name: String,
}

/// To a tenth, which no eye can tell.
pub fn tenth(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// How long words are in the picture, at most: Chinese letters are as wide as they are high, figures a little wider than
/// half of that, and `%` nearly as wide.
pub fn length(text: &str) -> f64 {
    let halves = words::width(text) + text.matches('%').count();
    halves as f64 * LETTER * 0.55
}

impl Label {
    /// `text`, cut to so many halves of a Chinese letter.
    pub fn new(x: f64, y: f64, anchor: &'static str, text: &str, most: usize) -> Self {
        let cut = words::cut(text, most);
        let whole = (cut != text).then(|| text.to_owned());
        Self { x: tenth(x), y: tenth(y), anchor, text: cut, whole }
    }
}

impl Rule {
    pub fn new(from: (f64, f64), to: (f64, f64)) -> Self {
        Self { x1: tenth(from.0), y1: tenth(from.1), x2: tenth(to.0), y2: tenth(to.1) }
    }
}

/// The marker of a kind, as a path around its middle: disc, square, triangle, diamond, cross, triangle upside down.
pub fn marker(kind: usize, x: f64, y: f64) -> String {
    let (x, y) = (tenth(x), tenth(y));
    match kind % KINDS {
        0 => format!("M{x} {y}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"),
        1 => format!("M{x} {y}m-3.5-3.5h7v7h-7z"),
        2 => format!("M{x} {y}m0-4.8l4.4 8h-8.8z"),
        3 => format!("M{x} {y}m0-5l5 5l-5 5l-5-5z"),
        4 => format!("M{x} {y}m-1.4-4.4h2.8v3h3v2.8h-3v3h-2.8v-3h-3v-2.8h3z"),
        _ => format!("M{x} {y}m0 4.8l4.4-8h-8.8z"),
    }
}

/// The legend above the picture, where there is more than one series; and where it ends below.
pub fn legend(series: &[Series]) -> (Vec<Key>, f64) {
    const SAMPLE: f64 = 40.0;
    if series.len() < 2 {
        return (Vec::new(), 10.0);
    }
    let (mut x, mut y) = (4.0, 14.0);
    let mut keys = Vec::new();
    for (at, one) in series.iter().enumerate() {
        let name = words::cut(&words::one_line(&one.name), 32);
        let needs = SAMPLE + length(&name) + 20.0;
        if x > 4.0 && x + needs > WIDTH {
            (x, y) = (4.0, y + 22.0);
        }
        let kind = at % KINDS;
        keys.push(Key { kind, x: tenth(x), y, path: marker(kind, x + 15.0, y), name });
        x += needs;
    }
    (keys, y + 16.0)
}
