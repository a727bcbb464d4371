// What every part of the page uses: the plan, words, figures, colors, icons.
const plan = JSON.parse(document.getElementById("plan").textContent);
const byId = (id) => document.getElementById(id);
let language = (navigator.language || "zh").startsWith("zh") ? 0 : 1;
const say = (zh, en) => (language ? en : zh);
const word = (family, key) => (plan.words[family][key] || [key, key])[language];
/** One stream, or several with ";" between them. */
const streamWord = (streams) => String(streams).split(";").map((one) => word("stream", one)).join(" / ");

/** Text that may stand in markup: every name of the plan goes through here. */
const escape = (text) => String(text ?? "").replace(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`);

// ---- figures --------------------------------------------------------------------------------
const two = (n) => String(n).padStart(2, "0");
const clock = (s) => `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}`;
const number = (value, digits = 0) => Number(value).toLocaleString("en-US", {
  minimumFractionDigits: digits, maximumFractionDigits: digits,
});
const km = (m) => `${number(m / 1000, m < 100000 ? 1 : 0)} km`;
const hours = (s) => `${number(s / 3600, 1)} h`;
const minutes = (s) => `${Math.round(s / 60)} min`;
const mass = (kg) => (kg >= 1000 ? `${number(kg / 1000, 1)} t` : `${number(kg)} kg`);
const percent = (share) => (share === null || share === undefined ? "–" : `${number(100 * share, share === 1 ? 0 : 1)} %`);
const money = (thousandths) => number(thousandths / 1000);
const sum = (values) => values.reduce((a, b) => a + b, 0);
const isTask = (step) => step.number > 0;
const isLate = (step) => Boolean(step.window) && step.begin_s > step.window[1];

// ---- colors: one hue a stream, one lightness a truck ------------------------------------------
const HUES = {
  kitchen: { hue: 145, strength: 55, spread: 14, light: [33, 45, 26, 52, 39] },
  recyclable: { hue: 213, strength: 75, spread: 12, light: [42, 56, 33, 62, 48] },
  hazardous: { hue: 0, strength: 72, spread: 8, light: [43, 54, 35] },
  other: { hue: 215, strength: 9, spread: 0, light: [30, 46, 38, 56, 24, 51, 62] },
  sweepings: { hue: 276, strength: 48, spread: 12, light: [42, 56, 34, 62] },
  snow: { hue: 190, strength: 70, spread: 12, light: [36, 48, 28, 56] },
};
const UNKNOWN = { hue: 190, strength: 40, spread: 10, light: [38, 50, 30] };
const streamColor = (stream, k = 0) => {
  const { hue, strength, spread, light } = HUES[stream] || UNKNOWN;
  const turn = spread * [0, 1, -1, 0.5, -0.5][k % 5];
  return `hsl(${hue + turn} ${strength}% ${light[k % light.length]}%)`;
};
const met = {};
for (const route of plan.routes) {
  met[route.stream] = (met[route.stream] ?? -1) + 1;
  route.color = streamColor(route.stream, met[route.stream]);
  route.visible = true;
  route.sweeps = route.steps.some((step) => step.kind === "street");
}

// ---- icons ----------------------------------------------------------------------------------
const DRAWN = {
  depot: '<path d="M6 13V3h3.2a3 3 0 0 1 0 6H6"/>',
  transfer: '<path d="M2.5 5h10M10 2.5 12.5 5 10 7.5M13.5 11h-10M6 8.5 3.5 11 6 13.5"/>',
  plant: '<path d="M2 13.5V7l4 2.5V7l4 2.5V3h2.5v10.5z"/>',
  landfill: '<path d="M1.5 12.5C4 12.5 4 6 8 6s4 6.5 6.5 6.5zM8 1.5v2M6.5 2.5 8 4l1.5-1.5"/>',
  wash: '<path d="M3 9.5h10M4 9.5v3.5M7 9.5v3.5M10 9.5v3.5M12.5 9.5v3.5M8 9V2.5"/>',
  water: '<path d="M8 2c2.7 3.3 4 5.4 4 7.3A4 4 0 0 1 4 9.3C4 7.4 5.3 5.3 8 2z"/>',
  snow_dump: '<path d="M1.5 13 6 5l2.5 4L10 6.5 14.5 13zM11.5 1.5v3M10.2 2.2l2.6 1.6M12.8 2.2l-2.6 1.6"/>',
  salt: '<path d="M8 2v12M2.8 5l10.4 6M13.2 5 2.8 11"/>',
  load: '<path d="M8 9.5v-7M5 5.5 8 2.5l3 3M3 13h10"/>',
  unload: '<path d="M8 2v7M5 6.5 8 9.5l3-3M3 13h10"/>',
  rest: '<path d="M3 5h8v4.5A3.5 3.5 0 0 1 7.5 13h-1A3.5 3.5 0 0 1 3 9.5zM11 6h1.5a1.5 1.5 0 0 1 0 3H11"/>',
  other: '<circle cx="8" cy="8" r="3"/>',
};
const ICON_OF = { refill: "water", change: "wash", break: "rest", meal: "rest", start: "depot", end: "depot" };
const icon = (kind) => `<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${DRAWN[ICON_OF[kind] || kind] || DRAWN.other}</svg>`;

// ---- small helpers ----------------------------------------------------------------------------
/** Return [[lat, lon], …] of a packed line. */
const unpack = (text) => {
  const scale = 10 ** plan.digits, line = [];
  let lat = 0, lon = 0, rest = 0, shift = 0, first = null;
  for (let i = 0; i < text.length; i += 1) {
    const part = text.charCodeAt(i) - 63;
    rest |= (part & 31) << shift;
    shift += 5;
    if (part >= 32) continue;
    const value = rest & 1 ? ~(rest >> 1) : rest >> 1;
    rest = shift = 0;
    if (first === null) { first = value; continue; }
    lat += first;
    lon += value;
    first = null;
    line.push([lat / scale, lon / scale]);
  }
  return line;
};
const onPhone = () => window.matchMedia("(max-width: 760px)").matches;
/** On a phone the map lies above the lists: bring it into view. */
const lookAtMap = () => { if (onPhone()) byId("stage").scrollIntoView({ behavior: "smooth" }); };
const element = (tag, className, markup = "") => {
  const node = document.createElement(tag);
  node.className = className;
  node.innerHTML = markup;
  return node;
};
/** Let a node be pressed by pointer and by keyboard. */
const pressable = (node, action) => {
  node.tabIndex = 0;
  node.setAttribute("role", "button");
  node.addEventListener("click", action);
  node.addEventListener("keydown", (event) => {
    if (event.target === node && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); action(event); }
  });
  return node;
};
const table = (rows) => `<table>${rows.filter(([, value]) => value !== "" && value !== null && value !== undefined)
  .map(([name, value, alarm]) => `<tr${alarm ? ' class="alarm"' : ""}><td>${escape(name)}</td><td>${escape(value)}</td></tr>`).join("")}</table>`;
const marker = (at, className, size, markup, options = {}) => L.marker(at, {
  ...options, icon: L.divIcon({ className, html: markup, iconSize: size ? [size, size] : null }),
});
