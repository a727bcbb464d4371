// The panel beside the map: key figures, trucks, what is left out, stations, figures, assumptions.
const TABS = {
  trucks: ["车辆", "Trucks"], unserved: ["未完成", "Unserved"], stations: ["设施", "Stations"],
  figures: ["指标", "Figures"], assumptions: ["假设", "Assumptions"],
};
let tab = "trucks", sought = "";
const heading = (text) => { const node = element("h2", ""); node.textContent = text; return node; };
const paragraph = (text) => { const node = element("p", ""); node.textContent = text; return node; };
const goTo = (target) => {
  if (!map.hasLayer(target)) map.setZoom(14, { animate: false });
  map.setView(target.getLatLng(), Math.max(map.getZoom(), 15), { animate: false });
  target.openPopup();
  lookAtMap();
};
const card = (markup, target) => {
  const node = element("div", target ? "card link" : "card", markup);
  return target ? pressable(node, () => goTo(target)) : node;
};

const drawTiles = () => {
  const total = plan.kpis.total, work = total.driving_s + total.service_s + total.waiting_s;
  const tiles = [
    [km(total.length_m), word("kpi", "length_m")], [hours(work), say("工时", "Hours")],
    [mass(total.mass_kg), word("kpi", "mass_kg")], [money(total.cost), `${word("kpi", "cost")} ${plan.currency}`],
    [mass(total.co2_g / 1000), word("kpi", "co2_g")], [number(total.trucks_used), word("kpi", "trucks_used")],
    [percent(total.punctuality), word("kpi", "punctuality")], [number(total.unserved), word("kpi", "unserved"), total.unserved > 0],
    ...(total.hauls ? [[mass(total.hauled_kg), word("kpi", "hauled_kg")]] : []),
  ];
  byId("tiles").innerHTML = tiles.map(([value, name, alarm]) => `<div class="tile${alarm ? " alarm" : ""}"><b>${escape(value)}</b><span>${escape(name)}</span></div>`).join("");
};

