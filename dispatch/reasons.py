"""Why something is left out, in words that a dispatcher can act on."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "no_vehicle": (
        "No truck on shift carries this stream or may do this work.",
        "当班车辆中没有可承运该类垃圾或可作业的车辆。",
    ),
    "too_heavy": (
        "It is more than the largest truck of its stream can take.",
        "超过该类最大车辆的载重或容积。",
    ),
    "no_facility": (
        "No station or plant that is open on this date accepts this stream.",
        "当日没有接收该类垃圾的开放设施。",
    ),
    "facility_full": (
        "The daily tonnage of every station that accepts it is used up.",
        "接收该类垃圾的设施当日处理量已满。",
    ),
    "facility_closed": (
        "No station that accepts it can be reached while its gate is open.",
        "在开放时间内无法到达接收设施。",
    ),
    "trips": ("The trucks have made all the trips that they may.", "车辆趟次已用完。"),
    "water": ("No water point can be used for the water that it needs.", "没有可用的加水点。"),
    "window": (
        "No truck can be there inside its time window.",
        "没有车辆能在规定时段内到达。",
    ),
    "shift": (
        "Even a truck that does nothing else cannot be back before its shift ends.",
        "即使只做此项,车辆也无法在班次结束前返回。",
    ),
    "unreachable": (
        "No truck of its stream can drive there: limits, closures or bans stand in the way.",
        "受限行、封闭或限制影响,车辆无法到达。",
    ),
    "meal_break": ("It leaves no room for the driver's meal break.", "无法安排司机用餐时间。"),
    "fleet_busy": (
        "One truck alone could do it, but all are busy to the end of their shifts.",
        "单车可完成,但所有车辆班次内均已排满。",
    ),
    "price": (
        "Serving it would cost more than leaving it out is priced at.",
        "服务成本高于漏收代价。",
    ),
    "day_limit": (
        "The trucks may collect no more on this day: their most kilograms or stops are reached.",
        "车辆当日收运量或作业点数已达上限。",
    ),
    "duration": (
        "A truck would be under way for longer than it may.",
        "车辆出车时长将超过上限。",
    ),
    "range": (
        "It lies beyond what the range of the trucks' batteries leaves for a day.",
        "超出车辆当日续航里程。",
    ),
    "other_visits": (
        "It is one of several visits, which no permitted choice of days has room for together.",
        "该点需多次收运,现有可选日期均无法全部安排。",
    ),
    "convoy": (
        "The convoy cannot work all its passes within their lag, the hours of work and its shift.",
        "作业编组无法在规定间隔、作业时段和班次内完成全部工序。",
    ),
    "no_convoy": (
        "No convoy can be formed: a kind of vehicle that its passes need is not on shift or busy.",
        "无法编组:当班车辆中缺少某道工序所需车型。",
    ),
    "bins": (
        "The bins of its street are not emptied on this date, and it is swept only after them.",
        "该路段垃圾桶当日未清运,按规定清运后方可清扫。",
    ),
    "no_loader": (
        "No loader comes to its heap: the hours of the loaders are used up.",
        "装载机作业时间已排满,无法到达该雪堆装车。",
    ),
    "loader_barred": (
        "No loader or no tipper can drive to its heap: limits, closures or bans stand in the way.",
        "受限行、封闭或限制影响,装载机或自卸车无法到达该雪堆。",
    ),
    "stays_aboard": (
        "No facility takes what is aboard in the hours of the truck, which stays at its depot.",
        "该车班次内无处理设施可卸,车辆载料留在停车场。",
    ),
    "gated": (
        "It stands behind a gate that no truck of its stream may pass.",
        "该点位于门禁之内,承运车辆均无通行许可。",
    ),
    "cut_off": (
        "Its street is cut off from the rest for every truck of its stream: by a closure, a limit,"
        " a one-way street or the edge of the map.",
        "所在道路因封闭、限行、单行或地图边界,与该类车辆可行驶的路网不连通。",
    ),
    "off_network": (
        "It stands on no street that a truck may drive.",
        "附近没有车辆可通行的道路。",
    ),
}


def reason_words(reason: str) -> tuple[str, str]:
    """Return the English and the Chinese sentence of a reason.

    Raises
    ------
    KeyError
        When the reason is none that a plan can give.
    """
    return WORDS[reason]
