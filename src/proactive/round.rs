//! Proactive: the round: what has changed since the last look is judged, and what is found is written in one write
//! with the mark. Its rule: it follows the seals, which miss nothing and come in order; any number of nodes may
//! look, and one of them writes; what was brought in by an import calls for nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::city::{City, WEEK};
use super::cluster::{self, Cell};
use super::desk::{Due, raise};
use super::dissatisfied::{self, Whose};
use super::finding::{EVIDENCE, Finding, Rule, cell_of, of_sealed};
use super::owner::owner;
use super::reading;
use super::season::{self, Counted};
use super::seen::{DAY, Seen};
use super::settings::{Demotion, Settings};
use super::store::{self, Surveyed, tickets};
use super::{estate, repeat};
use crate::db::{Conn, Db, Tx};
use crate::directory::{Cached, CategoryCode, Directory};
use crate::error::Result;
use crate::jobs::Bell;
use crate::sealing::MasterKey;
use crate::time::Stamp;

/// For how long the city's counts are good.
const CITY_LASTS: i64 = 3_600_000;
/// The oldest ticket that may still bring a warning about by being changed.
const FRESH: i64 = 30 * DAY;

/// Whoever watches.
pub struct Watchman {
    pub db: Db,
    pub keys: Arc<MasterKey>,
    pub directory: Cached,
    pub settings: Settings,
    city: Mutex<Option<(Stamp, Arc<City>)>>,
}

/// What a round over one seal found.
#[derive(Clone)]
struct Catch {
    due: Vec<Due>,
    surveyed: Vec<Heard>,
    directory: Arc<Directory>,
}

/// A valid survey with its ticket.
#[derive(Clone)]
struct Heard {
    survey: Surveyed,
    ticket: Seen,
    /// Whether it was answered lately, and to us: what was answered long ago or elsewhere is the past of what comes.
    is_new: bool,
}

/// What a round has asked already.
#[derive(Default)]
struct Round {
    estates: HashMap<String, Arc<Vec<Seen>>>,
    judged: BTreeSet<(Rule, String)>,
}

impl Watchman {
    pub fn new(db: Db, keys: Arc<MasterKey>, directory: Cached, settings: Settings) -> Self {
        Self { db, keys, directory, settings, city: Mutex::new(None) }
    }

    /// Looks at everything that was sealed since the last look, until `bell` stops it, and closes what was watched
    /// for nothing; answers how many warnings were opened or became alarms.
    ///
    /// # Errors
    /// The database's own.
    pub fn look(&self, bell: &Bell) -> Result<usize> {
        let mut raised = 0;
        while !bell.stopped() {
            let now = self.db.now();
            let ask = |conn: &mut Conn| {
                let (mark, _) = store::mark(conn)?;
                let Some((to, changed)) = tickets::changed_after(conn, mark)? else {
                    return Ok(None);
                };
                Ok(Some((mark, to, self.judge(conn, &changed, now)?)))
            };
            let Some((mark, to, catch)) = self.db.read(ask)? else { break };
            let (row, demotion) = (self.settings.row, self.settings.demotion);
            let directory = catch.directory.clone();
            raised += self.db.write(move |tx| {
                if !store::move_mark(tx, mark, to)? {
                    return Ok(0);
                }
                let mut raised = 0;
                for answered in &catch.surveyed {
                    raised += answer(tx, answered, &directory, (row, demotion))?;
                }
                for due in &catch.due {
                    raised += usize::from(raise(tx, due, demotion)?);
                }
                Ok(raised)
            })?;
        }
        raised += self.look_at_seasons()?;
        let (watched, listed) = (WEEK, self.settings.busy.days * DAY);
        self.db.write(move |tx| {
            let now = tx.now;
            store::lapse(tx, now.plus_millis(-watched), now.plus_millis(-listed))
        })?;
        Ok(raised)
    }

    /// What the tickets of one seal bring about.
    fn judge(&self, conn: &mut Conn, changed: &[tickets::Changed], now: Stamp) -> Result<Catch> {
        let directory = self.directory.current(conn)?;
        let mut round = Round::default();
        let mut catch =
            Catch { due: Vec::new(), surveyed: Vec::new(), directory: directory.clone() };
        for it in changed {
            let ticket = &it.ticket;
            if it.lives && ticket.dissatisfied.is_some() {
                catch.surveyed.extend(self.heard(conn, it, now)?);
            }
            let is_old = now.millis_since(ticket.at) > FRESH;
            if it.imported || !ticket.counts() || is_old {
                continue;
            }
            let mut found = Vec::new();
            found.extend(self.repeat(conn, &mut round, ticket, now)?);
            found.extend(self.places(conn, &mut round, ticket, now)?);
            let words = &self.settings.sensitive;
            found.extend(reading::words(conn, &self.keys, words, (ticket, now))?);
            for (finding, resting_on) in found {
                let tickets: Vec<&Seen> = resting_on.iter().collect();
                catch.due.push(due(finding, &tickets, &directory));
            }
        }
        Ok(catch)
    }

