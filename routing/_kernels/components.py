"""Strongly connected parts of the arc graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import kernel


@kernel
def strong_components(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    turn_cost: NDArray[np.int32],
    arc_time: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Number of the strongly connected part of each arc, shape (n,); -1 = closed.

    Parameters
    ----------
    first_out, head
        Turns in CSR form, shapes (n + 1,) and (m,).
    turn_cost
        Shape (m,); a negative cost is a banned turn.
    arc_time
        Shape (n,); a negative time is a closed arc.

    Notes
    -----
    Tarjan's search with explicit stacks, O(n + m).

    References
    ----------
    R. Tarjan (1972), Depth-first search and linear graph algorithms, doi 10.1137/0201010.
    """
    n = len(first_out) - 1
    part = np.full(n, -1, np.int32)
    order = np.full(n, -1, np.int32)
    low = np.zeros(n, np.int32)
    cursor = np.zeros(n, np.int32)
    open_stack = np.empty(n, np.int32)
    call_stack = np.empty(n, np.int32)
    num_open = 0
    counter = 0
    num_parts = 0
    for root in range(n):
        if order[root] >= 0 or arc_time[root] < 0:
            continue
        depth = 0
        call_stack[0] = root
        order[root] = counter
        low[root] = counter
        counter += 1
        cursor[root] = first_out[root]
        open_stack[num_open] = root
        num_open += 1
        while depth >= 0:
            arc = call_stack[depth]
            turn = cursor[arc]
            if turn < first_out[arc + 1]:
                cursor[arc] = turn + 1
                to = head[turn]
                if turn_cost[turn] < 0 or arc_time[to] < 0:
                    continue
                if order[to] < 0:
                    order[to] = counter
                    low[to] = counter
                    counter += 1
                    cursor[to] = first_out[to]
                    open_stack[num_open] = to
                    num_open += 1
                    depth += 1
                    call_stack[depth] = to
                elif part[to] < 0:
                    # Still open, so it belongs to the part being found.
                    low[arc] = min(low[arc], order[to])
                continue
            if low[arc] == order[arc]:
                while True:
                    num_open -= 1
                    member = open_stack[num_open]
                    part[member] = num_parts
                    if member == arc:
                        break
                num_parts += 1
            depth -= 1
            if depth >= 0:
                parent = call_stack[depth]
                low[parent] = min(low[parent], low[arc])
    return part
