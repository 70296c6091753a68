//! The power fails at 500 points of keeping files: every step on the disk, and those around the row. What
//! was acknowledged is there and whole, and no half of a file is. `JIESU_SEED=n` repeats a run.

mod disk;

use std::path::Path;
use std::sync::Arc;

use jiesu::attachment::disk::RealDisk;
use jiesu::attachment::{Bounds, Files, Incoming};
use jiesu::error::Result;
use jiesu::lifecycle::attach::{Attaching, Most};
use jiesu::ticket::attachment::AttachmentKind;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::city::City;
use crate::support::databases::{TestDb, say};
use crate::support::folder::Folder;
use crate::support::photo::{jpeg_of, pdf, picture};
use disk::PowerCut;

const POINTS: usize = 500;
/// Attachments of one ticket before the next one is begun: also new folders are walked through.
const OF_ONE: usize = 8;
const MANY: Most = Most { per_side: 1_000, per_citizen: 1_000 };
const BOUNDS: Bounds = Bounds { bytes: 1 << 20, pixels: 1 << 20 };

/// What was acknowledged: the ticket, its place, and the bytes where they stay as they were sent.
struct Told {
    no: String,
    k: u32,
    sent: Option<Vec<u8>>,
}

/// What is sent next: photos, short and long papers, no two alike.
fn next_file(rng: &mut StdRng, number: usize) -> (Vec<u8>, Option<Vec<u8>>) {
    if number.is_multiple_of(3) {
        return (jpeg_of(&picture(8 + rng.random_range(0..8), 8)), None);
    }
    let mut paper = pdf();
    let length = if number % 3 == 1 { 40 } else { 150_000 };
    paper.extend((0..length).map(|_| rng.random_range(b'a'..=b'z')));
    paper.extend(format!("{number}\n%%EOF").as_bytes());
    (paper.clone(), Some(paper))
}

/// The whole way of one file, with the points around its row.
fn bring(city: &City, files: &Files, disk: &PowerCut, no: &str, bytes: &[u8]) -> Result<u32> {
    let stored = city.stored(no);
    let mut incoming: Incoming = files.receive()?;
    for part in bytes.chunks(50_000) {
        incoming.write(part)?;
    }
    let clean = files.inspect(incoming.finish()?)?;
    let kept = files.keep(stored.id, stored.key(), &clean)?;
    disk.point()?;
    let one = Attaching { kind: AttachmentKind::Document, name: None, kept };
    let (hotline, agent, no) = (city.hotline.clone(), city.agent().actor.clone(), no.to_owned());
    let (_, k) = hotline
        .clone()
        .db
        .write(move |tx| hotline.attach(tx, (&agent, &no), &one, MANY, &|_| Ok(())))?;
    // The row is there, and nobody was told.
    disk.point()?;
    Ok(k)
}

/// After the power is back: what was told is there, whole; what a row names is; what is there is whole.
fn check(city: &City, data: &Path, told: &[Told], rows: &mut usize) {
    let files = Files::on(Arc::new(RealDisk), data, BOUNDS).unwrap();
    for Told { no, k, sent } in told {
        let stored = city.stored(no);
        let one = &stored.ticket.attachments[k];
        let mut reading = files.read(stored.id, stored.key(), &one.hash).unwrap();
        let mut read = Vec::new();
        while let Some(chunk) = reading.next_chunk().unwrap() {
            read.extend(chunk);
        }
        assert_eq!(read.len() as u64, one.bytes);
        assert!(sent.as_ref().is_none_or(|sent| *sent == read), "{no}-{k}");
        for hash in files.names_of(stored.id).unwrap() {
            files.read(stored.id, stored.key(), &hash).expect("no half file has a name");
        }
    }
    let verified = files.verify(&city.hotline.db).unwrap();
    assert!(verified.holds(), "{verified:?}");
    assert!(verified.whole >= *rows, "a row is gone");
    *rows = verified.whole;
}

#[test]
fn five_hundred_power_cuts_lose_no_acknowledged_attachment() {
    let seed = std::env::var("JIESU_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    println!("JIESU_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let (test, folder) = (TestDb::sqlite(), Folder::new());
    let city = City::of(&test);
    let data = folder.path().to_path_buf();
    let (mut told, mut cuts, mut lost, mut rows, mut number) = (Vec::new(), 0, 0, 0, 0);
    let (mut no, mut of_this) = (city.taken(), Vec::new());
    while cuts < POINTS {
        let (bytes, sent) = next_file(&mut rng, number);
        // One file, with the power failing one step later each time, until it is acknowledged.
        for step in 0.. {
            // At first all that is not synced is lost; then it is chance what is.
            let disk = PowerCut::after(
                step,
                if number.is_multiple_of(2) { None } else { Some(rng.random()) },
            );
            let brought = Files::on(disk.clone(), &data, BOUNDS)
                .and_then(|files| bring(&city, &files, &disk, &no, &bytes));
            match brought {
                Ok(k) => {
                    of_this.push(Told { no: no.clone(), k, sent });
                    lost += disk.lose_what_is_not_synced();
                    break;
                }
                Err(error) => assert!(disk.is_dark(), "{error}"),
            }
            lost += disk.lose_what_is_not_synced();
            cuts += 1;
            check(&city, &data, &of_this, &mut rows);
        }
        number += 1;
        if of_this.len() == OF_ONE {
            told.append(&mut of_this);
            no = city.taken();
        }
    }
    told.append(&mut of_this);
    check(&city, &data, &told, &mut rows);
    say(&format!(
        "{cuts} power cuts, seed {seed}: {} acknowledged attachments, all whole; {rows} rows; {lost} \
         unsynced changes were lost",
        told.len()
    ));
    assert!(lost > POINTS / 4, "the cuts cut nothing");
}

/// The same without one of the syncs is found out: the test can fail.
#[test]
fn a_disk_that_forgets_what_it_was_told_to_sync_loses_files() {
    let (test, folder) = (TestDb::sqlite(), Folder::new());
    let city = City::of(&test);
    let no = city.taken();
    let disk = PowerCut::after(usize::MAX, None);
    disk.forget_syncs();
    let files = Files::on(disk.clone(), folder.path(), BOUNDS).unwrap();
    bring(&city, &files, &disk, &no, &pdf()).unwrap();
    assert!(files.verify(&city.hotline.db).unwrap().holds());
    disk.lose_what_is_not_synced();
    assert!(!files.verify(&city.hotline.db).unwrap().holds());
}
