//! Assessment: leaving it for a coded reason 剔除, and the one appeal 申诉. Its rule: the ticket
//! counts until decided; who asks never decides, nor does anybody of a unit that it is counted for (domain.md §6).

use crate::error::{Error, Kind, Result};
use crate::identity::Role;
use crate::limits::policy::ExclusionNeed;
use crate::ticket::command::{Classify, Decide, Exclude, ExcludeConfirm, FlagBody, Spoken};
use crate::ticket::overlay::{Exclusion, ExclusionReason, ExclusionStage, Flag};
use crate::ticket::sight::handled_it;
use crate::ticket::{Class, Scene, Ticket};

/// The head of the final lead asks, with evidence.
pub fn ask(ticket: &mut Ticket, scene: &Scene<'_>, body: &Exclude) -> Result<()> {
    check(scene, body)?;
    if let Some(there) = &ticket.exclusion
        && there.stage != ExclusionStage::Refused
    {
        return Err(Error::refused("exclude.pending"));
    }
    if ticket.exclusion.as_ref().is_some_and(|e| e.decided_by.is_some()) {
        return Err(Error::refused("exclude.appeal_instead"));
    }
    let by_head = scene.actor.has(Role::UnitHead);
    ticket.exclusion = Some(Exclusion {
        reason: body.reason,
        evidence: body.evidence.to_string(),
        asked_at: scene.now,
        asked_by: scene.actor.user,
        endorsed_by: None,
        stage: if by_head { ExclusionStage::ToDecide } else { ExclusionStage::ToEndorse },
        decided_by: None,
        refused_by: None,
        decided_at: None,
        decision: None,
        appeal: None,
        appealed_by: None,
    });
    Ok(())
}

/// The reason is one of the profile's; where that rests on a provision, the evidence names it.
pub fn check(scene: &Scene<'_>, body: &Exclude) -> Result<()> {
    let mut known = scene.profile.assessment.exclusions.iter();
    let Some(reason) = known.find(|reason| reason.code == body.reason.as_str()) else {
        return Err(Error::field("/reason", "exclude.reason_not_here"));
    };
    if reason.needs == ExclusionNeed::Citation && !cites(body.evidence.as_str()) {
        return Err(Error::field("/evidence", "exclude.cite"));
    }
    Ok(())
}

/// Whether a text names a provision: 《…》, and after it 第…条 with a number.
fn cites(text: &str) -> bool {
    let is_number = |c: char| c.is_numeric() || "零一二三四五六七八九十百千两".contains(c);
    let is_article = |after: &str| {
        let after = after.trim_start();
        let rest = after.trim_start_matches(is_number);
        rest.len() < after.len() && rest.trim_start().starts_with('条')
    };
    text.split('《').skip(1).any(|from| {
        let named = from.split_once('》').filter(|(name, _)| !name.trim().is_empty());
        named.is_some_and(|(_, after)| after.split('第').skip(1).any(is_article))
    })
}

/// The reviewer decides; a vexatious caller needs a second reviewer.
pub fn decide(ticket: &mut Ticket, scene: &Scene<'_>, body: &Decide) -> Result<()> {
    let reasons = &scene.profile.assessment.exclusions;
    let stages = [ExclusionStage::ToDecide, ExclusionStage::ToEndorse];
    if let Ok(exclusion) = at_stage(ticket, &stages) {
        apart(scene, &[Some(exclusion.asked_by), exclusion.endorsed_by])?;
        outside(ticket, scene)?;
    }
    require_reason(body)?;
    let exclusion = at_stage(ticket, &stages)?;
    let needs_second = exclusion.reason == ExclusionReason::Vexatious
        || reasons.iter().any(|reason| {
            reason.code == exclusion.reason.as_str()
                && reason.needs == ExclusionNeed::SecondReviewer
        });
    if exclusion.stage == ExclusionStage::ToEndorse {
        return Err(Error::refused("request.not_endorsed"));
    }
    exclusion.decided_by = Some(scene.actor.user);
    exclusion.decided_at = Some(scene.now);
    exclusion.decision = body.reason.as_ref().map(ToString::to_string);
    exclusion.stage = match (body.approve, needs_second) {
        (false, _) => ExclusionStage::Refused,
        (true, true) => ExclusionStage::ToConfirm,
        (true, false) => ExclusionStage::Approved,
    };
    Ok(())
}

