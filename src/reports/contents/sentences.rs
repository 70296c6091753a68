//! Reports, contents: sentences made of figures. Its rule: a sentence stands where its condition holds and is filled with
//! the figures themselves, so what it says is so; whoever edits the words cannot edit a number.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::figure::Figures;
use super::words;
use crate::assessment::likewise::Against;
use crate::assessment::{Metric, Row};
use crate::error::{Error, Result};
use crate::reports::document::Block;

/// Ours, as they come with the program.
const BUILT_IN: &str = include_str!("../../../config/reports/sentences.toml");

/// One sentence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentence {
    /// What must hold; always, where nothing is said.
    when: Option<String>,
    text: String,
}

type Sentences = BTreeMap<String, Vec<Sentence>>;

static OURS: LazyLock<Result<Sentences, String>> =
    LazyLock::new(|| toml::from_str(BUILT_IN).map_err(|error| error.to_string()));

/// The paragraph of the section `id`, filled with `figures`; none where no condition holds.
///
/// # Errors
/// A sentence that names a figure which is not there.
pub fn paragraph(id: &str, figures: &impl Serialize) -> Result<Option<Block>> {
    let filled = said(id, figures)?;
    Ok((!filled.is_empty()).then_some(Block::Paragraph { text: filled }))
}

/// The same as words alone; empty where no condition holds.
///
/// # Errors
/// As [`paragraph`].
pub fn said(id: &str, figures: &impl Serialize) -> Result<String> {
    let ours = OURS.as_ref().map_err(|why| Error::internal(why.as_str()))?;
    fill(ours.get(id).map_or(&[], Vec::as_slice), figures).map_err(Error::internal)
}

fn fill(sentences: &[Sentence], figures: &impl Serialize) -> Result<String, minijinja::Error> {
    let environment = environment();
    let mut text = String::new();
    for sentence in sentences {
        let holds = match &sentence.when {
            Some(when) => environment.compile_expression(when)?.eval(Serde(figures))?.is_true(),
            None => true,
        };
        if holds {
            let template = environment.template_from_named_str("sentence.txt", &sentence.text)?;
            text.push_str(template.render(Serde(figures))?.trim());
        }
    }
    Ok(text)
}

/// What a sentence may use; a name that nobody gave is a mistake, not an empty place.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(200_000));
    environment.add_filter("percent", words::percent);
    environment.add_filter("points", words::points);
    environment.add_filter("growth", words::growth);
    environment.add_filter("score_change", words::score_change);
    environment.add_filter("count", words::count);
    environment.add_filter("hours", words::hours);
    environment.add_filter("number", words::number);
    environment
}

/// A figure for sentences: `value`, `num`, `den`, `low`, `high`, and of each earlier window `value`, `by` and `growth`, `none`
/// where it is not known.
pub fn figure(figures: &Figures, row: &Row, metric: Metric) -> Value {
    let cell = row.cell(metric);
    let then = |against| {
        let earlier = figures.then(row, metric, against);
        let change = figures.change(row, metric, against);
        json!({
            "value": earlier.and_then(|it| it.value),
            "by": change.and_then(|it| it.by),
            "growth": change.and_then(|it| it.growth),
        })
    };
    json!({
        "value": cell.value,
        "num": cell.num,
        "den": cell.den,
        "low": cell.low,
        "high": cell.high,
        "previous": then(Against::Previous),
        "year": then(Against::Year),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(when: &str, text: &str, figures: &Value) -> Result<String, minijinja::Error> {
        fill(&[Sentence { when: Some(when.to_owned()), text: text.to_owned() }], figures)
    }

    #[test]
    fn a_sentence_stands_only_where_its_condition_holds() {
        let text = "满意率{{ rate.value|percent }}，{{ rate.by|points }}。";
        let when = "rate.by is not none and rate.value >= 0.9";
        let said = |value: f64, by: Option<f64>| {
            filled(when, text, &json!({"rate": {"value": value, "by": by}})).unwrap()
        };
        assert_eq!(said(0.9735, Some(-0.012)), "满意率97.4%，下降1.2个百分点。");
        assert_eq!(said(0.8, Some(0.1)), "");
        assert_eq!(said(0.95, None), "");
    }

    #[test]
    fn a_figure_that_nobody_gave_is_a_mistake() {
        assert!(filled("true", "{{ nothing.value }}", &json!({})).is_err());
        assert!(filled("nothing > 1", "", &json!({})).is_err());
    }

    #[test]
    fn ours_can_be_read() {
        assert!(OURS.is_ok(), "{OURS:?}");
    }
}
