//! Links to pages, with their query parameters.

use authtuna::model::id::PasskeyId;
use authtuna::model::paths::{DASHBOARD, LocalPath, PASSKEY};
use url::form_urlencoded::{Serializer, byte_serialize};

/// Returns `page` with the path to continue to. Leaves out the dashboard, where the sign-in pages
/// lead by default.
pub(crate) fn with_next(page: &str, target: Option<&LocalPath>) -> String {
    leading_to(page, target.filter(|target| target.as_str() != DASHBOARD))
}

/// Returns `page` with the path to continue to, whichever it is.
pub(crate) fn leading_to(page: &str, target: Option<&LocalPath>) -> String {
    target.map_or_else(|| page.to_owned(), |target| query_more(page, "next", target.as_str()))
}

/// Returns the path of a passkey's page.
pub(crate) fn passkey_page(id: PasskeyId) -> String {
    PASSKEY.replace("{id}", &id.to_string())
}

/// Returns `page` with one query parameter.
pub(crate) fn query(page: &str, name: &str, value: &str) -> String {
    format!("{page}?{}", Serializer::new(String::new()).append_pair(name, value).finish())
}

/// Returns `place`, which may already have a query, with one more parameter.
pub(crate) fn query_more(place: &str, name: &str, value: &str) -> String {
    let value: String = byte_serialize(value.as_bytes()).collect();
    format!("{place}{}{name}={value}", if place.contains('?') { '&' } else { '?' })
}

#[cfg(test)]
mod tests {
    use authtuna::model::paths::{LOGIN, MFA_CODES};

    use super::*;

    #[test]
    fn a_link_leads_on() {
        let target = LocalPath::to_return_to("/ui/activity?after=1&x=2");
        assert_eq!(
            with_next(LOGIN, target.as_ref()),
            "/auth/login?next=%2Fui%2Factivity%3Fafter%3D1%26x%3D2"
        );
        assert_eq!(with_next(LOGIN, None), LOGIN);
        let dashboard = LocalPath::of(DASHBOARD);
        assert_eq!(with_next(LOGIN, Some(&dashboard)), LOGIN);
        let codes = query(MFA_CODES, "show", "x");
        assert_eq!(leading_to(&codes, Some(&dashboard)), "/mfa/codes?show=x&next=%2Fui%2Fdashboard");
        assert_eq!(leading_to(&codes, None), codes);
    }
}
