//! Web, `/letters`: the templates of letters, and a site's own texts in their place. Its rule: whoever keeps the system
//! stores them, with a day; a text that cannot be filled in is refused at its line, and ours is never lost.

use actix_web::{HttpResponse, get, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::reference::view::Listed;
use super::words::SaidView;
use crate::app::App;
use crate::directory;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::notify::Occasion;
use crate::notify::letter::Origin;
use crate::notify::template::{Fault, LetterForm, Template};
use crate::notify::wording::{self, Desk, KEEPERS, Name, Standing};
use crate::web::asker::Asker;
use crate::web::blocking::run;
use crate::web::body::{Page, Query, RawBody};
use crate::web::problem::Problem;

/// Which templates.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// How many at most: 1 to 500, 50 where nothing is said.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Only those of which the site has a text of its own, whether or not it can be used.
    #[serde(default)]
    pub own: bool,
}

/// Why a text of the site's own cannot be used.
#[derive(Serialize, ToSchema)]
pub struct TemplateFault {
    /// Whose text it is.
    origin: Origin,
    origin_name: &'static str,
    /// Stable code, as in problems.
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    detail: String,
}

/// A template.
#[derive(Serialize, ToSchema)]
pub struct TemplateLine {
    /// As in the folder of templates: `answered.sms`.
    pub name: String,
    /// What its letters are about; absent for the page around every mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    occasion: Option<Occasion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occasion_name: Option<&'static str>,
    form: LetterForm,
    form_name: &'static str,
    /// Whose text counts today.
    pub origin: Origin,
    origin_name: &'static str,
    /// Whether that is the text of `letter.html`, the page around every mail that has none of its own.
    pub shared: bool,
    /// Texts of its own that would count before it and cannot be used.
    pub faults: Vec<TemplateFault>,
}

impl TemplateLine {
    fn of(template: Template, standing: Standing) -> Self {
        let fault = |(origin, fault): (Origin, Fault)| TemplateFault {
            origin,
            origin_name: origin.zh(),
            code: fault.code,
            line: fault.line,
            detail: fault.detail,
        };
        Self {
            name: template.to_string(),
            occasion: template.occasion,
            occasion_name: template.occasion.map(Occasion::zh),
            form: template.form,
            form_name: template.form.zh(),
            origin: standing.origin,
            origin_name: standing.origin.zh(),
            shared: standing.of != template,
            faults: standing.faults.into_iter().map(fault).collect(),
        }
    }

    fn is_own(&self) -> bool {
        let counts = self.origin != Origin::BuiltIn && !self.shared;
        counts || !self.faults.is_empty()
    }
}

/// A letter as it would read.
#[derive(Serialize, ToSchema)]
pub struct LetterPreview {
    /// Of a mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    text: String,
}

/// A name that a template may use.
#[derive(Serialize, ToSchema)]
pub struct TemplateName {
    name: &'static str,
    /// What it stands for.
    about: String,
    /// What stands for it in the preview, where it is a text or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<String>,
    /// Whether it may be absent, and has to be asked for by `if` before it is printed.
    optional: bool,
}

impl From<Name> for TemplateName {
    fn from(it: Name) -> Self {
        Self { name: it.name, about: it.about, sample: it.sample, optional: it.optional }
    }
}

/// A template with its texts.
#[derive(Serialize, ToSchema)]
pub struct TemplateView {
    #[serde(flatten)]
    pub line: TemplateLine,
    /// The text that counts today.
    pub text: String,
    /// What the site has stored and says today, whether or not it can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
    /// As it comes with the program.
    pub built_in: String,
    /// The text that counts, filled with invented facts.
    preview: LetterPreview,
    places: Vec<TemplateName>,
    /// What was stored and when, the newest first.
    said: Vec<SaidView>,
}

/// What the site says in place of a template.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateWish {
    /// Up to 20,000 characters, filled in as minijinja does it; of a mail the first line is the subject. Absent goes back
    /// to the text of the folder, or the program's.
    text: Option<String>,
    /// Today where nothing is said; a later day is allowed. What was said before for that day and later ones holds no
    /// more.
    since_on: Option<NaiveDate>,
}

