use super::*;
use crate::address::Address;
use crate::plan::json::Names;

fn module(key: &str, files: &[(&str, &str)]) -> SnapshotModule {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), Arc::from(*text))).collect();
    SnapshotModule { key: key.to_owned(), dir: if key.is_empty() { ".".to_owned() } else { key.to_owned() }, files }
}

fn sources(modules: Vec<SnapshotModule>) -> Sources {
    Sources::of(&Snapshot { modules })
}

fn root(text: &str) -> Sources {
    sources(vec![module("", &[("main.tf", text)])])
}

fn block<'a>(sources: &'a Sources, address: &str) -> &'a SourceBlock {
    sources.block(&Address::new(address)).unwrap()
}

#[track_caller]
fn placed(sources: &Sources, address: &str, at: PlacedAt, spot: Option<(&str, usize)>) {
    let placed = sources.locate(&Address::new(address)).unwrap();
    let found = placed.spot.map(|spot| (&*spot.file, spot.position.line));
    assert_eq!((placed.at, found), (at, spot), "{address}");
}

/// References of one attribute of the first resource.
fn references(text: &str) -> Vec<String> {
    let configuration = configuration(&root(text), &Names::default());
    let block = configuration.root.resources.first().unwrap();
    block.references.iter().flat_map(|(_, references)| references.iter().map(ToString::to_string)).collect()
}

#[test]
fn lifecycle_settings_are_read_with_their_places() {
    let sources = root(
        "resource \"t\" \"a\" {\n  lifecycle {\n    prevent_destroy = true\n    create_before_destroy = var.cbd\n    \
         ignore_changes = [tags, settings[0].x]\n    replace_triggered_by = [t.b.id]\n    destroy = false\n  }\n}\n",
    );
    let lifecycle = &block(&sources, "t.a[\"k\"]").lifecycle;
    let guard = lifecycle.prevent_destroy.as_ref().unwrap();
    assert_eq!((guard.value, guard.spot.position), (Some(true), Position { line: 3, column: 5 }));
    assert_eq!(lifecycle.create_before_destroy.as_ref().unwrap().value, None, "an expression");
    assert_eq!(lifecycle.destroy.as_ref().unwrap().value, Some(false));
    let names =
        |listed: &Option<Listed>| listed.as_ref().unwrap().names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&lifecycle.ignore_changes), ["tags", "settings[0].x"]);
    assert_eq!(names(&lifecycle.replace_triggered_by), ["t.b.id"]);
    let all = root("resource \"t\" \"a\" {\n lifecycle {\n ignore_changes = all\n prevent_destroy = null\n }\n}");
    assert_eq!(names(&block(&all, "t.a").lifecycle.ignore_changes), ["all"]);
    assert_eq!(block(&all, "t.a").lifecycle.prevent_destroy, None);
}

#[test]
fn a_destroy_provisioner_is_told_from_others() {
    let sources = root(
        "resource \"t\" \"a\" {\n provisioner \"local-exec\" {\n }\n provisioner \"local-exec\" {\n  when = destroy\n  \
         on_failure = continue\n }\n provisioner \"remote-exec\" {\n  when = create\n }\n}",
    );
    let found = &block(&sources, "t.a").destroy_provisioners;
    assert_eq!(found.len(), 1);
    assert_eq!((&*found[0].kind, found[0].continues, found[0].spot.position.line), ("local-exec", true, 4));
}

