//! From a plan to nodes and edges.
//!
//! Owns the resolution of references. A variable, an output, a local value, a block with several instances and a data source that was
//! read before the plan are junctions: nodes that are no resources, resolved once each, from a queue.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::place::{Place, block_key, within};
use super::{Edge, Node, NodeId, Origin, Source};
use crate::plan::configuration::{ConfigModule, ConfigResource, ModuleCall};
use crate::plan::segments::{Segment, segments};
use crate::plan::{Plan, ResourceChange};

/// Nodes and edges of a plan.
pub(super) fn build(plan: &Plan) -> (Vec<Node>, Vec<Edge>) {
    let nodes = nodes(plan);
    let places: Vec<Option<Place>> = nodes.iter().map(|node| Place::of(&node.address)).collect();
    let mut builder = Builder::new(plan, nodes, &places);
    for (id, place) in (0u32..).map(NodeId).zip(&places) {
        if let Some(place) = place {
            builder.declare(id, place);
        }
    }
    builder.read_prior_state(plan, &places);
    while let Some((id, work)) = builder.queue.pop() {
        builder.resolve_junction(id, work);
    }
    (builder.nodes, builder.edges)
}

/// Every object of the plan, sorted; of the prior state those that no change has.
fn nodes(plan: &Plan) -> Vec<Node> {
    let node = |change: &ResourceChange, source| Node {
        address: change.address.clone(),
        deposed: change.deposed.clone(),
        resource_type: change.resource_type.clone(),
        action: Some(change.change.action),
        source,
        opaque: Vec::new(),
        declared: false,
    };
    let mut nodes: Vec<Node> =
        (0..).zip(plan.changes.iter().flatten()).map(|(i, change)| node(change, Source::Change(i))).collect();
    nodes.extend((0..).zip(&plan.deferred).map(|(i, deferred)| node(&deferred.resource_change, Source::Deferred(i))));
    let known: HashSet<_> = nodes.iter().map(|node| (node.address.clone(), node.deposed.clone())).collect();
    let prior = (0..).zip(plan.prior_instances.iter().flatten());
    let unknown = prior.filter(|(_, prior)| !known.contains(&(prior.address.clone(), prior.deposed.clone())));
    nodes.extend(unknown.map(|(i, prior)| Node {
        address: prior.address.clone(),
        deposed: prior.deposed.clone(),
        resource_type: prior.resource_type.clone(),
        action: None,
        source: Source::Prior(i),
        opaque: Vec::new(),
        declared: false,
    }));
    nodes.sort_by(|a, b| {
        let key = |node: &Node| (node.address.clone(), node.deposed.clone(), node.action);
        key(a).cmp(&key(b)).then_with(|| a.resource_type.cmp(&b.resource_type))
    });
    nodes
}

/// What a junction stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Junction {
    /// A variable of a module instance.
    Variable(String, String),
    /// An output of a module instance.
    Output(String, String),
    /// A local value of a module instance.
    Local(String, String),
    /// An output (or all of them) of all instances of a call in a module instance.
    Call(String, String, Option<String>),
    /// `depends_on` of the call of a module instance.
    CallDepends(String),
    /// All instances of a block, by its look-up key, or a block without instances, by module instance.
    Block(String),
    /// A block without instances, in a module instance.
    Absent(String, String),
}

/// Where references are resolved.
#[derive(Debug, Clone, Copy)]
struct Scope<'a> {
    /// The module instance.
    module: &'a str,
    /// What `each` and `count` come from.
    repetition: &'a [Arc<str>],
    /// The instance key of what refers.
    key: Option<&'a str>,
}

struct Builder<'a> {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Current objects by block, from every module instance around them.
    blocks: HashMap<String, Vec<NodeId>>,
    /// Instance keys of the nodes.
    keys: Vec<Option<String>>,
    /// Blocks of the configuration, by module and address.
    declared: HashMap<(String, &'a str), &'a ConfigResource>,
    modules: HashMap<String, &'a ConfigModule>,
    /// Calls by the module they make.
    calls: HashMap<String, &'a ModuleCall>,
    /// Module of the configuration and calling instance of each module instance.
    instances: BTreeMap<String, (String, String)>,
    /// Instances of each call, by calling instance and name.
    called: HashMap<String, Vec<String>>,
    junctions: HashMap<Junction, NodeId>,
    queue: Vec<(NodeId, Junction)>,
}

