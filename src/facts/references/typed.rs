//! References of the form `{"referenceName": "x", "type": "DatasetReference"}`, as Azure Data Factory writes them
//! (`ReferenceObject` of its REST API), anywhere in a JSON text or in a value.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use crate::plan::Value;

/// A name and the word that says of what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TypedName {
    pub(super) name: String,
    pub(super) word: String,
}

/// The references of a value: a JSON text, or JSON itself. `None` where a text cannot be read.
pub(super) fn references(value: &Value) -> Option<Vec<TypedName>> {
    let mut found = Vec::new();
    match value {
        Value::String(text) => {
            let mut json = serde_json::Deserializer::from_str(text);
            Walk(&mut found).deserialize(&mut json).and_then(|_| json.end()).ok()?;
        }
        value => collect(value, &mut found),
    }
    Some(found)
}

/// What may be a name in a text that cannot be read: everything between quotes.
pub(super) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').filter(|part| !part.is_empty() && part.len() <= 260)
}

fn collect(value: &Value, found: &mut Vec<TypedName>) {
    match value {
        Value::Map(map) => {
            let text = |key: &str| map.get(key).and_then(Value::as_str);
            if let (Some(name), Some(word)) = (text("referenceName"), text("type")) {
                found.push(TypedName { name: name.to_owned(), word: word.to_owned() });
            }
            map.iter().for_each(|(_, inner)| collect(inner, found));
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Walks a JSON text without building it; gives the text of a string.
struct Walk<'f>(&'f mut Vec<TypedName>);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Option<String>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element_seed(Walk(self.0))?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut name, mut word) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            let text = map.next_value_seed(Walk(self.0))?;
            match key.as_str() {
                "referenceName" => name = text,
                "type" => word = text,
                _ => {}
            }
        }
        if let (Some(name), Some(word)) = (name, word) {
            self.0.push(TypedName { name, word });
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_at_any_depth_and_need_both_keys() {
        let text = r#"[{"inputs": [{"referenceName": "a", "type": "DatasetReference", "parameters": {"x": [1, true, null, 1.5]}}],
            "typeProperties": {"pipeline": {"type": "PipelineReference", "referenceName": "b"}, "referenceName": "c"}}]"#;
        let found = references(&Value::String(text.into())).unwrap();
        let pairs: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.word.as_str())).collect();
        assert_eq!(pairs, [("a", "DatasetReference"), ("b", "PipelineReference")]);
    }

    #[test]
    fn a_text_that_is_no_json_is_not_read() {
        for text in ["", "[{\"referenceName\": \"a\"", "{} {}", "${file}"] {
            assert_eq!(references(&Value::String(text.into())), None, "{text}");
        }
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(references(&Value::String(deep.into())), None, "no overflow");
        assert_eq!(quoted(r#"[{"referenceName": "a""#).collect::<Vec<_>>(), ["[{", "referenceName", ": ", "a"]);
    }
}
