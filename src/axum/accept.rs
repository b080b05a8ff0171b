//! Whether a client wants a page or JSON.

use ::axum::http::{HeaderMap, header};

/// Returns whether the client shows pages. A browser that navigates or submits a form accepts
/// `text/html`; scripts and programs do not.
pub fn wants_page(headers: &HeaderMap) -> bool {
    mentions(headers, "text/html")
}

/// Returns whether the client asks for JSON by name, and not for a page.
pub fn wants_json(headers: &HeaderMap) -> bool {
    mentions(headers, "application/json") && !wants_page(headers)
}

fn mentions(headers: &HeaderMap, wanted: &str) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|range| range.split(';').next())
        .any(|range| range.trim().eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, ::axum::http::HeaderValue::from_static(text))])
    }

    #[test]
    fn a_browser_gets_pages_and_a_program_json() {
        let browser = accept("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        assert!(wants_page(&browser) && !wants_json(&browser));
        let program = accept("Application/JSON; q=1");
        assert!(!wants_page(&program) && wants_json(&program));
        for neither in [accept("*/*"), accept("image/avif, */*"), HeaderMap::new()] {
            assert!(!wants_page(&neither) && !wants_json(&neither));
        }
    }
}
