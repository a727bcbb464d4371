// The timetable: one row a truck, beneath it the queue of each station.
const BARS = {
  drive: ["行驶", "Driving"], stop: ["收集", "Collecting"], sweep: ["清扫", "Sweeping"], load: ["装车", "Loading"], unload: ["卸料", "Unloading"],
  refill: ["加水", "Refilling"], wash: ["洗车", "Washing"], change: ["换装品类", "Changing stream"], break: ["用餐/休息", "Break"], wait: ["等候", "Waiting"],
};
const SHADES = { load: "#7a5c2e", unload: "#d98a0b", refill: "#29a3c4", wash: "#5b7fd6", change: "#7f93a8", break: "#cfa9dd", wait: "#e3e6e9" };
const ROW = 24, HEAD = 2;
let perHour = 0;
const spanHours = (plan.span[1] - plan.span[0]) / 3600;
const timeX = (t) => ((t - plan.span[0]) / 3600) * perHour;
const rect = (begin, end, y, height, fill, extra) => `<rect x="${timeX(begin).toFixed(1)}" width="${Math.max(0.8, timeX(end) - timeX(begin)).toFixed(1)}" y="${y}" height="${height}" fill="${fill}" ${extra}/>`;

const tripMarks = (route, y) => {
  const marks = [];
  for (const trip of new Set(route.steps.filter((s) => s.kind !== "end").map((s) => s.trip))) {
    const steps = route.steps.filter((s) => s.trip === trip && s.kind !== "end");
    const begin = steps[0].arrive_s - steps[0].leg_s, end = steps[steps.length - 1].end_s;
    if (end > begin) marks.push(`<line x1="${(timeX(begin) + 1).toFixed(1)}" x2="${(timeX(end) - 1).toFixed(1)}" y1="${y + 22}" y2="${y + 22}" stroke="${route.color}" stroke-opacity="${trip % 2 ? 0.75 : 0.35}" stroke-width="1.5"/>`);
  }
  return marks.join("");
};
const routeBars = (route, k) => {
  const y = HEAD + k * ROW, parts = [tripMarks(route, y)];
  route.bars.forEach(([kind, begin, end], b) => {
    const thin = kind === "drive" || kind === "wait";
    parts.push(rect(begin, end, y + (thin ? 8 : 4), thin ? 6 : 14, SHADES[kind] || route.color, `data-route="${k}" data-bar="${b}"${kind === "drive" ? ' opacity="0.42"' : ""}`));
  });
  return `<g opacity="${isShown(route) ? 1 : 0.22}">${parts.join("")}</g>`;
};
const stationStrip = (facility, k, y) => {
  const most = Math.max(2, ...facility.queue.map((q) => q[2] + q[3]));
  return facility.queue.map(([begin, end, waiting, busy], q) => {
    const unit = 18 / most, seen = `data-station="${k}" data-strip="${q}"`;
    return rect(begin, end, y + 21 - unit * busy, unit * busy, "#8fc7b9", seen) + (waiting ? rect(begin, end, y + 21 - unit * (busy + waiting), unit * waiting, "#d9480f", seen) : "");
  }).join("");
};
const fullHours = () => {
  const first = Math.ceil(plan.span[0] / 3600);
  return Array.from({ length: Math.floor(plan.span[1] / 3600) - first + 1 }, (_, k) => first + k);
};
const grid = (height) => fullHours().map((h) => {
  const x = timeX(h * 3600).toFixed(1);
  return `<line x1="${x}" x2="${x}" y1="0" y2="${height}" stroke="${h === 24 ? "#a9b4bd" : "#e6eaed"}"/>`;
}).join("");
const axis = () => fullHours().filter((h) => h % (perHour < 38 ? 2 : 1) === 0)
  .map((h) => `<text x="${timeX(h * 3600).toFixed(1)}" y="14" text-anchor="middle">${clock(h * 3600)}</text>`).join("");
const stationsShown = () => plan.facilities.filter((f) => f.queue.length);

