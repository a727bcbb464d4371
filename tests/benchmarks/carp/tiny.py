"""Instances of every format, small enough to be solved by hand."""

from __future__ import annotations

from pathlib import Path

CARP = """ NOMBRE : tiny
 COMENTARIO : 20 (cota superior)
 VERTICES : 4
 ARISTAS_REQ : 3
 ARISTAS_NOREQ : 2
 VEHICULOS : 2
 CAPACIDAD : 5
 TIPO_COSTES_ARISTAS : EXPLICITOS
 COSTE_TOTAL_REQ : 9
 LISTA_ARISTAS_REQ :
 ( 1, 2)  coste 2   demanda 3
 ( 2, 3)  coste 3   demanda 2
 ( 3, 4)  coste 4   demanda 4
 LISTA_ARISTAS_NOREQ :
 ( 4, 1)  coste 5
 ( 2, 3)  coste 7
 DEPOSITO :   1
"""
"""A square 1-2-3-4; the second edge between 2 and 3 is the dearer one, and the last."""

ENGLISH = """NAME : tiny
UPPER BOUND : 20
NODES : 4
EDGES_REQ : 2
EDGES_NOREQ : 1
VEHICLES : 2
CAPACITY : 5
----
EDGE_REQ_LIST :
( 0, 2)   cost 2    demand 3
( 2, 3)   cost 3    demand 2
EDGE_NOREQ_LIST :
( 3, 0)   cost 9
DEPOT : 0
"""

MIXED = """NAME : tiny
NODES : 3
REQ_EDGES : 1
NOREQ_EDGES : 1
REQ_ARCS : 1
NOREQ_ARCS : 1
VEHICLES : 1
CAPACITY : 10
DUMPING_COST : 30
MAX_TRIP : 150
LIST_REQ_EDGES :
(-1,7)   serv_cost 20    trave_cost 4    demand 6
LIST_NOREQ_EDGES :
(7,8)   cost 3
LIST_REQ_ARCS :
(7,8)   serv_cost 12   trav_cost 2   demand 5
LIST_NOREQ_ARCS :
(8,-1)   cost 1
DEPOT : -1
"""

WITH_SITE = MIXED + "DUMPING_SITES : 8\n"

MCGRP = """Name:\t\ttiny
Optimal value:\t-1
#Vehicles:\t-1
Capacity:\t5
Depot Node:\t1
#Nodes:\t\t3
#Edges:\t\t2
#Arcs:\t\t1
#Required N:\t1
#Required E:\t1
#Required A:\t1

ReN.\tDEMAND\tS. COST
N3\t2\t9

ReE.\tFrom N.\tTo N.\tT. COST\tDEMAND\tS. COST
E1\t1\t2\t4\t2\t6

EDGE\tFROM N.\tTO N.\tT. COST
NrE1\t1\t3\t6

ReA.\tFROM N.\tTO N.\tT. COST\tDEMAND\tS. COST
A1\t2\t3\t1\t1\t2

ARC\tFROM N.\tTO N.\tT. COST
based on thin air
"""

TURNS = """Name:\t\ttiny
#Vehicles:\t1
Capacity:\t9
Depot:\t1
#Nodes:\t3
#Edges:\t2
#Arcs:\t1
#Required-N:\t1
#Required-E:\t1
#Required-A:\t0
#Nb-Turns:\t3

----------NODES----------
INDEX\tQTY\tIS-REQUIRED\tX\tY
1\t0\t0\t0\t0
2\t0\t0\t1\t0
3\t4\t1\t1\t1

----------EDGES----------
INDEX-I\tINDEX-J\tQTY\tIS-REQUIRED\tTR-COST
1\t2\t3\t1\t5
2\t3\t0\t0\t2

-----------ARCS----------
INDEX-I\tINDEX-J\tQTY\tIS-REQUIRED\tTR-COST
3\t1\t0\t0\t4

----------TURNS----------\t\t
INDEX-I\tINDEX-J INDEX-K\tCOST TYPE
1\t2\t3\t7\tL
1\t2\t1\t15\tU
2\t3\t2\t20\tU
"""
"""Around: 5 + 7 (left) + 2 + 4 = 18; the node 3 is reached by the edge alone."""

RWCP = "\n".join(
    [
        "NAME\ttiny",
        "NODES\t4",
        "REQ_EDGES\t1",
        "NOREQ_EDGES\t2",
        "REQ_ARCS\t1",
        "NOREQ_ARCS\t0",
        "CAPACITY\t10\t20",
        "DUMPING_COST\t30.5",
        "MAX_DURATION\t500",
        "DEPOT\t1",
        "DUMPING_SITES\t4",
        "TURN_PENALTY\t0\t5.25\t10\t40",
        "LIST_REQ_EDGES :",
        # written from head to tail
        "1\t2\t12\t2\t3\t4\t1 0,0 0",
        "LIST_NOREQ_EDGES :",
        "2\t4\t0\t6\t0\t0\t1 0,1 -1",
        "1\t3\t0\t9\t0\t0\t0 0,0 1",
        "LIST_REQ_ARCS :",
        "2\t3\t8.5\t3\t8\t1.5\t1 0,1 1,0 1",
        "",
    ]
)
"""From 1 east to 2; there left (north) to 3, right (south) to the site 4."""

FILES = {
    "carp": ("tiny.dat", CARP),
    "english": ("tiny.txt", ENGLISH),
    "mixed": ("tiny.txt", MIXED),
    "site": ("tiny.txt", WITH_SITE),
    "mcgrp": ("tiny.dat", MCGRP),
    "turns": ("tiny.dat", TURNS),
    "rwcp": ("tiny.txt", RWCP),
}


def write(folder: Path, kind: str) -> Path:
    """Write the instance of a kind; return its file."""
    name, text = FILES[kind]
    file = folder / name
    file.write_text(text)
    return file
