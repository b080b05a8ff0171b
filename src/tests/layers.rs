//! Dependencies inside the core point one way: a module uses only those before it in the order
//! below.

use std::path::Path;

/// The floors from the bottom up, each with its modules in order. A floor without a list is a
/// single module.
const FLOORS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("foundation", &["clock", "error", "names", "config", "crypto", "store", "rate_limit", "user_agent"]),
    ("audit", &[]),
    (
        "authz",
        &[
            "access",
            "delegation",
            "identity",
            "session_snapshot",
            "actor",
            "guard",
            "snapshot_cache",
            "effective_access",
            "permissions",
            "roles",
            "explorer",
        ],
    ),
    ("mail", &[]),
    ("accounts", &["users", "oversight"]),
    (
        "authn",
        &[
            "tokens",
            "sessions",
            "email_challenge",
            "deps",
            "mfa",
            "address_request",
            "passkeys",
            "credential_reset",
            "recovery",
            "first_proof",
            "overview",
            "pending_action",
            "sign_in",
            "passwords",
            "email_addresses",
            "sign_up",
        ],
    ),
    ("admin", &[]),
    ("auth", &[]),
    ("provision", &[]),
    ("jobs", &[]),
    ("statements", &[]),
    ("axum", &[]),
];

/// Uses that point up, each with its reason. At most five: a sixth is a reason to move something.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("audit", "authz::actor", "an entry says who did it, and from where"),
    ("audit", "authz::snapshot_cache", "a change evicts what it made untrue when it is committed"),
    ("accounts::users", "authn::tokens", "an address that is being moved away from stays reserved"),
];

/// Returns every module's path, in order.
fn order() -> Vec<String> {
    let mut order = Vec::new();
    for (floor, modules) in FLOORS {
        if modules.is_empty() {
            order.push((*floor).to_owned());
        }
        order.extend(modules.iter().map(|module| format!("{floor}::{module}")));
    }
    order
}

/// Returns the index of the module that a path such as `authz::roles::edit` belongs to.
fn module_of(order: &[String], path: &str) -> Option<usize> {
    order.iter().position(|known| {
        path.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

/// Returns every path below `crate` that a source file uses, with groups expanded. A link in a
/// comment is not a dependency.
fn paths_in(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let text = code.as_str();
    let mut paths = Vec::new();
    for used in text.split("crate::").skip(1) {
        let end = used.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(used.len());
        let (path, rest) = used.split_at(end);
        if rest.starts_with('!') {
            continue; // a macro, which lives at the root wherever it is declared
        }
        match rest.strip_prefix('{').filter(|_| path.ends_with("::")) {
            None => paths.push(path.to_owned()),
            Some(group) => {
                let group = group.split('}').next().unwrap_or_default();
                paths.extend(group.split(',').map(|item| format!("{path}{}", item.trim())));
            }
        }
    }
    paths
}

#[test]
fn no_module_uses_one_above_it() {
    assert!(EXCEPTIONS.len() <= 5, "something belongs on another floor");
    let order = order();
    let mut edges = 0;
    let mut needed = vec![false; EXCEPTIONS.len()];
    for (file, text) in sources() {
        let own = file.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        if own == "lib" || FLOORS.iter().any(|(floor, modules)| own == *floor && !modules.is_empty()) {
            continue;
        }
        let own = module_of(&order, &own).unwrap_or_else(|| panic!("{file} has no place in the order"));
        for path in paths_in(&text) {
            let Some(used) = module_of(&order, &path) else { continue };
            edges += 1;
            if used <= own {
                continue;
            }
            let excused =
                EXCEPTIONS.iter().position(|(from, to, _)| *from == order[own] && *to == order[used]);
            let Some(excused) = excused else { panic!("{file} uses {path}, which is above it") };
            needed[excused] = true;
        }
    }
    assert!(edges > 500, "found only {edges} uses: the test looks in the wrong place");
    for ((from, to, _), needed) in EXCEPTIONS.iter().zip(needed) {
        assert!(needed, "{from} no longer uses {to}: the exception can go");
    }
}

/// Modules must name their siblings by full path, or the test above would miss the use.
#[test]
fn modules_of_a_floor_name_one_another_by_their_whole_path() {
    for (file, text) in sources() {
        for (floor, modules) in FLOORS {
            for module in *modules {
                let hidden = match file.strip_prefix(&format!("{floor}/")) {
                    None => false,
                    Some(below) if below.matches('/').count() == 0 || below.ends_with("/mod.rs") => {
                        text.contains(&format!("super::{module}::"))
                    }
                    Some(_) => text.contains(&format!("super::super::{module}::")),
                };
                assert!(!hidden, "{file} uses {module} by super");
            }
        }
    }
}

/// Returns the core's own source files, with their paths below `src`.
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
