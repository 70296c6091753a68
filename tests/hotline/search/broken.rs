//! Whatever becomes of the index: a search is answered, and the index comes back to exactly what the
//! database has.

use std::fs;
use std::path::{Path, PathBuf};

use jiesu::search::Asked;
use jiesu::search::matching::Sought;
use jiesu::search::query::Wanted;

use super::{Town, import, lines, readers, search_of};
use crate::support::databases::on_each_database;
use crate::support::histories::Dice;

const WORDS: [&str; 5] = ["电梯", "暖气不热", "3号楼", "wifi", "无"];

/// What each reader is told of each word: how many, and whether the database was asked.
fn told(town: &Town) -> (Vec<usize>, bool) {
    let mut totals = Vec::new();
    let mut degraded = false;
    for actor in readers() {
        for word in WORDS {
            let sought = vec![Sought::new(word, Wanted::There)];
            let answer = town.ask(&actor, &Asked { sought, ..Asked::default() });
            totals.push(answer.total);
            degraded |= answer.degraded;
        }
    }
    (totals, degraded)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            all.extend(files(&entry.path()));
        } else {
            all.push(entry.path());
        }
    }
    all.retain(|path| fs::metadata(path).is_ok_and(|about| about.len() > 0));
    all.sort();
    all
}

/// Flips a bit, and says where, in case it was the one that does harm.
fn flip(path: &Path, dice: &mut Dice) -> String {
    use std::os::unix::fs::FileExt;
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    let at = u64::try_from(dice.below(i64::try_from(length).unwrap())).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    let was = byte[0];
    byte[0] ^= 1 << dice.below(8);
    file.write_all_at(&byte, at).unwrap();
    format!("byte {at} of {length} of {}: {was:#04x} became {:#04x}", path.display(), byte[0])
}

on_each_database! {
    fn an_index_that_is_deleted_is_built_anew(test: &TestDb) {
        let town = Town::of(test, 150, 3);
        let (due, degraded) = told(&town);
        assert!(!degraded);
        fs::remove_dir_all(town.folder.path().join("search")).unwrap();
        town.follow();
        assert_eq!(told(&town).0, due);
        town.follow();
        assert_eq!(told(&town), (due, false));
    }

    fn an_index_that_grows_ticket_by_ticket_stays_in_service(test: &TestDb) {
        let town = Town::of(test, 40, 6);
        let mut all = lines(90, 6);
        let about = |town: &Town| {
            let current = town.folder.path().join("search").join("current");
            fs::read_to_string(current).unwrap()
        };
        let before = about(&town);
        // Small segments are merged behind the follower's back, again and again.
        for (n, line) in all.drain(40..).enumerate() {
            import(&town.hotline, &[line]);
            // With a child its parent moves too.
            assert!(town.follow() > 0);
            let answer = town.ask(&readers()[0], &Asked::default());
            assert_eq!((answer.total, answer.degraded), (41 + n, false));
        }
        assert_eq!(about(&town), before, "no other one was built");
    }

    fn what_happens_is_followed_by_two_nodes_each_by_itself(test: &TestDb) {
        let town = Town::of(test, 60, 4);
        let folder = crate::support::databases::Folder::new();
        let other = search_of(&town.hotline, &folder);
        other.follow(&|| false).unwrap();
        let mut more = lines(90, 4);
        import(&town.hotline, &more.split_off(60));
        assert_eq!((town.follow(), other.follow(&|| false).unwrap()), (30, 30));
        // Sealed meanwhile: whoever comes later learns it from the seals.
        let bell = jiesu::jobs::Bell::default();
        town.hotline.seal(&town.folder.path().join("seals"), &bell).unwrap();
        assert_eq!((town.follow(), other.follow(&|| false).unwrap()), (0, 0));
        let third = crate::support::databases::Folder::new();
        let third = Town { search: search_of(&town.hotline, &third), folder: third, ..town };
        third.follow();
        assert_eq!((third.search.count(), other.count()), (Some(90), Some(90)));
    }

    fn what_no_list_and_no_checksum_covers_is_proven_too(test: &TestDb) {
        let mut town = Town::of(test, 60, 8);
        let (due, _) = told(&town);
        let mut dice = Dice::new(9);
        let of = |town: &Town, ending: &str| {
            let all = files(&town.folder.path().join("search"));
            all.into_iter().find(|path| path.to_string_lossy().ends_with(ending)).unwrap()
        };
        for ending in [".idx", ".term", ".pos", ".fast"] {
            // tantivy's list of its files names none of them any more, and one is damaged.
            fs::write(of(&town, ".managed.json"), "[\"meta.json\"]").unwrap();
            let harm = flip(&of(&town, ending), &mut dice);
            town.search = search_of(&town.hotline, &town.folder);
            town.follow();
            assert_eq!(told(&town), (due.clone(), false), "{harm}");
        }
        // The description says that there are more.
        let description = of(&town, "/meta.json");
        let said = fs::read_to_string(&description).unwrap();
        let (before, after) = said.split_once("\"max_doc\":").unwrap();
        let number: String = after.trim_start().chars().take_while(char::is_ascii_digit).collect();
        let more = number.parse::<u32>().unwrap() + 2;
        let lie = format!("{before}\"max_doc\":{}", after.replacen(&number, &more.to_string(), 1));
        fs::write(&description, lie).unwrap();
        town.search = search_of(&town.hotline, &town.folder);
        town.follow();
        town.follow();
        assert_eq!(told(&town), (due, false));
    }

    fn a_file_whose_list_of_parts_makes_no_sense_is_no_trouble_of_the_disk(test: &TestDb) {
        let mut town = Town::of(test, 60, 10);
        let (due, _) = told(&town);
        for ending in [".idx", ".term", ".pos", ".fieldnorm", ".fast"] {
            // Where the parts of a file are told: before what tantivy writes of the file as a whole.
            for from_end in [70, 90, 110, 130] {
                let all = files(&town.folder.path().join("search"));
                let path = all.into_iter().find(|path| path.to_string_lossy().ends_with(ending)).unwrap();
                let mut bytes = fs::read(&path).unwrap();
                let Some(at) = bytes.len().checked_sub(from_end) else { continue };
                bytes[at] ^= 0x80;
                fs::write(&path, bytes).unwrap();
                town.search = search_of(&town.hotline, &town.folder);
                town.follow();
                assert_eq!(told(&town), (due.clone(), false), "{ending}, {from_end} before its end");
            }
        }
    }

    fn a_flipped_bit_is_never_an_error_and_is_mended(test: &TestDb) {
        let flips = std::env::var("JIESU_SEARCH_FLIPS").ok().and_then(|it| it.parse().ok()).unwrap_or(12);
        let mut town = Town::of(test, 150, 5);
        let (due, _) = told(&town);
        let mut dice = Dice::new(rand::random());
        for _ in 0..flips {
            let files = files(&town.folder.path().join("search"));
            let harm = flip(dice.pick::<PathBuf>(&files), &mut dice);
            // While it is at work: whatever is told is right, or will be after the next look.
            town.follow();
            assert_eq!(told(&town).0, due, "{harm}");
            // The next look finds it, the one after that has built another.
            town.follow();
            town.follow();
            assert_eq!(told(&town), (due.clone(), false), "{harm}");
            // And where the program was not there when it happened.
            town.search = search_of(&town.hotline, &town.folder);
            let files = self::files(&town.folder.path().join("search"));
            let harm = flip(dice.pick::<PathBuf>(&files), &mut dice);
            town.follow();
            town.follow();
            assert_eq!(told(&town), (due.clone(), false), "not running, {harm}");
        }
    }
}
