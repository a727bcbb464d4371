// The day on the map: routes, stations, what is left out, and where each truck is at a minute.
const placePopup = { maxWidth: 320, minWidth: 200, autoPanPaddingTopLeft: [12, 60], autoPanPaddingBottomRight: [60, 12] };
const stepTitle = (step) => (isTask(step) ? step.name || step.id
  : `${word("activity", step.word)}${["rest", "meal", "break", "change"].includes(step.word) ? "" : ` ${step.name || step.id}`}`);
const stepPopup = (route, step) => `<b>${step.number ? `<i class="pin" style="background:${route.color}">${step.number}</i> ` : ""}${escape(stepTitle(step))}</b>
  <div class="soft">${escape(route.truck_id)}${isTask(step) ? ` · ${escape(word("activity", step.word))}` : ""}${step.stream ? ` · ${escape(streamWord(step.stream))}` : ""}</div>${table([
  [say("作业", "Service"), `${clock(step.begin_s)}–${clock(step.end_s)}`],
  [say("时段", "Window"), step.window ? `${clock(step.window[0])}–${clock(step.window[1])}` : "", isLate(step)],
  [say("到达 / 等候", "Arrived, waited"), step.begin_s - step.arrive_s >= 60 ? `${clock(step.arrive_s)} · ${minutes(step.begin_s - step.arrive_s)}` : ""],
  [step.kind === "unload" ? say("卸下", "Put down") : say("收运", "Taken"), step.mass_kg ? mass(step.mass_kg) : ""],
  [say("作业后载重", "Load after"), `${mass(step.load_kg)} / ${mass(route.capacity_kg)}`],
  [step.kind === "refill" ? say("加水", "Water taken") : say("用水", "Water used"), step.water_l ? `${number(step.water_l)} L` : ""],
  [say("作业长度", "Worked"), step.service_m ? `${number(step.service_m)} m` : ""],
  [say("街道", "Street"), step.street === step.name ? "" : step.street],
  [say("侧", "Side"), step.side ? word("side", step.side) : ""],
  [say("片区", "District"), step.district],
  [say("趟次", "Trip"), step.trip],
  [say("车位", "Bay"), step.bay === null ? "" : step.bay + 1],
  [say("来程", "Way here"), step.leg_m ? `${km(step.leg_m)} · ${minutes(step.leg_s)}` : ""],
  [say("经由", "Via"), step.via.join(" → ")],
  [say("编号", "Id"), step.id],
])}`;

/** Open a popup on a press; unlike a bound one it stays when the layer is drawn again. */
const popsUp = (layer, content, at) => layer.on("click", (event) => L.popup(placePopup).setLatLng(at || event.latlng).setContent(content()).openOn(map));

// ---- stations ---------------------------------------------------------------------------------
const queueBars = (facility) => {
  if (!facility.queue.length) return "";
  const begin = facility.queue[0][0], end = facility.queue[facility.queue.length - 1][1];
  const most = Math.max(...facility.queue.map((q) => q[2] + q[3]), 1);
  const at = (s) => ((100 * (s - begin)) / (end - begin)).toFixed(2);
  const rect = ([from, to, waiting, busy]) => ["busy", "wait"].map((name, k) => {
    const [low, high] = k ? [busy, busy + waiting] : [0, busy];
    return high > low ? `<rect class="${name}" x="${at(from)}" width="${(100 * (to - from)) / (end - begin)}" y="${30 - (30 * high) / most}" height="${(30 * (high - low)) / most}"/>` : "";
  }).join("");
  const longest = Math.max(...facility.queue.map((q) => q[2]));
  return `<svg class="queue" viewBox="0 0 100 30" preserveAspectRatio="none">${facility.queue.map(rect).join("")}</svg>
    <small class="ends"><span>${clock(begin)}</span><span>${longest ? say(`最多 ${longest} 辆排队`, `at most ${longest} waiting`) : say("无排队", "no queue")}</span><span>${clock(end)}</span></small>`;
};
const received = (facility) => sum(Object.values(facility.received_kg));
const receivedRows = (facility) => Object.entries(facility.received_kg).map(([stream, kg]) => [streamWord(stream), mass(kg)]);
const stockRows = ({ stock }) => (stock ? [
  [say("库容", "Holds"), mass(stock.storage_kg)],
  [say("最多存放", "Most there"), mass(stock.peak_kg), stock.peak_kg > stock.storage_kg],
  [say("运出", "Hauled away"), mass(sum(Object.values(stock.taken_kg)))],
  [say("过夜存放", "Stays overnight"), mass(sum(Object.values(stock.left_kg)))],
] : []);
/** Draw what lies at a station through the day, with a line where it is full. */
const stockCurve = ({ stock }) => {
  if (!stock || !stock.events.length) return "";
  const begin = stock.events[0][0], end = Math.max(plan.span[1], stock.events[stock.events.length - 1][0] + 60);
  const most = Math.max(stock.storage_kg, stock.peak_kg, 1);
  const at = (s) => ((100 * (s - begin)) / (end - begin)).toFixed(2), up = (kg) => (30 - (30 * kg) / most).toFixed(2);
  const steps = stock.events.map(([s, kg]) => `H${at(s)}V${up(kg)}`).join("");
  return `<svg class="queue" viewBox="0 0 100 30" preserveAspectRatio="none"><path class="busy" d="M0 30${steps}H100V30z"/>
    <path d="M0 ${up(stock.storage_kg)}H100" stroke="#d9480f" stroke-width="1" vector-effect="non-scaling-stroke"/></svg>
    <small class="ends"><span>${clock(begin)}</span><span>${stock.overflows.length ? say(`${clock(stock.overflows[0][0])} 起满仓`, `overflows from ${clock(stock.overflows[0][0])}`) : say("库存,未满仓", "stock, never full")}</span><span>${clock(end)}</span></small>`;
};
const openHours = (facility) => (facility.open_s === 0 && facility.close_s >= 86400 ? say("全天", "all day") : `${clock(facility.open_s)}–${clock(facility.close_s)}`);
const meter = (facility) => (facility.capacity_kg_day
  ? `<div class="meter"><i style="width:${Math.min(100, (100 * received(facility)) / facility.capacity_kg_day)}%"></i></div>` : "");