impl<'a> Builder<'a> {
    fn new(plan: &'a Plan, nodes: Vec<Node>, places: &[Option<Place>]) -> Self {
        let mut builder = Self {
            edges: Vec::new(),
            blocks: HashMap::new(),
            keys: places.iter().map(|place| place.as_ref().and_then(|place| place.key.clone())).collect(),
            declared: HashMap::new(),
            modules: HashMap::new(),
            calls: HashMap::new(),
            instances: BTreeMap::from([(String::new(), (String::new(), String::new()))]),
            called: HashMap::new(),
            junctions: HashMap::new(),
            queue: Vec::new(),
            nodes,
        };
        if let Some(configuration) = &plan.configuration {
            builder.index_configuration(&configuration.root);
        }
        for ((id, place), node) in (0u32..).map(NodeId).zip(places).zip(&builder.nodes) {
            let Some(place) = place else { continue };
            if node.deposed.is_none() {
                for key in place.keys() {
                    builder.blocks.entry(key).or_default().push(id);
                }
            }
            let mut config = String::new();
            for (parent, name, instance) in place.modules() {
                config = within(&config, &format!("module.{name}"));
                if !builder.instances.contains_key(&instance) {
                    builder.called.entry(block_key(&parent, name)).or_default().push(instance.clone());
                    builder.instances.insert(instance, (config.clone(), parent));
                }
            }
        }
        builder
    }

    fn index_configuration(&mut self, root: &'a ConfigModule) {
        let mut open = vec![(String::new(), root)];
        while let Some((path, module)) = open.pop() {
            for block in &module.resources {
                self.declared.insert((path.clone(), &block.address), block);
            }
            for (name, call) in &module.calls {
                let inner = within(&path, &format!("module.{name}"));
                self.calls.insert(inner.clone(), call);
                open.push((inner, &call.module));
            }
            self.modules.insert(path, module);
        }
    }

    /// The edges of an object from its block in the configuration.
    fn declare(&mut self, id: NodeId, place: &Place) {
        let is_current = self.at(id).is_some_and(|node| node.deposed.is_none());
        let Some(block) = self.declared.get(&(place.config_module(), place.block.as_str())).copied() else { return };
        if !is_current {
            return;
        }
        if let Some(node) = self.at_mut(id) {
            node.declared = true;
        }
        let module = place.module();
        self.declare_block(id, block, &module);
        for (_, _, instance) in place.modules() {
            let has_some = self
                .instances
                .get(&instance)
                .and_then(|(config, _)| self.calls.get(config))
                .is_some_and(|call| !call.depends_on.is_empty());
            if has_some {
                let to = self.junction(Junction::CallDepends(instance));
                self.edges.push(Edge { from: id, to, origin: Origin::DependsOn });
            }
        }
    }

    fn declare_block(&mut self, id: NodeId, block: &'a ConfigResource, module: &str) {
        let key = self.key(id).map(str::to_owned);
        let scope = Scope { module, repetition: &block.repetition, key: key.as_deref() };
        for (attribute, references) in &block.references {
            let opaque = self.add(id, references, scope, &Origin::Reference(Arc::clone(attribute)));
            if let Some(node) = self.at_mut(id).filter(|_| opaque) {
                node.opaque.push(Arc::clone(attribute));
            }
        }
        let none = Scope { module, repetition: &[], key: None };
        self.add(id, &block.repetition, none, &Origin::Repetition);
        self.add(id, &block.depends_on, none, &Origin::DependsOn);
    }

