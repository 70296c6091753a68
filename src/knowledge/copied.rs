//! Knowledge: replies that are another ticket's 抄自其他工单. Its rule: the same matter may be told the same as often as
//! it likes; what three other matters were told is a standard answer, and what a named article says is nobody's.

use std::collections::BTreeSet;

use super::listing::{Matter, matter_of, told_alike};
use super::prints::Print;
use super::store;
use super::words::folded;
use super::{Article, ArticleCode};
use crate::db::Conn;
use crate::error::Result;
use crate::ticket::Cited;

/// How many other matters have been told the same when it is a standard answer.
const STANDARD: usize = 3;
/// The shortest clause, in letters and digits, that is taken for an article's.
const QUOTED: usize = 6;

/// Whether `text`, in which something is not the ticket's own, comes to a reply to any other ticket than this.
///
/// # Errors
/// As the database says.
pub(super) fn is_anothers(conn: &mut Conn, ticket_id: i64, text: &str) -> Result<bool> {
    let Some(print) = Print::of(text) else { return Ok(false) };
    Ok(!told_alike(conn, ticket_id, print)?.is_empty())
}

/// Whether `text`, less what it takes from `sources`, comes to a reply to a ticket on another matter and is no standard
/// answer.
///
/// # Errors
/// As the database says.
pub(super) fn is_of_another_matter(
    conn: &mut Conn,
    ticket_id: i64,
    text: &str,
    sources: &[String],
) -> Result<bool> {
    let Some(print) = Print::of(&unquoted(text, sources)) else { return Ok(false) };
    let told = told_alike(conn, ticket_id, print)?;
    if told.is_empty() {
        return Ok(false);
    }
    let own = matter_of(conn, ticket_id)?;
    if told.contains(&own) {
        return Ok(false);
    }
    let others: BTreeSet<&Matter> = told.iter().filter(|it| own.differs(it)).collect();
    Ok((1..STANDARD).contains(&others.len()))
}

/// The texts of the articles in `cited`, as they are compared.
///
/// # Errors
/// As the database says.
pub(super) fn sources(conn: &mut Conn, cited: &[Cited]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for it in cited {
        let article = store::one(conn, &ArticleCode::from(it.code.as_str()))?;
        let live = article.as_ref().and_then(Article::live);
        found.extend(live.map(|content| folded(&format!("{}\n{}", content.title, content.body))));
    }
    Ok(found)
}

/// `text` without the clauses that stand in one of `sources`.
fn unquoted(text: &str, sources: &[String]) -> String {
    let is_said_anew = |clause: &&str| {
        let flat = folded(clause);
        flat.chars().count() < QUOTED || !sources.iter().any(|source| source.contains(&flat))
    };
    text.split_inclusive(|c: char| "，。；！？：,;!?:\n".contains(c)).filter(is_said_anew).collect()
}

impl Matter {
    /// Whether it is certainly another one: of another category, of another estate, or region where no estate is known.
    fn differs(&self, other: &Self) -> bool {
        fn apart<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> Option<bool> {
            Some(one? != other?)
        }
        let category = apart(self.category.as_ref(), other.category.as_ref());
        let estate = apart(self.estate.as_ref(), other.estate.as_ref());
        let place = estate.or_else(|| apart(self.region.as_ref(), other.region.as_ref()));
        category == Some(true) || place == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matter(category: &str, estate: &str, region: &str) -> Matter {
        let some = |code: &str| (!code.is_empty()).then(|| code.to_owned());
        Matter {
            category: some(category).map(|code| code.as_str().into()),
            estate: some(estate).map(|code| code.as_str().into()),
            region: some(region).map(|code| code.as_str().into()),
        }
    }

    #[test]
    fn another_matter_is_another_category_or_another_place() {
        let own = matter("wy.dt", "yg", "r1");
        for (other, differs) in [
            (matter("wy.dt", "yg", "r1"), false),
            (matter("wy.tc", "yg", "r1"), true),
            (matter("wy.dt", "ch", "r1"), true),
            // What is not known is no difference.
            (matter("", "yg", "r1"), false),
            (matter("wy.dt", "", "r1"), false),
            (matter("wy.dt", "", "r2"), true),
            (matter("", "", ""), false),
        ] {
            assert_eq!(own.differs(&other), differs, "{other:?}");
            assert_eq!(other.differs(&own), differs, "{other:?}");
        }
    }

    #[test]
    fn what_an_article_says_is_taken_out() {
        let source = folded(
            "维修资金怎么用\n需经专有部分面积占比三分之二以上的业主参与表决。\n由业委会启动程序。",
        );
        let text =
            "您好：需经专有部分面积占比三分之二以上的业主参与表决，由业委会启动程序！3号楼已立项。";
        assert_eq!(unquoted(text, &[source]), "您好：3号楼已立项。");
        assert_eq!(unquoted(text, &[]), text);
    }
}
