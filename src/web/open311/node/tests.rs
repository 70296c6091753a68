//! Web, Open311: both spellings of whatever is answered. Its rule: the XML is read back by somebody
//! else's parser, by the convention and nothing we know of our own.

use proptest::prelude::*;
use quick_xml::events::Event;
use serde_json::{Value, json};

use super::*;

/// An element as the parser saw it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    inside: Vec<Element>,
}

fn parse(xml: &str) -> Element {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => open
                .push(Element { name: start.name().into_inner().to_owned(), ..Element::default() }),
            Event::Empty(start) => {
                let name = start.name().into_inner().to_owned();
                open.last_mut().unwrap().inside.push(Element { name, ..Element::default() });
            }
            Event::Text(text) => open.last_mut().unwrap().text += &text,
            Event::GeneralRef(named) => {
                let whole = format!("&{};", &*named);
                let whole = quick_xml::escape::unescape(&whole).unwrap().into_owned();
                open.last_mut().unwrap().text += &whole;
            }
            Event::End(_) => {
                let done = open.pop().unwrap();
                open.last_mut().unwrap().inside.push(done);
            }
            Event::Eof => return open.pop().unwrap().inside.pop().unwrap(),
            Event::Decl(_) => {}
            other => panic!("nothing else is written: {other:?}"),
        }
    }
}

/// JSON by the Spark convention; a leaf is its text.
fn spark(element: &Element) -> Value {
    if element.inside.is_empty() {
        return if element.text.is_empty() { Value::Null } else { json!(element.text) };
    }
    let first = &element.inside[0].name;
    if element.inside.iter().all(|child| child.name == *first) {
        return element.inside.iter().map(spark).collect();
    }
    element.inside.iter().map(|child| (child.name.clone(), spark(child))).collect()
}

/// Leaves as texts, and an array of nothing as nothing: what XML cannot tell apart.
fn as_texts(value: &Value) -> Value {
    match value {
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => items.iter().map(as_texts).collect(),
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), as_texts(v))).collect(),
        Value::Bool(flag) => json!(flag.to_string()),
        Value::Number(number) => json!(number.to_string()),
        other => other.clone(),
    }
}

fn leaf() -> impl Strategy<Value = Node> {
    prop_oneof![
        Just(Node::Nothing),
        any::<String>().prop_map(|text| Node::text(&text)),
        "[a-z<>&'\"\\]\r\n\t 、工单]{0,20}".prop_map(|text| Node::text(&text)),
        any::<bool>().prop_map(Node::Flag),
        any::<i64>().prop_map(Node::Count),
    ]
}

/// Documents as this door makes them: at least two fields, and no field's value is bare white space.
fn node() -> impl Strategy<Value = Node> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|all| Node::List("item", all)),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| Node::Fields(vec![
                ("a", a),
                ("b", b),
                ("c", c)
            ])),
        ]
    })
}

proptest! {
    #[test]
    fn json_and_xml_say_the_same(node in node()) {
        let xml = node.write(Format::Xml, "root").unwrap();
        let json: Value = serde_json::from_str(&node.write(Format::Json, "root").unwrap()).unwrap();
        prop_assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<root"));
        prop_assert_eq!(spark(&parse(&xml)), as_texts(&json));
    }
}

#[test]
fn a_list_of_one_is_a_list_in_both() {
    let one = Node::Fields(vec![("code", Node::Count(400)), ("description", Node::text("<错>"))]);
    let list = Node::List("error", vec![one]);
    assert_eq!(
        list.write(Format::Json, "errors").unwrap(),
        r#"[{"code":400,"description":"<错>"}]"#
    );
    assert_eq!(
        list.write(Format::Xml, "errors").unwrap(),
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<errors><error><code>400</code>\
         <description>&lt;错&gt;</description></error></errors>\n"
    );
}

#[test]
fn an_address_without_a_known_ending_is_answered_in_xml() {
    assert_eq!(Format::of_path("/open311/v2/services.json"), Format::Json);
    assert_eq!(Format::of_path("/open311/v2/services.xml"), Format::Xml);
    assert_eq!(Format::of_path("/open311/v2/services.html"), Format::Xml);
}
