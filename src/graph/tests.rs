//! The graphs of real plans, and of small ones made to be awkward.

use super::view::{Format, View};
use super::*;
use crate::plan::detect::recognise;
use crate::plan::json::{Interest, load};
use crate::plan::sink::NoSink;

fn graph_of(bytes: &[u8]) -> ResourceGraph {
    let document = recognise(bytes.to_vec()).remove(0).unwrap();
    ResourceGraph::of(&load(&document, &Interest::builtin(), NoSink).unwrap().plan)
}

fn scenario(name: &str) -> ResourceGraph {
    let path = format!("{}/fixtures/scenarios/{name}/plan.json", env!("CARGO_MANIFEST_DIR"));
    graph_of(&std::fs::read(path).unwrap())
}

fn id(graph: &ResourceGraph, address: &str) -> NodeId {
    graph.find(&Address::new(address), None).unwrap_or_else(|| panic!("no {address}"))
}

fn names(graph: &ResourceGraph, ids: impl IntoIterator<Item = NodeId>) -> Vec<String> {
    ids.into_iter().map(|id| graph.node(id).unwrap().address.to_string()).collect()
}

fn referenced(graph: &ResourceGraph, address: &str, attribute: &str) -> Vec<String> {
    names(graph, graph.referenced(id(graph, address), attribute))
}

/// Direct dependencies with their origin, but for those of the prior state.
fn needs(graph: &ResourceGraph, address: &str) -> Vec<String> {
    graph
        .dependencies(id(graph, address))
        .into_iter()
        .filter(|(_, origin)| *origin != Origin::PriorState)
        .map(|(to, origin)| {
            let attribute = origin.attribute().unwrap_or_default();
            format!("{} {} {attribute}", graph.node(to).unwrap().address, origin.word()).trim_end().to_owned()
        })
        .collect()
}

#[test]
fn references_lead_to_resources_through_module_variables() {
    let graph = scenario("05-replace-force-new");
    assert_eq!(
        referenced(&graph, "azurerm_storage_container.zone[1]", "storage_account_id"),
        ["azurerm_storage_account.lake"]
    );
    let schema = "module.dataset[\"orders\"].databricks_schema.this";
    assert_eq!(referenced(&graph, schema, "storage_root"), ["azurerm_storage_account.lake"]);
    let table = "module.dataset[\"orders\"].databricks_sql_table.delta";
    assert_eq!(referenced(&graph, table, "schema_name"), [schema], "of the same module instance");
}

#[test]
fn an_index_in_a_reference_names_one_instance() {
    let graph = scenario("05-replace-force-new");
    let pipeline = "azurerm_data_factory_pipeline.ingest";
    assert_eq!(referenced(&graph, pipeline, "activities_json"), ["azurerm_storage_container.zone[0]"]);
    let dependents = names(&graph, graph.dependents(id(&graph, "azurerm_storage_container.zone[0]"), 100).0);
    assert_eq!(dependents, [pipeline]);
    assert!(graph.dependents(id(&graph, "azurerm_storage_container.zone[1]"), 100).0.is_empty());
}

#[test]
fn a_local_value_is_a_dead_end_that_the_prior_state_goes_round() {
    let graph = scenario("52-nested-modules");
    let child = "module.l1[0].module.l2[\"x.y\"].terraform_data.child";
    let node = graph.node(id(&graph, child)).unwrap();
    assert_eq!(node.opaque.iter().map(|name| &**name).collect::<Vec<_>>(), ["input", "triggers_replace"]);
    assert!(referenced(&graph, child, "triggers_replace").is_empty());
    let needed = graph.dependencies(id(&graph, child));
    assert_eq!(
        needed,
        [(id(&graph, "module.l1[0].terraform_data.parent"), Origin::PriorState)],
        "the instance around it, not its sibling"
    );
}