const facilityPopup = (facility) => `<b>${escape(facility.name)}</b>
  <div class="soft">${escape(word("facility", facility.kind))} · ${escape(facility.facility_id)}</div>${table([
  [say("开放", "Open"), openHours(facility)],
  [say("车位", "Bays"), facility.bays],
  ...receivedRows(facility),
  [say("日能力", "Daily limit"), facility.capacity_kg_day ? mass(facility.capacity_kg_day) : ""],
  ...stockRows(facility),
])}${meter(facility)}${queueBars(facility)}${stockCurve(facility)}`;
const depotPopup = (step) => `<b>${escape(step.name)}</b><div class="soft">${escape(word("facility", "depot"))} · ${escape(step.id)}</div>${table(
  plan.routes.filter((r) => r.steps[0].id === step.id).map((r) => [r.truck_id, `${clock(r.start_s)}–${clock(r.end_s)}`]))}`;
const leftPopup = (left) => `<b>${escape(left.name || left.id)}</b>
  <div class="soft">${escape(left.id)} · ${escape(streamWord(left.stream))}</div><p class="reason">${escape(say(left.text_zh, left.text))}</p>`;

const smallPlaces = L.layerGroup();
const places = L.layerGroup().addTo(map);
const addPlaces = () => {
  const small = (kind) => ["water", "wash", "salt"].includes(kind);
  for (const facility of plan.facilities) {
    const size = small(facility.kind) ? 18 : 26;
    facility.marker = marker([facility.lat, facility.lon], `place ${small(facility.kind) ? "small" : ""}`, size, icon(facility.kind), { zIndexOffset: small(facility.kind) ? 100 : 400 })
      .bindPopup(() => facilityPopup(facility), { ...placePopup, minWidth: 230 }).addTo(small(facility.kind) ? smallPlaces : places);
  }
  const met = new Set(plan.facilities.map((f) => f.facility_id));
  for (const step of plan.routes.flatMap((r) => [r.steps[0], r.steps[r.steps.length - 1]])) {
    if (met.has(step.id)) continue;
    met.add(step.id);
    marker(step.at, "place depot", 26, icon("depot"), { zIndexOffset: 300 }).bindPopup(() => depotPopup(step), placePopup).addTo(places);
  }
  for (const left of plan.unserved) {
    left.marker = marker([left.lat, left.lon], "left-out", 20, "!", { zIndexOffset: 600 }).bindPopup(() => leftPopup(left), placePopup).addTo(places);
  }
};
const showSmallPlaces = () => {
  const near = map.getZoom() >= 13;
  map.getContainer().classList.toggle("far", !near);
  if (near) smallPlaces.addTo(map);
  else smallPlaces.remove();
};
map.on("zoomend", showSmallPlaces);