// ---- trucks -----------------------------------------------------------------------------------
const truckMarkup = (route) => {
  const trips = route.steps.filter((s) => s.kind === "unload").length, late = route.steps.filter(isLate).length;
  const marks = [late ? `<span class="flag late">${say("迟到", "late")} ${late}</span>` : "", route.overtime_s ? `<span class="flag">${say("加班", "overtime")} ${minutes(route.overtime_s)}</span>` : ""];
  return `<span class="swatch${route.sweeps ? " thick" : ""}" style="background:${route.color}"></span>
    <div><div class="title"><b>${escape(route.truck_id)}</b><small>${escape(word("truck", route.truck_kind))}</small>${marks.join("")}</div>
    <small>${clock(route.start_s)}–${clock(route.end_s)} · ${route.steps.filter(isTask).length} ${say("处", "stops")} · ${trips} ${say("趟", trips === 1 ? "trip" : "trips")}</small></div>
    <small class="right">${km(route.length_m)}<br>${mass(sum(route.steps.filter(isTask).map((s) => s.mass_kg)))}</small>`;
};
const checkbox = (checked, label, action) => {
  const box = element("input", "");
  box.type = "checkbox";
  box.checked = checked;
  box.setAttribute("aria-label", label);
  box.addEventListener("click", (event) => event.stopPropagation());
  box.addEventListener("change", () => action(box.checked));
  return box;
};
const show = (routes, visible) => {
  routes.forEach((route) => { route.visible = visible; });
  if (focused && !focused.visible) focus(null);
  else redraw();
};
const truckRow = (route) => {
  const row = element("div", `row${focused === route ? " focus" : ""}`, truckMarkup(route));
  row.prepend(checkbox(route.visible, route.truck_id, (visible) => show([route], visible)));
  return pressable(row, () => focus(focused === route ? null : route));
};
const stepItem = (route, step) => {
  const taken = step.mass_kg ? mass(step.mass_kg) : step.water_l ? `${number(step.water_l)} L` : "";
  const mark = step.number ? `<i class="pin" style="background:${route.color}">${step.number}</i>` : icon(step.kind);
  const item = element("li", isLate(step) ? "late" : "", `<span>${clock(step.begin_s)}</span>${mark}<span>${escape(stepTitle(step))}</span><small>${taken}</small>`);
  return pressable(item, () => showStep(route, step));
};
const stepList = (route) => {
  const list = element("ol", "steps");
  route.steps.forEach((step, k) => {
    if (step.trip !== route.steps[k - 1]?.trip && step.kind !== "end") {
      const part = element("li", "trip");
      part.textContent = say(`第 ${step.trip} 趟`, `Trip ${step.trip}`);
      list.append(pressable(part, () => focus(route, step.trip)));
    }
    list.append(stepItem(route, step));
  });
  return list;
};
const found = () => {
  const wanted = sought.toLowerCase(), hits = [];
  const matches = (...texts) => texts.some((text) => String(text || "").toLowerCase().includes(wanted));
  for (const left of plan.unserved) if (matches(left.name, left.id)) hits.push(card(`<b>${escape(left.name || left.id)}</b><small class="reason">${say("未完成", "unserved")}</small>`, left.marker));
  for (const route of plan.routes) for (const step of route.steps.filter(isTask)) {
    if (matches(step.name, step.id, step.street, route.truck_id)) hits.push(pressable(element("div", "card link", `<b>${escape(step.name || step.id)}</b><small>${escape(route.truck_id)} · ${clock(step.begin_s)} · ${escape(step.id)}</small>`), () => showStep(route, step)));
  }
  return hits.length ? hits.slice(0, 60) : [paragraph(say("没有找到。", "Nothing found."))];
};
const truckList = () => Object.keys(plan.words.stream).concat([...new Set(plan.routes.map((r) => r.stream))].filter((s) => !plan.words.stream[s])).flatMap((stream) => {
  const routes = plan.routes.filter((r) => r.stream === stream);
  if (!routes.length) return [];
  const head = element("h2", "", `<i style="background:${streamColor(stream)}"></i><span>${escape(streamWord(stream))}</span><small>${routes.length} ${say("辆", routes.length === 1 ? "truck" : "trucks")}</small>`);
  head.prepend(checkbox(routes.every((r) => r.visible), stream, (visible) => show(routes, visible)));
  return [head, ...routes.flatMap((route) => (focused === route ? [truckRow(route), stepList(route)] : [truckRow(route)]))];
});
const truckPanel = () => {
  const search = element("input", "search"), results = element("div", "");
  search.type = "search";
  search.placeholder = say("查找收集点、路段、编号…", "Find a stop, a street, an id…");
  search.value = sought;
  const fill = () => results.replaceChildren(...(sought ? found() : truckList()));
  search.addEventListener("input", () => { sought = search.value.trim(); fill(); });
  fill();
  return [search, results];
};

// ---- the other tabs ---------------------------------------------------------------------------
const unservedPanel = () => {
  if (!plan.unserved.length) return [paragraph(say("当日应收点和应扫路段全部安排。", "Everything that is due today is served."))];
  return plan.unserved.map((left) => card(`<b>${escape(left.name || left.id)}</b>
    <small>${escape(left.id)} · ${escape(streamWord(left.stream))} · ${left.kind === "street" ? `${number(left.length_m)} m` : mass(left.mass_kg)}${left.district ? ` · ${escape(left.district)}` : ""}</small>
    <span class="reason">${escape(say(left.text_zh, left.text))}</span>`, left.marker));
};
const stationPanel = () => plan.facilities.map((facility) => card(`<div class="station">${icon(facility.kind)}<div><b>${escape(facility.name)}</b>
  <small>${escape(word("facility", facility.kind))} · ${openHours(facility)} · ${facility.bays} ${say("车位", facility.bays === 1 ? "bay" : "bays")}</small></div></div>
  ${receivedRows(facility).map(([name, amount]) => `<small class="ends"><span>${escape(name)}</span><span>${amount}</span></small>`).join("")}
  ${facility.capacity_kg_day ? `${meter(facility)}<small class="ends"><span>${percent(received(facility) / facility.capacity_kg_day)}</span><span>${say("日能力", "daily limit")} ${mass(facility.capacity_kg_day)}</span></small>` : ""}${queueBars(facility)}${stockCurve(facility)}`, facility.marker));