#[test]
fn all_dependents_are_found_through_several_steps() {
    let graph = scenario("56-parent-replaced-unmanaged-children");
    let group = id(&graph, "azurerm_resource_group.etl");
    let direct = names(&graph, graph.dependents(group, 100).0);
    assert_eq!(direct, ["azurerm_data_factory.adf", "azurerm_mssql_server.sql", "azurerm_storage_account.lake"]);
    let (all, whole) = graph.all_dependents(group, 1000);
    assert!(whole);
    let all = names(&graph, all);
    assert!(all.contains(&"module.dataset[\"orders\"].databricks_sql_table.delta".to_owned()), "{all:?}");
    assert!(!all.iter().any(|address| address.contains("databricks_job")), "{all:?}");
    assert!(!graph.all_dependents(group, 2).1);
}

#[test]
fn scenarios_60_and_61_name_what_forces_the_replacement() {
    let graph = scenario("60-computed-name-replace");
    let needs = needs(&graph, "azurerm_data_factory.adf");
    assert!(needs.contains(&"azurerm_resource_group.etl reference resource_group_name".to_owned()), "{needs:?}");
    let graph = scenario("61-sensitive-forces-replace");
    assert_eq!(referenced(&graph, "azurerm_mssql_database.dwh", "server_id"), ["azurerm_mssql_server.sql"]);
}

#[test]
fn outputs_calls_data_sources_and_depends_on_are_followed() {
    let graph = graph_of(
        br#"{"format_version": "1.2", "resource_changes": [
            {"address": "t.a", "type": "t", "change": {"actions": ["update"]}},
            {"address": "t.b", "type": "t", "change": {"actions": ["update"]}},
            {"address": "t.c[\"x\"]", "type": "t", "change": {"actions": ["update"]}},
            {"address": "t.c[\"y\"]", "type": "t", "change": {"actions": ["update"]}},
            {"address": "module.m[\"x\"].t.in", "type": "t", "change": {"actions": ["update"]}},
            {"address": "module.m[\"y\"].t.in", "type": "t", "change": {"actions": ["update"]}}],
        "configuration": {"root_module": {
            "resources": [
                {"address": "t.a", "expressions": {"one": {"references": ["module.m[\"x\"].id", "module.m[\"x\"]", "module.m"]},
                                                   "all": {"references": ["module.m"]},
                                                   "seen": [{"deep": {"references": ["data.d.seen.id", "data.d.seen"]}}]}},
                {"address": "t.b", "depends_on": ["t.a"], "expressions": {"x": {"constant_value": "references"}}},
                {"address": "t.c", "for_each_expression": {"references": ["t.b.keys", "t.b"]},
                                   "expressions": {"k": {"references": ["each.key"]}}},
                {"address": "data.d.seen", "mode": "data", "expressions": {"q": {"references": ["t.b.id", "t.b"]}}}],
            "module_calls": {"m": {
                "depends_on": ["t.b"], "for_each_expression": {"references": ["t.c"]},
                "expressions": {"v": {"references": ["each.value.id", "each.value"]}},
                "module": {"outputs": {"id": {"expression": {"references": ["t.in.id", "t.in"]}}, "no": {"expression": {"constant_value": 1}}},
                           "resources": [{"address": "t.in", "expressions": {"v": {"references": ["var.v"]}}}]}}}}}}"#,
    );
    assert_eq!(referenced(&graph, "t.a", "one"), ["module.m[\"x\"].t.in"]);
    assert_eq!(referenced(&graph, "t.a", "all"), ["module.m[\"x\"].t.in", "module.m[\"y\"].t.in"]);
    assert_eq!(referenced(&graph, "t.a", "seen"), ["t.b"], "through a data source that was read before the plan");
    assert_eq!(needs(&graph, "t.b"), ["t.a depends_on"]);
    assert_eq!(needs(&graph, "t.c[\"x\"]"), ["t.b reference k", "t.b repetition"]);
    assert_eq!(
        needs(&graph, "module.m[\"y\"].t.in"),
        ["t.b depends_on", "t.c[\"x\"] reference v", "t.c[\"y\"] reference v"]
    );
}