// ---- routes -----------------------------------------------------------------------------------
let focused = null, focusedTrip = 0;
const widthScale = () => Math.min(1.5, Math.max(0.55, 2 ** ((map.getZoom() - 14) / 3)));
const drawRoute = (route, trip) => {
  const scale = widthScale(), layer = L.layerGroup(), detailed = focused === route;
  const popup = (step) => () => stepPopup(route, step);
  const steps = route.steps.filter((step) => !trip || step.trip === trip);
  for (const step of steps) {
    if (step.line.length > 1) L.polyline(step.line, {
      color: route.color, opacity: 0.85, weight: (route.sweeps ? 1.5 : detailed ? 4 : 2.7) * scale, dashArray: route.sweeps ? "4 5" : null,
    }).bindTooltip(() => `${escape(route.truck_id)} → ${escape(stepTitle(step))} · ${km(step.leg_m)}`, { sticky: true })
      .on("click", () => focused !== route && focus(route)).addTo(layer);
  }
  for (const step of steps) if (step.workLine.length > 1) popsUp(L.polyline(step.workLine, {
    color: route.color, weight: 6 * scale, opacity: 0.9, lineCap: "butt",
  }), popup(step)).addTo(layer);
  if (!detailed) for (const step of steps) if (step.kind === "stop") popsUp(L.circleMarker(step.at, {
    radius: 3.8 * scale, color: "#fff", weight: 1, fillColor: step.stream === route.stream ? route.color : streamColor(step.stream), fillOpacity: 1,
  }), popup(step), step.at).addTo(layer);
  return layer;
};
/** Yield where arrows go: a share of each leg, at least one on a leg that is long enough to see. */
const arrowsOf = (line, apart) => {
  const at = line.map((p) => map.latLngToLayerPoint(p)), found = [];
  let next = apart / 2;
  for (let i = 1; i < at.length; i += 1) {
    const length = at[i].distanceTo(at[i - 1]);
    while (length > 0 && next <= length) {
      const f = next / length, angle = (Math.atan2(at[i].y - at[i - 1].y, at[i].x - at[i - 1].x) * 180) / Math.PI;
      found.push([[line[i - 1][0] + f * (line[i][0] - line[i - 1][0]), line[i - 1][1] + f * (line[i][1] - line[i - 1][1])], angle]);
      next += apart;
    }
    next -= length;
  }
  return found;
};
const arrowMarkup = (color, angle) => `<svg viewBox="-6 -6 12 12" style="transform:rotate(${angle}deg)"><path d="M-3-4.5 4.5 0-3 4.5-1 0z" fill="${color}" stroke="#fff" stroke-width="1.2" paint-order="stroke"/></svg>`;
/** Return a test whether a place is so far from all it let through before; a number needs room. */
const spacing = (pixels) => {
  const taken = [];
  return (place) => {
    const at = map.latLngToLayerPoint(place), free = taken.every((p) => p.distanceTo(at) >= pixels);
    if (free) taken.push(at);
    return free;
  };
};
const drawDetails = (route, trip) => {
  const layer = L.layerGroup(), visits = new Map();
  const room = [spacing(13), spacing(17)];
  const steps = route.steps.filter((step) => !trip || step.trip === trip);
  for (const step of steps) {
    const line = route.sweeps && step.workLine.length > 1 ? step.workLine : step.line;
    if (line.length > 1) for (const [at, angle] of arrowsOf(line, 110)) if (room[0](at)) layer.addLayer(marker(at, "arrow", 14, arrowMarkup(route.color, angle), { interactive: false }));
  }
  for (const step of steps) {
    const popup = () => stepPopup(route, step), at = step.workLine.length ? step.workLine[0] : step.at;
    const color = step.stream === route.stream ? route.color : streamColor(step.stream);
    const number = `<i class="pin${isLate(step) ? " late" : ""}" style="background:${color}">${step.number}</i>`;
    if (isTask(step)) layer.addLayer(popsUp(room[1](at) ? marker(at, "number", 20, number, { zIndexOffset: 200 })
      : marker(at, "dot", 0, `<i style="background:${route.color}"></i>`, { zIndexOffset: 150 }), popup, at));
    if (["break", "change"].includes(step.kind)) layer.addLayer(popsUp(marker(at, "place rest", 22, icon(step.kind), { zIndexOffset: 500 }), popup, at));
    if (["load", "unload", "refill", "wash"].includes(step.kind)) visits.set(step.id, [...(visits.get(step.id) || []), step]);
  }
  for (const visited of visits.values()) {
    const shown = visited.length > 3 ? [`${clock(visited[0].begin_s)} … ${clock(visited[visited.length - 1].begin_s)} ×${visited.length}`] : visited.map((s) => clock(s.begin_s));
    const times = `<span>${icon(visited[0].kind)}${shown.join(" · ")}</span>`;
    layer.addLayer(popsUp(marker(visited[0].at, "visits", 0, times, { zIndexOffset: 50 }), () => visited.map((s) => stepPopup(route, s)).join("<hr>"), visited[0].at));
  }
  return layer;
};

