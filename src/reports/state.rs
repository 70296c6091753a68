//! Reports: how far a report has come, and what may be done to it. Its rule: a table; pure, and nothing else in the
//! house asks for a role to decide about a report.
//!
//! draft → preliminary 核对期 → frozen → signed → published; a restatement is another edition that begins frozen, and
//! once it is published the one before it is superseded.

use chrono::NaiveDate;

use crate::code_enum;
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Role};
use crate::time::Stamp;

code_enum! {
    /// How far a report has come.
    pub enum State {
        Draft = "draft" "草稿",
        /// Shown to the units, who may object.
        Preliminary = "preliminary" "核对期",
        Frozen = "frozen" "已冻结",
        Signed = "signed" "已签发",
        Published = "published" "已发布",
        /// A restatement of it was published.
        Superseded = "superseded" "已被更正",
    }
}

code_enum! {
    /// What is done to a report, as in the URL.
    pub enum Step {
        Create = "create" "生成",
        /// Opens the check period, or opens it anew with new figures.
        Preview = "preview" "发起核对",
        Object = "object" "提出异议",
        /// Of a unit's own figures, as they are shown.
        Confirm = "confirm" "确认数据",
        Decide = "decide" "裁定异议",
        Text = "text" "撰写文字",
        Freeze = "freeze" "冻结",
        Sign = "sign" "签发",
        Publish = "publish" "发布",
        /// A leader's instruction 批示, which becomes a task of units.
        Instruct = "instruct" "批示",
        /// Of the edition that is restated; the new one begins with it.
        Restate = "restate" "更正",
    }
}

use Role::{Assessor, Leader, UnitHead};
use State as S;

/// What the table looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    /// The end of the check period; nothing where there was none.
    pub objections_until: Option<Stamp>,
    /// The end of the window.
    pub ends_at: Stamp,
    /// From when on a survey is late for it, and the last day that counts; nothing where every one up to the freeze does.
    pub surveys_until: Option<(Stamp, NaiveDate)>,
    /// Objections that nobody has decided.
    pub undecided: usize,
    /// The user id of who froze it.
    pub frozen_by: Option<i64>,
    /// Whether a later edition is there.
    pub restated: bool,
}

impl Step {
    /// Who may.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Create | Self::Preview | Self::Decide | Self::Freeze | Self::Restate => {
                &[Assessor]
            }
            Self::Object | Self::Confirm => &[UnitHead],
            Self::Text => &[Assessor, Leader],
            Self::Sign | Self::Publish | Self::Instruct => &[Leader],
        }
    }

    /// In which states.
    const fn states(self) -> &'static [State] {
        match self {
            Self::Create => &[],
            Self::Preview | Self::Freeze => &[S::Draft, S::Preliminary],
            Self::Object | Self::Confirm | Self::Decide => &[S::Preliminary],
            Self::Text => &[S::Draft, S::Preliminary, S::Frozen],
            Self::Sign => &[S::Frozen],
            Self::Publish => &[S::Signed],
            Self::Instruct | Self::Restate => &[S::Frozen, S::Signed, S::Published],
        }
    }

    /// The state that it leads to.
    const fn leads_to(self, from: State) -> State {
        match self {
            Self::Create => S::Draft,
            Self::Preview => S::Preliminary,
            Self::Freeze => S::Frozen,
            Self::Sign => S::Signed,
            Self::Publish => S::Published,
            Self::Object
            | Self::Confirm
            | Self::Decide
            | Self::Text
            | Self::Instruct
            | Self::Restate => from,
        }
    }

    /// # Errors
    /// 403 where it is not for `actor`, whatever the state; `report.same_person` for a leader who froze it.
    pub fn require(self, standing: &Standing, actor: &Actor) -> Result<()> {
        actor.require(self.roles())?;
        if actor.company {
            return Err(Error::forbidden());
        }
        let froze = standing.frozen_by.is_some_and(|by| actor.user != 0 && by == actor.user);
        if self == Self::Sign && froze {
            return Err(Error::new(Kind::Forbidden, "report.same_person"));
        }
        Ok(())
    }

    /// The state after it, done at `now`.
    ///
    /// # Errors
    /// 409 with the state, without what is allowed: [`refused`] adds that.
    pub fn next(self, standing: &Standing, now: Stamp) -> Result<State> {
        self.refusal(standing, now).map_or(Ok(self.leads_to(standing.state)), Err)
    }

    fn refusal(self, standing: &Standing, now: Stamp) -> Option<Error> {
        let state = standing.state;
        if !self.states().contains(&state) {
            let values = [("state", state.zh()), ("command", self.zh())];
            return Some(Error::with(Kind::Refused, "transition", &values));
        }
        let code = match self {
            Self::Object | Self::Confirm
                if standing.objections_until.is_none_or(|until| now >= until) =>
            {
                "report.check_over"
            }
            Self::Freeze if standing.undecided > 0 => "report.objections_open",
            Self::Freeze if now < standing.ends_at => "report.window_open",
            Self::Freeze if is_checked(standing, now) => "report.check_open",
            Self::Freeze => {
                let (_, day) = standing.surveys_until.filter(|(until, _)| now < *until)?;
                let day = day.to_string();
                let values = [("day", day.as_str())];
                return Some(Error::with(Kind::Refused, "report.surveys_open", &values));
            }
            Self::Restate | Self::Sign | Self::Publish if standing.restated => "report.restated",
            _ => return None,
        };
        Some(Error::refused(code))
    }
}

