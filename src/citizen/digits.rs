//! Citizen: digits as people type them, and the three questions answered by them. Its rule: pure; what
//! is not clearly an answer is none, and one digit is one answer, never three.

use crate::ticket::overlay::{Contacted, Satisfied, Solved};

/// The answers that digits stand for. With one digit only the last question is answered: a rate must
/// not count what nobody said (domain.md §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answers {
    pub contacted: Option<Contacted>,
    pub solved: Option<Solved>,
    pub satisfied: Satisfied,
}

/// Digits of full width and Chinese ones as ASCII, without blanks and dashes.
pub fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '－' | '—' | '\u{200b}' | '\u{feff}'))
        .map(ascii)
        .collect()
}

fn ascii(c: char) -> char {
    let digit = match c {
        '０'..='９' => u32::from(c) - u32::from('０'),
        '①'..='⑨' => u32::from(c) - u32::from('①') + 1,
        '一' | '壹' => 1,
        '二' | '贰' => 2,
        '三' | '叁' => 3,
        other => return other,
    };
    char::from_digit(digit, 10).unwrap_or(c)
}

/// What a message says: `112`, `1 1 2`, `１，１，２`, `一一二。`; or one digit for the last question.
///
/// The first digit: contacted, 1 yes, 2 no. The second: 1 solved, 2 basically, 3 not. The third: 1
/// satisfied, 2 basically, 3 not. None where it is anything else.
pub fn answers(text: &str) -> Option<Answers> {
    let between = |c: &char| !",，.。、;；/".contains(*c);
    let digits: Vec<char> = plain(text).chars().filter(between).collect();
    match digits.as_slice() {
        [third] => Some(Answers { contacted: None, solved: None, satisfied: satisfied(*third)? }),
        [first, second, third] => Some(Answers {
            contacted: Some(match first {
                '1' => Contacted::Yes,
                '2' => Contacted::No,
                _ => return None,
            }),
            solved: Some(match second {
                '1' => Solved::Solved,
                '2' => Solved::Basic,
                '3' => Solved::Unsolved,
                _ => return None,
            }),
            satisfied: satisfied(*third)?,
        }),
        _ => None,
    }
}

const fn satisfied(digit: char) -> Option<Satisfied> {
    match digit {
        '1' => Some(Satisfied::Satisfied),
        '2' => Some(Satisfied::Basic),
        '3' => Some(Satisfied::Dissatisfied),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_answer_three_questions_however_they_are_typed() {
        let whole = Some(Answers {
            contacted: Some(Contacted::Yes),
            solved: Some(Solved::Unsolved),
            satisfied: Satisfied::Basic,
        });
        for text in ["132", "1 3 2", " 1,3,2 ", "１３２", "１，３，２。", "一三二", "①③②", "1-3-2"]
        {
            assert_eq!(answers(text), whole, "{text}");
        }
    }

    #[test]
    fn one_digit_answers_the_last_question_alone() {
        let third = |satisfied| Some(Answers { contacted: None, solved: None, satisfied });
        assert_eq!(answers("1"), third(Satisfied::Satisfied));
        assert_eq!(answers(" ３。"), third(Satisfied::Dissatisfied));
    }

    #[test]
    fn what_is_not_clearly_an_answer_is_none() {
        for text in
            ["", "0", "4", "12", "1121", "312", "142", "114", "满意", "1楼", "没解决", "退订"]
        {
            assert_eq!(answers(text), None, "{text}");
        }
    }
}