const shownLayers = L.layerGroup().addTo(map);
const isShown = (route) => route.visible && (!focused || focused === route);
const drawRoutes = () => {
  shownLayers.clearLayers();
  // Sweepers last: their work is thick and short.
  for (const route of [...plan.routes].sort((a, b) => a.sweeps - b.sweeps)) if (isShown(route)) shownLayers.addLayer(drawRoute(route, focusedTrip));
  if (focused) shownLayers.addLayer(drawDetails(focused, focusedTrip));
};
map.on("zoomend", drawRoutes);

const linesOf = (route, trip) => route.steps.filter((s) => !trip || s.trip === trip).flatMap((s) => [...s.line, ...s.workLine, s.at]);
const showStep = (route, step) => {
  const at = step.workLine.length ? step.workLine[0] : step.at;
  if (!isShown(route)) { route.visible = true; if (focused) focus(route); else redraw(); }
  map.setView(at, Math.max(map.getZoom(), 16), { animate: false });
  L.popup(placePopup).setLatLng(at).setContent(stepPopup(route, step)).openOn(map);
  lookAtMap();
};
const focus = (route, trip = 0) => {
  focused = route;
  focusedTrip = trip;
  map.closePopup();
  if (route) {
    route.visible = true;
    lookAtMap();
    const points = linesOf(route, trip);
    if (points.length) map.fitBounds(L.latLngBounds(points), { padding: [36, 36], maxZoom: 17, animate: false });
  }
  redraw();
};

// ---- where each truck is at a minute ----------------------------------------------------------
const truckLayer = L.layerGroup().addTo(map);
const along = (line, share) => {
  const parts = line.slice(1).map((p, i) => map.distance(line[i], p));
  let rest = Math.min(1, Math.max(0, share)) * sum(parts), k = 0;
  while (k < parts.length - 1 && rest > parts[k]) { rest -= parts[k]; k += 1; }
  const f = parts[k] ? Math.min(1, rest / parts[k]) : 0;
  return [line[k][0] + f * (line[k + 1][0] - line[k][0]), line[k][1] + f * (line[k + 1][1] - line[k][1])];
};
const whereIs = (route, t) => {
  let place = route.steps[0].at;
  for (const step of route.steps) {
    const leave = step.arrive_s - step.leg_s;
    if (t < leave) return place;
    if (t < step.arrive_s && step.line.length > 1) return along(step.line, (t - leave) / step.leg_s);
    place = step.line.length ? step.line[step.line.length - 1] : place;
    if (t < step.end_s && step.workLine.length > 1) return along(step.workLine, (t - step.begin_s) / Math.max(1, step.end_s - step.begin_s));
    if (step.workLine.length) place = step.workLine[step.workLine.length - 1];
  }
  return place;
};
const slider = byId("minute");
const now = () => (Number(slider.value) <= Number(slider.min) ? null : 60 * Number(slider.value));
const doing = (route, t) => {
  const bar = route.bars.find(([, begin, end]) => begin <= t && t < end);
  return bar ? `${BARS[bar[0]][language]} ${stepTitle(route.steps[bar[3]])}` : "";
};
const drawTrucks = () => {
  const t = now();
  truckLayer.clearLayers();
  map.getContainer().classList.toggle("at-a-minute", t !== null && !focused);
  const out = t === null ? [] : plan.routes.filter((r) => r.start_s <= t && t < r.end_s);
  byId("now").textContent = t === null ? say("全天", "All day") : `${clock(t)} · ${out.length} ${say("辆", out.length === 1 ? "truck" : "trucks")}`;
  for (const route of out.filter(isShown)) {
    truckLayer.addLayer(marker(whereIs(route, t), "truck", 0, `<i style="background:${route.color}"></i><span>${escape(route.truck_id)}</span>`, { zIndexOffset: 900 })
      .bindTooltip(() => escape(`${route.truck_id}: ${doing(route, t)}`), { direction: "top", offset: [0, -8] })
      .on("click", () => focus(route)));
  }
  moveNow(t);
};
const setTime = (t) => { slider.value = Math.round(t / 60); drawTrucks(); };
let playing = 0;
const play = () => {
  const step = () => {
    slider.value = Number(slider.value) >= Number(slider.max) ? slider.min : Number(slider.value) + 1;
    drawTrucks();
  };
  if (playing) clearInterval(playing);
  playing = playing ? 0 : setInterval(step, 60);
  byId("play").textContent = playing ? "❚❚" : "▶";
};
