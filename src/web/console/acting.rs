//! Web, console: what was reached by the interface alone: campaigns 每月一题, test calls 拨测, lists in clear 明文导出,
//! papers 文书, incidents 突发事件. Its rule: a page is as thin as the others, and whoever may not ask the interface has no page.

mod campaigns;
mod exports;
mod incidents;
mod papers;
mod test_calls;

use actix_web::web::ServiceConfig;

/// Every page of them.
pub fn routes(services: &mut ServiceConfig) {
    services
        .service(campaigns::gathered)
        .service(test_calls::rung)
        .service(exports::in_clear)
        .service(papers::about)
        .service(incidents::going_on);
}
