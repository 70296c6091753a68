//! Ticket: what was suggested to whoever took it down, and whether they took it. Its rule: the rank they took
//! is noted once, when it is taken down; how it turned out is read from the ticket as it is.

use serde::{Deserialize, Serialize};

use super::{Part, Ticket};
use crate::directory::{CategoryCode, UnitCode};

/// What was suggested, the likeliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// The model that suggested the categories; absent where their names did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<i64>,
    pub categories: Vec<CategoryCode>,
    /// Who the catalogue named as leads for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leads: Vec<UnitCode>,
    pub taken: Taken,
}

/// Which of the suggested categories the ticket was registered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// Nobody chose: the program took the first by itself.
    ByItself,
    /// It was registered without any.
    Nothing,
    /// One that was not suggested.
    Another,
    /// This one, counted from 1.
    Rank(u32),
}

/// A place in a list, counted from 1; 0 where it is not in it.
fn rank<T: PartialEq>(list: &[T], one: Option<&T>) -> u32 {
    let place = one.and_then(|one| list.iter().position(|other| other == one));
    place.map_or(0, |place| u32::try_from(place + 1).unwrap_or(u32::MAX))
}

impl Advice {
    /// Notes what was taken of it: `category`.
    #[must_use]
    pub fn taken_with(mut self, category: Option<&CategoryCode>) -> Self {
        self.taken = match (category, rank(&self.categories, category)) {
            (None, _) => Taken::Nothing,
            (_, 0) => Taken::Another,
            (_, rank) => Taken::Rank(rank),
        };
        self
    }
}

/// How an advice was used, as the ticket's row has it: `model:taken:now:lead`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    pub model: Option<i64>,
    pub taken: Taken,
    /// The rank of the category that the ticket has now; 0 where it is another or none.
    pub now: u32,
    /// The rank of the unit that was first sent to lead, 0 where it is another; absent before that, and
    /// where no unit was suggested.
    pub lead: Option<u32>,
}

impl Use {
    /// How the advice on `ticket` was used; nothing where there was none.
    pub fn of(ticket: &Ticket) -> Option<Self> {
        let advice = ticket.advice.as_ref()?;
        let now = rank(&advice.categories, ticket.category.as_ref());
        let first = ticket.assignments.values().find(|one| one.part == Part::Lead);
        let first = first.filter(|_| !advice.leads.is_empty());
        let lead = first.map(|first| rank(&advice.leads, Some(&first.unit)));
        Some(Self { model: advice.model, taken: advice.taken, now, lead })
    }

    /// As the row has it.
    pub fn row(self) -> String {
        let taken = match self.taken {
            Taken::ByItself => "auto".to_owned(),
            Taken::Nothing => "none".to_owned(),
            Taken::Another => "0".to_owned(),
            Taken::Rank(rank) => rank.to_string(),
        };
        let model = self.model.map(|model| model.to_string()).unwrap_or_default();
        let lead = self.lead.map(|lead| lead.to_string()).unwrap_or_default();
        format!("{model}:{taken}:{}:{lead}", self.now)
    }

    /// Reads what a row has.
    pub fn of_row(row: &str) -> Option<Self> {
        let mut parts = row.split(':');
        let mut next = || parts.next();
        let model = match next()? {
            "" => None,
            text => Some(text.parse().ok()?),
        };
        let taken = match next()? {
            "auto" => Taken::ByItself,
            "none" => Taken::Nothing,
            "0" => Taken::Another,
            text => Taken::Rank(text.parse().ok()?),
        };
        let now = next()?.parse().ok()?;
        let lead = match next()? {
            "" => None,
            text => Some(text.parse().ok()?),
        };
        Some(Self { model, taken, now, lead })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Some(17), Taken::Rank(2), 1, Some(0), "17:2:1:0")]
    #[case(None, Taken::Another, 0, None, ":0:0:")]
    #[case(Some(17), Taken::ByItself, 1, Some(1), "17:auto:1:1")]
    #[case(Some(17), Taken::Nothing, 0, None, "17:none:0:")]
    fn a_row_says_how_it_was_used(
        #[case] model: Option<i64>,
        #[case] taken: Taken,
        #[case] now: u32,
        #[case] lead: Option<u32>,
        #[case] code: &str,
    ) {
        let used = Use { model, taken, now, lead };
        assert_eq!(used.row(), code);
        assert_eq!(Use::of_row(code), Some(used));
    }

    #[test]
    fn what_was_taken_is_a_rank() {
        let of = |category: Option<&str>| {
            let categories = vec!["a".into(), "b".into()];
            let advice =
                Advice { model: None, categories, leads: Vec::new(), taken: Taken::Nothing };
            advice.taken_with(category.map(CategoryCode::from).as_ref()).taken
        };
        assert_eq!([of(Some("a")), of(Some("b"))], [Taken::Rank(1), Taken::Rank(2)]);
        assert_eq!([of(Some("c")), of(None)], [Taken::Another, Taken::Nothing]);
        for wrong in ["", "x:1:1:", "1:x:1:", "1:1::", "1:1:1"] {
            assert_eq!(Use::of_row(wrong), None, "{wrong}");
        }
    }
}
