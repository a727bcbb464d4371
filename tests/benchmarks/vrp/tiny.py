"""Instances small enough to be solved by hand, one for each format."""

from __future__ import annotations

import json
from pathlib import Path

SOLOMON = """TINY

VEHICLE
NUMBER     CAPACITY
  2          10

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0         0          0          0        100          0
    1      3         4          6          0         44         10
    2      6         8          4         30         40         10
    3      1         1          5          0         90         10
"""

CVRP = """NAME : tiny
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
4 1 1
DEMAND_SECTION
1 0
2 6
3 4
4 5
DEPOT_SECTION
 1
 -1
EOF
"""

HFVRP = """NAME: tiny
TYPE: HFVRP
DIMENSION: 3
VEHICLES: 2
EDGE_WEIGHT_TYPE: EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
DEMAND_SECTION
1 0
2 6
3 4
CAPACITY_SECTION
1 10
2 6
VEHICLES_FIXED_COST_SECTION
1 500
2 200
VEHICLES_UNIT_DISTANCE_COST_SECTION
1 70
2 50
DEPOT_SECTION
1
EOF
"""

MDVRPTW = """NAME: tiny
TYPE: MDVRPTW
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 4
VEHICLES: 2
CAPACITY: 10
VEHICLES_MAX_DURATION: 40
NODE_COORD_SECTION
1 0 0
2 10 0
3 3 4
4 10 5
DEMAND_SECTION
1 0
2 0
3 6
4 4
SERVICE_TIME_SECTION
1 0
2 0
3 10
4 10
TIME_WINDOW_SECTION
1 0 200
2 0 200
3 100 110
4 50 60
VEHICLES_DEPOT_SECTION
1 1
2 2
DEPOT_SECTION
1
2
EOF
"""

MTVRPTWR = """NAME: tiny
TYPE: MTVRPTWR
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 3
VEHICLES: 1
CAPACITY: 10
SERVICE_TIME: 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
DEMAND_SECTION
1 0
2 6
3 5
TIME_WINDOW_SECTION
1 0 100
2 0 50
3 0 90
RELEASE_TIME_SECTION
1 0
2 0
3 60
VEHICLES_RELOAD_DEPOT_SECTION
1 1
DEPOT_SECTION
1
EOF
"""

KIM = """10.0 \t// vehicle capacity (yards), real number
16.0\t// total yardage allowed for a vehicle per day, real number
3\t// total number of regular stops for a vehicle allowed per day
3600\t// lunch time duration in second, lunch time should start between 11:00am and 12:00 pm
40\t// speed: MPH
Stop_ID\tX\tY\tEarly\tLate\tService\tLoad\tType
70 0.00 0.00 0600 1500 0 9999.00 0
9 0.00 5280.00 0000 1675 600 9999.00 2
1 5280.00 0.00 0700 2400 60 6.00 1
2 5280.00 5280.00 0000 2400 60 4.50 1
3 0.00 10560.00 0000 0800 60 5.00 1
"""

CORDEAU = """1 1 2 2
100 10
100 10
 0 0 0 0  0 0 0
 1 3 4 5  6 1 2 1 2
 2 6 8 5  4 2 1 3
"""

MDVRPI = {
    "num_vehicles": 1,
    "capacity": 10,
    "max_rotation_duration": 100,
    "docking_time": 15,
    "central_depot": [0, 0],
    "intermediate_depots": [[3, 0]],
    "customers": [
        {"id": 1, "x": 3, "y": 4, "service": 2, "demand": 8},
        {"id": 2, "x": 0, "y": 4, "service": 2, "demand": 8},
    ],
}

PVRPIF = {
    "info": {
        "numVehicles": 1,
        "maxDuration": 40,
        "maxCapacity": 10,
        "planningHorizon": 4,
    },
    "features": [
        {"properties": {"id": 0, "type": "depot", "frequency": 0, "demand": 0, "service": 0}},
        {"properties": {"id": 1, "type": "customer", "frequency": 2, "demand": 6, "service": 3}},
        {"properties": {"id": 2, "type": "customer", "frequency": 1, "demand": 7, "service": 3}},
        {
            "properties": {
                "id": 3,
                "type": "intermediateFacility",
                "frequency": 0,
                "demand": 0,
                "service": 0,
            }
        },
    ],
    "duration": [[0, 5, 6, 2], [5, 0, 4, 3], [7, 4, 0, 8], [2, 3, 8, 0]],
}

MONTEVIDEO = {
    "containers": "11\t-56.10\t-34.90\t0\t500\t60\t2\t-1\n12\t-56.11\t-34.90\t0\t500\t50\t2\t-1\n",
    "otherlocs": "1\t-56.12\t-34.90\t0\t1000\n2\t-56.13\t-34.90\t0\t1000\n",
    "vehicles": "# vid\n1\t1\t2\t1\t20\t100\t0\t200\n",
    "dmatrix-time": "1\t11\t2\n11\t1\t2\n2\t11\t3.5\n11\t2\t3.5\n1\t2\t1\n2\t1\t1\n11\t12\t1\n",
}


def write_text(folder: Path, name: str, text: str) -> Path:
    """Write a file, with the line ends of the originals for Kim's."""
    file = folder / name
    file.write_text(text, newline="\r\n" if "stop" in name else None)
    return file


def write_json(folder: Path, name: str, document: dict) -> Path:
    """Write a document as JSON."""
    return write_text(folder, name, json.dumps(document))


def write_montevideo(folder: Path) -> Path:
    """Write the four files of a case; return the first."""
    files = [write_text(folder, f"tiny.{part}.txt", text) for part, text in MONTEVIDEO.items()]
    return files[0]


def write_qingdao(folder: Path) -> Path:
    """Write the three files of a city of two sites; return the file of the sites."""
    depots = [{"id": "d", "lng": 120_000_000, "lat": 36_000_000}]
    facilities = [{"id": "f", "lng": 120_010_000, "lat": 36_000_000}]
    sites = [
        {
            "id": name,
            "lng": lng,
            "lat": 36_000_000,
            "capacity": 20_000,
            "stopLength": 60,
            "workTimes": [["07:00", "17:00"]],
        }
        for name, lng in (("a", 120_020_000), ("b", 120_030_000))
    ]
    write_json(folder, "Depots.json", {"depot": depots})
    write_json(folder, "DisposalFacilities.json", {"disposal_facility": facilities})
    return write_json(folder, "WasteCollectionSites.json", {"point": sites})
