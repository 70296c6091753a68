//! Web, Open311: what may be said with a report beside the specification's own fields. Its rule: the
//! same for every service, and none of it is required.

use actix_web::{HttpRequest, HttpResponse, get, web};

use super::asked::Parameters;
use super::node::{Format, Node};
use super::offered::offered;
use crate::app::App;
use crate::code_enum;
use crate::directory::Kind as Matter;
use crate::error::{Result, sentence};
use crate::web::{Answer, run};

code_enum! {
    /// The attributes, in the order in which they are asked.
    pub enum Attribute {
        /// What kind of matter it is; else what the category usually is.
        Kind = "kind" "诉求类型",
        /// Whether the caller is to be protected: then it is shown to nobody here.
        Confidential = "confidential" "是否保密",
        /// The building, which is never shown.
        Building = "building" "楼栋门牌",
    }
}

code_enum! {
    /// The values of `confidential`.
    pub enum Choice { Yes = "yes" "是", No = "no" "否" }
}

impl Attribute {
    /// How a form shows it: its type, what to enter, and what it is for.
    fn datatype(self) -> &'static str {
        match self {
            Self::Kind | Self::Confidential => "singlevaluelist",
            Self::Building => "string",
        }
    }

    fn hint(self) -> String {
        match self {
            Self::Kind | Self::Confidential => sentence("open311.attribute.choose", &[]),
            Self::Building => sentence("open311.attribute.type_in", &[]),
        }
    }

    fn description(self) -> String {
        match self {
            Self::Kind => sentence("open311.attribute.kind", &[]),
            Self::Confidential => sentence("open311.attribute.confidential", &[]),
            Self::Building => sentence("open311.attribute.building", &[]),
        }
    }

    /// What may be chosen: keys and names.
    fn values(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Kind => Matter::ALL.iter().map(|kind| (kind.as_str(), kind.zh())).collect(),
            Self::Confidential => Choice::ALL.iter().map(|it| (it.as_str(), it.zh())).collect(),
            Self::Building => Vec::new(),
        }
    }

    fn node(self, order: usize) -> Node {
        let values = self.values().into_iter().map(|(key, name)| {
            Node::Fields(vec![("key", Node::text(key)), ("name", Node::text(name))])
        });
        Node::Fields(vec![
            ("variable", Node::Flag(true)),
            ("code", Node::text(self.as_str())),
            ("datatype", Node::text(self.datatype())),
            ("required", Node::Flag(false)),
            ("datatype_description", Node::text(&self.hint())),
            ("order", Node::Count(i64::try_from(order).unwrap_or(i64::MAX))),
            ("description", Node::text(&self.description())),
            ("values", Node::List("value", values.collect())),
        ])
    }
}

/// The definition of one service.
#[utoipa::path(tag = "open311", security(()),
    params(("service_code" = String, Path), ("format" = String, Path, description = "json or xml"),
        ("jurisdiction_id" = Option<String>, Query, description = "looked at only where the site has one")),
    responses((status = 200, description = "GeoReport v2 GET Service Definition", body = Object),
        (status = 404, description = "no such service", body = Object)))]
#[get("/v2/services/{service_code}.{format:json|xml}")]
pub async fn one(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (code, ending) = path.into_inner();
    let format = Format::of_path(&format!(".{ending}"));
    Parameters::read(request.query_string().as_bytes()).require_jurisdiction(&app)?;
    run(move || {
        let (hotline, now) = (&app.hotline, app.db.now());
        let rules = hotline.db.read(|conn| hotline.rules.current(conn, now))?;
        let today = now.day(rules.profile.zone);
        let category = offered(&rules.directory, &code, today)?;
        let attributes = Attribute::ALL.iter().enumerate();
        let attributes = attributes.map(|(index, attribute)| attribute.node(index + 1));
        Node::Fields(vec![
            ("service_code", Node::text(category.code.as_str())),
            ("attributes", Node::List("attribute", attributes.collect())),
        ])
        .answer(format, "service_definition")
    })
    .await
    .map(Answer::respond)
}
