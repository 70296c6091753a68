//! Lifecycle: a category for a ticket that comes without one. Its rule: from what the site has learnt itself,
//! only above the site's threshold, and only where the catalogue then has one answer; else a person chooses.

use super::Hotline;
use super::rules::Rules;
use crate::directory::CategoryCode;
use crate::error::Result;
use crate::intake::Draft;
use crate::learning::school::Source;
use crate::sealing::mask_text;
use crate::ticket::Text;
use crate::ticket::advice::{Advice, Taken};
use crate::time::Stamp;

/// How many are noted.
const NOTED: usize = 5;

/// What is sure of a ticket to come.
#[derive(Debug, Clone)]
pub(super) struct Sure {
    category: CategoryCode,
    pub advice: Advice,
}

impl Sure {
    /// `draft` with the category.
    pub(super) fn of(&self, draft: &Draft) -> Draft {
        let mut draft = draft.clone();
        draft.matter.category = Some(self.category.clone());
        draft
    }
}

impl Hotline {
    /// The category of `draft`, which has none, where the site's own tickets make it sure.
    pub(super) fn sure_of(&self, rules: &Rules, draft: &Draft, at: Stamp) -> Result<Option<Sure>> {
        let adviser = self.rules.adviser.as_ref().filter(|adviser| adviser.above < 1.0);
        let Some(adviser) = adviser.filter(|_| draft.matter.category.is_none()) else {
            return Ok(None);
        };
        // As the model has learnt: numbers tell nothing of a matter.
        let title = draft.matter.title.as_ref().map_or("", Text::as_str);
        let (title, content) =
            (mask_text(title, &[]), mask_text(draft.matter.content.as_str(), &[]));
        let today = at.day(rules.profile.zone);
        let (suggested, source) =
            self.db.read(|conn| adviser.school.suggest(conn, (&title, &content), today, NOTED))?;
        let (Some(first), Source::Model(model)) = (suggested.first(), source) else {
            return Ok(None);
        };
        if first.score <= adviser.above || !first.is_claimed {
            return Ok(None);
        }
        let categories: Vec<CategoryCode> =
            suggested.iter().map(|one| CategoryCode::from(one.label.as_str())).collect();
        let (category, leads) = (CategoryCode::from(first.label.as_str()), Vec::new());
        let advice = Advice { model: Some(model), categories, leads, taken: Taken::ByItself };
        Ok(Some(Sure { category, advice }))
    }
}