    /// The last valid survey of a ticket.
    fn heard(
        &self,
        conn: &mut Conn,
        changed: &tickets::Changed,
        now: Stamp,
    ) -> Result<Option<Heard>> {
        let ticket = &changed.ticket;
        let Some(survey) = reading::survey_of(conn, &self.keys, ticket)? else { return Ok(None) };
        let brought = if changed.imported { tickets::imported_at(conn, &ticket.no)? } else { None };
        let is_new =
            now.millis_since(survey.at) <= FRESH && brought.is_none_or(|at| survey.at > at);
        Ok(Some(Heard { survey, ticket: ticket.clone(), is_new }))
    }

    /// The same caller and matter: without the sealed ones, and where there are some, all of them beside it.
    fn repeat(
        &self,
        conn: &mut Conn,
        round: &mut Round,
        ticket: &Seen,
        now: Stamp,
    ) -> Result<Vec<(Finding, Vec<Seen>)>> {
        let rule = self.settings.repeats;
        let Some((caller, about)) = ticket.caller.as_deref().zip(ticket.about()) else {
            return Ok(Vec::new());
        };
        let cell = cell_of(caller, &about);
        if !round.judged.insert((Rule::Repeat, cell.clone())) {
            return Ok(Vec::new());
        }
        let from = now.plus_millis(-rule.days * DAY);
        let mut theirs = tickets::of_caller(conn, (caller, &about), (from, now))?;
        theirs.retain(Seen::counts);
        let open: Vec<Seen> = theirs.iter().filter(|it| !it.sealed).cloned().collect();
        let beside = (open.len() < theirs.len()).then(|| (of_sealed(&cell), theirs));
        let mut found = Vec::new();
        for (cell, own) in std::iter::once((cell, open)).chain(beside) {
            if own.len() < rule.tickets {
                continue;
            }
            let settled = store::settled(conn, Rule::Repeat, &cell)?;
            let judged = repeat::judge(&own, (caller, &about), (now, settled), rule);
            found.extend(judged.map(|it| (Finding { cell, ..it }, own)));
        }
        Ok(found)
    }

    /// The estate: its list, and the cell of the ticket.
    fn places(
        &self,
        conn: &mut Conn,
        round: &mut Round,
        ticket: &Seen,
        now: Stamp,
    ) -> Result<Vec<(Finding, Vec<Seen>)>> {
        let Some(code) = ticket.estate.as_deref() else { return Ok(Vec::new()) };
        let all = self.of_estate(conn, round, code, now)?;
        let mut found = Vec::new();
        if round.judged.insert((Rule::Estate, code.to_owned()))
            && all.len() >= self.settings.busy.tickets
        {
            let settled = store::settled(conn, Rule::Estate, code)?;
            let listed = estate::judge(&all, (now, settled), self.settings.busy);
            found.extend(listed.map(|finding| (finding, all.to_vec())));
        }
        let (Some((_, category)), true) = (ticket.cell(), now.millis_since(ticket.at) <= WEEK)
        else {
            return Ok(found);
        };
        let cell = format!("{code}/{category}");
        if !round.judged.insert((Rule::Cluster, cell.clone())) {
            return Ok(found);
        }
        let is_own = |it: &&Seen| it.category.as_deref() == Some(category);
        let own: Vec<&Seen> = all.iter().filter(is_own).collect();
        let near = own.iter().filter(|it| now.millis_since(it.at) < WEEK).count();
        if near < self.settings.clusters.least {
            return Ok(found);
        }
        let settled = store::settled(conn, Rule::Cluster, &cell)?;
        let city = self.city(conn, now)?;
        let estate = cluster::before(&all, now, self.settings.clusters.weeks);
        let cell = Cell { own: &own, estate, city: &city, now, settled };
        if let Some(finding) = cluster::judge(&cell, ticket, &self.settings.clusters) {
            let numbers: BTreeSet<&String> = finding.tickets.iter().collect();
            let resting = own.iter().filter(|it| numbers.contains(&it.no)).map(|it| (*it).clone());
            let resting = resting.collect();
            found.push((finding, resting));
        }
        Ok(found)
    }