const figureTable = (family, name) => {
  const columns = [["#", (f) => number(f.stops + f.streets)], [say("重量", "Mass"), (f) => mass(f.mass_kg)], [say("里程", "Way"), (f) => km(f.length_m)],
    [say("成本", "Cost"), (f) => money(f.cost)], [say("准点", "Punct."), (f) => percent(f.punctuality)], [say("未完成", "Left"), (f) => number(f.unserved)]];
  return element("table", "figures", `<tr><th></th>${columns.map(([title]) => `<th>${title}</th>`).join("")}</tr>
    ${Object.entries(plan.kpis[family]).map(([key, f]) => `<tr><td>${escape(name(key))}</td>${columns.map(([, of]) => `<td>${of(f)}</td>`).join("")}</tr>`).join("")}`);
};
const figuresPanel = () => [
  heading(say("按类别", "By stream")), figureTable("by_stream", (key) => streamWord(key)),
  heading(say("按片区", "By district")), figureTable("by_district", (key) => key || say("未分区", "none")),
  heading(say("按车辆", "By truck")), figureTable("by_truck", (key) => key),
];
const assumptionsPanel = () => {
  const bound = plan.bound ? [heading(say("成本下界", "Lower bound of cost")), card(`<b>${money(plan.bound.lower_bound)}</b> / ${money(plan.bound.cost)} ${escape(plan.currency)} · ${say("差距", "gap")} ${percent(plan.bound.gap)}<small>${escape(plan.bound.kind)}</small>`)] : [];
  const warnings = plan.warnings.length ? [heading(`${say("提示", "Warnings")} · ${plan.warnings.length}`), ...plan.warnings.map((w) => { const node = card(escape(w)); node.classList.add("warning"); return node; })] : [];
  const sure = { high: ["高", "high"], medium: ["中", "medium"], low: ["低", "low"] };
  const assumptions = plan.assumptions.map((a) => card(`<div class="ends"><code>${escape(a.key)}</code><b>${escape(a.value)} ${escape(a.unit)}</b></div>
    <small><span class="flag sure-${escape(a.confidence)}">${escape((sure[a.confidence] || [a.confidence, a.confidence])[language])}</span> ${escape(a.source)}</small>`));
  const origin = Object.entries(plan.fingerprint).map(([key, value]) => `<small class="ends"><span>${escape(key)}</span><span>${escape(String(value).slice(0, 24))}</span></small>`).join("");
  return [...bound, ...warnings, heading(`${say("采用的默认值(来源与可信度)", "Defaults used (source, confidence)")} · ${plan.assumptions.length}`), ...assumptions, heading(say("数据指纹", "Fingerprint")), card(origin)];
};
const PANELS = { trucks: truckPanel, unserved: unservedPanel, stations: stationPanel, figures: figuresPanel, assumptions: assumptionsPanel };
const drawPanel = () => {
  byId("tabs").replaceChildren(...Object.keys(TABS).map((key) => {
    const button = element("button", "", escape(TABS[key][language]) + (key === "unserved" && plan.unserved.length ? ` <sup>${plan.unserved.length}</sup>` : ""));
    button.type = "button";
    button.setAttribute("role", "tab");
    button.setAttribute("aria-selected", String(key === tab));
    button.addEventListener("click", () => { tab = key; drawPanel(); byId("panel").scrollTop = 0; });
    return button;
  }));
  byId("panel").replaceChildren(...PANELS[tab]());
  const row = byId("panel").querySelector(".row.focus"), box = byId("panel").getBoundingClientRect();
  const seen = !row || (row.getBoundingClientRect().top >= box.top && row.getBoundingClientRect().bottom < box.bottom - 120);
  if (!seen && !onPhone()) row.scrollIntoView({ block: "start" });
};
