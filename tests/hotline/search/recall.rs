//! Whatever piece of whatever text: as many tickets are found as hold it, counted one by one.

use jiesu::search::Asked;
use jiesu::search::matching::Sought;
use jiesu::search::query::Wanted;
use jiesu::ticket::{Sight, Ticket};

use super::{Town, readers};
use crate::support::databases::{on_each_database, say};
use crate::support::histories::Dice;

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Half width and small letters, by another way than the program's.
fn flat(text: &str) -> String {
    let narrow = |c: char| match u32::from(c) {
        0x3000 => ' ',
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap(),
        _ => c,
    };
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

/// The texts of `ticket` that somebody with `sight` of it reads, flat.
fn texts(ticket: &Ticket, sight: Sight) -> Vec<String> {
    let words = match sight {
        Sight::Nothing => return Vec::new(),
        Sight::HandlingCopy => ticket.words().of_copy(),
        Sight::Case => ticket.words(),
    };
    words.open().chain(words.inside()).map(flat).collect()
}

/// A piece of a text of 1 to 8 characters.
fn piece(dice: &mut Dice, texts: &[String]) -> String {
    loop {
        let chars: Vec<char> = dice.pick(texts).chars().collect();
        let from = usize::try_from(dice.below(i64::try_from(chars.len()).unwrap())).unwrap();
        let length = if dice.percent(5) { 1 } else { 2 + dice.below(7) };
        let piece: String = chars[from..].iter().take(usize::try_from(length).unwrap()).collect();
        if !piece.is_empty() {
            return piece;
        }
    }
}

on_each_database! {
    fn every_piece_of_a_text_is_found_as_often_as_it_is_there(test: &TestDb) {
        let (count, asks) = (number("JIESU_SEARCH_TICKETS", 300), number("JIESU_SEARCH_ASKS", 120));
        let seed = number("JIESU_SEED", usize::try_from(rand::random::<u32>()).unwrap()) as u64;
        println!("JIESU_SEED={seed}");
        let town = Town::of(test, count, seed);
        assert_eq!(town.search.count(), Some(count as u64));
        let tickets = town.tickets();
        for actor in readers() {
            let readable: Vec<Vec<String>> = tickets
                .values()
                .map(|ticket| texts(ticket, town.sight(ticket, &actor)))
                .filter(|texts| !texts.is_empty())
                .collect();
            let every: Vec<String> = tickets.values().flat_map(|ticket| texts(ticket, Sight::Case)).collect();
            let (mut dice, mut sum) = (Dice::new(seed), 0);
            for _ in 0..asks {
                let piece = piece(&mut dice, &every);
                let due = readable.iter().filter(|it| it.iter().any(|it| it.contains(&piece)));
                let due = due.count();
                let sought = vec![Sought::phrase(&*piece, Wanted::There)];
                let answer = town.ask(&actor, &Asked { sought, ..Asked::default() });
                assert!(!answer.degraded);
                assert_eq!(answer.total, due, "{} asks for {piece:?}", actor.name);
                assert_eq!(answer.hits.len(), due.min(500), "{piece:?}");
                sum += due;
            }
            say(&format!("{}: {asks} pieces, found {sum} times", actor.name));
            assert!(sum > 0);
        }
    }

    fn the_same_is_found_without_an_index_and_it_says_so(test: &TestDb) {
        let town = Town::of(test, 120, 7);
        let folder = crate::support::databases::Folder::new();
        let bare = Town { search: crate::search::search_of(&town.hotline, &folder), ..town };
        let tickets = bare.tickets();
        for actor in readers() {
            for piece in ["电梯", "号楼2单", "app", "幸福路", "欧阳卷云", "13987650321", "\n"] {
                let holds = |ticket: &&Ticket| {
                    texts(ticket, bare.sight(ticket, &actor)).iter().any(|it| it.contains(piece))
                };
                let due = tickets.values().filter(holds).count();
                let sought = vec![Sought::new(piece, Wanted::There)];
                let answer = bare.ask(&actor, &Asked { sought, ..Asked::default() });
                assert!(answer.degraded && !answer.partial);
                assert_eq!(answer.total, due, "{} asks for {piece:?}", actor.name);
            }
        }
    }
}