/// A second reviewer confirms that the caller is vexatious, or refuses; the unit appeals against that as against any
/// refusal.
pub fn confirm(ticket: &mut Ticket, scene: &Scene<'_>, body: &ExcludeConfirm) -> Result<()> {
    if let Ok(exclusion) = at_stage(ticket, &[ExclusionStage::ToConfirm]) {
        apart(scene, &[Some(exclusion.asked_by), exclusion.endorsed_by, exclusion.decided_by])?;
        outside(ticket, scene)?;
    }
    check_confirm(body)?;
    let exclusion = at_stage(ticket, &[ExclusionStage::ToConfirm])?;
    exclusion.decided_at = Some(scene.now);
    exclusion.stage = if body.approve == Some(false) {
        exclusion.refused_by = Some(scene.actor.user);
        exclusion.decision = body.reason.as_ref().map(ToString::to_string);
        ExclusionStage::Refused
    } else {
        ExclusionStage::Approved
    };
    Ok(())
}

/// A no needs its reason here too.
pub fn check_confirm(body: &ExcludeConfirm) -> Result<()> {
    if body.approve == Some(false) && body.reason.is_none() {
        return Err(Error::field("/reason", "field.required"));
    }
    Ok(())
}

/// The unit appeals, once.
pub fn appeal(ticket: &mut Ticket, scene: &Scene<'_>, body: &Spoken) -> Result<()> {
    let exclusion = at_stage(ticket, &[ExclusionStage::Refused])?;
    if exclusion.decided_by.is_none() {
        return Err(Error::refused("exclude.none"));
    }
    exclusion.appeal = Some(body.text.to_string());
    exclusion.appealed_by = Some(scene.actor.user);
    exclusion.stage = ExclusionStage::Appealed;
    Ok(())
}

/// The assessor's word is the last.
pub fn decide_appeal(ticket: &mut Ticket, scene: &Scene<'_>, body: &Decide) -> Result<()> {
    if let Ok(exclusion) = at_stage(ticket, &[ExclusionStage::Appealed]) {
        apart(scene, &[Some(exclusion.asked_by), exclusion.endorsed_by])?;
        apart(scene, &[exclusion.appealed_by, exclusion.decided_by, exclusion.refused_by])?;
        outside(ticket, scene)?;
    }
    require_reason(body)?;
    let exclusion = at_stage(ticket, &[ExclusionStage::Appealed])?;
    exclusion.decided_by = Some(scene.actor.user);
    exclusion.decided_at = Some(scene.now);
    exclusion.decision = body.reason.as_ref().map(ToString::to_string);
    exclusion.stage =
        if body.approve { ExclusionStage::Approved } else { ExclusionStage::RefusedFinally };
    Ok(())
}

/// What was done to the request between two states of the ticket, as the audit trail calls it; nothing where nothing was.
pub fn done(before: Option<&Exclusion>, after: Option<&Exclusion>) -> Option<&'static str> {
    use ExclusionStage as E;
    let after = after?;
    let was = before.map(|it| it.stage);
    match (was, after.stage) {
        (was, E::ToEndorse | E::ToDecide) if was.is_none_or(|it| it == E::Refused) => {
            Some("exclusion.ask")
        }
        (Some(E::ToEndorse), E::ToDecide) => Some("exclusion.endorse"),
        (Some(E::ToEndorse), E::Refused) => Some("exclusion.not_endorse"),
        (Some(E::ToDecide), E::Refused) => Some("exclusion.refuse"),
        (Some(E::ToDecide), E::ToConfirm | E::Approved) => Some("exclusion.approve"),
        (Some(E::ToConfirm), E::Approved) => Some("exclusion.confirm"),
        (Some(E::ToConfirm), E::Refused) => Some("exclusion.not_confirm"),
        (Some(E::Refused), E::Appealed) => Some("exclusion.appeal"),
        (Some(E::Appealed), E::Approved) => Some("exclusion.appeal_grant"),
        (Some(E::Appealed), E::RefusedFinally) => Some("exclusion.appeal_refuse"),
        _ => None,
    }
}

