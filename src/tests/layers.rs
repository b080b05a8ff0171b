//! Dependencies inside the core point one way: a module uses only those before it in the order below.

use std::path::Path;

/// The order. `model` is at the bottom, `axum` on top. Settings check the addresses in them by `users::names`, which
/// itself uses `model` alone.
const ORDER: &[&str] = &[
    "model",
    "clock",
    "error",
    "config",
    "crypto",
    "store",
    "access",
    "delegation",
    "device",
    "snapshot",
    "actor",
    "cache",
    "audit",
    "hooks",
    "limit",
    "tokens",
    "email",
    "standing",
    "permissions",
    "roles",
    "explorer",
    "users",
    "sessions",
    "inbox",
    "mfa",
    "passkeys",
    "recovery",
    "overview",
    "login",
    "once",
    "signup",
    "passwords",
    "addresses",
    "admin",
    "provision",
    "jobs",
    "auth",
    "axum",
];

/// Uses that go up, each with its reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("config", "users", "addresses in settings are read by the same rule as everybody's (users::names)"),
    ("email", "users", "recipients are read by the same rule as everybody's addresses (users::names)"),
    ("audit", "hooks", "an entry is told to the hooks when its change is committed"),
    ("store", "*", "the list of all statements names every area, for the test that prepares them"),
    ("signup", "auth", "flows are methods of Auth"),
    ("signup", "tokens", ""),
    ("login", "auth", "flows are methods of Auth"),
    ("recovery", "auth", "flows are methods of Auth"),
    ("overview", "auth", "flows are methods of Auth"),
    ("once", "auth", "flows are methods of Auth"),
    ("signup", "addresses", "proving an address makes an account, or proves that of one"),
    ("addresses", "auth", "flows are methods of Auth"),
    ("passwords", "auth", "flows are methods of Auth"),
    ("admin", "auth", "flows are methods of Auth"),
    ("provision", "auth", "flows are methods of Auth"),
    ("jobs", "auth", "jobs work on the whole"),
];

#[test]
fn no_module_uses_one_above_it() {
    let rank = |name: &str| ORDER.iter().position(|known| *known == name);
    let mut edges = 0;
    for (path, text) in sources() {
        let own = path.split('/').next().unwrap().trim_end_matches(".rs");
        let Some(own_rank) = rank(own) else {
            assert!(matches!(own, "lib" | "tests"), "{own} has no place in the order");
            continue;
        };
        for used in text.split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let Some(used_rank) = rank(&used) else { continue };
            edges += 1;
            let excused = EXCEPTIONS.iter().any(|(from, to, _)| *from == own && (*to == used || *to == "*"));
            assert!(used_rank <= own_rank || excused, "{path} uses {used}, which is above it");
        }
    }
    assert!(edges > 50, "only {edges} uses were found: the test looks in the wrong place");
}

/// The core's own sources, with their paths below `src`.
pub(crate) fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                if !name.starts_with("tests/") {
                    found.push((name, std::fs::read_to_string(&path).unwrap()));
                }
            }
        }
    }
    found
}
