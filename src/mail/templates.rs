//! The templates: the built-in ones, and the files of EMAIL_TEMPLATE_DIR that replace them one by
//! one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::message::Message;

/// The templates that all messages share, in the built-in language.
const SHARED: &[(&str, &str)] = &[
    ("layout.txt", include_str!("templates/en/layout.txt")),
    ("layout.html", include_str!("templates/en/layout.html")),
    ("parts.txt", include_str!("templates/en/parts.txt")),
    ("parts.html", include_str!("templates/en/parts.html")),
    ("words.txt", include_str!("templates/en/words.txt")),
];

/// The language of the built-in templates.
pub(super) const BUILT_IN: &str = "en";

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("EMAIL_TEMPLATE_DIR: {place}: {problem}")]
pub struct TemplateError {
    /// The file, and the line if it is known.
    place: String,
    problem: String,
}

impl TemplateError {
    fn new(place: &Path, problem: impl std::fmt::Display) -> Self {
        Self { place: place.display().to_string(), problem: problem.to_string() }
    }
}

/// The templates of one language.
pub(super) struct Language {
    /// The name, such as `de`.
    pub(super) name: String,
    environment: Environment<'static>,
    /// The files of the templates that are not built in.
    files: BTreeMap<String, PathBuf>,
}

impl Language {
    /// Renders the template `name`.
    pub(super) fn write(&self, name: &str, context: &Value) -> Result<String, TemplateError> {
        let template = self.environment.get_template(name);
        template.and_then(|template| template.render(context)).map_err(|problem| self.explain(name, &problem))
    }

    /// Returns whether all templates are built in.
    pub(super) fn is_built_in(&self) -> bool {
        self.files.is_empty()
    }

    fn explain(&self, name: &str, problem: &minijinja::Error) -> TemplateError {
        // The template that failed may be one that the requested template includes. The innermost
        // error names it.
        let mut innermost = problem;
        let mut source = std::error::Error::source(problem);
        while let Some(next) = source {
            if let Some(next) = next.downcast_ref::<minijinja::Error>() {
                innermost = next;
            }
            source = next.source();
        }
        let name = innermost.name().unwrap_or(name);
        let file = self.files.get(name).cloned().unwrap_or_else(|| PathBuf::from(name));
        let line = innermost.line().map(|line| format!(" line {line}")).unwrap_or_default();
        let detail = innermost.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
        TemplateError {
            place: format!("{}{line}", file.display()),
            problem: format!("{}{detail}", innermost.kind()),
        }
    }
}

/// The templates of all languages.
pub(super) struct Templates {
    built_in: Language,
    languages: BTreeMap<String, Language>,
    default: String,
}

impl Templates {
    /// Reads the templates in `folder`. `default` is the language of users who chose none.
    pub(super) fn read(folder: Option<&Path>, default: &str) -> Result<Self, TemplateError> {
        let built_in = assemble(BUILT_IN, &BTreeMap::new())?;
        let mut languages = BTreeMap::new();
        if let Some(folder) = folder {
            let (common, own) = found(folder)?;
            let names: BTreeSet<&str> = own.keys().map(String::as_str).chain([BUILT_IN, default]).collect();
            for name in names {
                let mut files = common.clone();
                files.extend(own.get(name).cloned().unwrap_or_default());
                languages.insert(name.to_owned(), assemble(name, &files)?);
            }
        }
        Ok(Self { built_in, languages, default: default.to_owned() })
    }

    /// Returns the templates of `wanted`, or of the nearest available language: `de-AT`, `de`, the
    /// default, the built-in one.
    pub(super) fn of(&self, wanted: Option<&str>) -> &Language {
        let wanted = wanted.unwrap_or(&self.default);
        let general = wanted.split('-').next().unwrap_or(wanted);
        let built_in = |name: &str| (name == BUILT_IN && self.languages.is_empty()).then_some(&self.built_in);
        [wanted, general, &self.default]
            .into_iter()
            .find_map(|name| self.languages.get(name).or_else(|| built_in(name)))
            .unwrap_or(&self.built_in)
    }

    /// Returns the built-in templates.
    pub(super) fn built_in(&self) -> &Language {
        &self.built_in
    }

    /// Returns the languages for which the folder has files.
    pub(super) fn replaced(&self) -> impl Iterator<Item = &Language> {
        self.languages.values().filter(|language| !language.is_built_in())
    }
}

/// Assembles the templates of a language: the built-in ones, with `files` in place of those they
/// replace.
fn assemble(name: &str, files: &BTreeMap<String, PathBuf>) -> Result<Language, TemplateError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    let mut language = Language { name: name.to_owned(), environment, files: files.clone() };
    for (template, text) in SHARED.iter().chain(Message::TEMPLATES) {
        if !files.contains_key(*template) {
            let added = language.environment.add_template(template, text);
            added.map_err(|problem| language.explain(template, &problem))?;
        }
    }
    for (template, path) in files {
        let text = std::fs::read_to_string(path).map_err(|problem| TemplateError::new(path, problem))?;
        let added = language.environment.add_template_owned(template.clone(), text);
        added.map_err(|problem| language.explain(template, &problem))?;
    }
    Ok(language)
}

type Files = BTreeMap<String, PathBuf>;

/// Finds the files of `folder`: those for every language, and those for each.
fn found(folder: &Path) -> Result<(Files, BTreeMap<String, Files>), TemplateError> {
    let (mut common, mut own) = (Files::new(), BTreeMap::<String, Files>::new());
    for (name, path) in entries(folder)? {
        if !path.is_dir() || Message::KINDS.contains(&name.as_str()) {
            collect(&name, &path, &mut common)?;
        } else if is_language(&name) {
            let files = own.entry(name).or_default();
            for (name, path) in entries(&path)? {
                if path.is_dir() && !Message::KINDS.contains(&name.as_str()) {
                    return Err(TemplateError::new(&path, "no message has this name"));
                }
                collect(&name, &path, files)?;
            }
        } else {
            return Err(TemplateError::new(
                &path,
                "it is neither a message nor a language such as de or pt-BR",
            ));
        }
    }
    Ok((common, own))
}

/// Adds a file, or the files in the folder of a message.
fn collect(name: &str, path: &Path, into: &mut Files) -> Result<(), TemplateError> {
    if path.is_dir() {
        for (file, path) in entries(path)? {
            collect(&format!("{name}/{file}"), &path, into)?;
        }
    } else if name.ends_with(".html") || name.ends_with(".txt") {
        into.insert(name.to_owned(), path.to_owned());
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, TemplateError> {
    let read = |problem| TemplateError::new(folder, problem);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Skip the hidden files that editors and version control leave behind.
        if !name.starts_with('.') {
            entries.push((name, entry.path()));
        }
    }
    entries.sort();
    Ok(entries)
}

/// Returns whether `name` is a language tag, with or without a script or region (BCP 47).
fn is_language(name: &str) -> bool {
    let mut parts = name.split('-');
    let general = parts.next().unwrap_or_default();
    (2..=3).contains(&general.len())
        && general.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}