    /// Adds an edge for each reference; whether one of them leads nowhere.
    fn add(&mut self, from: NodeId, references: &[Arc<str>], scope: Scope<'_>, origin: &Origin) -> bool {
        let mut opaque = false;
        let is_own = |reference: &Arc<str>| reference.starts_with("each.") || reference.starts_with("count.");
        let own_key = scope.key.filter(|_| references.iter().any(is_own));
        for reference in references {
            let parts = segments(reference);
            match parts.first().map(|first| first.name) {
                Some("each" | "count") if !scope.repetition.is_empty() => {
                    let outer = Scope { repetition: &[], key: None, ..scope };
                    opaque |= self.add(from, scope.repetition, outer, origin);
                }
                Some("local") if !self.has_local(&parts, scope.module) => opaque = true,
                _ => {
                    for to in self.targets(&parts, scope.module, own_key) {
                        self.edges.push(Edge { from, to, origin: origin.clone() });
                    }
                }
            }
        }
        opaque
    }

    /// The nodes a reference means.
    fn targets(&mut self, parts: &[Segment<'_>], module: &str, own_key: Option<&str>) -> Vec<NodeId> {
        match parts {
            [Segment { name: "var", .. }, variable, ..] => {
                vec![self.junction(Junction::Variable(module.to_owned(), variable.name.to_owned()))]
            }
            [Segment { name: "local", .. }, local, ..] => {
                vec![self.junction(Junction::Local(module.to_owned(), local.name.to_owned()))]
            }
            [Segment { name: "module", .. }, call, rest @ ..] => {
                self.module_targets(call, rest.first().map(|output| output.name), module)
            }
            [Segment { name: "each" | "count" | "path" | "terraform" | "self", .. }, ..] => Vec::new(),
            [Segment { name: prefix @ ("data" | "ephemeral"), .. }, of, name, ..] => {
                self.block_targets(&format!("{prefix}.{}.{}", of.name, name.name), name.key, module, own_key)
            }
            [of, name, ..] => self.block_targets(&format!("{}.{}", of.name, name.name), name.key, module, own_key),
            _ => Vec::new(),
        }
    }

    fn module_targets(&mut self, call: &Segment<'_>, output: Option<&str>, module: &str) -> Vec<NodeId> {
        let step = |key: Option<&str>| match key {
            Some(key) => format!("module.{}[{key}]", call.name),
            None => format!("module.{}", call.name),
        };
        let instance = within(module, &step(call.key));
        match output {
            Some(output) if self.instances.contains_key(&instance) => {
                vec![self.junction(Junction::Output(instance, output.to_owned()))]
            }
            output => {
                let output = output.map(str::to_owned);
                vec![self.junction(Junction::Call(module.to_owned(), call.name.to_owned(), output))]
            }
        }
    }

    /// The instances a reference means. With `own_key`, it may mean the one with the same key (`t.n[each.key]`): that
    /// one is named beside the others.
    fn block_targets(&mut self, block: &str, key: Option<&str>, module: &str, own_key: Option<&str>) -> Vec<NodeId> {
        let at = block_key(module, block);
        let instances = self.blocks.get(&at).map(Vec::as_slice).unwrap_or_default();
        let has_key =
            |wanted: Option<&str>| wanted.and_then(|_| instances.iter().copied().find(|id| self.key(*id) == wanted));
        match instances {
            [] => vec![self.junction(Junction::Absent(module.to_owned(), block.to_owned()))],
            [only] => vec![*only],
            _ => match (has_key(key), has_key(own_key)) {
                (Some(meant), _) => vec![meant],
                (None, same) => same.into_iter().chain([self.junction(Junction::Block(at))]).collect(),
            },
        }
    }

    /// The dependencies the prior state knows.
    fn read_prior_state(&mut self, plan: &Plan, places: &[Option<Place>]) {
        let by_identity: HashMap<_, NodeId> = (0u32..)
            .map(NodeId)
            .zip(&self.nodes)
            .map(|(id, node)| ((node.address.clone(), node.deposed.clone()), id))
            .collect();
        for prior in plan.prior_instances.iter().flatten() {
            let Some(from) = by_identity.get(&(prior.address.clone(), prior.deposed.clone())).copied() else {
                continue;
            };
            let Some(place) = index(from).and_then(|at| places.get(at)?.as_ref()) else { continue };
            for needed in &prior.depends_on {
                let key = place.key_of(needed);
                let to = match self.blocks.get(&key).map(Vec::as_slice) {
                    None | Some([]) => continue,
                    Some([only]) => *only,
                    Some(_) => self.junction(Junction::Block(key)),
                };
                self.edges.push(Edge { from, to, origin: Origin::PriorState });
            }
        }
    }

    /// The node of a junction, queued to be resolved where it is new.
    fn junction(&mut self, junction: Junction) -> NodeId {
        if let Some(known) = self.junctions.get(&junction) {
            return *known;
        }
        let beyond = self.nodes.len() + self.junctions.len();
        let id = NodeId(u32::try_from(beyond).unwrap_or(u32::MAX));
        self.junctions.insert(junction.clone(), id);
        self.queue.push((id, junction));
        id
    }

    fn resolve_junction(&mut self, id: NodeId, junction: Junction) {
        match junction {
            Junction::Variable(module, name) => {
                let Some((call, parent)) = self.call_of(&module) else { return };
                let scope = Scope { module: &parent, repetition: &call.repetition, key: None };
                for (_, references) in call.arguments.iter().filter(|(argument, _)| **argument == *name) {
                    self.add(id, references, scope, &Origin::DependsOn);
                }
            }
            Junction::Local(module, name) => {
                let scope = Scope { module: &module, repetition: &[], key: None };
                let declared = self.module_of(&module).into_iter().flat_map(|declared| &declared.locals);
                for (_, references) in declared.filter(|(local, _)| **local == *name) {
                    self.add(id, references, scope, &Origin::DependsOn);
                }
            }
            Junction::CallDepends(module) => {
                let Some((call, parent)) = self.call_of(&module) else { return };
                self.add(
                    id,
                    &call.depends_on,
                    Scope { module: &parent, repetition: &[], key: None },
                    &Origin::DependsOn,
                );
            }
            Junction::Output(instance, name) => self.resolve_output(id, &instance, Some(&name)),
            Junction::Call(module, name, output) => {
                for instance in self.called.get(&block_key(&module, &name)).cloned().unwrap_or_default() {
                    match &output {
                        Some(output) => {
                            let to = self.junction(Junction::Output(instance, output.clone()));
                            self.edges.push(Edge { from: id, to, origin: Origin::DependsOn });
                        }
                        None => self.resolve_output(id, &instance, None),
                    }
                }
            }
            Junction::Block(key) => {
                for to in self.blocks.get(&key).cloned().unwrap_or_default() {
                    self.edges.push(Edge { from: id, to, origin: Origin::DependsOn });
                }
            }
            Junction::Absent(module, block) => {
                let Some((config, _)) = self.instances.get(&module) else { return };
                if let Some(declared) = self.declared.get(&(config.clone(), block.as_str())).copied() {
                    self.declare_block(id, declared, &module);
                }
            }
        }
    }

    /// An output of a module instance, or all of them.
    fn resolve_output(&mut self, id: NodeId, instance: &str, name: Option<&str>) {
        let Some(module) = self.module_of(instance) else { return };
        let scope = Scope { module: instance, repetition: &[], key: None };
        for (output, references) in &module.outputs {
            if name.is_none_or(|name| name == &**output) {
                self.add(id, references, scope, &Origin::DependsOn);
            }
        }
    }

    /// Whether a reference is to a local value that is known: a plan has none, its sources do.
    fn has_local(&self, parts: &[Segment<'_>], module: &str) -> bool {
        let Some(name) = parts.get(1).map(|local| local.name) else { return false };
        self.module_of(module).is_some_and(|module| module.locals.iter().any(|(local, _)| **local == *name))
    }

    fn module_of(&self, instance: &str) -> Option<&'a ConfigModule> {
        let (config, _) = self.instances.get(instance)?;
        self.modules.get(config).copied()
    }

    fn call_of(&self, module: &str) -> Option<(&'a ModuleCall, String)> {
        let (config, parent) = self.instances.get(module)?;
        Some((self.calls.get(config).copied()?, parent.clone()))
    }

    fn at(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(index(id)?)
    }

    fn at_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(index(id)?)
    }

    fn key(&self, id: NodeId) -> Option<&str> {
        self.keys.get(index(id)?)?.as_deref()
    }
}

fn index(id: NodeId) -> Option<usize> {
    usize::try_from(id.0).ok()
}
