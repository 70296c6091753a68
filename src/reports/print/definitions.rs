//! Reports, printing: what the figures of a report are made of. Its rule: each definition once, with its version, under
//! the name that its metric has; where a figure stands, there is its number.

use serde::Serialize;

use super::words;
use crate::assessment::Metric;
use crate::reports::document::Column;

/// What a figure is made of, told once at the end.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Definition {
    pub number: usize,
    pub anchor: String,
    /// `response_rate@1`; nothing for a formula of the report's own.
    pub id: Option<String>,
    pub name: String,
    pub formula: String,
}

/// The definitions met so far, in their order.
#[derive(Debug, Default)]
pub struct Definitions(pub Vec<Definition>);

impl Definitions {
    /// The number of the column's definition, a new one where it was not met before.
    pub fn of_column(&mut self, column: &Column) -> Option<usize> {
        let line = |text: &Option<String>| text.as_deref().map(words::one_line);
        self.note(&words::one_line(&column.name), line(&column.definition), line(&column.formula))
    }

    /// The number of the definition `id`, or of the formula where it has no id; `called` is its name where no metric's is
    /// known.
    pub fn note(
        &mut self,
        called: &str,
        id: Option<String>,
        formula: Option<String>,
    ) -> Option<usize> {
        let formula = formula.unwrap_or_default();
        if id.is_none() && formula.is_empty() {
            return None;
        }
        let same = |it: &&mut Definition| it.id == id && (id.is_some() || it.formula == formula);
        if let Some(known) = self.0.iter_mut().find(same) {
            // Where it was met first, only its id may have stood.
            if known.formula.is_empty() {
                known.formula = formula;
            }
            return Some(known.number);
        }
        let number = self.0.len() + 1;
        let name = id.as_deref().and_then(metric_name).unwrap_or(called).to_owned();
        let anchor = words::anchor("d", &number.to_string());
        self.0.push(Definition { number, anchor, id, name, formula });
        Some(number)
    }
}

/// The name of the metric that `response_rate@1` defines.
fn metric_name(id: &str) -> Option<&'static str> {
    let (metric, _version) = id.split_once('@')?;
    metric.parse::<Metric>().ok().map(Metric::zh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_has_one_number_and_its_metrics_name() {
        let mut known = Definitions::default();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(known.note("三个周期响应率", some("response_rate@1"), None), Some(1));
        assert_eq!(known.note("派单量", None, some("现有主办单位的工单")), Some(2));
        assert_eq!(known.note("响应率", some("response_rate@1"), some("甲÷乙")), Some(1));
        assert_eq!(known.note("派单", None, some("现有主办单位的工单")), Some(2));
        assert_eq!(known.note("甲", some("of_the_city@3"), None), Some(3));
        assert_eq!(known.note("乙", None, None), None);
        let names: Vec<(&str, &str)> =
            known.0.iter().map(|it| (it.name.as_str(), it.formula.as_str())).collect();
        assert_eq!(names, [("响应率", "甲÷乙"), ("派单量", "现有主办单位的工单"), ("甲", "")]);
    }
}
