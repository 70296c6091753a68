//! Reports, printing: the axis of a chart. Its rule: steps of 1, 2 or 5, so that a reader can count them.

use super::values;
use crate::reports::document::{Format, Series};

/// Where an axis may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Bars are as long as their values.
    Zero,
    /// Lines show a course: from just below the least value, where all lie close together.
    Near,
}

/// From where to where, and in which steps; in the unit that is printed (percent for parts of 1).
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    pub low: f64,
    high: f64,
    step: f64,
    format: Format,
}

/// A part of 1 is printed in hundredths.
fn unit(format: Format) -> f64 {
    match format {
        Format::Percent | Format::Points | Format::Growth => 100.0,
        _ => 1.0,
    }
}

/// Every value of a chart that is a number.
pub fn numbers(series: &[Series]) -> impl Iterator<Item = f64> {
    series.iter().flat_map(|it| &it.values).copied().flatten().filter(|it| it.is_finite())
}

/// The value, where it is a number.
pub fn number(series: &Series, at: usize) -> Option<f64> {
    series.values.get(at).copied().flatten().filter(|it| it.is_finite())
}

impl Axis {
    /// An axis that holds every value.
    pub fn of(series: &[Series], format: Format, start: Start) -> Self {
        let unit = unit(format);
        let (least, most) = numbers(series)
            .map(|it| it * unit)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
                (low.min(it), high.max(it))
            });
        let (least, most) = if least > most { (0.0, 0.0) } else { (least, most) };
        let near = start == Start::Near && least > most * 0.5;
        let (mut low, mut high) =
            if near { (least, most) } else { (least.min(0.0), most.max(0.0)) };
        if high - low < 1e-9 {
            if near {
                low -= 1.0;
            }
            high += 1.0;
        }
        let step = step((high - low) / 5.0, format);
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        Self { low, high, step, format }
    }

    /// Where a value lies: 0 at the low end, 1 at the high one.
    pub fn part(&self, value: f64) -> f64 {
        (value * unit(self.format) - self.low) / (self.high - self.low)
    }

    /// Where 0 lies.
    pub fn zero(&self) -> f64 {
        self.part(0.0).clamp(0.0, 1.0)
    }

    /// Where each line lies and what is written beside it.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let end = self.high + self.step / 2.0;
        let ticks = std::iter::successors(Some(self.low), |it| Some(it + self.step));
        let ticks = ticks.take_while(|it| *it < end).take(20);
        ticks.map(|it| ((it - self.low) / (self.high - self.low), self.label(it))).collect()
    }

    fn label(&self, tick: f64) -> String {
        let places = usize::from(self.step < 0.999) + usize::from(self.step < 0.0999);
        // What is left over from adding steps up is no number of its own.
        let tick = if tick.abs() < self.step / 1e6 { 0.0 } else { tick };
        let text = format!("{tick:.places$}");
        match self.format {
            Format::Percent | Format::Growth => text + "%",
            _ => text,
        }
    }

    /// The value as it is written beside its mark.
    pub fn written(&self, value: f64) -> String {
        values::figure(value, self.format)
    }
}

/// The least of 1, 2, 5, 10 … that is no less than `least`; whole for what is counted.
fn step(least: f64, format: Format) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|it| it * power);
    let step = step.into_iter().find(|it| *it >= least * 0.999_999).unwrap_or(power * 10.0);
    if format == Format::Count { step.max(1.0) } else { step.max(0.01) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], format: Format, start: Start) -> Vec<String> {
        let values = values.iter().copied().map(Some).collect();
        let axis = Axis::of(&[Series { name: String::new(), values }], format, start);
        axis.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_numbers_that_people_count_in() {
        use Format::{Count, Growth, Hours, Percent};
        for (values, format, start, expected) in [
            (
                &[0.931, 0.971][..],
                Percent,
                Start::Near,
                &["93%", "94%", "95%", "96%", "97%", "98%"][..],
            ),
            (&[0.1, 0.9], Percent, Start::Near, &["0%", "20%", "40%", "60%", "80%", "100%"]),
            (&[3.0, 1.0], Count, Start::Zero, &["0", "1", "2", "3"]),
            (&[], Count, Start::Zero, &["0", "1"]),
            (&[0.0], Percent, Start::Near, &["0.0%", "0.2%", "0.4%", "0.6%", "0.8%", "1.0%"]),
            (&[-0.3, 0.5], Growth, Start::Zero, &["-40%", "-20%", "0%", "20%", "40%", "60%"]),
            (&[26.3], Hours, Start::Zero, &["0", "10", "20", "30"]),
            (&[f64::NAN, f64::INFINITY, 4.0], Count, Start::Zero, &["0", "1", "2", "3", "4"]),
        ] {
            assert_eq!(labels(values, format, start), expected, "{values:?}");
        }
    }
}