#[test]
fn override_files_win_argument_by_argument() {
    let files = [
        (
            "main.tf",
            "resource \"t\" \"a\" {\n x = t.b.id\n y = t.c.id\n lifecycle {\n prevent_destroy = true\n create_before_destroy = true\n }\n}",
        ),
        ("a_override.tf", "resource \"t\" \"a\" {\n x = t.d.id\n lifecycle {\n prevent_destroy = false\n }\n}"),
        ("override.tf.json", r#"{"resource": {"t": {"a": {"y": "${t.e.id}"}}}}"#),
        (".hidden.tf", "{"),
        ("main.tf~", "{"),
    ];
    let sources = sources(vec![module("", &files)]);
    let block = block(&sources, "t.a");
    let guard = block.lifecycle.prevent_destroy.as_ref().unwrap();
    assert_eq!((guard.value, &*guard.spot.file), (Some(false), "a_override.tf"));
    assert_eq!(block.lifecycle.create_before_destroy.as_ref().unwrap().value, Some(true));
    assert_eq!(&*block.spot.file, "main.tf");
    let configuration = configuration(&sources, &Names::default());
    let references: Vec<_> =
        configuration.root.resources[0].references.iter().flat_map(|(_, refs)| refs.iter()).collect();
    assert_eq!(references.iter().map(|text| &***text).collect::<Vec<_>>(), ["t.d.id", "t.e.id"]);
}

#[test]
fn a_tofu_file_stands_in_for_the_file_of_its_name() {
    let files = [("main.tf", "resource \"t\" \"a\" {}"), ("main.tofu", "\nresource \"t\" \"a\" {}")];
    placed(&sources(vec![module("", &files)]), "t.a", PlacedAt::Resource, Some(("main.tofu", 2)));
}

#[test]
fn references_are_the_longest_constant_parts_and_never_what_the_expression_binds() {
    assert_eq!(
        references(
            "resource \"t\" \"a\" {\n x = [for k, v in t.b : \"${k}-${v.id}-${t.c[v.i].id}-${var.x}\" if k != t.d.id]\n \
             y = t.e[count.index].id + length(t.f[*].id)\n z = t.g[\"a.b\"].x[0].y\n}"
        ),
        ["t.b", "t.c", "var.x", "t.d.id", "t.e", "count.index", "t.f", "t.g[\"a.b\"].x[0].y"]
    );
    let heredoc =
        "resource \"t\" \"a\" {\n x = <<-EOT\n  %{ for i in t.b.list ~}\n  ${i} ${t.c.id}\n  %{ endfor ~}\n  EOT\n}";
    assert_eq!(references(heredoc), ["t.b.list", "t.c.id"]);
}

#[test]
fn a_dynamic_block_refers_for_the_blocks_it_makes() {
    let text = "resource \"t\" \"a\" {\n dynamic \"rule\" {\n for_each = local.rules\n iterator = it\n content {\n x = it.value.y\n \
                z = t.b.id\n }\n }\n}\nlocals {\n rules = t.c.list\n}";
    assert_eq!(references(text), ["local.rules", "t.b.id"]);
    let configuration = configuration(&root(text), &Names::default());
    assert_eq!(&*configuration.root.resources[0].references[0].0, "rule");
    assert_eq!(&*configuration.root.locals[0].1[0], "t.c.list");
}

#[test]
fn addresses_lead_to_blocks_calls_removed_blocks_or_nowhere() {
    let root = "module \"m\" {\n source = \"./m\"\n}\nmodule \"far\" {\n source = \"a/b/c\"\n}\nresource \"t\" \"a\" {\n}\n\
                removed {\n from = t.old\n lifecycle {\n destroy = false\n }\n}\nremoved {\n from = module.m.t.dropped\n}";
    let sources = sources(vec![module("", &[("main.tf", root)]), module("m", &[("m.tf", "data \"t\" \"d\" {\n}")])]);
    placed(&sources, "t.a[0]", PlacedAt::Resource, Some(("main.tf", 7)));
    placed(&sources, "module.m[\"x.y\"].data.t.d", PlacedAt::Resource, Some(("m/m.tf", 1)));
    placed(&sources, "module.m[0].t.gone", PlacedAt::ModuleCall, Some(("main.tf", 1)));
    placed(&sources, "module.m[0].module.n.t.gone", PlacedAt::ModuleCall, Some(("main.tf", 1)));
    placed(&sources, "module.far.t.x", PlacedAt::ModuleCall, Some(("main.tf", 4)));
    placed(&sources, "t.old", PlacedAt::RemovedBlock, Some(("main.tf", 9)));
    placed(&sources, "module.m[0].t.dropped[1]", PlacedAt::RemovedBlock, Some(("main.tf", 15)));
    placed(&sources, "t.older", PlacedAt::Removed, None);
    placed(&sources, "module.gone.t.a", PlacedAt::Removed, None);
    let known = |address: &str| sources.is_known(&Address::new(address));
    assert!(known("t.a") && known("t.older") && known("module.m.t.gone") && known("module.gone.t.a"));
    assert!(!known("module.far.t.x"), "its module is not at hand");
}

#[test]
fn where_a_file_does_not_parse_nothing_is_said_to_be_gone() {
    let sources =
        sources(vec![module("", &[("a.tf", "resource \"t\" \"a\" {\n}"), ("b.tf", "resource \"t\"\n  secret {{")])]);
    assert_eq!(sources.locate(&Address::new("t.b")), None);
    assert!(!sources.is_known(&Address::new("t.b")) && sources.is_known(&Address::new("t.a")));
    let unparsed = &sources.module("").unwrap().unparsed()[0];
    assert_eq!((&*unparsed.spot.file, unparsed.spot.position.line), ("b.tf", 1));
    assert!(!unparsed.message.contains("secret"), "{}", unparsed.message);
}

#[test]
fn the_json_syntax_says_the_same() {
    let text = r#"{
  "resource": {"t": [{
    "a": {
      "//": {"metadata": {"path": "stack/store", "uniqueId": "a"}},
      "x": "${t.b.id}/${t.c.id}", "y": ["${t.d}"], "provider": "t.dr", "depends_on": ["t.e"],
      "count": "${length(t.f)}",
      "dynamic": {"rule": {"for_each": "${t.g.list}", "content": {"v": "${rule.value}"}}},
      "lifecycle": {"prevent_destroy": true, "ignore_changes": "all"},
      "provisioner": [{"local-exec": {"when": "destroy", "command": "x"}}]
    }}]},
  "module": {"m": [{"source": "./m", "v": "${t.a.id}"}]},
  "removed": [{"from": "t.old"}],
  "variable": {"v": {"default": {"a": [1, "${not.a.template"]}}}
}"#;
    let sources = sources(vec![module("", &[("cdk.tf.json", text)])]);
    let a = block(&sources, "t.a[0]");
    assert_eq!((a.construct.as_deref(), a.spot.position), (Some("stack/store"), Position { line: 3, column: 5 }));
    assert_eq!(a.lifecycle.prevent_destroy.as_ref().unwrap().value, Some(true));
    assert_eq!(a.lifecycle.prevent_destroy.as_ref().unwrap().spot.position.line, 8);
    assert_eq!(a.destroy_provisioners.len(), 1);
    placed(&sources, "t.old", PlacedAt::RemovedBlock, Some(("cdk.tf.json", 12)));
    let configuration = configuration(&sources, &Names::default());
    let resource = &configuration.root.resources[0];
    let all: Vec<(String, Vec<String>)> = resource
        .references
        .iter()
        .map(|(name, refs)| (name.to_string(), refs.iter().map(ToString::to_string).collect()))
        .collect();
    let expected = [("x", vec!["t.b.id", "t.c.id"]), ("y", vec!["t.d"]), ("rule", vec!["t.g.list"])];
    assert_eq!(all, expected.map(|(name, refs)| (name.to_owned(), refs.into_iter().map(str::to_owned).collect())));
    assert_eq!(resource.provider_config_key.as_deref(), Some("t.dr"));
    assert_eq!((&*resource.repetition[0], &*resource.depends_on[0]), ("t.f", "t.e"));
    assert_eq!(&*configuration.root.calls[0].1.arguments[0].1[0], "t.a.id");
}

