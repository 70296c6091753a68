//! A backup made again and again of a site whose files of attachments get lost or spoilt: what was good in the
//! backup stays good, and what is good nowhere is told.

use std::path::{Path, PathBuf};

use diesel::RunQueryDsl;
use jiesu::attachment::place_of;
use jiesu::backup::{self, Absent, Fault, Manifest};
use jiesu::error::Result;
use jiesu::sealing::hex;
use jiesu::ticket::store::id_of;
use sha2::{Digest, Sha256};

use super::{KEYS, path, well};
use crate::support::city::City;
use crate::support::databases::{Folder, TestDb, on_each_database};
use crate::support::program::Site;

/// A city with its data directory and a backup beside it.
struct House<'a> {
    test: &'a TestDb,
    city: City,
    folder: Folder,
}

impl<'a> House<'a> {
    fn of(test: &'a TestDb) -> Self {
        Self { test, city: City::of(test), folder: Folder::new() }
    }
    fn dir(&self) -> PathBuf {
        self.folder.path().join("backup")
    }
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
    fn backs_up(&self, absent: Absent) -> Result<Manifest> {
        // Each snapshot has an instant of its own.
        self.city.hours(1);
        backup::make(&self.city.hotline, &self.data(), &self.dir(), absent)
    }
    fn sql(&self, sql: String) {
        self.test.db.write(move |tx| Ok(diesel::sql_query(&sql).execute(tx.conn)?)).unwrap();
    }
    /// A new ticket with a file that a row names; answers where it lies, in the site and in the backup.
    fn attached(&self, bytes: &[u8]) -> (i64, String) {
        let no = self.city.taken();
        let id = self.test.db.read(|conn| id_of(conn, &no)).unwrap().unwrap();
        let hash = hex(&Sha256::digest(bytes));
        let inside = format!("attachments/{}", place_of(id, &hash));
        put(&self.data().join(&inside), bytes);
        self.sql(format!("INSERT INTO attachment VALUES ({id}, 1, '{hash}', 1, FALSE)"));
        (id, inside)
    }
}

fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

on_each_database! {
    fn what_is_good_in_a_backup_stays_good_whatever_becomes_of_the_sites_files(test: &TestDb) {
        let house = House::of(test);
        let (_, inside) = house.attached(b"a sealed photo");
        let (here, there) = (house.data().join(&inside), house.dir().join(&inside));
        let again = || {
            let made = house.backs_up(Absent::Refused).unwrap();
            assert_eq!(made.files[&inside].bytes, 14);
            assert_eq!(std::fs::read(&there).unwrap(), b"a sealed photo");
            assert_eq!(backup::examine(&house.dir()).unwrap().flaws, []);
        };
        again();
        // A bit flipped in the backup, at the same length.
        std::fs::write(&there, b"a sealed phot0").unwrap();
        again();
        // Cut off in the site.
        std::fs::write(&here, b"a sealed").unwrap();
        again();
        // The folder is not mounted.
        std::fs::remove_dir_all(house.data().join("attachments")).unwrap();
        again();
    }

    fn a_file_that_is_good_nowhere_is_told_and_the_older_backup_stays(test: &TestDb) {
        let house = House::of(test);
        let (_, kept) = house.attached(b"kept");
        let first = house.backs_up(Absent::Refused).unwrap();
        let (_, lost) = house.attached(b"lost");
        std::fs::write(house.data().join(&lost), b"l").unwrap();
        std::fs::remove_file(house.data().join(&kept)).unwrap();
        let refused = house.backs_up(Absent::Refused).unwrap_err();
        assert_eq!(refused.code(), "backup.lost");
        assert!(refused.detail().contains(&lost), "{refused}");
        let look = backup::examine(&house.dir()).unwrap();
        assert_eq!((look.whole(), look.flaws.len()), (Some(&first), 0));
        let made = house.backs_up(Absent::Known).unwrap();
        assert_eq!((made.lost.clone(), made.files.contains_key(&kept)), (vec![lost], true));
        assert_eq!(backup::examine(&house.dir()).unwrap().whole(), Some(&made));
    }

    fn files_in_a_bucket_are_counted_and_those_that_were_local_are_kept(test: &TestDb) {
        let house = House::of(test);
        let (_, kept) = house.attached(b"from before the bucket");
        house.backs_up(Absent::Refused).unwrap();
        house.attached(b"in the bucket");
        std::fs::remove_dir_all(house.data().join("attachments")).unwrap();
        let made = house.backs_up(Absent::Elsewhere).unwrap();
        assert_eq!((made.elsewhere, made.lost.len()), (1, 0));
        assert!(made.files.contains_key(&kept) && house.dir().join(&kept).exists());
        assert_eq!(backup::examine(&house.dir()).unwrap().whole(), Some(&made));
    }

    fn what_no_ticket_needs_any_more_leaves_the_backup(test: &TestDb) {
        let house = House::of(test);
        let ((erased, first), (gone, second)) = (house.attached(b"one"), house.attached(b"two"));
        let (_, third) = house.attached(b"three");
        house.backs_up(Absent::Refused).unwrap();
        house.sql(format!("UPDATE ticket_body SET record_key = NULL WHERE ticket_id = {erased}"));
        house.sql(format!("UPDATE attachment SET gone = TRUE WHERE ticket_id = {gone}"));
        let made = house.backs_up(Absent::Refused).unwrap();
        let there = |inside: &String| {
            (made.files.contains_key(inside), house.dir().join(inside).exists())
        };
        assert_eq!([&first, &second, &third].map(there), [(false, false), (false, false), (true, true)]);
    }
}

/// What a backup leaves that was broken off before its manifest was in place.
fn break_off(dir: &Path) {
    put(&dir.join("snapshot-1/ticket.ndjson"), b"[1,");
    put(&dir.join("MANIFEST.new"), b"jiesu-b");
    put(&dir.join("attachments/001/1/0a.new"), b"half");
    put(&dir.join("attachments/001/1/0b"), b"newly copied");
}

#[test]
fn a_backup_that_the_disaster_broke_off_leaves_the_older_one_good() {
    let site = Site::new(None, &KEYS);
    let (dir, keys) = (site.folder().join("backup"), site.folder().join("keys-apart"));
    // One that never came to its manifest is no backup, and in nobody's way.
    break_off(&dir);
    assert_eq!(site.run(&["verify", "--backup", path(&dir)]).status.code(), Some(1));
    well(&site.run(&["backup", path(&dir), "--keys", path(&keys)]));
    break_off(&dir);
    let look = backup::examine(&dir).unwrap();
    assert!(look.whole().is_some());
    assert_eq!(look.flaws.iter().map(|it| it.fault).collect::<Vec<_>>(), [Fault::Strange; 4]);
    let told = well(&site.run(&["verify", "--backup", path(&dir)]));
    assert!(told.contains("备份完好") && told.contains("清单之外的文件 4 个"), "{told}");
    let into = Site::to_come_back_to(&site, None, &KEYS);
    let told = well(&into.run(&["restore", path(&dir), "--keys", path(&keys)]));
    assert!(told.contains("发现问题 0 处"), "{told}");
    well(&site.run(&["backup", path(&dir), "--keys", path(&keys)]));
    assert_eq!(backup::examine(&dir).unwrap().flaws, []);
}
