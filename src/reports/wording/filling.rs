//! Reports, wording: one sentence, filled. Its rule: a name that nobody gave is a mistake, not an empty place, and no
//! sentence runs for ever.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::reports::contents::words;

/// One sentence, with where it stands in its file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// What must hold; always, where nothing is said.
    pub when: Option<Spanned<String>>,
    pub text: Spanned<String>,
}

/// Those of `sentences` whose condition holds, filled with `figures`.
pub fn fill(sentences: &[Sentence], figures: &impl Serialize) -> Result<String, minijinja::Error> {
    let environment = environment();
    let mut text = String::new();
    for sentence in sentences {
        let holds = match &sentence.when {
            Some(when) => {
                let when = environment.compile_expression(when.get_ref())?;
                when.eval(Serde(figures))?.is_true()
            }
            None => true,
        };
        if holds {
            let own = sentence.text.get_ref();
            let template = environment.template_from_named_str("sentence.txt", own)?;
            text.push_str(template.render(Serde(figures))?.trim());
        }
    }
    Ok(text)
}

/// What a sentence may use.
pub fn environment() -> Environment<'static> {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn filled(when: &str, text: &str, figures: &Value) -> Result<String, minijinja::Error> {
        let spanned = |text: &str| Spanned::new(0..0, text.to_owned());
        fill(&[Sentence { when: Some(spanned(when)), text: spanned(text) }], figures)
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
}