/// A reviewer chooses the class, who is nobody of a unit that handled it; the defaults by kind no longer apply. What a
/// citizen has answered for leaves the figures by an exclusion alone, which has evidence, a decision and an appeal.
pub fn classify(ticket: &mut Ticket, scene: &Scene<'_>, body: &Classify) -> Result<()> {
    if handled_it(ticket, scene.actor, scene.directory) {
        return Err(Error::new(Kind::Forbidden, "classify.own_unit"));
    }
    if ticket.would_count_less(body.assessment_class) {
        return Err(Error::refused("classify.counts_less"));
    }
    ticket.class = Class { class: body.assessment_class, chosen: true };
    Ok(())
}

/// A bottom-line flag on a unit that works or worked on it.
pub fn flag(ticket: &mut Ticket, scene: &Scene<'_>, body: &FlagBody) -> Result<()> {
    if scene.directory.unit(&body.unit).is_none() {
        return Err(Error::field("/unit", "field.unknown_code"));
    }
    if !ticket.assignments.values().any(|a| a.unit == body.unit) {
        return Err(Error::field("/unit", "flag.not_on_ticket"));
    }
    ticket.flags.push(Flag {
        at: scene.now,
        by: scene.actor.user,
        flag: body.flag,
        unit: body.unit.clone(),
        text: body.text.to_string(),
    });
    Ok(())
}

fn at_stage<'a>(ticket: &'a mut Ticket, stages: &[ExclusionStage]) -> Result<&'a mut Exclusion> {
    ticket
        .exclusion
        .as_mut()
        .filter(|exclusion| stages.contains(&exclusion.stage))
        .ok_or_else(|| Error::refused("exclude.none"))
}

/// Who asked, endorsed or decided earlier does not decide now.
fn apart(scene: &Scene<'_>, earlier: &[Option<i64>]) -> Result<()> {
    earlier.iter().flatten().try_for_each(|user| scene.actor.require_other_than(*user))
}

/// Nor does a colleague: whose figures it would better says nothing of it.
fn outside(ticket: &Ticket, scene: &Scene<'_>) -> Result<()> {
    if handled_it(ticket, scene.actor, scene.directory) {
        return Err(Error::new(Kind::Forbidden, "exclude.own_unit"));
    }
    Ok(())
}

/// A no needs its reason.
pub fn require_reason(body: &Decide) -> Result<()> {
    if body.approve || body.reason.is_some() {
        Ok(())
    } else {
        Err(Error::field("/reason", "field.required"))
    }
}

#[cfg(test)]
mod tests {
    use super::cites;

    #[test]
    fn a_provision_is_a_title_and_the_number_of_an_article() {
        for text in [
            "依据《物业管理条例》第三十五条不予支持",
            "《物业管理条例》（国务院令第379号）第 35 条第二款",
            "见《信访条例》和《住宅专项维修资金管理办法》第十八条",
        ] {
            assert!(cites(text), "{text}");
        }
        for text in [
            "",
            "违反法律规定",
            "物业管理条例第三十五条",
            "《物业管理条例》",
            "《》第三条",
            "《物业管理条例》第条",
            "《物业管理条例》（国务院令第379号）",
            "第三条见《物业管理条例》",
        ] {
            assert!(!cites(text), "{text}");
        }
    }
}
