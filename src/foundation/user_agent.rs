//! Names browsers so that users recognize them: "Firefox on Linux".

use woothee::parser::Parser;

/// The longest `User-Agent` that is parsed, in bytes.
pub(crate) const MAX_USER_AGENT: usize = 1024;

/// Returns the browser and the operating system by name, or "Unknown device" when neither is known.
/// Versions are left out: they change too often to be useful.
pub(crate) fn device_name(user_agent: &str) -> String {
    fn known(name: &str) -> Option<&str> {
        (name != "UNKNOWN" && !name.is_empty()).then_some(name)
    }
    let parsed = (user_agent.len() <= MAX_USER_AGENT).then(|| Parser::new().parse(user_agent)).flatten();
    let Some(result) = parsed else { return "Unknown device".to_owned() };
    let browser = known(result.name);
    let system = known(match result.os {
        "Mac OSX" => "macOS",
        os if os.starts_with("Windows") => "Windows",
        os => os,
    });
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::device_name;

    #[test]
    fn a_browser_is_named_without_versions() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";
        assert_eq!(device_name(firefox), "Firefox on Linux");
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/17.5 Mobile/15E148 Safari/604.1";
        assert_eq!(device_name(safari), "Safari on iPhone");
        assert_eq!(device_name("<script>alert(1)</script>"), "Unknown device");
        assert_eq!(device_name(&"x".repeat(100_000)), "Unknown device");
        assert_eq!(device_name(""), "Unknown device");
    }
}