    /// The estate's tickets that count, of as long as any rule looks back.
    fn of_estate(
        &self,
        conn: &mut Conn,
        round: &mut Round,
        code: &str,
        now: Stamp,
    ) -> Result<Arc<Vec<Seen>>> {
        if let Some(all) = round.estates.get(code) {
            return Ok(all.clone());
        }
        let windows = WEEK * (i64::from(self.settings.clusters.weeks) + 1);
        let from = now.plus_millis(-windows.max(self.settings.busy.days * DAY));
        let mut all = tickets::of_estate(conn, code, from)?;
        all.retain(Seen::counts);
        let all = Arc::new(all);
        round.estates.insert(code.to_owned(), all.clone());
        Ok(all)
    }

    /// The city's counts, not older than an hour.
    fn city(&self, conn: &mut Conn, now: Stamp) -> Result<Arc<City>> {
        let known = self.city.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, city)) = known
            && (0..CITY_LASTS).contains(&now.millis_since(at))
        {
            return Ok(city);
        }
        let city = Arc::new(tickets::city(conn, now, self.settings.clusters.weeks)?);
        let mut kept = self.city.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((now, city.clone()));
        Ok(city)
    }

    /// The season plans, once a day: the seven days up to now.
    fn look_at_seasons(&self) -> Result<usize> {
        let now = self.db.now();
        let today = now.day(self.settings.zone);
        let day = today.to_string();
        let seen = self.db.read(|conn| Ok(store::mark(conn)?.1))?;
        if seen == day {
            return Ok(0);
        }
        let all = self.db.read(|conn| {
            let directory = self.directory.current(conn)?;
            let mut all = Vec::new();
            for plan in self.settings.seasons.iter().filter(|plan| plan.holds_on(today)) {
                let categories = below(&plan.categories, &directory);
                let periods = season::periods(now);
                let mut counts = [(0, 0); 4];
                for (count, period) in counts.iter_mut().zip(periods) {
                    *count = tickets::count_of_categories(conn, &categories, period)?;
                }
                let [(week, brought), (then, _), (lately, _), (lately_then, _)] = counts;
                // A handful that called here, whatever an import brought.
                if week.saturating_sub(brought) < season::LEAST {
                    continue;
                }
                let counted = Counted { now: week, then, lately, lately_then };
                let latest =
                    tickets::latest_of_categories(conn, &categories, periods[0], EVIDENCE)?;
                let latest: Vec<&Seen> = latest.iter().collect();
                let Some(finding) = season::judge(plan, counted, &latest, today) else { continue };
                all.push(due(finding, &latest, &directory));
            }
            Ok(all)
        })?;
        let demotion = self.settings.demotion;
        self.db.write(move |tx| {
            store::season_seen(tx, &day)?;
            let mut raised = 0;
            for due in &all {
                // One that somebody closed this week stays closed: its cell is the week's.
                let settled = store::settled(tx.conn, due.finding.rule, &due.finding.cell)?;
                if settled == Stamp::MIN {
                    raised += usize::from(raise(tx, due, demotion)?);
                }
            }
            Ok(raised)
        })
    }
}

/// `finding`, which rests on `tickets` (the latest last), with whoever answers for it.
fn due(finding: Finding, tickets: &[&Seen], directory: &Directory) -> Due {
    let owner = owner(&finding, tickets, directory);
    let ticket_id = tickets.last().map_or(0, |it| it.id);
    let sealed = tickets.iter().any(|it| it.sealed);
    Due { finding, owner, ticket_id, sealed }
}

/// Keeps the last valid survey of a ticket and, where it is new, judges its estate's and its company's row.
fn answer(
    tx: &mut Tx<'_>,
    Heard { survey, ticket, is_new }: &Heard,
    directory: &Directory,
    (row, demotion): (usize, Demotion),
) -> Result<usize> {
    store::keep_survey(tx, survey)?;
    if !is_new {
        return Ok(0);
    }
    let whose = [
        survey.estate.as_deref().map(Whose::Estate),
        survey.company.as_deref().map(Whose::Company),
    ];
    let mut raised = 0;
    for whose in whose.into_iter().flatten() {
        let most = i64::try_from(EVIDENCE).unwrap_or(i64::MAX);
        let answers = store::answers(tx.conn, &whose, most)?;
        let settled = store::settled(tx.conn, Rule::Dissatisfied, &whose.cell())?;
        let found = dissatisfied::judge(&answers, &whose, ticket, settled, row);
        let Some(finding) = found else { continue };
        let due = due(finding, &[ticket], directory);
        raised += usize::from(raise(tx, &due, demotion)?);
    }
    Ok(raised)
}

/// The categories and everything below them.
pub fn below(categories: &[String], directory: &Directory) -> BTreeSet<String> {
    let each = |code: &String| directory.category_subtree(&CategoryCode::from(code.as_str()));
    categories.iter().flat_map(each).map(|code| code.to_string()).collect()
}
