//! The files of the portal and of the server import one another in one direction only: no file
//! imports itself through others. A module and its children count as parts of each other, not as
//! imports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What each file imports, both as module paths.
type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_file_of_the_portal_or_the_server_imports_itself_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for package in ["app", "server"] {
        let imports = imports(&root.join(package).join("src"));
        let edges: usize = imports.values().map(BTreeSet::len).sum();
        assert!(edges > 100, "found only {edges} imports in {package}: the test looks in the wrong place");
        for start in imports.keys() {
            let circle = path_back(&imports, start);
            assert!(circle.is_none(), "{package}: {}", circle.unwrap_or_default().join(" -> "));
        }
    }
}

#[test]
fn a_circle_is_found() {
    let text = "use super::b::{self, thing};\nuse crate::c;\n// use crate::d::x;";
    let known = ["a", "b", "c", "d"].map(str::to_owned).into();
    let found = imported(&known, "a", text);
    assert_eq!(found, ["b", "c"].map(str::to_owned).into());
    let mut imports = Imports::from([("a".to_owned(), found), ("b".to_owned(), BTreeSet::new())]);
    assert_eq!(path_back(&imports, "a"), None);
    imports.insert("c".to_owned(), ["a".to_owned()].into());
    assert_eq!(path_back(&imports, "a"), Some(["a", "c", "a"].map(str::to_owned).into()));
}

fn imports(folder: &Path) -> Imports {
    let mut sources = BTreeMap::new();
    read(folder, "", &mut sources);
    let known: BTreeSet<String> = sources.keys().cloned().collect();
    sources.iter().map(|(module, text)| (module.clone(), imported(&known, module, text))).collect()
}

/// Reads every source file below `folder`, by its module path.
fn read(folder: &Path, module: &str, into: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let inner = if module.is_empty() { name.clone() } else { format!("{module}::{name}") };
        if path.is_dir() {
            read(&path, &inner, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = if name == "mod" { module.to_owned() } else { inner };
            into.insert(module, fs::read_to_string(&path).unwrap());
        }
    }
}

/// Returns the modules of `known` that `text`, the source of `module`, names by `crate` or `super`.
fn imported(known: &BTreeSet<String>, module: &str, text: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let mut found = BTreeSet::new();
    for (root, base) in [("crate::", ""), ("super::", parent)] {
        for used in code.split(root).skip(1) {
            let end = used.find(|c: char| !(c.is_alphanumeric() || "_:".contains(c))).unwrap_or(used.len());
            let (path, rest) = used.split_at(end);
            let group = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
            let names = group.split(',').map(|item| item.trim().split(' ').next().unwrap_or_default());
            for name in names {
                let whole = [base, path.trim_end_matches("::"), name];
                let whole: Vec<&str> = whole.into_iter().filter(|part| !part.is_empty()).collect();
                found.extend(longest(known, &whole.join("::")).filter(|used| used != module));
            }
        }
    }
    found
}

/// Returns the module that `path` leads into: its longest prefix that is a known module.
fn longest(known: &BTreeSet<String>, path: &str) -> Option<String> {
    let mut path = path;
    loop {
        if known.contains(path) {
            return Some(path.to_owned()).filter(|path| !path.is_empty());
        }
        path = path.rsplit_once("::")?.0;
    }
}

/// Returns a path of imports from `start` back to itself, if there is one.
fn path_back(imports: &Imports, start: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        for next in imports.get(way.last()?).into_iter().flatten() {
            let mut longer = way.clone();
            longer.push(next.clone());
            if next == start {
                return Some(longer);
            }
            if seen.insert(next.clone()) {
                ways.push(longer);
            }
        }
    }
    None
}
