//! The OpenAPI document as `/docs` shows it. Pages get it from the request's context.

use serde_json::Value;

/// The API reference.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// What applies to the whole API.
    pub about: String,
    /// The areas.
    pub areas: Vec<Area>,
    /// The objects in requests and responses.
    pub shapes: Vec<Shape>,
}

/// A group of related routes.
#[derive(Clone, Debug)]
pub struct Area {
    /// The name.
    pub name: String,
    /// What the routes are about.
    pub about: String,
    /// The routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    /// The operation id, which is also the page's fragment for the route.
    pub id: String,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// A short summary.
    pub summary: String,
    /// The description, and who may call the route.
    pub about: String,
    /// The parameters of the path and the query.
    pub parameters: Vec<Part>,
    /// The name of the request body's shape; empty if there is no body.
    pub body: String,
    /// The responses.
    pub answers: Vec<ResponseDoc>,
}

/// A response of a route.
#[derive(Clone, Debug)]
pub struct ResponseDoc {
    /// The status code.
    pub status: String,
    /// When the route returns it.
    pub about: String,
    /// The type of the body, such as a shape's name; empty if there is no body.
    pub kind: String,
}

/// An object in a request or a response.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The name, which is also the page's fragment for the shape.
    pub name: String,
    /// What the object is.
    pub about: String,
    /// The fields.
    pub parts: Vec<Part>,
}

/// A parameter, or a field of an object.
#[derive(Clone, Debug)]
pub struct Part {
    /// The name.
    pub name: String,
    /// The type.
    pub kind: String,
    /// Whether it is always present.
    pub required: bool,
    /// What it means.
    pub about: String,
}

const METHODS: &[&str] = &["get", "post", "patch", "delete"];

impl Reference {
    /// Reads an OpenAPI document. Whatever it lacks stays empty.
    pub fn of(document: &Value) -> Self {
        let mut areas: Vec<Area> = list(&document["tags"])
            .map(|tag| Area {
                name: text(&tag["name"]),
                about: text(&tag["description"]),
                routes: Vec::new(),
            })
            .collect();
        for (path, item) in entries(&document["paths"]) {
            for method in METHODS {
                let operation = &item[method];
                let area = areas.iter_mut().find(|area| operation["tags"][0] == area.name.as_str());
                if let Some(area) = area {
                    area.routes.push(route(document, path, method, operation));
                }
            }
        }
        let schemas = &document["components"]["schemas"];
        let shapes = entries(schemas).map(|(name, schema)| Shape {
            name: name.to_owned(),
            about: text(&schema["description"]),
            parts: parts(schemas, schema),
        });
        Self { about: text(&document["info"]["description"]), areas, shapes: shapes.collect() }
    }
}

fn route(document: &Value, path: &str, method: &str, operation: &Value) -> Route {
    let parameters = list(&operation["parameters"]).map(|parameter| Part {
        name: text(&parameter["name"]),
        kind: kind(&parameter["schema"]),
        required: parameter["required"] == true,
        about: text(&parameter["description"]),
    });
    let answers = entries(&operation["responses"]).map(|(status, answer)| {
        // Errors are shared responses, and all have the same body.
        let shared =
            answer["$ref"].as_str().and_then(|place| document.pointer(place.trim_start_matches('#')));
        let schema = &answer["content"]["application/json"]["schema"];
        ResponseDoc {
            status: status.to_owned(),
            about: text(&shared.unwrap_or(answer)["description"]),
            kind: if shared.is_some() { String::new() } else { kind(schema) },
        }
    });
    Route {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        about: text(&operation["description"]),
        parameters: parameters.collect(),
        body: kind(&operation["requestBody"]["content"]["application/json"]["schema"]),
        answers: answers.collect(),
    }
}

/// Returns the fields of an object. An `allOf` is flattened in its order.
fn parts(schemas: &Value, schema: &Value) -> Vec<Part> {
    if let Some(all) = schema["allOf"].as_array() {
        let whole = |one: &Value| match reference(one) {
            Some(name) => parts(schemas, &schemas[name]),
            None => parts(schemas, one),
        };
        return all.iter().flat_map(whole).collect();
    }
    let required: Vec<&str> = list(&schema["required"]).filter_map(Value::as_str).collect();
    entries(&schema["properties"])
        .map(|(name, part)| Part {
            name: name.to_owned(),
            kind: kind(part),
            required: required.contains(&name),
            about: text(&part["description"]),
        })
        .collect()
}

/// Describes the type of a value in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return name.to_owned();
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let named = types.into_iter().map(|one| match one {
        "array" => format!("array of {}", kind(&schema["items"])),
        "object" if schema["properties"]["items"].is_object() => {
            format!("{{items: {}, next}}", kind(&schema["properties"]["items"]))
        }
        "string" => schema["format"].as_str().unwrap_or("string").to_owned(),
        other => other.to_owned(),
    });
    named.collect::<Vec<_>>().join(" | ")
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
