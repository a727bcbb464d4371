// Everything wired together: language, focus, legend, printing, the first view.
const drawFocus = () => {
  const box = byId("focus");
  box.hidden = !focused;
  if (!focused) return;
  const trips = [...new Set(focused.steps.filter((s) => s.kind !== "end").map((s) => s.trip))];
  box.innerHTML = `<i style="background:${focused.color}"></i><b>${escape(focused.truck_id)}</b>`;
  const add = (label, pressed, action) => {
    const button = element("button", "", escape(label));
    button.type = "button";
    button.setAttribute("aria-pressed", String(pressed));
    button.addEventListener("click", action);
    box.append(button);
  };
  if (trips.length > 1) {
    add(say("全部趟次", "All trips"), focusedTrip === 0, () => focus(focused));
    for (const trip of trips) add(String(trip), focusedTrip === trip, () => focus(focused, trip));
  }
  add("✕", false, () => focus(null));
};
const legend = L.control({ position: "bottomright" });
legend.onAdd = () => { legend.box = L.DomUtil.create("div", "map-legend"); L.DomEvent.disableClickPropagation(legend.box); return legend.box; };
legend.addTo(map);
const drawLegend = () => {
  const streams = Object.keys(plan.words.stream).filter((s) => plan.routes.some((r) => r.stream === s));
  const lines = streams.map((s) => `<div><i class="${s === "sweepings" ? "thick" : ""}" style="border-color:${streamColor(s)}"></i>${escape(streamWord(s))}</div>`);
  if (plan.routes.some((r) => r.sweeps)) lines.push(`<div><i class="dashed"></i>${say("作业车空驶", "Driving without work")}</div>`);
  for (const kind of ["depot", "transfer", "plant", "landfill", "wash", "water", "salt", "snow_dump"]) {
    if (kind === "depot" ? plan.routes.length : plan.facilities.some((f) => f.kind === kind)) lines.push(`<div class="sign"><em>${icon(kind)}</em>${escape(word("facility", kind))}</div>`);
  }
  if (plan.unserved.length) lines.push(`<div><em class="left-out">!</em>${say("未完成", "Unserved")}</div>`);
  const open = legend.box.firstChild ? legend.box.firstChild.open : !onPhone();
  legend.box.innerHTML = `<details${open ? " open" : ""}><summary>${say("图例", "Legend")}</summary>${lines.join("")}</details>`;
};

/** Draw again all that depends on which trucks are shown. */
function redraw() {
  drawRoutes();
  drawFocus();
  drawPanel();
  drawTimeline();
  drawTrucks();
}
const drawHead = () => {
  const { stops, streets } = plan.kpis.total, due = plan.required;
  document.documentElement.lang = language ? "en" : "zh";
  document.title = `${plan.city} · ${plan.date}`;
  const date = document.createElement("span");
  date.textContent = plan.date;
  byId("title").replaceChildren(`${plan.city} · `, date);
  byId("subtitle").textContent = say(
    `收集点 ${stops}/${due.stops} · 保洁路段 ${streets}/${due.streets}`, `${stops} of ${due.stops} stops · ${streets} of ${due.streets} streets`);
  byId("language").textContent = say("English", "中文");
  byId("toggle-timeline").textContent = say("时间表", "Timetable");
  byId("print").textContent = say("打印", "Print");
  byId("fit").title = say("全部", "Show everything");
};
const translate = () => {
  map.closePopup();
  drawHead();
  drawTiles();
  drawLegend();
  redraw();
};

// ---- the first view: the middle of the work, not the farthest landfill -------------------------
const work = plan.routes.flatMap((r) => r.steps.map((s) => s.at)).concat(plan.unserved.map((u) => [u.lat, u.lon]));
const wholeView = () => {
  const points = work.concat(plan.facilities.map((f) => [f.lat, f.lon]));
  return L.latLngBounds(points.length ? points : grounds.flatMap((g) => g.shapes.flat()));
};
const firstView = () => {
  if (work.length < 20) return wholeView();
  const middle = (k) => { const v = work.map((p) => p[k]).sort((a, b) => a - b); return [v[Math.floor(0.04 * v.length)], v[Math.floor(0.96 * v.length)]]; };
  const [lat, lon] = [middle(0), middle(1)];
  return L.latLngBounds([lat[0], lon[0]], [lat[1], lon[1]]).pad(0.08);
};
const toggleTimeline = () => {
  const box = byId("timeline"), seen = map.getBounds().pad(-0.06);
  box.hidden = !box.hidden;
  byId("toggle-timeline").setAttribute("aria-pressed", String(!box.hidden));
  drawTimeline();
  map.invalidateSize({ animate: false });
  map.fitBounds(seen, { animate: false });
};
/** Give the map on paper the size that it has on the screen, scaled to the sheet. */
const beforePrint = () => {
  const { x, y } = map.getSize();
  document.body.style.setProperty("--map-width", `${x}px`);
  document.body.style.setProperty("--map-height", `${y}px`);
  document.body.style.setProperty("--map-zoom", String(Math.min(1, 1050 / x, 590 / y)));
  document.body.style.setProperty("--bars-zoom", String(Math.min(1, 1050 / x, 660 / (byId("names").scrollHeight + 80))));
};

for (const route of plan.routes) for (const step of route.steps) {
  step.line = unpack(step.leg);
  step.workLine = unpack(step.work);
}
slider.min = plan.span[0] / 60;
slider.max = plan.span[1] / 60;
slider.value = slider.min;
slider.addEventListener("input", drawTrucks);
byId("play").addEventListener("click", play);
byId("language").addEventListener("click", () => { language = 1 - language; translate(); });
byId("toggle-timeline").addEventListener("click", toggleTimeline);
byId("print").addEventListener("click", () => window.print());
byId("fit").addEventListener("click", () => { if (focused) focus(null); map.fitBounds(wholeView(), { padding: [30, 30] }); });
window.addEventListener("beforeprint", beforePrint);
window.addEventListener("resize", drawTimeline);
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && focused) focus(null); });
wireTimeline();
map.fitBounds(firstView(), { padding: [16, 16] });
addPlaces();
showSmallPlaces();
drawGround();
drawLabels();
translate();