/// Whether units may still object: what was promised to them is kept.
fn is_checked(standing: &Standing, now: Stamp) -> bool {
    let open = standing.objections_until.is_some_and(|until| now < until);
    standing.state == S::Preliminary && open
}

/// What `actor` may do at `now`, by its name in the URL.
pub fn allowed(standing: &Standing, actor: &Actor, now: Stamp) -> Vec<&'static str> {
    let steps = Step::ALL.iter().filter(|step| **step != Step::Create);
    let may = steps.filter(|step| {
        step.require(standing, actor).is_ok() && step.refusal(standing, now).is_none()
    });
    may.map(|step| step.as_str()).collect()
}

/// The same refusal with the state and what is allowed instead.
pub fn refused(error: Error, standing: &Standing, actor: &Actor, now: Stamp) -> Error {
    if error.kind() != Kind::Refused {
        return error;
    }
    let allowed = allowed(standing, actor, now).into_iter().map(str::to_owned).collect();
    error.in_state(standing.state.as_str(), allowed)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rstest::rstest;

    use super::*;

    fn at(millis: i64) -> Stamp {
        Stamp::from_millis(millis)
    }

    fn person(role: Role) -> Actor {
        Actor { user: role as i64 + 1, roles: BTreeSet::from([role]), ..Actor::system() }
    }

    /// A window that ended at 100, a check period until 200.
    fn standing(state: State) -> Standing {
        Standing {
            state,
            objections_until: Some(at(200)),
            ends_at: at(100),
            surveys_until: None,
            undecided: 0,
            frozen_by: None,
            restated: false,
        }
    }

    #[test]
    fn every_step_is_for_its_roles_in_its_states_and_leads_where_the_table_says() {
        // In which states, by whom, and to where; `=` is the same state.
        let table = [
            (Step::Preview, "draft preliminary", "assessor", "preliminary"),
            (Step::Object, "preliminary", "unit_head", "="),
            (Step::Confirm, "preliminary", "unit_head", "="),
            (Step::Decide, "preliminary", "assessor", "="),
            (Step::Text, "draft preliminary frozen", "assessor leader", "="),
            (Step::Freeze, "draft preliminary", "assessor", "frozen"),
            (Step::Sign, "frozen", "leader", "signed"),
            (Step::Publish, "signed", "leader", "published"),
            (Step::Instruct, "frozen signed published", "leader", "="),
            (Step::Restate, "frozen signed published", "assessor", "="),
        ];
        for (step, states, roles, to) in table {
            for state in State::ALL {
                let mut standing = standing(*state);
                if step == Step::Freeze {
                    standing.objections_until = Some(at(140));
                }
                let can = states.split(' ').any(|name| name == state.as_str());
                let next = step.next(&standing, at(150));
                let to = if to == "=" { state.as_str() } else { to };
                match next {
                    Ok(next) => assert_eq!((can, next.as_str()), (true, to), "{step} in {state}"),
                    Err(error) => {
                        assert_eq!((can, error.code()), (false, "transition"), "{step} in {state}");
                    }
                }
                for role in Role::ALL {
                    let may = roles.split(' ').any(|name| name == role.as_str());
                    let actor = person(*role);
                    assert_eq!(step.require(&standing, &actor).is_ok(), may, "{step} by {role}");
                    let allowed = allowed(&standing, &actor, at(150));
                    assert_eq!(allowed.contains(&step.as_str()), may && can, "{step} by {role}");
                }
            }
        }
    }

    #[rstest]
    #[case(Step::Object, 199, 0, false, "")]
    #[case(Step::Object, 200, 0, false, "report.check_over")]
    #[case(Step::Confirm, 199, 1, false, "")]
    #[case(Step::Confirm, 200, 0, false, "report.check_over")]
    #[case(Step::Freeze, 200, 0, false, "")]
    #[case(Step::Freeze, 199, 0, false, "report.check_open")]
    #[case(Step::Freeze, 99, 0, false, "report.window_open")]
    #[case(Step::Freeze, 150, 1, false, "report.objections_open")]
    #[case(Step::Preview, 99, 1, false, "")]
    #[case(Step::Decide, 300, 1, false, "")]
    #[case(Step::Restate, 300, 0, false, "")]
    #[case(Step::Restate, 300, 0, true, "report.restated")]
    fn what_else_stands_against_a_step(
        #[case] step: Step,
        #[case] now: i64,
        #[case] undecided: usize,
        #[case] restated: bool,
        #[case] code: &str,
    ) {
        let state = if step == Step::Restate { State::Published } else { State::Preliminary };
        let standing = Standing { undecided, restated, ..standing(state) };
        let next = step.next(&standing, at(now));
        assert_eq!(next.as_ref().map_or_else(Error::code, |_| ""), code);
        let told =
            next.map_err(|error| refused(error, &standing, &person(Role::Assessor), at(now)));
        assert!(told.is_ok_and(|to| to == step.leads_to(state)) || !code.is_empty());
    }

    #[test]
    fn a_freeze_waits_until_no_more_surveys_count() {
        let day = "2026-12-09".parse().unwrap();
        let standing = Standing {
            objections_until: None,
            surveys_until: Some((at(150), day)),
            ..standing(State::Draft)
        };
        let error = Step::Freeze.next(&standing, at(149)).unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Refused, "report.surveys_open"));
        assert!(!allowed(&standing, &person(Role::Assessor), at(149)).contains(&"freeze"));
        assert_eq!(Step::Freeze.next(&standing, at(150)).unwrap(), State::Frozen);
    }

    #[test]
    fn who_froze_it_does_not_sign_it() {
        let mut leader = person(Role::Leader);
        leader.roles.insert(Role::Assessor);
        let standing = Standing { frozen_by: Some(leader.user), ..standing(State::Frozen) };
        let refused = Step::Sign.require(&standing, &leader).unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (Kind::Forbidden, "report.same_person"));
        assert!(!allowed(&standing, &leader, at(300)).contains(&"sign"));
        Step::Sign.require(&standing, &Actor { user: 99, ..leader }).unwrap();
    }

    #[test]
    fn a_refusal_says_the_state_and_what_is_allowed_there() {
        let standing = Standing { undecided: 2, ..standing(State::Preliminary) };
        let assessor = person(Role::Assessor);
        let error = Step::Freeze.next(&standing, at(150)).unwrap_err();
        let error = refused(error, &standing, &assessor, at(150));
        assert_eq!(error.state(), Some("preliminary"));
        assert_eq!(error.allowed(), ["preview", "decide", "text"]);
    }
}
