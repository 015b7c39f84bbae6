//! Where the nodes of a drawing stand: layers from left to right, few crossings, the same each time.
//!
//! Pure geometry in grid steps. Sized for some hundred nodes.

use std::collections::BTreeMap;

/// Sweeps that put each node near its neighbours.
const SWEEPS: usize = 6;

/// A place, in grid steps: the column counts from 0, the row is where the middle is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) column: usize,
    pub(super) row: f64,
}

/// A place for each of `count` nodes; an edge leads from a dependent to what it needs, which stands to its left.
pub(super) fn spots(count: usize, edges: &[(usize, usize)]) -> Vec<Spot> {
    let mut spots = vec![Spot { column: 0, row: 0.0 }; count];
    let mut top = 0.0;
    for nodes in components(count, edges) {
        let inside: Vec<(usize, usize)> = edges.iter().copied().filter(|(from, _)| nodes.contains(from)).collect();
        let rows = rows(&nodes, &inside);
        let lowest = rows.values().map(|(_, row)| *row).fold(f64::INFINITY, f64::min);
        let highest = rows.values().map(|(_, row)| *row).fold(f64::NEG_INFINITY, f64::max);
        for (node, (column, row)) in rows {
            if let Some(spot) = spots.get_mut(node) {
                *spot = Spot { column, row: top + row - lowest };
            }
        }
        top += highest - lowest + 1.25;
    }
    spots
}

/// Nodes that hang together, the largest group first.
fn components(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut group: Vec<usize> = (0..count).collect();
    let root = |group: &[usize], mut node: usize| {
        while let Some(up) = group.get(node).copied().filter(|up| *up != node) {
            node = up;
        }
        node
    };
    for (from, to) in edges {
        let (one, other) = (root(&group, *from), root(&group, *to));
        if let Some(slot) = group.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for node in 0..count {
        found.entry(root(&group, node)).or_default().push(node);
    }
    let mut found: Vec<Vec<usize>> = found.into_values().collect();
    found.sort_by_key(|nodes| std::cmp::Reverse(nodes.len()));
    found
}

/// Column and row of each node of a group.
fn rows(nodes: &[usize], edges: &[(usize, usize)]) -> BTreeMap<usize, (usize, f64)> {
    let columns = columns(nodes, edges);
    let mut layers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (node, column) in &columns {
        layers.entry(*column).or_default().push(*node);
    }
    let mut row: BTreeMap<usize, f64> = BTreeMap::new();
    for layer in layers.values() {
        place(layer, &BTreeMap::new(), &mut row);
    }
    let last = layers.keys().next_back().copied().unwrap_or_default();
    for sweep in 0..SWEEPS {
        let rightwards = sweep % 2 == 0;
        for step in 0..=last {
            let Some(layer) = layers.get_mut(&if rightwards { step } else { last - step }) else { continue };
            let wish = wishes(layer, edges, &row, rightwards);
            let at = |node: &usize| wish.get(node).or_else(|| row.get(node)).copied().unwrap_or_default();
            layer.sort_by(|a, b| at(a).total_cmp(&at(b)).then(a.cmp(b)));
            place(layer, &wish, &mut row);
        }
    }
    columns.into_iter().map(|(node, column)| (node, (column, row.get(&node).copied().unwrap_or_default()))).collect()
}

/// One column more than the furthest of what a node needs. An edge that closes a circle counts for nothing.
fn columns(nodes: &[usize], edges: &[(usize, usize)]) -> BTreeMap<usize, usize> {
    let mut open: Vec<usize> = nodes.to_vec();
    let mut columns: BTreeMap<usize, usize> = BTreeMap::new();
    while !open.is_empty() {
        let waits = |node: usize| edges.iter().any(|(from, to)| *from == node && from != to && open.contains(to));
        let mut ready: Vec<usize> = open.iter().copied().filter(|node| !waits(*node)).collect();
        if ready.is_empty() {
            ready.extend(open.first());
        }
        for node in &ready {
            let needed = edges.iter().filter(|(from, _)| from == node).filter_map(|(_, to)| columns.get(to));
            let column = needed.max().map_or(0, |column| column + 1);
            columns.insert(*node, column);
        }
        open.retain(|node| !ready.contains(node));
    }
    columns
}

/// Where each node of a layer would stand for the sake of its neighbours on one side: in their middle.
fn wishes(
    layer: &[usize],
    edges: &[(usize, usize)],
    row: &BTreeMap<usize, f64>,
    rightwards: bool,
) -> BTreeMap<usize, f64> {
    let wish = |node: usize| {
        let near: Vec<f64> = edges
            .iter()
            .filter_map(|(from, to)| match (rightwards, *from == node, *to == node) {
                (true, true, _) => row.get(to).copied(),
                (false, _, true) => row.get(from).copied(),
                _ => None,
            })
            .collect();
        let count = u32::try_from(near.len()).ok().filter(|count| *count > 0)?;
        Some((node, near.iter().sum::<f64>() / f64::from(count)))
    };
    layer.iter().filter_map(|node| wish(*node)).collect()
}

/// Puts the nodes of a layer, in their order, as near to their wishes as they fit, a step apart.
fn place(layer: &[usize], wish: &BTreeMap<usize, f64>, row: &mut BTreeMap<usize, f64>) {
    let mut next = f64::NEG_INFINITY;
    let mut pushed = 0.0;
    let mut wishes: u32 = 0;
    for node in layer {
        let own = wish.get(node).or_else(|| row.get(node)).copied();
        let at = own.unwrap_or(if next.is_finite() { next } else { 0.0 }).max(next);
        pushed += own.map_or(0.0, |own| at - own);
        wishes += u32::from(own.is_some());
        row.insert(*node, at);
        next = at + 1.0;
    }
    // What was pushed down is pushed down by as much as others are up: children stand around their parent.
    let shift = if wishes > 0 { pushed / f64::from(wishes) } else { 0.0 };
    for node in layer {
        row.entry(*node).and_modify(|at| *at -= shift);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_stands_left_and_no_two_share_a_place() {
        let edges = [(1, 0), (2, 0), (3, 1), (3, 2), (5, 4), (6, 6)];
        let spots = spots(7, &edges);
        for (from, to) in edges.iter().filter(|(from, to)| from != to) {
            assert!(spots[*to].column < spots[*from].column, "{spots:?}");
        }
        for (a, one) in spots.iter().enumerate() {
            for other in spots.iter().skip(a + 1) {
                assert!(one.column != other.column || (one.row - other.row).abs() > 0.99, "{spots:?}");
            }
        }
        assert!((spots[1].row + spots[2].row - 2.0 * spots[0].row).abs() < 0.01, "{spots:?}");
    }

    #[test]
    fn a_circle_ends() {
        assert_eq!(spots(3, &[(0, 1), (1, 2), (2, 0)]).len(), 3);
        assert_eq!(spots(0, &[]), []);
    }
}
