//! The graph around what a plan destroys, as SVG whose nodes link to findings.
//!
//! Colours are classes of the style sheet. Must not decide what is drawn.

use std::fmt::Write as _;

use super::super::scene::{Scene, SceneNode};
use super::escape::line;
use super::ids::Ids;
use super::layout::{Spot, spots};
use crate::text::count;

const WIDTH: f64 = 280.0;
const HEIGHT: f64 = 46.0;
const COLUMN: f64 = 372.0;
const ROW: f64 = 60.0;
const MARGIN: f64 = 10.0;
/// Longest name in a node, in characters.
const NAME: usize = 33;
/// Longest second line, in characters.
const STATE: usize = 37;

/// The id of a node of a drawing.
pub(super) fn node_id(plan: usize, node: usize) -> String {
    format!("n{plan}-{node}")
}

/// The drawing with what it leaves out; empty where nothing goes.
pub(super) fn drawing(scene: &Scene, plan: usize, ids: &Ids) -> String {
    let rest = rest(scene);
    if scene.nodes.is_empty() {
        return rest.map_or_else(String::new, |rest| format!("<p class=\"quiet\">{rest}</p>\n"));
    }
    let edges: Vec<(usize, usize)> = scene.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let spots = spots(scene.nodes.len(), &edges);
    let columns = spots.iter().map(|spot| spot.column).max().unwrap_or_default();
    let low = spots.iter().map(|spot| spot.row).fold(0.0, f64::max);
    let (width, height) = (x(columns) + WIDTH + MARGIN, low.mul_add(ROW, HEIGHT + 2.0 * MARGIN));
    // Writing to a String cannot fail.
    let mut out = format!(
        "<div class=\"graph\" role=\"group\" aria-label=\"Graph around what is destroyed\">\n<svg viewBox=\"0 0 \
         {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">\n"
    );
    for edge in &scene.edges {
        if let (Some(from), Some(to)) = (spots.get(edge.from), spots.get(edge.to)) {
            let class = if edge.contained { "edge in" } else { "edge" };
            let _ = writeln!(
                out,
                "<path class=\"{class}\" d=\"{}\"><title>{}</title></path>",
                path(*to, *from),
                line(&edge.why, STATE)
            );
        }
    }
    for (number, (node, spot)) in scene.nodes.iter().zip(&spots).enumerate() {
        let finding = ids.about(plan, &node.address, node.deposed.as_deref());
        out.push_str(&box_of(node, *spot, &node_id(plan, number), finding));
    }
    out.push_str(
        "</svg>\n</div>\n<p class=\"quiet legend\">A line leads from what is needed, on the left, to what needs it",
    );
    out.push_str("; a <span class=\"key in\">thick line</span>: it lies in it.");
    if let Some(rest) = rest {
        let _ = write!(out, " {rest}");
    }
    out.push_str("</p>\n");
    out
}

/// What is not drawn.
fn rest(scene: &Scene) -> Option<String> {
    let mut parts = Vec::new();
    if scene.left_out > 0 {
        parts.push(format!("{} more that {} did not fit here.", scene.left_out, goes(scene.left_out)));
    }
    if scene.alone > 0 {
        let alone = count(scene.alone, "resource");
        let hang = if scene.alone == 1 { "hangs" } else { "hang" };
        parts.push(format!("{alone} that {} {hang} together with no other.", goes(scene.alone)));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

const fn goes(n: usize) -> &'static str {
    if n == 1 { "goes" } else { "go" }
}

fn box_of(node: &SceneNode, spot: Spot, id: &str, finding: Option<&str>) -> String {
    let (module, name) = split(node);
    let deposed = node.deposed.as_ref().map_or_else(String::new, |key| format!(" (deposed {key})"));
    let second = [node.state, &deposed, if module.is_empty() { "" } else { " · " }, module].concat();
    let (left, top) = (x(spot.column), y(spot));
    let class = if node.gone { "node gone" } else { "node" };
    let (open, close) = match finding {
        Some(finding) => (format!("<a id=\"{id}\" class=\"{class}\" href=\"#{finding}\">"), "</a>"),
        None => (format!("<g id=\"{id}\" class=\"{class}\">"), "</g>"),
    };
    format!(
        "{open}<title>{}{}: {}</title><rect x=\"{left:.0}\" y=\"{top:.0}\" width=\"{WIDTH:.0}\" height=\"{HEIGHT:.0}\" \
         rx=\"7\"/><text x=\"{:.0}\" y=\"{:.0}\">{}</text><text class=\"state\" x=\"{:.0}\" \
         y=\"{:.0}\">{}</text>{close}\n",
        line(&node.address, 400),
        line(&deposed, 40),
        line(node.state, STATE),
        left + 13.0,
        top + 19.5,
        line(&ending(name, NAME), NAME + 1),
        left + 13.0,
        top + 36.0,
        line(&second, STATE)
    )
}

/// The module a resource stands in, and the rest of its address.
fn split(node: &SceneNode) -> (&str, &str) {
    let name = format!("{}.", node.resource_type);
    match node.address.rsplit_once(&format!(".{name}")) {
        Some((module, rest)) => {
            let start = node.address.len() - rest.len() - name.len();
            (module, node.address.get(start..).unwrap_or(&node.address))
        }
        None => ("", &node.address),
    }
}

/// The last `max` characters: the end of an address tells it from others.
fn ending(text: &str, max: usize) -> String {
    let length = text.chars().count();
    if length <= max {
        text.to_owned()
    } else {
        text.chars().skip(length - max).fold("…".to_owned(), |out, c| out + c.encode_utf8(&mut [0; 4]))
    }
}

fn x(column: usize) -> f64 {
    f64::from(u32::try_from(column).unwrap_or(u32::MAX)).mul_add(COLUMN, MARGIN)
}

fn y(spot: Spot) -> f64 {
    spot.row.mul_add(ROW, MARGIN)
}

/// From the right side of one to the left side of the other.
fn path(from: Spot, to: Spot) -> String {
    let (x1, y1, x2, y2) = (x(from.column) + WIDTH, y(from) + HEIGHT / 2.0, x(to.column), y(to) + HEIGHT / 2.0);
    let bend = 40.0;
    format!("M{x1:.0} {y1:.1}C{:.0} {y1:.1} {:.0} {y2:.1} {x2:.0} {y2:.1}", x1 + bend, x2 - bend)
}