#[test]
fn provider_settings_are_kept_where_they_are_asked_for() {
    let text = "provider \"azurerm\" {\n client_secret = \"hunter2\"\n features {\n key_vault {\n purge = false\n }\n }\n}\n\
                resource \"azurerm_x\" \"a\" {}\nmodule \"m\" {\n source = \"./m\"\n providers = { azurerm = azurerm.dr }\n}";
    let modules = vec![module("", &[("main.tf", text)]), module("m", &[("m.tf", "resource \"azurerm_x\" \"b\" {}")])];
    let names: Names = ["features.key_vault.purge"].into_iter().collect();
    let configuration = configuration(&sources(modules), &names);
    let shown = format!("{:?}", configuration.providers);
    assert!(shown.contains("purge") && !shown.contains("hunter2"), "{shown}");
    assert_eq!(configuration.providers[0].full_name.as_deref(), Some("registry.terraform.io/hashicorp/azurerm"));
    assert_eq!(configuration.root.resources[0].provider_config_key.as_deref(), Some("azurerm"));
    let inner = &configuration.root.calls[0].1.module.resources[0];
    assert_eq!(inner.provider_config_key.as_deref(), Some("azurerm.dr"));
    assert_eq!(configuration.managed_resources, 2);
}

#[test]
fn hostile_texts_end_in_gaps() {
    let deep = format!("x = {}", "[".repeat(100_000));
    let parens = format!("x = {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    let blocks = "a {\n".repeat(100_000);
    let templates = format!("x = {}", "\"${".repeat(50_000));
    let json = format!("{{\"resource\": {}", "[".repeat(100_000));
    for (name, text) in
        [("a.tf", &deep), ("b.tf", &parens), ("c.tf", &blocks), ("d.tf", &templates), ("e.tf.json", &json)]
    {
        let sources = sources(vec![module("", &[(name, text)])]);
        assert_eq!(sources.module("").unwrap().unparsed().len(), 1, "{name}");
    }
    let chain = format!("locals {{\n x = {}1\n}}", "1 + ".repeat(100_000));
    assert_eq!(root(&chain).module("").unwrap().unparsed().len(), 1);
    let nested = format!(r#"{{"resource": {{"t": {{"a": {{"x": {}1{}}}}}}}}}"#, "[".repeat(200), "]".repeat(200));
    assert_eq!(sources(vec![module("", &[("a.tf.json", &nested)])]).module("").unwrap().unparsed().len(), 1);
}

#[test]
fn what_an_unreadable_expression_names_is_not_lost() {
    let deep = format!("{}t.deep.id{}", "(".repeat(70), ")".repeat(70));
    let text = format!(
        r#"{{
  "resource": {{"t": {{"a": {{
    "broken": "${{t.b.id + }} and ${{ module.m[0].out }} of data.t . d.x",
    "deep": {{"of": ["x", "${{{deep}}}"]}},
    "depends_on": ["t.c c"], "fine": "${{t.e.id}}"
  }}}}}},
  "variable": {{"v": {{"default": "${{ literal"}}}}
}}"#
    );
    let sources = sources(vec![module("", &[("main.tf.json", &text)])]);
    let root = sources.module("").unwrap();
    let unread: Vec<String> = root.unread().iter().map(ToString::to_string).collect();
    assert_eq!(unread, ["main.tf.json:3", "main.tf.json:4", "main.tf.json:5"], "a place for each attribute");
    assert!(sources.is_whole(), "no block can hide in them");
    let configuration = configuration(&sources, &Names::default());
    let of = |name: &str| {
        let found = configuration.root.resources[0].references.iter().find(|(known, _)| &**known == name).unwrap();
        found.1.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(of("broken"), ["t.b.id", "module.m", "data.t.d.x"]);
    assert_eq!(of("deep"), ["t.deep.id"]);
}

#[test]
fn sources_are_renamed_as_if_they_had_been_parsed_so() {
    let lock = "resource \"t\" \"a\" {\n lifecycle {\n prevent_destroy = true\n }\n provisioner \"x\" {\n when = destroy\n }\n}";
    let called =
        "module \"m\" {\n source = \"./m\"\n}\nmodule \"n\" {\n source = \"./m\"\n}\nremoved {\n from = t.z\n}";
    let of = |dir: &str| {
        let in_dir = |key: &str, below: &str, files: &[(&str, &str)]| SnapshotModule {
            dir: format!("{dir}{below}"),
            ..module(key, files)
        };
        let inner: &[(&str, &str)] = &[("m.tf", lock), ("broken.tf", "resource {{")];
        Snapshot {
            modules: vec![in_dir("", "", &[("main.tf", called)]), in_dir("m", "/m", inner), in_dir("n", "/m", inner)],
        }
    };
    let (from, to) = (of("."), of("infra/live"));
    let (renamed, parsed) = (Sources::of(&from).renamed(&from, &to), Sources::of(&to));
    let shown = |sources: &Sources| {
        let modules = sources.modules().map(|module| {
            let calls: Vec<Call> = module.calls().collect();
            format!(
                "{} {} {:#?} {:#?} {calls:#?} {:#?}",
                module.key(),
                module.dir(),
                module.body(),
                module.blocks(),
                module.unparsed()
            )
        });
        modules.collect::<Vec<_>>()
    };
    assert_eq!(shown(&renamed), shown(&parsed));
    placed(&renamed, "module.n.t.a", PlacedAt::Resource, Some(("infra/live/m/m.tf", 1)));
    placed(&renamed, "t.z", PlacedAt::RemovedBlock, Some(("infra/live/main.tf", 7)));
}

#[test]
fn many_files_give_what_each_gives_alone() {
    let padding = "# padding\n".repeat(4 << 10);
    let text = |at: usize| match at % 7 {
        3 => format!("{padding}resource {{{{ {at}"),
        _ => format!("{padding}resource \"t\" \"b{at}\" {{\n x = t.b{}.id\n}}\n", at + 1),
    };
    let texts: Vec<(String, String)> = (0..40).map(|at| (format!("f{at:02}.tf"), text(at))).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let together = Module::parse(&module("", &files));
    let alone: Vec<Module> = files.iter().map(|file| Module::parse(&module("", &[*file]))).collect();
    let blocks: Vec<&Block> = alone.iter().flat_map(|module| &module.body().blocks).collect();
    assert_eq!(together.body().blocks.iter().collect::<Vec<_>>(), blocks);
    let unparsed: Vec<&Unparsed> = alone.iter().flat_map(Module::unparsed).collect();
    assert_eq!(together.unparsed().iter().collect::<Vec<_>>(), unparsed);
    assert_eq!(unparsed.len(), 6);
}
