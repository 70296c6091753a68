//! Pictures of every page, light and dark, on a desk and on a phone, for whoever wants to look at them: in the folder that
//! `JIESU_SHOTS` names; without it none are taken. Its rule: the pages are those that the other tests open.

use super::driver::say;
use super::pages::{PAGES, open};
use super::tab::{Scheme, Width};
use super::world::{Speech, World};

#[test]
fn every_page_is_pictured_where_somebody_asks_for_it() {
    let Some(folder) = std::env::var_os("JIESU_SHOTS").map(std::path::PathBuf::from) else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    let world = World::of(Speech::PLAIN);
    let Some(tab) = world.stage.browser("shots") else { return };
    tab.go("/c");
    for (name, who, path) in PAGES {
        let cookie = (!who.is_empty()).then(|| world.stage.cookie(who));
        tab.holds(cookie.as_deref());
        for (width, across) in [(Width::Desktop, "1366"), (Width::Phone, "390")] {
            for (scheme, tone) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
                tab.look(width, scheme);
                open(&world, &tab, path);
                let file = folder.join(format!("{name}-{across}-{tone}.png"));
                std::fs::write(file, tab.picture()).unwrap();
            }
        }
    }
    say(&format!("pictures of {} pages lie in {}", PAGES.len(), folder.display()));
}
