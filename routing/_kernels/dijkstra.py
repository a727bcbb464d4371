"""Shortest paths over the arc graph, one search a source.

A label is one int64: milliseconds in the upper and centimetres in the lower 32 bits, so that plain
addition and comparison order paths by time and, among equal times, by length. The label of an
arc is the cost at its *beginning*, the turn into it included.
"""

from __future__ import annotations

import numpy as np

from routing._kernels.jit import kernel

UNREACHED = 1 << 62


@kernel
def push(keys, items, size, key, item):
    """Put an item into the binary heap; return the new size."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if keys[parent] <= key:
            break
        keys[i] = keys[parent]
        items[i] = items[parent]
        i = parent
    keys[i] = key
    items[i] = item
    return size + 1


@kernel
def pop(keys, items, size):
    """Remove the first item of the binary heap; return the new size."""
    size -= 1
    key = keys[size]
    item = items[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i] = keys[child]
        items[i] = items[child]
        i = child
    keys[i] = key
    items[i] = item
    return size


@kernel
def many_to_many(first_out, head, weight, base, rest, sources, targets, out):
    """Write the label at the beginning of each target arc for each source.

    Parameters
    ----------
    first_out, head : int32
        Turns in CSR form, shapes (num_arcs + 1,) and (num_turns,).
    weight : int64 (num_turns,)
        Label of the whole arc that the turn leaves, plus the turn; negative = banned.
    base : int32 (num_arcs,)
        Real arc of each copy: the first copy reached stands for the arc.
    rest : int64 (num_sources, 2)
        Label from the source's place to the end of its arc, and of the whole arc; negative = the
        arc is closed to the profile.
    sources, targets : int32
        Real arcs, shapes (num_sources,) and (num_targets,).
    out : int64 (num_sources, num_targets)
        Written in place; UNREACHED where there is no way.

    Notes
    -----
    Dijkstra's algorithm with a binary heap, O((n + m) log m) a source; a search ends when each
    distinct target arc is settled.
    """
    num_arcs = first_out.shape[0] - 1
    label = np.full(num_arcs, UNREACHED, np.int64)
    touched = np.empty(num_arcs, np.int32)
    keys = np.empty(head.shape[0] + 16, np.int64)
    items = np.empty(head.shape[0] + 16, np.int32)
    reached = np.full(num_arcs, UNREACHED, np.int64)  # by real arc
    wanted = np.zeros(num_arcs, np.uint8)
    distinct = 0
    for j in range(targets.shape[0]):
        distinct += 1 - wanted[targets[j]]
        wanted[targets[j]] = 1
    for i in range(sources.shape[0]):
        num_touched = 0
        size = 0
        left = distinct
        source = sources[i]
        if rest[i, 0] >= 0:
            for turn in range(first_out[source], first_out[source + 1]):
                to = head[turn]
                if weight[turn] < 0:
                    continue
                key = rest[i, 0] + weight[turn] - rest[i, 1]
                if key < label[to]:
                    if label[to] == UNREACHED:
                        touched[num_touched] = to
                        num_touched += 1
                    label[to] = key
                    size = push(keys, items, size, key, to)
        while size > 0:
            key = keys[0]
            arc = items[0]
            size = pop(keys, items, size)
            if key > label[arc]:
                continue
            real = base[arc]
            if wanted[real] and reached[real] == UNREACHED:
                reached[real] = key
                left -= 1
                if left == 0:
                    break
            for turn in range(first_out[arc], first_out[arc + 1]):
                if weight[turn] < 0:
                    continue
                to = head[turn]
                new = key + weight[turn]
                if new < label[to]:
                    if label[to] == UNREACHED:
                        touched[num_touched] = to
                        num_touched += 1
                    label[to] = new
                    size = push(keys, items, size, new, to)
        for j in range(targets.shape[0]):
            out[i, j] = reached[targets[j]]
        for k in range(num_touched):
            label[touched[k]] = UNREACHED
        for j in range(targets.shape[0]):
            reached[targets[j]] = UNREACHED


@kernel
def search_tree(first_out, head, weight, base, source, rest, whole, targets, label, parent, hit):
    """Write the shortest-path tree of one source.

    ``label`` int64 (num_arcs,) must hold UNREACHED and ``parent`` int32 (num_arcs,) anything;
    ``hit`` int32 (num_targets,) receives the copy on which each target is reached first, -1 = none.
    Other parameters as in `many_to_many`.
    """
    keys = np.empty(head.shape[0] + 16, np.int64)
    items = np.empty(head.shape[0] + 16, np.int32)
    first_copy = np.full(first_out.shape[0] - 1, -1, np.int32)
    size = 0
    for turn in range(first_out[source], first_out[source + 1]):
        key = rest + weight[turn] - whole
        if weight[turn] >= 0 and rest >= 0 and key < label[head[turn]]:
            label[head[turn]] = key
            parent[head[turn]] = -1
            size = push(keys, items, size, key, head[turn])
    while size > 0:
        key = keys[0]
        arc = items[0]
        size = pop(keys, items, size)
        if key > label[arc]:
            continue
        if first_copy[base[arc]] < 0:
            first_copy[base[arc]] = arc
        for turn in range(first_out[arc], first_out[arc + 1]):
            if weight[turn] < 0:
                continue
            new = key + weight[turn]
            if new < label[head[turn]]:
                label[head[turn]] = new
                parent[head[turn]] = arc
                size = push(keys, items, size, new, head[turn])
    for j in range(targets.shape[0]):
        hit[j] = first_copy[targets[j]]