#[test]
fn a_deposed_object_is_a_node_of_its_own_that_nothing_refers_to() {
    let graph = scenario("29-deposed");
    let lake = Address::new("azurerm_storage_account.lake");
    assert_eq!(graph.at(&lake).len(), 2);
    let current = graph.find(&lake, None).unwrap();
    let deposed = graph.find(&lake, Some("4785a34c")).unwrap();
    assert!(!graph.dependents(current, 100).0.is_empty());
    assert!(graph.dependents(deposed, 100).0.is_empty());
}

#[test]
fn cycles_and_references_to_nothing_end() {
    let graph = graph_of(
        br#"{"format_version": "1.2", "resource_changes": [{"address": "module.m.t.a", "type": "t", "change": {"actions": ["update"]}}],
        "configuration": {"root_module": {"module_calls": {"m": {
            "expressions": {"v": {"references": ["module.m.o", "var.none", "module.none.o", "t.none", "", "[", "module"]}},
            "module": {"outputs": {"o": {"expression": {"references": ["var.v"]}}},
                       "resources": [{"address": "t.a", "expressions": {"v": {"references": ["var.v", "t.a"]}}}]}}}}}}"#,
    );
    assert!(referenced(&graph, "module.m.t.a", "v").is_empty());
    assert!(graph.dependents(id(&graph, "module.m.t.a"), 100).0.is_empty());
}

#[test]
fn many_instances_that_refer_to_many_cost_no_product() {
    let change = |block: &str, i: usize| {
        format!(r#"{{"address": "t.{block}[{i}]", "type": "t", "change": {{"actions": ["update"]}}}}"#)
    };
    let changes: Vec<String> = (0..300).flat_map(|i| [change("a", i), change("b", i)]).collect();
    let graph = graph_of(
        format!(
            r#"{{"format_version": "1.2", "resource_changes": [{}], "configuration": {{"root_module": {{"resources": [
                {{"address": "t.a", "expressions": {{"x": {{"references": ["t.b"]}}}}}}, {{"address": "t.b"}}]}}}}}}"#,
            changes.join(",")
        )
        .as_bytes(),
    );
    assert_eq!(graph.edges.len(), 600);
    assert_eq!(graph.referenced(id(&graph, "t.a[7]"), "x").len(), 300);
}

#[test]
fn the_order_of_the_file_does_not_matter() {
    let bytes =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios/50-weird-keys/plan.json")).unwrap();
    let mut plan: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let lost = BTreeSet::new();
    let text =
        |plan: &serde_json::Value| View::all(&graph_of(&serde_json::to_vec(plan).unwrap()), &lost).render(Format::Json);
    let before = text(&plan);
    plan["resource_changes"].as_array_mut().unwrap().reverse();
    assert_eq!(text(&plan), before);
}

#[test]
fn a_view_shows_part_of_it_in_three_languages() {
    let graph = scenario("05-replace-force-new");
    let lost = BTreeSet::from([id(&graph, "module.dataset[\"orders\"].databricks_sql_table.delta")]);
    let view = View::all(&graph, &lost).destroyed();
    let json: serde_json::Value = serde_json::from_str(&view.render(Format::Json)).unwrap();
    assert_eq!(json["nodes"].as_array().unwrap().len(), 8);
    let edge = serde_json::json!({"from": "azurerm_storage_container.zone[0]", "to": "azurerm_storage_account.lake",
        "origin": "reference", "attribute": "storage_account_id"});
    assert!(json["edges"].as_array().unwrap().contains(&edge), "{json:#}");
    let dot = view.render(Format::Dot);
    assert!(dot.contains(r#""module.dataset[\"orders\"].databricks_sql_table.delta" [xlabel = "lost with what it lies in", color = red]"#), "{dot}");
    let mermaid = view.render(Format::Mermaid);
    assert!(mermaid.contains("module.dataset[#quot;orders#quot;].databricks_schema.this<br>replace"), "{mermaid}");
    let around = View::all(&graph, &lost).around(&[id(&graph, "azurerm_mssql_server.sql")]);
    let shown: serde_json::Value = serde_json::from_str(&around.render(Format::Json)).unwrap();
    assert_eq!(shown["nodes"].as_array().unwrap().len(), 3);
}