const drawTimeline = () => {
  const box = byId("timeline");
  if (box.hidden) return;
  const stations = stationsShown(), routes = plan.routes, scroll = byId("bars");
  const top = HEAD + routes.length * ROW + (stations.length ? 22 : 6), height = top + stations.length * ROW + 4;
  perHour = Math.max(perHour, Math.floor((box.clientWidth - 176 - 60) / spanHours), 26);
  const name = (y, markup, extra) => `<g class="name" ${extra}><rect x="0" y="${y + 1}" width="176" height="${ROW - 2}" fill="transparent"/><text x="12" y="${y + 16}">${markup}</text></g>`;
  const names = routes.map((r, k) => name(HEAD + k * ROW, `<tspan fill="${r.color}">■</tspan> <tspan font-weight="${focused === r ? 700 : 500}">${escape(r.truck_id)}</tspan> <tspan class="soft">${escape(streamWord(r.stream))}</tspan>`, `data-route="${k}"`));
  stations.forEach((f, k) => names.push(name(top + k * ROW, escape(f.name), `data-station="${k}"`)));
  byId("names").innerHTML = `<svg width="176" height="${height}">${names.join("")}${stations.length ? `<text class="soft" x="12" y="${top - 4}">${say("设施占用与排队", "Stations: busy, waiting")}</text>` : ""}</svg>`;
  const width = Math.ceil(spanHours * perHour) + 44;
  byId("axis").innerHTML = `<svg width="${width}" height="20"><g transform="translate(18 0)">${axis()}</g></svg>`;
  scroll.innerHTML = `<svg width="${width}" height="${height}"><g transform="translate(18 0)">${grid(height)}
    ${routes.map(routeBars).join("")}${stations.map((f, k) => stationStrip(f, k, top + k * ROW)).join("")}<line class="now" y1="0" y2="${height}"/></g></svg>`;
  const shades = Object.keys(BARS).filter((kind) => routes.some((r) => r.bars.some((b) => b[0] === kind)));
  byId("shades").innerHTML = shades.map((kind) => `<span><i style="background:${SHADES[kind] || "#66717c"};opacity:${kind === "drive" ? 0.42 : 1}"></i>${BARS[kind][language]}</span>`).join("")
    + `<span><i style="background:#8fc7b9"></i>${say("设施占用", "station busy")}</span><span><i style="background:#d9480f"></i>${say("设施排队", "station queue")}</span>`;
  moveNow(now());
};
const moveNow = (t) => {
  const line = document.querySelector("#bars .now");
  if (!line) return;
  line.style.display = t === null ? "none" : "";
  line.setAttribute("x1", timeX(t ?? 0));
  line.setAttribute("x2", timeX(t ?? 0));
};
const tipOf = ({ route, bar, station, strip }) => {
  if (bar !== undefined) {
    const [kind, begin, end, i] = plan.routes[route].bars[bar], step = plan.routes[route].steps[i];
    const load = kind === "drive" || kind === "wait" ? "" : ` · ${say("载重", "load")} ${mass(step.load_kg)}`;
    return `<b>${escape(plan.routes[route].truck_id)}</b> ${clock(begin)}–${clock(end)} ${BARS[kind][language]} · ${say("第", "trip ")}${step.trip}${say("趟", "")}<br>${step.number ? `${step.number}. ` : ""}${escape(stepTitle(step))}${load}`;
  }
  if (strip === undefined) return "";
  const facility = stationsShown()[station], [begin, end, waiting, busy] = facility.queue[strip];
  return `<b>${escape(facility.name)}</b> ${clock(begin)}–${clock(end)}<br>${say("占用", "busy")} ${busy} / ${facility.bays}, ${say("排队", "waiting")} ${waiting}`;
};
const zoomTimeline = (factor) => { perHour = Math.min(900, perHour * factor); drawTimeline(); };

const wireTimeline = () => {
  const tip = byId("tip"), box = byId("timeline");
  box.addEventListener("pointermove", (event) => {
    const text = tipOf(event.target.dataset || {});
    tip.hidden = !text;
    if (!text) return;
    tip.innerHTML = text;
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, window.innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${event.clientY - tip.offsetHeight - 10}px`;
  });
  box.addEventListener("pointerleave", () => { tip.hidden = true; });
  byId("bars").addEventListener("click", (event) => {
    const { route, bar } = event.target.dataset;
    const left = byId("bars").querySelector("svg").getBoundingClientRect().left + 18;
    setTime(Math.max(plan.span[0] + 60, Math.min(plan.span[1], plan.span[0] + (3600 * (event.clientX - left)) / perHour)));
    if (bar !== undefined) showStep(plan.routes[route], plan.routes[route].steps[plan.routes[route].bars[bar][3]]);
  });
  byId("names").addEventListener("click", (event) => {
    const { route, station } = event.target.closest("[data-route],[data-station]")?.dataset || {};
    if (route !== undefined) focus(focused === plan.routes[route] ? null : plan.routes[route]);
    if (station !== undefined) goTo(stationsShown()[station].marker);
  });
  byId("wider").addEventListener("click", () => zoomTimeline(1.5));
  byId("narrower").addEventListener("click", () => zoomTimeline(1 / 1.5));
};
