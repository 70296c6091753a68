//! Web, console: the faint mark over every page of whoever sees cases. Its rule: it says who looks and when, so that a
//! photograph of a screen can be traced; it is no element of the page, covers no letter and is drawn for its reader
//! alone.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use minijinja::HtmlEscape;

use super::fault::Shown;
use super::guest::Guest;
use crate::app::App;
use crate::reports::print::words::{cut, one_line};

/// No longer names are written, in halves of a letter.
const NAME: usize = 28;

/// The mark of whoever asks: one tile of it, which the style lays side by side. Another reader at the same browser has
/// another, so it is asked for with each page.
#[get("/watermark.svg")]
pub async fn watermark(app: web::Data<App>, guest: Guest) -> Shown {
    let now = app.db.now().in_zone(app.config.site.zone);
    let name = short(&guest.display_name);
    let told = format!("{} {}", short(&guest.actor.name), now.format("%Y-%m-%d %H:%M"));
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::VARY, "cookie"))
        .body(tile(&name, &told)))
}

fn short(text: &str) -> String {
    cut(&one_line(text), NAME)
}

/// Grey in the middle: to be seen on a light ground and on a dark one, and so thin that what lies below stays readable.
fn tile(name: &str, told: &str) -> String {
    let line = |at: u32, size: u32, text: &str| {
        format!(
            "<text x=\"170\" y=\"{at}\" font-size=\"{size}\" text-anchor=\"middle\">{}</text>",
            HtmlEscape(text)
        )
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"340\" height=\"210\" viewBox=\"0 0 340 210\">\
         <g transform=\"rotate(-24 170 105)\" font-family=\"sans-serif\" fill=\"#808080\" fill-opacity=\".14\">\
         {}{}</g></svg>",
        line(100, 18, name),
        line(122, 14, told)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_text_whatever_stands_in_it() {
        let tile = tile(&short("</text><script>alert(1)</script>\u{202e}\n"), "a&b");
        assert_eq!(tile.matches('<').count(), 8, "{tile}");
        assert!(tile.contains("&lt;") && tile.contains("a&amp;b") && !tile.contains('\u{202e}'));
    }
}