/// Every template of the letters that the program writes.
#[utoipa::path(tag = "administration", operation_id = "letters_list", params(Which), responses(
    (status = 200, body = Listed<TemplateLine>),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/letters")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(which): Query<Which>,
) -> Result<HttpResponse> {
    let listed = run(move || listed_of(&app, &actor, &which)).await?;
    Ok(HttpResponse::Ok().json(listed))
}

/// A page of the templates, in the order of occasions.
///
/// # Errors
/// `forbidden`; 422 at `/limit`.
pub fn listed_of(app: &App, actor: &Actor, which: &Which) -> Result<Listed<TemplateLine>> {
    actor.require(KEEPERS)?;
    let limit = Page { limit: which.limit, after: None }.limit()?;
    let today = app.clock.now().day(app.config.site.zone);
    let directory = app.db.read(|conn| app.directory.current(conn))?;
    let desk = Desk::of(&app.post, &directory, today);
    let all = Template::all()
        .map(|template| TemplateLine::of(template, desk.standing(template)))
        .filter(|it| !which.own || it.is_own());
    let page = directory::page(all, |it| it.name.clone(), which.after.as_deref(), limit);
    Ok(Listed { items: page.items, next: page.next })
}

/// One template: the text that counts, ours, how it reads, and all that was stored in its place.
#[utoipa::path(tag = "administration", operation_id = "letters_one", params(("name" = String, Path)), responses(
    (status = 200, body = TemplateView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/letters/{name}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
) -> Result<HttpResponse> {
    let view = run(move || one_of(&app, &actor, &name)).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// The template that is called `name`.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn one_of(app: &App, actor: &Actor, name: &str) -> Result<TemplateView> {
    actor.require(KEEPERS)?;
    let template = Template::named(name).ok_or_else(Error::not_found)?;
    let zone = app.config.site.zone;
    let today = app.clock.now().day(zone);
    let (directory, past) =
        app.db.read(|conn| Ok((app.directory.current(conn)?, wording::past(conn, template)?)))?;
    let desk = Desk::of(&app.post, &directory, today);
    let standing = desk.standing(template);
    let text = standing.text.clone();
    let preview = desk.preview(template, &text)?;
    // Most pages have none of their own with us.
    let built_in = template.built_in().or_else(|| Template::AROUND.built_in());
    Ok(TemplateView {
        line: TemplateLine::of(template, standing),
        text,
        stored: desk.letters.stored(template).map(str::to_owned),
        built_in: built_in.unwrap_or_default().to_owned(),
        preview: LetterPreview { subject: preview.subject, text: preview.text },
        places: desk.names(template)?.into_iter().map(TemplateName::from).collect(),
        said: past.into_iter().map(|it| SaidView::of(it, zone)).collect(),
    })
}

/// Says a template in the site's own words from a day on, or in the folder's or the program's again; the next letter of
/// every node is written so.
#[utoipa::path(tag = "administration", operation_id = "letters_say", request_body = TemplateWish, params(("name" = String, Path)), responses(
    (status = 200, body = TemplateView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "letter.syntax, letter.unknown_name, letter.unknown, letter.unknown_function, letter.absent, letter.too_much, letter.unusable, letter.subject, letter.empty: what cannot be filled in, by its line", body = Problem, content_type = "application/problem+json"),
))]
#[put("/letters/{name}")]
pub async fn say(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let name = name.into_inner();
    let template = Template::named(&name).ok_or_else(Error::not_found)?;
    let wish: TemplateWish = raw.parse()?;
    let view = run(move || {
        let zone = app.config.site.zone;
        let directory = app.db.read(|conn| app.directory.current(conn))?;
        let desk = Desk::of(&app.post, &directory, app.clock.now().day(zone));
        let wish = desk.checked(template, wish.text.as_deref(), wish.since_on)?;
        let who = actor.clone();
        app.db.write(move |tx| {
            let today = tx.now.day(zone);
            wording::say(tx, &who, &wish, today)
        })?;
        one_of(&app, &actor, &name)
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
}

pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(list).service(one).service(say);
}
