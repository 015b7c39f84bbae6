use super::*;

#[test]
fn the_first_sentence_ends_where_another_begins() {
    assert_eq!(first_sentence("a.b will go. What is lost: x. y."), "a.b will go.");
    assert_eq!(first_sentence("3.5 of 10 e.g. this one"), "3.5 of 10 e.g. this one");
    assert_eq!(first_sentence("ends. "), "ends. ");
    assert_eq!(first_sentence("ü. Ä"), "ü.");
    assert_eq!(first_sentence(""), "");
}

#[test]
fn a_pasted_string_is_toml() {
    for text in ["plain", "a[\"k\"].b", "it's \"both\"", "line\nfeed", "back\\slash", "bell\u{7}\u{202e}"] {
        let written = format!("key = {}", waiver::quoted(text));
        let table: ::toml::Table = written.parse().unwrap();
        assert_eq!(table["key"].as_str(), Some(text), "{written}");
    }
}
