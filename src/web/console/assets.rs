//! Web, console: style, scripts and pictures. Its rule: compiled in, named with a mark of their content, so that a
//! browser keeps them for good and asks for a changed one at once.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{LazyLock, OnceLock};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// What is sent under a name.
struct File {
    name: &'static str,
    kind: &'static str,
    content: &'static [u8],
    /// The same in less, made when it is first asked for.
    packed: OnceLock<Option<Vec<u8>>>,
}

const fn file_of(name: &'static str, kind: &'static str, content: &'static [u8]) -> File {
    File { name, kind, content, packed: OnceLock::new() }
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// `vendor/` is not ours: its README says what it is.
static FILES: [File; 16] = [
    file_of("console.css", CSS, include_bytes!("assets/console.css")),
    file_of("console.js", JS, include_bytes!("assets/console.js")),
    file_of("desk.js", JS, include_bytes!("assets/desk.js")),
    file_of("assessed.js", JS, include_bytes!("assets/assessed.js")),
    file_of("batch.js", JS, include_bytes!("assets/batch.js")),
    file_of("calls.js", JS, include_bytes!("assets/calls.js")),
    file_of("charts.js", JS, include_bytes!("assets/charts.js")),
    file_of("copy.js", JS, include_bytes!("assets/copy.js")),
    file_of("field.js", JS, include_bytes!("assets/field.js")),
    file_of("many.js", JS, include_bytes!("assets/many.js")),
    file_of("search.js", JS, include_bytes!("assets/search.js")),
    file_of("survey.js", JS, include_bytes!("assets/survey.js")),
    file_of("ticket.js", JS, include_bytes!("assets/ticket.js")),
    file_of("admin.js", JS, include_bytes!("assets/admin.js")),
    file_of("echarts.js", JS, include_bytes!("assets/vendor/echarts.simple.min.js")),
    file_of("mark.svg", SVG, include_bytes!("assets/mark.svg")),
];

impl File {
    /// Deflated, where that is less.
    fn packed(&'static self) -> Option<&'static [u8]> {
        let less = |packed: &Vec<u8>| packed.len() < self.content.len();
        let made = || pack(self.content, Compression::default()).filter(less);
        self.packed.get_or_init(made).as_deref()
    }
}

/// How hard a page is packed while somebody waits for it: what tables of links repeat is found at once.
const WHILE_WAITING: Compression = Compression::new(2);

/// The same, deflated; of what is made for one reader.
pub fn packed(content: &[u8]) -> Option<Vec<u8>> {
    pack(content, WHILE_WAITING)
}

fn pack(content: &[u8], level: Compression) -> Option<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::with_capacity(content.len() / 8), level);
    packed.write_all(content).ok()?;
    packed.finish().ok()
}

/// The mark of each file's content.
static MARKS: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let mark = |content: &[u8]| {
        Sha256::digest(content).iter().take(6).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    FILES.iter().map(|it| (it.name, mark(it.content))).collect()
});

/// Where a page finds the file `name`.
pub fn address(name: &str) -> String {
    let mark = MARKS.iter().find(|(there, _)| *there == name).map(|(_, mark)| mark.as_str());
    format!("/assets/{name}?v={}", mark.unwrap_or_default())
}

/// Whether the browser takes what is packed.
pub fn takes_packed(request: &HttpRequest) -> bool {
    let said = request.headers().get(header::ACCEPT_ENCODING);
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    said.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let is_refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

/// A file of the console. It holds nothing of anybody's, so that packing it tells nothing.
#[get("/assets/{name}")]
pub async fn file(name: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let found = FILES.iter().find(|it| it.name == name.as_str());
    let found = found.ok_or_else(Error::not_found)?;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(found.kind)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "accept-encoding"));
    Ok(match found.packed().filter(|_| takes_packed(&request)) {
        Some(packed) => answer.insert_header((header::CONTENT_ENCODING, "gzip")).body(packed),
        None => answer.body(found.content),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use actix_web::test::TestRequest;
    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn what_is_packed_unpacks_to_itself_and_goes_to_whoever_takes_it() {
        for one in &FILES {
            let mut unpacked = Vec::new();
            if let Some(packed) = one.packed() {
                GzDecoder::new(packed).read_to_end(&mut unpacked).unwrap();
                assert!(unpacked == one.content, "{}", one.name);
            }
        }
        for (said, taken) in [
            ("gzip, deflate, br", true),
            ("br;q=1, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("identity", false),
        ] {
            let request = TestRequest::default().insert_header((header::ACCEPT_ENCODING, said));
            assert_eq!(takes_packed(&request.to_http_request()), taken, "{said}");
        }
        assert!(!takes_packed(&TestRequest::default().to_http_request()));
    }

    #[test]
    fn what_is_not_ours_is_what_its_readme_says_and_runs_under_our_policy() {
        let one = FILES.iter().find(|it| it.name == "echarts.js").unwrap();
        let hash = Sha256::digest(one.content).iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let told = include_str!("assets/vendor/README.md");
        assert!(told.contains(&hash), "{hash}");
        let text = std::str::from_utf8(one.content).unwrap();
        for banned in [
            "eval(",
            "Function(\"",
            "new Function",
            "createElement(\"style",
            "insertRule",
            "fetch(",
        ] {
            assert!(!text.contains(banned), "{banned}");
        }
        assert!(one.packed().unwrap().len() < 180_000);
    }
}
