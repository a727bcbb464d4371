"use strict";
(() => {
  const plan = JSON.parse(document.getElementById("plan").textContent);
  const byId = (id) => document.getElementById(id);
  const escape = (text) => String(text ?? "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  let language = (navigator.language || "zh").startsWith("zh") ? 0 : 1;
  const say = (zh, en) => (language ? en : zh);
  const word = (family, key) => (plan.words[family][key] || [key, key])[language];

  // ---- figures -----------------------------------------------------------------------------
  const clock = (s) => `${String(Math.floor(s / 3600)).padStart(2, "0")}:${String(Math.floor(s / 60) % 60).padStart(2, "0")}`;
  const number = (value, digits = 0) => Number(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const km = (m) => `${number(m / 1000, m < 10000 ? 1 : 0)} km`;
  const hours = (s) => `${number(s / 3600, 1)} h`;
  const tonnes = (kg) => (kg >= 1000 ? `${number(kg / 1000, 1)} t` : `${number(kg)} kg`);
  const percent = (share) => (share === null || share === undefined ? "–" : `${number(100 * share, 1)} %`);

  // ---- colors: one hue a stream, one lightness a truck --------------------------------------
  const HUES = { kitchen: [146, 52], recyclable: [214, 72], hazardous: [2, 70], other: [30, 8], sweepings: [272, 42] };
  const seen = {};
  for (const route of plan.routes) {
    const [hue, strength] = HUES[route.stream] || [190, 40];
    const k = (seen[route.stream] = (seen[route.stream] ?? -1) + 1);
    route.color = `hsl(${hue + ((k * 13) % 31) - 15} ${strength + (route.stream === "other" ? ((k * 7) % 22) : 0)}% ${[36, 48, 28, 55, 42][k % 5]}%)`;
    route.visible = true;
  }
  const streamColor = (stream) => { const [h, s] = HUES[stream] || [190, 40]; return `hsl(${h} ${s}% 40%)`; };

  const unpack = (text, digits = plan.digits) => {
    const scale = 10 ** digits, line = [];
    let lat = 0, lon = 0, rest = 0, shift = 0, first = null;
    for (let i = 0; i < text.length; i += 1) {
      const part = text.charCodeAt(i) - 63;
      rest |= (part & 31) << shift;
      shift += 5;
      if (part < 32) {
        const value = rest & 1 ? ~(rest >> 1) : rest >> 1;
        rest = shift = 0;
        if (first === null) first = value;
        else { lat += first; lon += value; first = null; line.push([lat / scale, lon / scale]); }
      }
    }
    return line;
  };

  // ---- the map -----------------------------------------------------------------------------
  const canvas = L.canvas({ padding: 0.3 });
  const map = L.map("map", { renderer: canvas, zoomControl: false, attributionControl: true, zoomSnap: 0.5 });
  L.control.zoom({ position: "topright" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.attributionControl.setPrefix("").addAttribution("© OpenStreetMap contributors");
  const LOOK = [[5, "#f3c98b", 0], [3.6, "#ffffff", 0], [2.2, "#ffffff", 12.5], [1.1, "#ffffff", 13.5]];
  const ground = plan.streets.map((lines, rank) => {
    const shapes = lines.map((text) => unpack(text));
    const [weight, color, zoom] = LOOK[rank];
    const group = L.layerGroup([
      L.polyline(shapes, { color: "#c9d0d4", weight: weight + 1.4, interactive: false, smoothFactor: 1.5 }),
      L.polyline(shapes, { color, weight, interactive: false, smoothFactor: 1.5 }),
    ]);
    return { group, zoom, shapes };
  });
  const labels = L.layerGroup();
  const showGround = () => {
    // Thin streets first, so that wide ones are drawn over them.
    [...ground].reverse().forEach(({ group, zoom }) => {
      const wanted = map.getZoom() >= zoom;
      if (wanted && !map.hasLayer(group)) { group.addTo(map); group.eachLayer((l) => l.bringToBack()); }
      else if (!wanted && map.hasLayer(group)) map.removeLayer(group);
    });
    ground.forEach(({ group }) => { if (map.hasLayer(group)) [...group.getLayers()].reverse().forEach((l) => l.bringToBack()); });
    labels.clearLayers();
    const most = Math.max(0, 2 * (map.getZoom() - 10)) ** 2, bounds = map.getBounds(), taken = [];
    for (const [name, lon, lat, rank] of plan.labels) {
      if (labels.getLayers().length >= most || (rank > 1 && map.getZoom() < 14)) break;
      const at = map.latLngToContainerPoint([lat, lon]);
      if (!bounds.contains([lat, lon]) || taken.some((p) => Math.abs(p.x - at.x) < 90 && Math.abs(p.y - at.y) < 26)) continue;
      taken.push(at);
      labels.addLayer(L.marker([lat, lon], { interactive: false, icon: L.divIcon({ className: "street-name", html: escape(name), iconSize: null }) }));
    }
  };
  labels.addTo(map);

  // ---- popups ------------------------------------------------------------------------------
  const table = (rows) => `<table>${rows.filter((r) => r[1] !== "" && r[1] !== null && r[1] !== undefined)
    .map(([k, v]) => `<tr><td>${escape(k)}</td><td>${escape(v)}</td></tr>`).join("")}</table>`;
  const stepPopup = (route, step) => `<b>${step.number ? `${step.number}. ` : ""}${escape(step.name || word("activity", step.word))}</b>
    <div>${escape(route.truck_id)} · ${escape(word("activity", step.word))}${step.stream ? ` · ${escape(word("stream", step.stream))}` : ""}</div>` + table([
    [say("到达–离开", "Arrive–leave"), `${clock(step.arrive_s)}–${clock(step.end_s)}`],
    [say("等候", "Waiting"), step.begin_s > step.arrive_s ? `${Math.round((step.begin_s - step.arrive_s) / 60)} min` : ""],
    [say("时段", "Window"), step.window ? `${clock(step.window[0])}–${clock(step.window[1])}` : ""],
    [step.kind === "unload" ? say("卸下", "Put down") : say("收运", "Taken"), step.mass_kg ? tonnes(step.mass_kg) : ""],
    [say("用水", "Water"), step.water_l ? `${number(step.water_l)} L` : ""],
    [say("作业长度", "Worked"), step.service_m ? `${number(step.service_m)} m` : ""],
    [say("车上载重", "Load after"), tonnes(step.load_kg)],
    [say("趟次", "Trip"), step.trip],
    [say("车位", "Bay"), step.bay === null ? "" : step.bay + 1],
    [say("侧", "Side"), step.side ? word("side", step.side) : ""],
    [say("经由", "Via"), step.via.join(" → ")],
    [say("编号", "Id"), step.id],
  ]);
  const queueBars = (facility) => {
    if (!facility.queue.length) return "";
    const begin = facility.queue[0][0], end = facility.queue[facility.queue.length - 1][1], bars = [];
    const most = Math.max(...facility.queue.map((q) => q[2] + q[3]), 1), step = Math.max(60, Math.ceil((end - begin) / 120 / 60) * 60);
    for (let t = begin; t < end; t += step) {
      const inside = facility.queue.filter((q) => q[0] < t + step && q[1] > t);
      const height = Math.max(0, ...inside.map((q) => q[2] + q[3])), waiting = Math.max(0, ...inside.map((q) => q[2]));
      bars.push(`<i class="${waiting ? "wait" : ""}" style="height:${(100 * height) / most}%"></i>`);
    }
    return `<div class="bars">${bars.join("")}</div><small>${clock(begin)}–${clock(end)} · ${say("排队", "queue")}: ${say("最多", "at most")} ${Math.max(...facility.queue.map((q) => q[2]))}</small>`;
  };
  const received = (facility) => Object.entries(facility.received_kg).map(([s, kg]) => `${word("stream", s)} ${tonnes(kg)}`).join(", ");
  const facilityPopup = (facility) => `<b>${escape(facility.name)}</b><div>${escape(word("facility", facility.kind))} ${escape(facility.facility_id)}</div>` + table([
    [say("开放", "Open"), `${clock(facility.open_s)}–${clock(facility.close_s)}`],
    [say("车位", "Bays"), facility.bays],
    [say("接收", "Received"), received(facility)],
    [say("日能力", "Daily limit"), facility.capacity_kg_day ? tonnes(facility.capacity_kg_day) : ""],
  ]) + queueBars(facility);

  // ---- routes, facilities, unserved ----------------------------------------------------------
  const drawRoute = (route) => {
    route.layer = L.layerGroup();
    route.details = L.layerGroup();
    const swept = route.steps.some((s) => s.kind === "street");
    route.trace = [];
    for (const step of route.steps) {
      const leg = unpack(step.leg), work = unpack(step.work);
      step.line = leg;
      step.workLine = work;
      if (leg.length > 1) L.polyline(leg, { color: route.color, weight: swept ? 1.6 : 2.8, opacity: 0.85, dashArray: swept ? "4 4" : null })
        .bindTooltip(`${escape(route.truck_id)} → ${escape(step.name || step.id)} · ${km(step.leg_m)}`, { sticky: true })
        .on("click", () => focus(route)).addTo(route.layer);
      if (work.length > 1) L.polyline(work, { color: route.color, weight: 5, opacity: 0.8 }).bindPopup(() => stepPopup(route, step)).addTo(route.layer);
      if (step.kind === "stop") L.circleMarker(step.at, { radius: 4, color: "#fff", weight: 1, fillColor: route.color, fillOpacity: 1 })
        .bindPopup(() => stepPopup(route, step)).addTo(route.layer);
    }
  };
  const drawDetails = (route) => {
    route.details.clearLayers();
    route.steps.forEach((step) => {
      const line = step.line;
      if (line.length > 1) {
        const k = Math.floor((line.length - 1) / 2), [a, b] = [line[k], line[k + 1]];
        const turn = (Math.atan2((b[1] - a[1]) * Math.cos((a[0] * Math.PI) / 180), b[0] - a[0]) * 180) / Math.PI;
        route.details.addLayer(L.marker([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], { interactive: false, icon: L.divIcon({ className: "arrow", iconSize: [12, 12], html: `<div style="color:${route.color};transform:rotate(${turn}deg)">▲</div>` }) }));
      }
      if (step.number) route.details.addLayer(L.marker(step.workLine.length ? step.workLine[0] : step.at, { icon: L.divIcon({ className: "", iconSize: [20, 20], html: `<div class="pin" style="background:${route.color};width:20px;height:20px">${step.number}</div>` }) }).bindPopup(() => stepPopup(route, step)));
      if (step.kind === "break") route.details.addLayer(L.marker(step.at, { icon: L.divIcon({ className: "", iconSize: [20, 20], html: '<div class="place">☕</div>' }) }).bindPopup(() => stepPopup(route, step)));
    });
  };
  const MARKS = { depot: "P", transfer: "T", plant: "厂", landfill: "埋", wash: "洗", water: "水", salt: "盐" };
  const placeLayer = L.layerGroup();
  const drawPlaces = () => {
    placeLayer.clearLayers();
    for (const facility of plan.facilities) {
      const size = ["water", "wash"].includes(facility.kind) ? 18 : 24;
      facility.marker = L.marker([facility.lat, facility.lon], { zIndexOffset: 400, icon: L.divIcon({ className: "", iconSize: [size, size], html: `<div class="place" style="width:${size}px;height:${size}px">${MARKS[facility.kind] || "•"}</div>` }) })
        .bindPopup(() => facilityPopup(facility), { minWidth: 220 }).addTo(placeLayer);
    }
    const depots = new Set(plan.facilities.map((f) => f.facility_id));
    for (const step of plan.routes.flatMap((r) => [r.steps[0], r.steps[r.steps.length - 1]])) {
      if (depots.has(step.id)) continue;
      depots.add(step.id);
      L.marker(step.at, { zIndexOffset: 300, icon: L.divIcon({ className: "", iconSize: [24, 24], html: `<div class="place" style="width:24px;height:24px">${MARKS.depot}</div>` }) })
        .bindPopup(() => `<b>${escape(step.name)}</b><div>${escape(word("facility", "depot"))} ${escape(step.id)}</div>` + table(plan.routes.filter((r) => r.steps[0].id === step.id).map((r) => [r.truck_id, `${clock(r.start_s)}–${clock(r.end_s)}`]))).addTo(placeLayer);
    }
    for (const left of plan.unserved) {
      left.marker = L.circleMarker([left.lat, left.lon], { radius: 8, color: "#c62d3a", weight: 3, fillColor: "#fff", fillOpacity: 0.9 })
        .bindPopup(() => `<b>${escape(left.name || left.id)}</b><div>${escape(left.id)} · ${escape(word("stream", left.stream))}</div><span style="color:#c62d3a">${escape(say(left.text_zh, left.text))}</span>`).addTo(placeLayer);
    }
  };

  let focused = null;
  const refresh = () => plan.routes.forEach((route) => {
    const wanted = route.visible && (!focused || focused === route);
    if (wanted !== map.hasLayer(route.layer)) { if (wanted) route.layer.addTo(map); else map.removeLayer(route.layer); }
    const detailed = wanted && focused === route;
    if (detailed !== map.hasLayer(route.details)) { if (detailed) { drawDetails(route); route.details.addTo(map); } else map.removeLayer(route.details); }
  });
  const focus = (route) => {
    focused = focused === route ? null : route;
    if (focused) {
      focused.visible = true;
      const points = focused.steps.flatMap((s) => [...s.line, ...s.workLine]);
      if (points.length) map.fitBounds(L.latLngBounds(points), { padding: [30, 30] });
    }
    refresh();
    showPanel();
    drawTrucks();
  };

  // ---- where each truck is at a minute -------------------------------------------------------
  const trucks = L.layerGroup().addTo(map);
  const along = (line, share) => {
    if (line.length < 2) return line[0];
    const part = line.slice(1).map((p, i) => map.distance(line[i], p));
    let rest = share * part.reduce((a, b) => a + b, 0), k = 0;
    while (k < part.length - 1 && rest > part[k]) { rest -= part[k]; k += 1; }
    const f = part[k] ? Math.min(1, rest / part[k]) : 0;
    return [line[k][0] + f * (line[k + 1][0] - line[k][0]), line[k][1] + f * (line[k + 1][1] - line[k][1])];
  };
  const whereIs = (route, t) => {
    let place = route.steps[0].at;
    for (const step of route.steps) {
      const leave = step.arrive_s - step.leg_s;
      if (t < leave) return place;
      if (t < step.arrive_s && step.line.length) return along(step.line, (t - leave) / Math.max(1, step.leg_s));
      place = step.line.length ? step.line[step.line.length - 1] : place;
      if (t < step.end_s && step.workLine.length > 1) return along(step.workLine, Math.max(0, (t - step.begin_s) / Math.max(1, step.end_s - step.begin_s)));
      if (step.workLine.length) place = step.workLine[step.workLine.length - 1];
    }
    return place;
  };
  const slider = byId("minute");
  const drawTrucks = () => {
    const t = 60 * Number(slider.value);
    byId("now").textContent = clock(t);
    trucks.clearLayers();
    if (t <= plan.span[0]) return;
    for (const route of plan.routes) {
      if (!route.visible || (focused && focused !== route) || t < route.start_s || t > route.end_s) continue;
      trucks.addLayer(L.circleMarker(whereIs(route, t), { radius: 8, color: "#1d2630", weight: 2, fillColor: route.color, fillOpacity: 1 })
        .bindTooltip(escape(route.truck_id), { permanent: true, direction: "right", className: "truck-tag", offset: [6, 0] }).on("click", () => focus(route)));
    }
    const line = document.querySelector("#gantt .now");
    if (line) { const x = ganttX(t); line.setAttribute("x1", x); line.setAttribute("x2", x); }
  };
  let playing = 0;
  byId("play").addEventListener("click", () => {
    if (playing) { clearInterval(playing); playing = 0; byId("play").textContent = "▶"; return; }
    byId("play").textContent = "❚❚";
    playing = setInterval(() => {
      slider.value = Number(slider.value) >= Number(slider.max) ? slider.min : Number(slider.value) + 2;
      drawTrucks();
    }, 80);
  });
  slider.min = plan.span[0] / 60;
  slider.max = plan.span[1] / 60;
  slider.value = slider.min;
  slider.addEventListener("input", drawTrucks);

  // ---- timeline ------------------------------------------------------------------------------
  const LEFT = 150, WIDTH = 1200, ROW = 21;
  const ganttX = (t) => LEFT + ((t - plan.span[0]) / (plan.span[1] - plan.span[0])) * (WIDTH - LEFT - 22);
  const SHADES = { drive: null, stop: null, sweep: null, unload: "#e08a00", refill: "#2aa7c9", break: "#c9a0dc", wait: "#e6e9ec" };
  const KINDS = { drive: ["行驶", "Driving"], stop: ["收集", "Collecting"], sweep: ["清扫", "Sweeping"], unload: ["卸料", "Unloading"], refill: ["加水", "Refilling"], break: ["用餐/休息", "Break"], wait: ["等候", "Waiting"] };
  const drawGantt = () => {
    const stations = plan.facilities.filter((f) => f.queue.length);
    const height = 26 + ROW * (plan.routes.length + stations.length) + (stations.length ? 22 : 8), parts = [];
    for (let h = Math.ceil(plan.span[0] / 3600); h <= plan.span[1] / 3600; h += 1) {
      const x = ganttX(h * 3600);
      parts.push(`<line x1="${x}" x2="${x}" y1="18" y2="${height}" stroke="#e3e8ec"/><text x="${x}" y="12" text-anchor="middle" fill="#5d6b79">${clock(h * 3600)}</text>`);
    }
    plan.routes.forEach((route, k) => {
      const y = 22 + k * ROW;
      parts.push(`<text class="name" data-route="${k}" x="8" y="${y + 13}" fill="#1d2630"><tspan fill="${route.color}">■</tspan> ${escape(route.truck_id)} <tspan fill="#5d6b79">${escape(word("stream", route.stream))}</tspan></text>`);
      for (const [kind, begin, end, i] of route.bars) {
        const step = route.steps[i], thin = kind === "drive" || kind === "wait";
        parts.push(`<rect x="${ganttX(begin).toFixed(1)}" width="${Math.max(0.6, ganttX(end) - ganttX(begin)).toFixed(1)}" y="${y + (thin ? 6 : 2)}" height="${thin ? 6 : 14}" fill="${SHADES[kind] || route.color}" opacity="${kind === "drive" ? 0.45 : 1}"><title>${escape(route.truck_id)} ${clock(begin)}–${clock(end)} ${KINDS[kind][language]} ${escape(step.name || "")}</title></rect>`);
      }
    });
    stations.forEach((facility, k) => {
      const y = 36 + (plan.routes.length + k) * ROW;
      parts.push(`<text x="8" y="${y + 13}" fill="#1d2630">${escape(facility.name.slice(0, 11))}</text>`);
      for (const [begin, end, waiting, busy] of facility.queue) parts.push(`<rect x="${ganttX(begin).toFixed(1)}" width="${Math.max(0.8, ganttX(end) - ganttX(begin)).toFixed(1)}" y="${y + 2}" height="14" fill="${waiting ? "#e08a00" : "#9fcfc3"}" opacity="${Math.min(1, 0.45 + 0.3 * (busy + waiting - 1))}"><title>${escape(facility.name)} ${clock(begin)}–${clock(end)}: ${say("作业", "busy")} ${busy}, ${say("排队", "waiting")} ${waiting}</title></rect>`);
    });
    parts.push(`<line class="now" x1="${LEFT}" x2="${LEFT}" y1="18" y2="${height}" stroke="#c62d3a"/>`);
    const legend = Object.keys(SHADES).map((k) => `<span><i style="background:${SHADES[k] || "#6b7680"};opacity:${k === "drive" ? 0.45 : 1}"></i>${KINDS[k][language]}</span>`).join("");
    byId("gantt").innerHTML = `<div class="legend">${legend}</div><svg viewBox="0 0 ${WIDTH} ${height}">${parts.join("")}</svg>`;
    byId("gantt").querySelectorAll(".name").forEach((node) => node.addEventListener("click", () => focus(plan.routes[Number(node.dataset.route)])));
  };
  byId("toggle-gantt").addEventListener("click", () => {
    const box = byId("gantt");
    box.hidden = !box.hidden;
    byId("toggle-gantt").setAttribute("aria-pressed", String(!box.hidden));
    map.invalidateSize();
  });

  // ---- panels --------------------------------------------------------------------------------
  const TABS = { trucks: ["车辆", "Trucks"], unserved: ["未完成", "Unserved"], stations: ["设施", "Stations"], figures: ["指标", "Figures"], basis: ["依据", "Basis"] };
  let tab = "trucks";
  const tiles = () => {
    const total = plan.kpis.total;
    const shown = [
      [km(total.length_m), word("kpi", "length_m")], [hours(total.driving_s + total.service_s + total.waiting_s), say("工时", "Hours")],
      [tonnes(total.mass_kg), word("kpi", "mass_kg")], [number(total.cost / 1000), `${word("kpi", "cost")} ${plan.currency}`],
      [`${total.trucks_used}`, word("kpi", "trucks_used")], [percent(total.punctuality), word("kpi", "punctuality")],
      [tonnes(total.co2_g / 1000), word("kpi", "co2_g")], [`${total.unserved}`, word("kpi", "unserved"), total.unserved > 0],
    ];
    byId("tiles").innerHTML = shown.map(([value, name, alarm]) => `<div class="tile${alarm ? " alarm" : ""}"><b>${escape(value)}</b><span>${escape(name)}</span></div>`).join("");
  };
  const truckPanel = () => {
    const box = document.createElement("div");
    for (const stream of Object.keys(plan.words.stream)) {
      const routes = plan.routes.filter((r) => r.stream === stream);
      if (!routes.length) continue;
      const head = document.createElement("h2"), all = document.createElement("input");
      all.type = "checkbox";
      all.checked = routes.every((r) => r.visible);
      all.addEventListener("change", () => { routes.forEach((r) => { r.visible = all.checked; }); focused = null; refresh(); showPanel(); drawTrucks(); });
      head.append(all, `${word("stream", stream)} · ${routes.length}`);
      box.append(head);
      for (const route of routes) {
        const row = document.createElement("div"), trips = route.steps.filter((s) => s.kind === "unload").length;
        row.className = `row${focused === route ? " focus" : ""}`;
        row.innerHTML = `<input type="checkbox" ${route.visible ? "checked" : ""}><span class="swatch" style="background:${route.color}"></span>
          <div><b>${escape(route.truck_id)}</b> <small>${escape(word("truck", route.truck_kind))}</small><br>
          <small>${clock(route.start_s)}–${clock(route.end_s)} · ${route.steps.filter((s) => s.number).length} ${say("处", "stops")} · ${trips} ${say("趟", "trips")}</small></div>
          <small class="right">${km(route.length_m)}<br>${tonnes(route.steps.filter((s) => s.number).reduce((a, s) => a + s.mass_kg, 0))}</small>`;
        row.addEventListener("click", () => focus(route));
        row.querySelector("input").addEventListener("click", (event) => { event.stopPropagation(); route.visible = event.target.checked; refresh(); drawTrucks(); });
        box.append(row);
        if (focused === route) box.append(stepList(route));
      }
    }
    return box;
  };
  const stepList = (route) => {
    const list = document.createElement("ol");
    list.className = "steps";
    for (const step of route.steps) {
      const item = document.createElement("li");
      item.innerHTML = `<span>${clock(step.begin_s)}</span><span class="num">${step.number || "·"}</span><span>${escape(step.number ? step.name || step.id : `${word("activity", step.word)} ${step.kind === "break" ? "" : step.name}`)}</span><small>${step.mass_kg ? tonnes(step.mass_kg) : ""}</small>`;
      item.addEventListener("click", () => { map.setView(step.at, Math.max(map.getZoom(), 16)); L.popup().setLatLng(step.at).setContent(stepPopup(route, step)).openOn(map); });
      list.append(item);
    }
    return list;
  };
  const card = (html, marker) => {
    const node = document.createElement("div");
    node.className = `card${marker ? " link" : ""}`;
    node.innerHTML = html;
    if (marker) node.addEventListener("click", () => { map.setView(marker.getLatLng(), Math.max(map.getZoom(), 15.5)); marker.openPopup(); });
    return node;
  };
  const paragraph = (text) => { const node = document.createElement("p"); node.textContent = text; return node; };
  const PANELS = {
    trucks: () => [truckPanel()],
    unserved: () => (plan.unserved.length ? plan.unserved.map((u) => card(`<b>${escape(u.name || u.id)}</b><small>${escape(u.id)} · ${escape(word("stream", u.stream))} · ${u.mass_kg ? tonnes(u.mass_kg) : `${number(u.length_m)} m`}</small><span class="reason">${escape(say(u.text_zh, u.text))}</span>`, u.marker)) : [paragraph(say("当日应收点和应扫路段全部安排。", "Everything that is due today is served."))]),
    stations: () => plan.facilities.map((f) => {
      const kg = Object.values(f.received_kg).reduce((a, b) => a + b, 0), share = f.capacity_kg_day ? Math.min(1, kg / f.capacity_kg_day) : 0;
      return card(`<b>${escape(f.name)}</b> <small style="display:inline">${escape(word("facility", f.kind))}</small>
        ${f.capacity_kg_day ? `<div class="meter"><i style="width:${100 * share}%"></i></div>` : ""}<small>${escape(received(f) || "–")}${f.capacity_kg_day ? ` / ${tonnes(f.capacity_kg_day)}` : ""}</small>`, f.marker);
    }),
    figures: () => ["by_stream", "by_district"].flatMap((family) => {
      const head = document.createElement("h2");
      head.textContent = family === "by_stream" ? say("按类别", "By stream") : say("按片区", "By district");
      return [head, ...Object.entries(plan.kpis[family]).map(([key, f]) => card(`<b>${escape(family === "by_stream" ? word("stream", key) : key || "–")}</b><small>${f.stops + f.streets} ${say("处", "stops")} · ${tonnes(f.mass_kg)} · ${km(f.length_m)} · ${number(f.cost / 1000)} ${escape(plan.currency)} · ${say("准点", "punctual")} ${percent(f.punctuality)} · ${say("未完成", "unserved")} ${f.unserved}</small>`))];
    }),
    basis: () => {
      const head = (text) => { const node = document.createElement("h2"); node.textContent = text; return node; };
      const bound = plan.bound ? [card(`<b>${say("成本下界", "Lower bound of cost")}</b><small>${number(plan.bound.lower_bound / 1000)} / ${number(plan.bound.cost / 1000)} ${escape(plan.currency)} · ${say("差距", "gap")} ${percent(plan.bound.gap)} · ${escape(plan.bound.kind)}</small>`)] : [];
      return [...bound, head(say("提示", "Notes")), ...plan.warnings.map((w) => { const node = card(`<small>${escape(w)}</small>`); node.classList.add("wait"); return node; }),
        head(say("采用的默认值", "Assumptions")), ...plan.assumptions.map((a) => card(`<b>${escape(a.key)}</b> = ${escape(a.value)} ${escape(a.unit)}<small>${escape(a.source)} · ${say("可信度", "confidence")}: ${escape(a.confidence)}</small>`)),
        head(say("来源", "Fingerprint")), card(Object.entries(plan.fingerprint).map(([k, v]) => `<small>${escape(k)}: ${escape(String(v).slice(0, 24))}</small>`).join(""))];
    },
  };
  const showPanel = () => {
    byId("tabs").replaceChildren(...Object.keys(TABS).map((key) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("role", "tab");
      button.setAttribute("aria-selected", String(key === tab));
      button.textContent = TABS[key][language] + (key === "unserved" && plan.unserved.length ? ` ${plan.unserved.length}` : "");
      button.addEventListener("click", () => { tab = key; showPanel(); });
      return button;
    }));
    byId("panel").replaceChildren(...PANELS[tab]());
  };

  const legend = L.control({ position: "bottomright" });
  legend.onAdd = () => { legend.box = L.DomUtil.create("div", "map-legend"); return legend.box; };
  legend.addTo(map);
  const drawLegend = () => {
    const lines = Object.keys(plan.words.stream).filter((s) => plan.routes.some((r) => r.stream === s))
      .map((s) => `<div><i style="border-color:${streamColor(s)}"></i>${escape(word("stream", s))}</div>`);
    lines.push(`<div><i style="border-top-style:dashed;border-color:#888;border-width:2px"></i>${say("空驶(保洁车)", "deadhead of sweepers")}</div>`);
    if (plan.unserved.length) lines.push(`<div><span style="color:#c62d3a">◯</span>&nbsp; ${say("未完成", "unserved")}</div>`);
    legend.box.innerHTML = lines.join("");
  };

  const translate = () => {
    document.documentElement.lang = language ? "en" : "zh";
    byId("title").textContent = `${plan.city} · ${plan.date}`;
    byId("subtitle").textContent = say("分类收运与道路保洁日计划", "Daily plan of sorted-waste collection and street cleaning");
    byId("language").textContent = say("English", "中文");
    byId("toggle-gantt").textContent = say("时间表", "Timeline");
    tiles();
    showPanel();
    drawGantt();
    drawLegend();
    drawTrucks();
  };
  byId("language").addEventListener("click", () => { language = 1 - language; translate(); });

  plan.routes.forEach(drawRoute);
  drawPlaces();
  const everything = plan.routes.flatMap((r) => r.steps.map((s) => s.at)).concat(plan.unserved.map((u) => [u.lat, u.lon]), plan.facilities.map((f) => [f.lat, f.lon]));
  if (everything.length) map.fitBounds(L.latLngBounds(everything), { padding: [20, 20] });
  else map.fitBounds(L.latLngBounds(ground.flatMap((g) => g.shapes.flat())));
  map.on("zoomend moveend", showGround);
  placeLayer.addTo(map);
  refresh();
  translate();
  showGround();
})();
